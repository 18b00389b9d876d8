"""The suite that prompts are taken from: one file, kept for this tab."""

from dataclasses import dataclass

import streamlit as st

from glm_playground.evals.suite import FilledCase, Suite, SuiteError, SuiteProblem, problems_of
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.long_text import draw_typed

_SUITE, _FILE, _PLACE = "vote_suite", "vote_suite_file", "vote_case"
_MOST_PROBLEMS = 5
_SHOWN_CHARACTERS = 2_000


@dataclass(frozen=True)
class OpenSuite:
    """A suite, and which of its prompts is next."""

    suite: Suite
    asked: tuple[FilledCase, ...]
    place: int

    @property
    def chosen(self) -> FilledCase:
        """The prompt that is asked next."""
        return self.asked[self.place]


def draw_suite() -> OpenSuite | None:
    """Draws the suite and its next prompt, or the place for a file."""
    suite: Suite | None = st.session_state.get(_SUITE)
    if suite is None:
        _draw_upload()
        return None
    asked = tuple(suite.asked())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        count = ngettext("{count} prompt", "{count} prompts", len(asked)).format(count=number(len(asked)))
        st.markdown(f"**{literal(suite.name)}** · {count}", width="stretch")
        st.button(_("Take another suite"), key="vote_suite_remove", type="tertiary", on_click=_forget)
    place = min(max(st.session_state.get(_PLACE) or 1, 1), len(asked))
    st.session_state[_PLACE] = place
    st.number_input(
        _("Prompt (1 to {most})").format(most=number(len(asked))), 1, len(asked), step=1, key=_PLACE, width=200
    )
    found = OpenSuite(suite, asked, place - 1)
    with st.container(border=True, gap="xsmall"):
        label = found.chosen.prompt.label
        st.caption(literal(found.chosen.case.id if not label else f"{found.chosen.case.id} · {label}"))
        for message in found.chosen.messages:
            draw_typed(message.content, _SHOWN_CHARACTERS)
    return found


def next_case(suite: OpenSuite) -> None:
    """Has the page offer the prompt after the one that was asked; the first after the last."""
    st.session_state[_PLACE] = (suite.place + 1) % len(suite.asked) + 1


def _draw_upload() -> None:
    file = st.file_uploader(
        _("Suite: a promptfoo configuration (YAML), CSV or JSON Lines"),
        type=["yaml", "yml", "csv", "tsv", "jsonl", "ndjson"],
        key=_FILE,
    )
    if file is None:
        return
    from glm_playground.evals.suite_file import open_suite  # noqa: PLC0415 - loads a reader of YAML

    try:
        with released():
            opened = open_suite(file.name, file.getvalue())
    except SuiteError as error:
        _draw_problems(_("This file cannot be opened as a suite."), error.problems)
        return
    if problems := problems_of(opened.suite):
        _draw_problems(_("This suite cannot be asked."), problems)
        return
    st.session_state[_SUITE] = opened.suite
    st.session_state[_PLACE] = 1
    st.rerun()


def _draw_problems(title: str, problems: list[SuiteProblem] | tuple[SuiteProblem, ...]) -> None:
    st.error("\n".join(f"- {literal(str(problem))}" for problem in problems[:_MOST_PROBLEMS]), title=title)


def _forget() -> None:
    for name in (_SUITE, _PLACE, _FILE):
        st.session_state.pop(name, None)
