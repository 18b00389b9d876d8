"""Two answers beside each other: what differs in words, in lines of code, in JSON."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from glm_playground.chat.differences import (
    Change,
    Part,
    PathChange,
    code_blocks,
    json_differences,
    line_differences,
    word_differences,
)
from glm_playground.chat.workbench import Workbench
from glm_playground.ui.shared.answer.asked import asked_name
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

_MOST_CHARACTERS = 60_000
_KEPT = "difference_parts"
_MOST_PATHS = 200
_MOST_PARTS = 3000
"""Each is drawn as an element of its own, which a browser does slowly."""


class _Choice(NamedTuple):
    label: str
    text: str


def draw_differences(bench: Workbench) -> None:
    """Draws the fold, where there are two answers to compare."""
    choices = _choices(bench)
    if len(choices) < 2:
        return
    fold = st.expander(_("Differences between two answers"), key="differences", type="compact", on_change="rerun")
    if not fold.open:
        return
    with fold:
        labels = [choice.label for choice in choices]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            left = st.selectbox(_("First"), labels, 0, key="difference_left")
            right = st.selectbox(_("Second"), labels, 1, key="difference_right")
            words = {"words": _("words"), "lines": _("lines of code"), "json": _("JSON paths")}
            kind = st.segmented_control(
                _("By"), list(words), format_func=words.__getitem__, default="words", required=True, key="difference_by"
            )
        texts = dict(choices)
        _draw(str(kind), texts.get(str(left), "")[:_MOST_CHARACTERS], texts.get(str(right), "")[:_MOST_CHARACTERS])


def _choices(bench: Workbench) -> list[_Choice]:
    """The last turn's answers of every lane, all versions."""
    found = []
    for number, lane in enumerate(bench.lanes, start=1):
        turns = lane.conversation.turns
        for version, answer in enumerate(turns[-1].answers if turns else [], start=1):
            if answer.run is None or answer.run.ended:
                model = asked_name(answer.run) if answer.run and answer.text is None else _("written by you")
                found.append(_Choice(f"{number} {model} ({version})", answer.content))
    return found


def _draw(kind: str, left: str, right: str) -> None:
    if left == right:
        st.markdown(_("Both are the same."))
    elif kind == "lines":
        blocks = code_blocks(left), code_blocks(right)
        difference = line_differences(*(blocks if any(blocks) else (left, right)))
        st.code(difference or _("The code is the same."), language="diff", wrap_lines=True)
    elif kind == "json":
        changes = json_differences(left, right)
        if changes is None:
            st.markdown(_("At least one of them is not JSON."))
        elif not changes:
            st.markdown(_("Both are the same."))
        else:
            st.markdown(_path_table(changes))
            if len(changes) > _MOST_PATHS:
                st.caption(_too_many())
    else:
        st.caption(_("Removed from the first in red, added by the second in green."))
        parts = _parts(left, right)
        st.markdown(words_as_markdown(parts[:_MOST_PARTS]))
        if len(parts) > _MOST_PARTS:
            st.caption(_too_many())


def _too_many() -> str:
    return _("The texts differ in too many places to show: these are the first.")


def _parts(left: str, right: str) -> Sequence[Part]:
    """The differences by words, computed once while the same two are shown."""
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[:2] != (left, right):
        kept = st.session_state[_KEPT] = (left, right, word_differences(left, right))
    found: Sequence[Part] = kept[2]
    return found


def words_as_markdown(parts: Sequence[Part]) -> str:
    """The parts as Markdown that shows the texts as they are, with their line ends."""
    styles = {Change.REMOVED: "red-background", Change.ADDED: "green-background"}
    lines = [""]
    for part in parts:
        for number, line in enumerate(part.text.split("\n")):
            if number:
                lines.append("")
            shown = literal(line)
            if shown and part.change in styles:
                struck = f"~~{shown}~~" if part.change is Change.REMOVED else shown
                shown = styled(styles[part.change], struck)
            before = " " if line[:1].isspace() else ""
            after = " " if shown and line[-1:].isspace() else ""
            lines[-1] += f"{before}{shown}{after}"
    return "  \n".join(line or "\u00a0" for line in lines)


def _path_table(changes: Sequence[PathChange]) -> str:
    rows = [_("| Path | First | Second |"), "|---|---|---|"]
    for change in changes[:_MOST_PATHS]:
        left = "" if change.change is Change.ADDED else _value(change.left)
        right = "" if change.change is Change.REMOVED else _value(change.right)
        rows.append(f"| {literal(change.path)} | {left} | {right} |")
    return "\n".join(rows)


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return literal(text if len(text) <= 200 else f"{text[:200]}…")
