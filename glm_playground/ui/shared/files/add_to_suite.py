"""Adding a turn to a suite: one click for the suite used last, and a form for another one or another expectation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.conversation import Answer
from glm_playground.chat.prompt import Prompt
from glm_playground.evals.suite import Check, CheckKind, SuiteError
from glm_playground.evals.turn_case import case_of
from glm_playground.gateway import ChatRequest
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import explain, ledger
from glm_playground.ui.shared.page.navigation import EVALUATE, SUITE
from glm_playground.ui.shared.text.answer_markdown import literal

_SAID = "suite_said"
_EXPECTED_CHARACTERS = 20_000


@dataclass(frozen=True)
class _Said:
    """What became of the last click."""

    key: str
    text: str
    suite_id: str = ""
    """Empty where nothing was added."""


class _Into(NamedTuple):
    """Where a turn goes, and what is expected."""

    expected: Check | None = None
    """None for its own answer."""
    suite_id: str | None = None
    """Empty for a new suite; None for the one used last."""
    name: str = ""
    """Of a new one."""


_LAST = _Into()


def check_names() -> dict[CheckKind, str]:
    """The checks of a text, as they are called on the screen."""
    return {
        CheckKind.EQUALS: _("is this text"),
        CheckKind.ICONTAINS: _("contains it, in capitals or not"),
        CheckKind.CONTAINS: _("contains it as it is"),
        CheckKind.STARTS_WITH: _("begins with it"),
        CheckKind.REGEX: _("matches this pattern"),
        CheckKind.RUBRIC: _("is as it says, by a judge's word"),
    }


class AskedTurn(NamedTuple):
    """What was asked."""

    request: ChatRequest
    prompt: Prompt | None = None
    """The last one, where it is known with its template and the names of its files."""


def draw_add_to_suite(asked: Callable[[], AskedTurn], answer: Answer, key: str) -> None:
    """Draws the button and the form beside it; `asked` gives what was asked once one of them is used."""
    st.button(
        _("Add to a suite"),
        key=f"suite-add-{key}",
        icon=":material/playlist_add:",
        type="tertiary",
        help=_("Makes it a case of the suite that you used last; its answer is what is expected."),
        on_click=_add,
        args=(asked, answer, key),
    )
    label = _("Add with another expectation")
    # Without words a screen reader would have no name for it.
    with st.popover(_("Add as"), help=label, type="tertiary", key=f"suite-form-{key}", on_change="rerun") as form:
        if form.open:
            st.markdown(f"**{label}**")
            _draw_form(asked, answer, key)


def draw_added(key: str) -> None:
    """Says what became of the last click on the button of that key, with the way to the suite."""
    said: _Said | None = st.session_state.get(_SAID)
    if said is None or said.key != key:
        return
    if not said.suite_id:
        st.error(said.text, title=_("It is in no suite."))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(said.text, width="content")
        st.page_link(EVALUATE, label=_("Open the suite"), icon=":material/table:", query_params={SUITE: said.suite_id})


def _draw_form(asked: Callable[[], AskedTurn], answer: Answer, key: str) -> None:
    opened = ledger()
    rows = opened.suites.all(owner()) if isinstance(opened, Ledger) else []
    names = {row.id: row.name for row in rows} | {"": _("A new suite")}
    suite = st.selectbox(_("Suite"), list(names), format_func=names.__getitem__, key=f"suite-into-{key}")
    name = (
        ""
        if suite
        else st.text_input(
            _("Its name"), _("My cases"), max_chars=bounds.SUITE_NAME_CHARACTERS, key=f"suite-name-{key}"
        )
    )
    kinds = check_names()
    kind = st.selectbox(
        _("A right answer"), list(kinds), format_func=kinds.__getitem__, key=f"suite-check-{key}", index=1
    )
    text = st.text_area(_("What is expected"), key=f"suite-expected-{key}", max_chars=_EXPECTED_CHARACTERS, height=80)
    st.button(
        _("Add"),
        key=f"suite-add-form-{key}",
        disabled=not text.strip(),
        on_click=_add,
        args=(asked, answer, key, _Into(Check(kind=kind, value=text.strip()), suite, name)),
    )


def _add(
    asked: Callable[[], AskedTurn],
    answer: Answer,
    key: str,
    into: _Into = _LAST,
) -> None:
    from glm_playground.evals import own_suites  # noqa: PLC0415 - loads a reader of YAML

    opened = ledger()
    if not isinstance(opened, Ledger):
        st.session_state[_SAID] = _Said(key, explain(opened).body)
        return
    try:
        with released():
            turn = asked()
            new = case_of(turn.request, answer.content, answer.tool_calls, into.expected, turn.prompt)
            called = into.name.strip() or _("My cases")
            if into.suite_id == "":
                found = own_suites.begin(opened, owner(), new, called)
            else:
                found = own_suites.add_turn(opened, owner(), new, called, into.suite_id or "")
    except LedgerError as error:
        st.session_state[_SAID] = _Said(key, explain(error).body)
    except SuiteError as error:
        st.session_state[_SAID] = _Said(key, suite_fault(error))
    else:
        said = _("Added to {suite}.").format(suite=f"**{literal(found.name)}**")
        if count := len(new.attachments):
            with_files = ngettext("{count} attachment goes with it.", "{count} attachments go with it.", count)
            said += " " + with_files.format(count=number(count))
        st.session_state[_SAID] = _Said(key, said, found.id)


def suite_fault(error: SuiteError) -> str:
    """What keeps a suite from being changed, as Markdown; what is wrong with a file or a cell is English."""
    from glm_playground.evals.own_suites import SuiteFullError, UnreadableSuiteError  # noqa: PLC0415 - as above

    if isinstance(error, SuiteFullError):
        said = _("A suite here has at most {cases} cases and {bytes} MB.")
        return said.format(cases=number(bounds.OWN_SUITE_CASES), bytes=number(bounds.OWN_SUITE_BYTES / 1024**2))
    if isinstance(error, UnreadableSuiteError):
        return _("The suite cannot be read: a later version of the app wrote it, or it is broken.")
    return "\n".join(f"- {literal(str(problem))}" for problem in error.problems)
