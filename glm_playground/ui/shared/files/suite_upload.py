"""A suite that a page opens: a file or a text, read once and kept for this tab."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from glm_playground import bounds
from glm_playground.evals.ballot import suite_digest
from glm_playground.evals.suite import SUFFIXES, FilledCase, Suite, SuiteError, SuiteProblem
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal

if TYPE_CHECKING:
    from glm_playground.evals.promptfoo import Opened

_MOST_PROBLEMS = 10


@dataclass(frozen=True)
class OpenSuite:
    """A suite with what takes time to find in a large one."""

    suite: Suite
    unsupported: tuple[SuiteProblem, ...]
    """What of its file is not in it."""
    asked: tuple[FilledCase, ...]
    digest: str


def kept_suite(key: str) -> OpenSuite | None:
    """The suite of the file that this tab has open under that name."""
    found: OpenSuite | None = st.session_state.get(key)
    return found


def draw_suite_upload(key: str) -> OpenSuite | None:
    """Draws the suite that this tab has open, with the way to another one, or the place for its file."""
    if kept := kept_suite(key):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.markdown(_title(kept), width="stretch")
            st.button(_("Take another suite"), key=f"{key}_remove", type="tertiary", on_click=_forget, args=(key,))
        _draw_unsupported(kept)
        return kept
    file = st.file_uploader(
        _("Suite: a promptfoo configuration (YAML), CSV or JSON Lines"),
        type=[suffix.removeprefix(".") for suffix in SUFFIXES],
        key=f"{key}_file",
        # The server takes no larger file, whatever the field says.
        max_upload_size=min(bounds.SUITE_FILE_BYTES // 1024**2, st.get_option("server.maxUploadSize")),
    )
    if file is None:
        return None
    opened = _read(f"{key}_read", file.file_id, file.name, file.getvalue)
    if isinstance(opened, OpenSuite):
        st.session_state[key] = opened
        st.rerun()
    _draw_problems(_("This file cannot be opened as a suite."), opened)
    return None


def draw_suite_text(key: str, text: str) -> OpenSuite | None:
    """Draws the suite in a text in YAML, or what is wrong with it."""
    opened = _read(f"{key}_text", text, f"text{SUFFIXES[0]}", lambda: text.encode("utf-8", "replace"))
    if isinstance(opened, OpenSuite):
        st.markdown(_title(opened))
        _draw_unsupported(opened)
        return opened
    _draw_problems(_("This is no suite that can be asked."), opened)
    return None


def _read(key: str, id: str, name: str, data: Callable[[], bytes]) -> OpenSuite | tuple[SuiteProblem, ...]:
    """The suite, or what is wrong with it; it is read where the last one had another id."""
    known: tuple[str, OpenSuite | tuple[SuiteProblem, ...]] | None = st.session_state.get(key)
    if known is None or known[0] != id:
        with released():
            known = id, _opened(name, data())
        st.session_state[key] = known
    return known[1]


def _opened(name: str, data: bytes) -> OpenSuite | tuple[SuiteProblem, ...]:
    from glm_playground.evals.suite_file import open_suite  # noqa: PLC0415 - loads a reader of YAML

    try:
        found: Opened = open_suite(name, data)
    except SuiteError as error:
        return error.problems
    return opened_of(found.suite, found.unsupported)


def opened_of(suite: Suite, unsupported: tuple[SuiteProblem, ...] = ()) -> OpenSuite:
    """A suite with what takes time to find in it."""
    return OpenSuite(suite, unsupported, tuple(suite.asked()), suite_digest(suite))


def _title(opened: OpenSuite) -> str:
    count = len(opened.asked)
    name = literal(opened.suite.name) or _("A suite")
    counted = ngettext("{count} case", "{count} cases", count).format(count=number(count))
    files = sum(len(case.attachments) for case in opened.suite.cases)
    attached = ngettext("{count} attachment", "{count} attachments", files).format(count=number(files))
    return " · ".join([f"**{name}**", counted, *([attached] if files else [])])


def _draw_unsupported(opened: OpenSuite) -> None:
    if not opened.unsupported:
        return
    with st.expander(_("Not supported in it: {count}").format(count=number(len(opened.unsupported)))):
        for problem in opened.unsupported[:_MOST_PROBLEMS]:
            st.text(str(problem))


def _draw_problems(title: str, problems: tuple[SuiteProblem, ...]) -> None:
    st.error("\n".join(f"- {literal(str(problem))}" for problem in problems[:_MOST_PROBLEMS]), title=title)


def _forget(key: str) -> None:
    for name in (key, f"{key}_file", f"{key}_read"):
        st.session_state.pop(name, None)
