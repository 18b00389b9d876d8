"""The case of a suite that is asked next."""

from dataclasses import dataclass

import streamlit as st

from glm_playground.evals.suite import FilledCase
from glm_playground.ui.shared.answer.images import draw_images
from glm_playground.ui.shared.files.suite_upload import OpenSuite, draw_suite_upload
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_typed

_SUITE, _PLACE = "vote_suite", "vote_case"
_SHOWN_CHARACTERS = 2_000


@dataclass(frozen=True)
class SuiteCase:
    """A suite, and which of its prompts is next."""

    opened: OpenSuite
    place: int

    @property
    def chosen(self) -> FilledCase:
        """The prompt that is asked next."""
        return self.opened.asked[self.place]


def draw_suite() -> SuiteCase | None:
    """Draws the suite and its next prompt, or the place for a file."""
    opened = draw_suite_upload(_SUITE)
    if opened is None:
        st.session_state.pop(_PLACE, None)
        return None
    most = len(opened.asked)
    place = min(max(st.session_state.get(_PLACE) or 1, 1), most)
    st.session_state[_PLACE] = place
    st.number_input(_("Prompt (1 to {most})").format(most=number(most)), 1, most, step=1, key=_PLACE, width=200)
    found = SuiteCase(opened, place - 1)
    with st.container(border=True, gap="xsmall"):
        label = found.chosen.prompt.label
        st.caption(literal(found.chosen.case.id if not label else f"{found.chosen.case.id} · {label}"))
        for message in found.chosen.messages:
            draw_typed(message.content, _SHOWN_CHARACTERS)
            draw_images(message.images)
    return found


def next_case(case: SuiteCase) -> None:
    """Offers the prompt after the one that was asked; the first after the last."""
    st.session_state[_PLACE] = (case.place + 1) % len(case.opened.asked) + 1
