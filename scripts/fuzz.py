"""Gives the readers of what strangers send any bytes, for as long as is said; for a night.

    uv run --group dev python -m scripts.fuzz --seconds 600 [--reader bundle]

Hypothesis draws the bytes. Where atheris is installed (`uv pip install atheris`), `--atheris` lets it draw them by what
they reach; it stops at the first input that a reader raises for, and writes it to a file.
"""

import argparse
import sys
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.readers import READERS, SEEDS, Reader
from tests.unit.test_fuzz import mutated

_EXAMPLES_AT_ONCE = 500


def _with_hypothesis(name: str, reader: Reader, seconds: float) -> int:
    """How many inputs were given."""
    count = 0

    @settings(max_examples=_EXAMPLES_AT_ONCE, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def give(data: st.DataObject) -> None:
        nonlocal count
        reader(data.draw(mutated(SEEDS[name])))
        count += 1

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        give()
    return count


def _with_atheris(reader: Reader, seconds: float) -> None:
    import atheris  # noqa: PLC0415 - optional

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:.0f}"], reader)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="for all readers together")
    parser.add_argument("--reader", choices=READERS, help="one of them")
    parser.add_argument("--atheris", action="store_true", help="let atheris draw the inputs of one reader")
    given_ = parser.parse_args()
    chosen = {name: reader for name, reader in READERS.items() if given_.reader in {None, name}}
    if given_.atheris:
        if given_.reader is None:
            parser.error("atheris takes one reader: name it with --reader")
        _with_atheris(READERS[given_.reader], given_.seconds)
        return
    for name, reader in chosen.items():
        count = _with_hypothesis(name, reader, given_.seconds / len(chosen))
        sys.stdout.write(f"{name}: {count:,} inputs\n")


if __name__ == "__main__":
    main()
