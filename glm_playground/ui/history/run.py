"""One run of the history as it was, with what became known of it since, and what can be done with it."""

from collections.abc import Sequence

import streamlit as st

from glm_playground import bounds
from glm_playground.bundles.bundle import RecordedRun
from glm_playground.chat.conversation import Answer
from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.setup import setup_of
from glm_playground.ledger import Ledger, StoredRun, UnreadableRun
from glm_playground.runs.cost import Cost, CostState
from glm_playground.service import runtime
from glm_playground.ui.history.list import delete, stop_runs
from glm_playground.ui.history.tasks import draw_task
from glm_playground.ui.shared.answer.asked import asked_setup
from glm_playground.ui.shared.answer.attachment_view import draw_attachments
from glm_playground.ui.shared.answer.page_frames import draw_page_frames
from glm_playground.ui.shared.answer.run_footer import cost_state_name, draw_footer
from glm_playground.ui.shared.answer.run_view import draw_ended
from glm_playground.ui.shared.answer.tool_results import draw_calls, draw_tool_results
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.files.add_to_suite import AskedTurn, draw_add_to_suite, draw_added
from glm_playground.ui.shared.files.put_on_stage import draw_put_on_stage
from glm_playground.ui.shared.i18n import _, moment
from glm_playground.ui.shared.page.ledger_notice import attempt, typed_for
from glm_playground.ui.shared.page.navigation import PLAYGROUND, RUN
from glm_playground.ui.shared.page.session import open_conversations
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_markdown, draw_typed

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
    if isinstance(stored, UnreadableRun):
        _draw_unreadable(ledger, owner, stored)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _draw_conversation(stored)
    with right:
        _draw_doings(ledger, owner, stored)
        _draw_notes(ledger, owner, stored)
        draw_task(ledger, owner, stored)


def _draw_unreadable(ledger: Ledger, owner: str, stored: UnreadableRun) -> None:
    row = stored.row
    why = (
        _("A later version of this app wrote it. Update this app to read it.")
        if stored.newer
        else _("What is stored of it is broken. Your other runs are unharmed.")
    )
    st.error(why, title=_("This run cannot be read."))
    st.caption(
        _("{model} at {server}, {time}").format(
            model=literal(row.model), server=literal(row.server), time=moment(row.started_at)
        )
    )
    if row.prompt:
        draw_typed(row.prompt)
    _draw_delete(ledger, owner, row.id)


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
            draw_typed(system)
    turns = conversation_of([run]).turns
    for place, turn in enumerate(turns):
        # What can be opened beside an answer goes by its id, which is new whenever the conversation is made.
        turn.answer.id = f"{run.id}-{place}"
    for turn in turns:
        with st.chat_message("user", avatar=":material/person:"):
            if turn.prompt.results:
                draw_tool_results(turn.prompt.results)
            if turn.prompt.text:
                draw_typed(turn.prompt.text)
            draw_attachments(turn.prompt.attachments, turn.answer.id, opens_texts=True)
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            if turn is not turns[-1]:
                draw_markdown(turn.answer.content, bounds.DRAWN_CHARACTERS, name=f"text {turn.answer.id}")
                draw_calls(turn.answer.tool_calls)
                draw_page_frames(turn.answer.content, turn.answer.id)
                continue
            if not run.ended:
                st.caption(_("Still running. Text so far:"))
            draw_ended(turn.answer, run)
            draw_calls(turn.answer.tool_calls)
            if run.ended:
                draw_page_frames(turn.answer.content, turn.answer.id)
                draw_footer(run, stored.cost or _UNKNOWN_COST, turn)
                _draw_settlement(stored)
    if stored.left_out:
        names = ", ".join(f"`{name.replace('`', '')}`" for name in stored.left_out)
        st.caption(_("A later version of this app wrote this run; not shown: {names}").format(names=names))


def _draw_settlement(stored: StoredRun) -> None:
    settlement, before = stored.settlement, stored.cost_at_end
    if settlement is None:
        return
    parts = [_("Settled: {amount}, said {source}").format(
        amount=literal(dollars(settlement.amount)), source=literal(settlement.source)
    )]  # fmt: skip
    if settlement.settled_at:
        parts.append(moment(settlement.settled_at))
    if before and before.amount is not None:
        parts.append(_("{state} at the end: {amount}").format(
            state=cost_state_name(before.state), amount=literal(dollars(before.amount))
        ))  # fmt: skip
    st.caption(" · ".join(parts))


def _draw_doings(ledger: Ledger, owner: str, stored: StoredRun) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button(
            on_accent(_("Continue in the playground")),
            key="history_continue",
            type="primary",
        ):
            # One that is running here is attached to; a stored copy of it would never end.
            run = runtime.engine().live(stored.run.id) or stored.run
            conversation = conversation_of([run])
            for answer in conversation.all_answers():
                answer.stored_cost = stored.cost if answer.run else None
            open_conversations([(asked_setup(run), conversation)])
            st.switch_page(PLAYGROUND)
        if live := runtime.engine().live(stored.run.id):
            st.button(_("Stop"), key="history_run_stop", icon=":material/stop:", on_click=stop_runs, args=([live],))
        _draw_delete(ledger, owner, stored.run.id)
    if stored.run.ended:
        answer = Answer(stored.run, stored_cost=stored.cost)
        with st.container(horizontal=True, gap="small"):
            draw_add_to_suite(lambda: AskedTurn(stored.run.request), answer, "history")
        draw_added("history")
        draw_put_on_stage(lambda: [RecordedRun(stored.run, stored.cost)], "history_stage")


def _draw_delete(ledger: Ledger, owner: str, run_id: str) -> None:
    st.button(
        _("Delete"),
        key="history_run_delete",
        icon=":material/delete:",
        on_click=_delete,
        args=(ledger, owner, run_id),
    )


def _delete(ledger: Ledger, owner: str, run_id: str) -> None:
    if live := runtime.engine().live(run_id):
        stop_runs([live])
    if delete(lambda: ledger.delete(owner, [run_id])):
        _close()


def _draw_notes(ledger: Ledger, owner: str, stored: StoredRun) -> None:
    run_id = stored.run.id
    tags_key, note_key = f"history_tags-{run_id}", f"history_note-{run_id}"
    tags = typed_for(f"tags {run_id}", list(stored.row.tags))
    known = list(dict.fromkeys([*tags, *ledger.tags(owner)]))
    st.multiselect(
        _("Tags"),
        known,
        default=tags,
        key=tags_key,
        accept_new_options=True,
        max_selections=_MOST_TAGS,
        placeholder=_("add a tag"),
        on_change=_keep_tags,
        args=(ledger, owner, run_id, tags_key),
    )
    st.text_area(
        _("Note"),
        typed_for(f"note {run_id}", stored.row.note),
        key=note_key,
        max_chars=_MOST_NOTE,
        height=80,
        on_change=_keep_note,
        args=(ledger, owner, run_id, note_key),
    )


def _keep_tags(ledger: Ledger, owner: str, run_id: str, key: str) -> None:
    tags = _tags(st.session_state[key])
    attempt(_("The tags are not saved."), lambda: ledger.set_tags(owner, run_id, tags), f"tags {run_id}", tags)


def _keep_note(ledger: Ledger, owner: str, run_id: str, key: str) -> None:
    note = st.session_state[key] or ""
    attempt(_("The note is not saved."), lambda: ledger.set_note(owner, run_id, note), f"note {run_id}", note)


def _tags(chosen: Sequence[str]) -> list[str]:
    return [tag.strip()[:60] for tag in chosen if tag.strip()]
