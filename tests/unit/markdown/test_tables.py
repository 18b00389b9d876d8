"""Bars within formulas of a table, and all that only looks so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shown_text import meant

HEAD = "| f | g |\n|---|---|\n"


def row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


@pytest.mark.parametrize(
    ("written", "cells"),
    [
        ("| $|x|$ | b |", ("<math>\\vertx\\vert</math>", "b")),
        ("| $P(A|B)$ | \\(a|b\\) |", ("<math>P(A\\vertB)</math>", "<math>a\\vertb</math>")),
        ("$\\{x | x>0\\}$ | b", ("<math>\\{x\\vertx>0\\}</math>", "b")),
        ("| $\\|x\\|$ | $|y|$ |", ("<math>\\vertx\\vert</math>", "<math>\\verty\\vert</math>")),
        ("| $5 | 6$ |", ("$5", "6$")),
        ("| $HOME | $PATH |", ("$HOME", "$PATH")),
        ("| $5 | $6 | lost |", ("$5", "$6")),
        ("| `$|x|$` | b |", ("<c>$|x|$</c>", "b")),
    ],
)
def test_bars_of_formulas(written: str, cells: tuple[str, ...]) -> None:
    for start in ("", "> ", "- a\n\n  "):
        within = start.rpartition("\n")[2]
        indent = " " * len(within) if start != "> " else within
        text = start + (HEAD + written).replace("\n", "\n" + indent)
        assert row(*cells) in meant(text)


def test_a_head_may_have_them_too() -> None:
    assert meant("| $|x|$ |\n|-|\n| a |").startswith("<table><tr><th><math>\\vertx\\vert</math></th></tr>")


@given(st.lists(st.sampled_from(["|", "$", "x", " ", "\\", "\\(", "\\)", "`", "\ue07c", "5", "\n"]), max_size=14))
def test_no_sign_is_changed(signs: list[str]) -> None:
    text = meant(HEAD + "".join(signs))
    assert text.count("\ue07c") <= signs.count("\ue07c")
    assert text.count("|") <= signs.count("|")
