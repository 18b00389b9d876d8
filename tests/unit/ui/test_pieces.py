"""The cutter of growing answers: nothing lost, the same cuts however a text arrives, code and formulas whole."""

from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground.ui.shared.pieces import LONGEST_FORMULA, LONGEST_PIECE, PIECE_CHARACTERS, PieceCutter


def cut(*arrivals: str) -> list[str]:
    """The pieces of a text that arrives so, and at the end the open rest."""
    cutter = PieceCutter()
    pieces: list[str] = []
    text = ""
    for text in accumulate(arrivals):
        pieces += cutter.take(text)
    return [*pieces, text[cutter.rest_start :]]


def arriving(text: str, places: list[int]) -> list[str]:
    cuts = sorted({place % (len(text) + 1) for place in places})
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


# Lengths are around the limits, so that the cuts of paragraphs, lines and formulas all happen.
lengths = st.sampled_from([1, 60, PIECE_CHARACTERS, LONGEST_FORMULA, LONGEST_PIECE, 2 * LONGEST_PIECE + 10])
units = st.sampled_from(["a", "ab cd ", "a\n", "- b\n"])
runs = st.builds(lambda unit, length: (unit * length)[:length], units, lengths)
signs = st.sampled_from(["\n", "\n\n", "\r\n", "`a` ", "\\[", "\\]\n", "$$", "$$\n"])
fences = st.sampled_from(["```", "```py\n", "````\n", "~~~\n", "- ```\n", "  ```\n"])
texts = st.lists(runs | signs | fences | st.text(max_size=5), max_size=12).map("".join)
places = st.lists(st.integers(0, 2**17), max_size=12)


@given(texts, places)
@example("a " * 6000 + "\n\nb", [11_999, 12_001, 12_002])
@example("\\[" + "a" * LONGEST_FORMULA + "\n" + "b" * LONGEST_PIECE, [LONGEST_FORMULA + 4])
def test_the_pieces_are_the_text_and_do_not_depend_on_its_arrival(text: str, at: list[int]) -> None:
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(pieces[:-1])
    assert cut(*arriving(text, at)) == pieces


@given(st.lists(runs | signs, max_size=12).map("".join))
@example("\\[ never closed\n" + "a b\n" * 20_000)
@example("$$ never closed " + "a" * 50_000)
def test_outside_code_every_piece_is_bounded(text: str) -> None:
    assert max(map(len, cut(text))) <= LONGEST_PIECE + LONGEST_FORMULA


def test_a_line_that_begins_with_inline_code_is_no_fence() -> None:
    text = "```inline``` code\n\n" + "a paragraph\n\n" * 2000
    assert max(map(len, cut(text))) <= LONGEST_PIECE


BLOCKS = [
    "A paragraph " + "of words " * 120 + "\n",
    "- a list\n\n  with an inner paragraph\n\n  and more\n",
    "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 100,
    "```python\n" + "def f():\n\n    return 1\n\n" * 300 + "```\n",
    "````md\n```\n\ninner\n\n```\n" + "text\n\n" * 200 + "````\n",
    "~~~\n" + "code\n\n" * 200 + "~~~~\n",
    "1. ```sh\n" + "   code\n\n" * 200 + "   ```\n",
    "\\[\n" + "x = 1 \\\\\n\n" * 200 + "\\]\n",
    "$$\n" + "x = 1\n\n" * 200 + "$$\n",
]


@given(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=8), places)
def test_code_formulas_and_other_blocks_stay_whole(blocks: list[str], at: list[int]) -> None:
    pieces = cut(*arriving("\n".join(blocks), at))
    for block in blocks:
        assert any(block in piece for piece in pieces)


@pytest.mark.parametrize("opening", ["```\n", "~~~\n"])
def test_code_that_is_not_closed_yet_stays_open(opening: str) -> None:
    text = opening + "line\n\n" * 5000
    assert cut(text) == [text]


def test_a_finished_piece_is_long_enough_to_be_worth_an_element() -> None:
    pieces = cut("short\n\n" * 2000)
    assert len(pieces) > 10
    assert all(PIECE_CHARACTERS <= len(piece) < PIECE_CHARACTERS + 20 for piece in pieces[:-1])


def test_a_long_line_is_cut_at_a_space() -> None:
    first, second = cut("word " * (LONGEST_PIECE // 5 + 1))[:2]
    assert first.endswith("word")
    assert second.startswith(" word")
