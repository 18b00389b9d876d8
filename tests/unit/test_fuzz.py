"""Any bytes, given to each reader of what strangers send: it reads them or says why not, and soon.

Run for longer: `uv run --group dev python -m scripts.fuzz --seconds 600`.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers import READERS, SEEDS, Reader


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_reader_takes_any_bytes(name: str, data: st.DataObject) -> None:
    reader: Reader = READERS[name]
    reader(data.draw(mutated(SEEDS[name])))


def mutated(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Bytes that are like one of `seeds`: cut, changed, doubled; or any at all."""

    def change(drawn: tuple[bytes, int, int, bytes]) -> bytes:
        seed, start, length, put = drawn
        start %= len(seed) + 1
        return seed[:start] + put + seed[start + length :]

    one = st.tuples(st.sampled_from(seeds), st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=20)).map(
        change
    )
    return st.one_of(st.binary(max_size=200), one, one.flatmap(mutated_once_more))


def mutated_once_more(data: bytes) -> st.SearchStrategy[bytes]:
    return st.tuples(st.integers(0, len(data)), st.binary(max_size=10)).map(
        lambda drawn: data[: drawn[0]] + drawn[1] + data[drawn[0] :]
    )
