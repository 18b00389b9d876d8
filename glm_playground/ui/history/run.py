"""One run of the history as it was, with what became known of it since, and what can be done with it."""

from collections.abc import Sequence

import streamlit as st

from glm_playground.chat.conversation import conversation_of
from glm_playground.chat.setup import setup_of
from glm_playground.ledger import Ledger, StoredRun
from glm_playground.runs.cost import Cost, CostState
from glm_playground.ui.history.list import RUN, UNDO
from glm_playground.ui.history.tasks import draw_task
from glm_playground.ui.playground import workbench
from glm_playground.ui.shared.accent import on_accent
from glm_playground.ui.shared.answer_markdown import literal, to_markdown
from glm_playground.ui.shared.i18n import _, moment
from glm_playground.ui.shared.navigation import PLAYGROUND
from glm_playground.ui.shared.run_footer import draw_footer, remember_cost
from glm_playground.ui.shared.run_view import draw_ended
from glm_playground.ui.shared.tool_results import draw_tool_results

_UNKNOWN_COST = Cost(CostState.NO_USAGE)
_MOST_TAGS = 20
_MOST_NOTE = 10_000


def draw_run(ledger: Ledger, owner: str, run_id: str) -> None:
    """Draws the run in the place of the list."""
    stored = ledger.run(owner, run_id)
    st.button(_("Back to the list"), key="history_back", icon=":material/arrow_back:", on_click=_close)
    if stored is None:
        st.warning(
            _("It may have been deleted, or it belongs to another browser."), title=_("There is no such run of yours.")
        )
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _draw_conversation(stored)
    with right:
        _draw_doings(ledger, owner, stored)
        _draw_notes(ledger, owner, stored)
        draw_task(ledger, owner, stored)


def _close() -> None:
    st.query_params.pop(RUN, None)


def _draw_conversation(stored: StoredRun) -> None:
    run = stored.run
    st.caption(
        _("{model} at {server}, {time}").format(
            model=literal(run.request.model), server=literal(run.server.name), time=moment(run.started_at)
        )
    )
    system = setup_of(run.request).system
    if system.strip():
        with st.expander(_("System prompt"), type="compact"):
            st.markdown(to_markdown(system), anchors=False)
    turns = conversation_of([run]).turns
    for turn in turns:
        with st.chat_message("user", avatar=":material/person:"):
            if turn.prompt.results:
                draw_tool_results(turn.prompt.results)
            if turn.prompt.text:
                st.markdown(to_markdown(turn.prompt.text), anchors=False)
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            if turn is not turns[-1]:
                st.markdown(to_markdown(turn.answer.content), anchors=False)
                continue
            if not run.ended:
                st.caption(_("This run goes on; here is its text so far."))
            draw_ended(turn.answer, run)
            if run.ended:
                draw_footer(run, stored.cost or _UNKNOWN_COST, turn)


def _draw_doings(ledger: Ledger, owner: str, stored: StoredRun) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button(
            on_accent(_("Continue in the playground")),
            key="history_continue",
            type="primary",
        ):
            remember_cost(stored.run, stored.cost)
            workbench.use_conversations([(setup_of(stored.run.request), conversation_of([stored.run]))])
            st.switch_page(PLAYGROUND)
        st.button(
            _("Delete"),
            key="history_run_delete",
            icon=":material/delete:",
            on_click=_delete,
            args=(ledger, owner, stored),
        )


def _delete(ledger: Ledger, owner: str, stored: StoredRun) -> None:
    st.session_state[UNDO] = ledger.delete(owner, [stored.run.id])
    _close()


def _draw_notes(ledger: Ledger, owner: str, stored: StoredRun) -> None:
    run_id = stored.run.id
    tags_key, note_key = f"history_tags-{run_id}", f"history_note-{run_id}"
    known = list(dict.fromkeys([*stored.row.tags, *ledger.tags(owner)]))
    st.multiselect(
        _("Tags"),
        known,
        default=list(stored.row.tags),
        key=tags_key,
        accept_new_options=True,
        max_selections=_MOST_TAGS,
        placeholder=_("add a tag"),
        on_change=_keep_tags,
        args=(ledger, owner, run_id, tags_key),
    )
    st.text_area(
        _("Note"),
        stored.row.note,
        key=note_key,
        max_chars=_MOST_NOTE,
        height=80,
        on_change=_keep_note,
        args=(ledger, owner, run_id, note_key),
    )


def _keep_tags(ledger: Ledger, owner: str, run_id: str, key: str) -> None:
    ledger.set_tags(owner, run_id, _tags(st.session_state[key]))


def _keep_note(ledger: Ledger, owner: str, run_id: str, key: str) -> None:
    ledger.set_note(owner, run_id, st.session_state[key] or "")


def _tags(chosen: Sequence[str]) -> list[str]:
    return [tag.strip()[:60] for tag in chosen if tag.strip()]
