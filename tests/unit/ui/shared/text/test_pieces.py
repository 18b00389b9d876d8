"""The cutter of growing answers: nothing lost, the same cuts however a text arrives, code and formulas whole."""

from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glm_playground.markdown.math_syntax import LONGEST_FORMULA
from glm_playground.ui.shared.text.answer_markdown import elements, piece_elements
from glm_playground.ui.shared.text.pieces import (
    LONG,
    LONGEST_ITEM,
    LONGEST_PIECE,
    PIECE_CHARACTERS,
    Piece,
    PieceCutter,
    pieces_of,
)
from tests.shown_text import drawn


def cut_pieces(*arrivals: str) -> list[Piece]:
    """The pieces of a text that arrives so, and at the end the open rest."""
    cutter = PieceCutter()
    pieces: list[Piece] = []
    text = ""
    for text in accumulate(arrivals):
        pieces += cutter.take(text)
    return [*pieces, Piece(cutter.rest(text))]


def cut(*arrivals: str) -> list[str]:
    return [piece.text for piece in cut_pieces(*arrivals)]


def arriving(text: str, places: list[int]) -> list[str]:
    cuts = sorted({place % (len(text) + 1) for place in places})
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


# Lengths are around the limits, so that the cuts of paragraphs, lines and formulas all happen.
lengths = st.sampled_from([1, 60, PIECE_CHARACTERS, LONGEST_FORMULA, LONGEST_PIECE, 2 * LONGEST_PIECE + 10])
units = st.sampled_from(["a", "ab cd ", "a\n", "- b\n"])
runs = st.builds(lambda unit, length: (unit * length)[:length], units, lengths)
signs = st.sampled_from(["\n", "\n\n", "\r\n", "`a` ", "\\[", "\\]\n", "$$", "$$\n"])
blocks = st.sampled_from(
    ["2", "2. ", "---\n", "===\n", "<div>\n", "<!--", "    code\n", "- x\n\n", "> q\n", "1. c\n", "\t"]
)
fences = st.sampled_from(["```", "```py\n", "````\n", "~~~\n", "- ```\n", "  ```\n"])
texts = st.lists(runs | signs | blocks | fences | st.text(max_size=5), max_size=12).map("".join)
places = st.lists(st.integers(0, 2**17), max_size=12)


@settings(max_examples=40)
@given(texts, places)
@example("a " * 6000 + "\n\nb", [11_999, 12_001, 12_002])
@example("\\[" + "a" * LONGEST_FORMULA + "\n" + "b" * LONGEST_PIECE, [LONGEST_FORMULA + 4])
def test_the_pieces_are_the_text_and_do_not_depend_on_its_arrival(text: str, at: list[int]) -> None:
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(pieces[:-1])
    assert cut(*arriving(text, at)) == pieces


@settings(max_examples=20)
@given(texts)
@example("| a | b |\n|---|---|\n" + "| one cell | another |\n" * 900)
def test_a_text_is_cut_alike_when_it_is_drawn_again(text: str) -> None:
    cutter = PieceCutter()
    pieces = [piece.text for piece in cutter.take(text)] + [cutter.rest(text)]
    assert [[piece.text for piece in pieces_of(text)] for _time in range(2)] == [pieces, pieces]


@pytest.mark.slow
@settings(max_examples=30)
@given(texts)
def test_what_was_read_to_cut_a_piece_is_what_it_says(text: str) -> None:
    assert all(piece_elements(piece) == elements(piece.text) for piece in cut_pieces(text))


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(runs | signs, max_size=12).map("".join))
@example("\\[ never closed\n" + "a b\n" * 20_000)
@example("$$ never closed " + "a" * 50_000)
def test_outside_code_every_piece_is_bounded(text: str) -> None:
    assert max(map(len, cut(text))) <= LONGEST_ITEM


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
    "\\begin{align}\n" + "x = 1\n\n" * 200 + "\\end{align}\n",
]


@settings(max_examples=20)
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
    pieces = cut("short\n\n" * 5000)
    assert len(pieces) > 10
    first = pieces[: LONG // (PIECE_CHARACTERS + 20)][:-1]
    assert all(PIECE_CHARACTERS <= len(piece) < PIECE_CHARACTERS + 20 for piece in first)


def test_a_long_line_is_cut_at_a_space() -> None:
    first, second = cut("word " * (LONGEST_PIECE // 5 + 1))[:2]
    assert first.endswith("word")
    assert second.startswith(" word")


def test_a_long_table_is_cut_at_a_row_with_its_head_again() -> None:
    head, rows = "| a | b |\n|:-:|---|\n", [f"| {number} | {'x' * 70} |\n" for number in range(140)]
    pieces = cut("# T\n\n" + head + "".join(rows))
    assert len(pieces) == 3
    assert all(piece.startswith(head) for piece in pieces[1:])
    cells = drawn(tuple(element for piece in pieces for element in elements(piece)))
    assert [cells.count(f"<td>{number}</td>") for number in range(140)] == [1] * 140


@pytest.mark.parametrize("before", ["", "- first\n", "text\n\n"])
@pytest.mark.parametrize("sign", ["- ", "1. ", "> ", "> - ", "- - ", "| ", "# ", "[a]: ", "<p>"])
def test_a_line_of_a_block_without_an_end_is_cut(before: str, sign: str) -> None:
    text = before + sign + "some words " * 10_000
    cutter, pieces = PieceCutter(), []
    for end in range(0, len(text) + 20_000, 20_000):
        pieces += [piece.text for piece in cutter.take(text[:end])]
    assert "".join(pieces) + cutter.rest(text) == text
    assert len(cutter.rest(text)) <= LONGEST_ITEM


def test_a_long_list_is_cut_between_items_and_goes_on_counting() -> None:
    pieces = cut(
        "".join(f"{number}. item\n\n{' ' * len(f'{number}. ')}- inner {'x' * 70}\n" for number in range(1, 200))
    )
    assert len(pieces) == 3
    assert [piece.split(".")[0] for piece in pieces] == [
        "1",
        *(str(1 + "".join(pieces[:n]).count("inner")) for n in (1, 2)),
    ]
