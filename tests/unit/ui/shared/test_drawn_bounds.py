"""What is drawn of a hostile text: bounded, whatever its signs; and ordinary texts are drawn as they were."""

import re

import pytest

from glm_playground import bounds
from glm_playground.markdown.busy_text import is_busy
from glm_playground.markdown.formulas import may_be_drawn
from glm_playground.ui.shared.text.answer_markdown import elements, piece_elements
from glm_playground.ui.shared.text.pieces import LONGEST_PIECE, Piece, PieceCutter
from tests.shown_text import drawn

NESTED_LIST = "\n".join(f"{'  ' * depth}- a" for depth in range(80))
WIDE_TABLE = "|a" * 500 + "\n" + "|-" * 500 + "\n" + "b\n" * 500
HOSTILE = {
    "images": "![" * 4000,
    "brackets": "[" * 8000,
    "stars": "*" * 8000,
    "bold": "**a" * 2600,
    "underscores": "a_" * 4000,
    "ticks": "`a ``b" * 1300,
    "quotes": ">" * 4000,
    "spaced quotes": "> " * 4000,
    "tags": "<a" * 4000,
    "links": "[](" * 2600,
    "links in links": "[![](a)](b)" * 700,
    "references": "[a]: b\n" * 1100,
    "lists on a line": "- " * 4000,
    "numbered lists on a line": "1. " * 2600,
    "nested lists": NESTED_LIST,
    "a wide table": WIDE_TABLE,
    "dollars": "$" * 8000,
    "escapes": "\\" * 8000,
    "mixed": "*_[`<" * 1600,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_busy_piece_is_shown_as_it_is(text: str) -> None:
    shown = drawn(elements(text))
    # What is left of the table; signs that make a rule make one.
    assert shown.startswith(f"<pre>{text[:2000].rstrip()}") or shown == "<hr>"
    assert not re.search("<(?:ul|ol|q|b|i|s|a|table)>", shown)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"- **name {n}**: `code_{n}`, see [the page](https://a.example/{n}) *now*" for n in range(80)),
        "\n".join(f"{'  ' * depth}- level {depth}" for depth in range(8)),
        "| a | b | c |\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * 400,
        "> > > quoted\n> > > twice",
        "a plain line of prose. " * 340,
    ],
)
def test_ordinary_texts_are_drawn(text: str) -> None:
    assert not is_busy(text)


def test_a_two_megabyte_prompt_is_a_few_short_pieces() -> None:
    pieces = PieceCutter().take(("![" * 1_000_000)[: bounds.DRAWN_PROMPT_CHARACTERS])
    assert len(pieces) <= bounds.DRAWN_PROMPT_CHARACTERS // LONGEST_PIECE
    assert all(len("".join(map(str, piece_elements(piece)))) <= LONGEST_PIECE + 20 for piece in pieces)


def test_code_is_code_however_busy() -> None:
    text = "```python\n" + "a[b[c[0]]] = {**x, `y`}\n" * 300 + "```"
    assert elements(text) == (text,)


def test_a_very_long_block_of_code_has_one_colour() -> None:
    text = "```python\n" + "a = 1\n" * (bounds.DRAWN_CODE_CHARACTERS // 5 + 1) + "```\nend"
    assert str(elements(text)[0]).startswith("```text\n")


HOSTILE_FORMULAS = [
    r"\def\a{xx}\def\b{\a\a}\def\c{\b\b}\c",
    r"\newcommand{\a}{\a\a}\a",
    r"\renewcommand\a{x}",
    r"\providecommand\a{x}",
    r"\gdef\a{x}",
    r"\edef\a{x}",
    r"\xdef\a{x}",
    r"\let\a=\b",
    r"\futurelet\a\b",
    r"\global\def\a{x}",
    r"\rule{9999em}{9999em}",
    r"\rule[-999em]{1em}{1em}",
    r"\kern9999em",
    r"\kern 12345678901234567890em",
    r"\mkern 9999mu",
    r"\hspace{1000cm}",
    r"\hspace*{9999 pt}",
    r"\raisebox{999em}{x}",
    r"a \\[999em] b",
    r"\genfrac{}{}{999em}{}{a}{b}",
    r"\above 999em",
    r"\href{javascript:alert(1)}{x}",
    r"\url{http://evil.example}",
    r"\includegraphics[height=999em]{http://evil.example/a.png}",
    r"\htmlClass{x}{y}",
    r"\htmlStyle{position:fixed}{y}",
    r"\htmlData{a=b}{y}",
    r"\csname def\endcsname",
    r"\expandafter\def\csname a\endcsname{x}",
    r"\mathchoice{\mathchoice{a}{a}{a}{a}}{b}{c}{d}",
    r"\@firstoftwo{a}{b}",
    r"\phantom{" + "x" * 3000 + "}",
    r"\frac{" * 30 + "x" + "}{y}" * 30,
    "x^{" * 30 + "y" + "}" * 30,
    r"\sqrt" * 100 + "x",
    r"\left(" * 30 + "x" + r"\right)" * 30,
    r"\begin{matrix}" * 20 + "x" + r"\end{matrix}" * 20,
    r"\alpha" + r" + \beta" * 300,
    r"\begin{matrix}" + "a & " * 300 + r"\end{matrix}",
    "x^^^^^y",
]


@pytest.mark.parametrize("formula", HOSTILE_FORMULAS, ids=lambda formula: formula[:30])
def test_a_hostile_formula_is_shown_as_its_source(formula: str) -> None:
    assert not may_be_drawn(formula)
    shown = drawn(elements(f"\\[{formula}\\]\n\n\\({formula}\\) and $${formula}$$\n\n```math\n{formula}\n```"))
    assert "<math>" not in shown
    assert shown.count("".join(formula)) >= 1


@pytest.mark.parametrize(
    "formula",
    [
        r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
        r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} \begin{pmatrix} x \\ y \end{pmatrix}",
        r"\begin{aligned} f(x) &= x^2 \\[1ex] &= y \end{aligned}",
        r"\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi} \hspace{1em} \text{for all } x \in \mathbb{R}",
        r"\mathcal{L} = \bar\psi(i\gamma^\mu D_\mu - m)\psi - \tfrac14 F_{\mu\nu}F^{\mu\nu}",
        r"\left( \frac{\partial f}{\partial x} \right)_{y}",
        r"\rule{2em}{0.4pt}",
    ],
)
def test_an_ordinary_formula_is_drawn(formula: str) -> None:
    assert may_be_drawn(formula)
    assert elements(f"\\[{formula}\\]") == (f"$$\n{formula}\n$$",)


def test_a_piece_draws_so_many_formulas_only() -> None:
    assert str(elements(r"\(x\) " * 200)).count("$x$") == bounds.FORMULAS
    long = r"\(" + "x+" * 400 + r"\) "
    assert str(elements(long * 8)).count("x+$") == bounds.FORMULAS_CHARACTERS // 800


def test_72_kilobytes_of_definitions_leave_no_formula() -> None:
    text = "\n\n".join(rf"\[\def\a{{{'x' * 50}}}\a\a\a\]" for _number in range(1000))
    cutter = PieceCutter()
    shown = [str(piece_elements(piece)) for piece in (*cutter.take(text), Piece(cutter.rest(text)))]
    assert not any("$$" in piece for piece in shown)
