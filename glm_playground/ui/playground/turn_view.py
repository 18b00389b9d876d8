"""One turn of a lane: the prompt, the answer with its figures, and what can be done with both."""

from collections.abc import Callable

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.conversation import Fork, Turn
from glm_playground.chat.lane import Lane
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.session import Session
from glm_playground.gateway import ChatRequest
from glm_playground.runs.caps import CAP_REACHED
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.refusals import refused_fields
from glm_playground.runs.run import Outcome, Run
from glm_playground.ui.playground.composer import copy_text
from glm_playground.ui.playground.editor import answer_place, draw_editor, edit, prompt_place
from glm_playground.ui.playground.form import command, take_changes
from glm_playground.ui.playground.structured_view import draw_check
from glm_playground.ui.playground.tool_view import draw_tool_calls
from glm_playground.ui.server.scheduler import give_way
from glm_playground.ui.shared.answer.asked import asked_name
from glm_playground.ui.shared.answer.attachment_view import draw_attachments
from glm_playground.ui.shared.answer.page_frames import draw_page_frames, hide_page_frames
from glm_playground.ui.shared.answer.run_footer import draw_footer
from glm_playground.ui.shared.answer.run_view import RunView, draw_ended
from glm_playground.ui.shared.answer.tool_results import draw_calls, draw_tool_results
from glm_playground.ui.shared.files.add_to_suite import AskedTurn, draw_add_to_suite, draw_added
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.badges import replay_badge
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code, draw_markdown, draw_typed
from glm_playground.ui.shared.text.styled import styled

_RAW, _AS_MARKDOWN = "raw", "as_markdown"
_USER, _MODEL = ":material/person:", ":material/smart_toy:"
_NO_COST = Cost(CostState.NO_USAGE)

OnEnd = Callable[[], None]


def draw_turn(session: Session, lane: Lane, fork: Fork, *, is_last: bool) -> tuple[RunView, OnEnd] | None:
    """Draws the turn on the screen at `fork`; the view to attach to and what is drawn at its end, if it is running."""
    turn = fork.turn
    if turn is None:
        return None
    give_way()
    with st.chat_message("user", avatar=_USER):
        if not _draw_prompt_editor(session, lane, turn):
            draw_prompt(turn.prompt, f"{lane.id}-{turn.id}")
        _draw_branches(session, fork, turn)
    return draw_answer(session, lane, fork, is_last=is_last)


def draw_shared_prompt(prompt: Prompt, key: str) -> None:
    """Draws a prompt that several lanes were asked, once; `key` is unlike that of any other on the page."""
    with st.chat_message("user", avatar=_USER):
        draw_prompt(prompt, key)


def draw_shared_answer(session: Session, lane: Lane, fork: Fork, *, is_last: bool) -> tuple[RunView, OnEnd] | None:
    """Draws what one lane made of a prompt that is drawn above."""
    if turn := fork.turn:
        _draw_prompt_editor(session, lane, turn)
        _draw_branches(session, fork, turn)
    return draw_answer(session, lane, fork, is_last=is_last)


def draw_answer(session: Session, lane: Lane, fork: Fork, *, is_last: bool) -> tuple[RunView, OnEnd] | None:
    """Draws the answer on the screen, where there is one."""
    turn = fork.turn
    if turn is None or not turn.answers:
        return None
    with st.chat_message("assistant", avatar=_MODEL):
        return _draw_answer(session, lane, turn, is_last=is_last)


def _draw_answer(session: Session, lane: Lane, turn: Turn, *, is_last: bool) -> tuple[RunView, OnEnd] | None:
    answer, run = turn.answer, turn.answer.run
    if run is None or answer.text is not None:
        if answer.missing:
            st.caption(_("This answer is no longer in the history, so it is not sent again."))
        else:
            st.caption(_("as the request quotes it") if answer.quoted else _("written by you"))
            _draw_text(answer.content, answer.id)
            draw_calls(answer.tool_calls)
        _draw_actions(session, lane, turn, is_last=is_last)
        return None
    name = literal(asked_name(run))
    st.caption(f"{name} {replay_badge()}" if run.replayed else name)
    if isinstance(run, LiveRun) and not run.ended:
        view = RunView(run)
        slot = st.empty()
        return view, lambda: _draw_end(session, lane, turn, run, slot.container(gap="small"), is_last=is_last)
    if not run.ended:
        # Another server writes it, or wrote it before it went away: what is stored of it is all there is here.
        st.caption(_("Still running elsewhere. Text so far:"))
    if answer.id in st.session_state.get(_RAW, ()):
        draw_code(run.content)
    else:
        draw_ended(answer, run, as_it_grew=is_last)
    _draw_end(session, lane, turn, run, st.container(gap="small"), is_last=is_last)
    return None


def _draw_text(text: str, answer_id: str) -> None:
    if answer_id in st.session_state.get(_RAW, ()):
        draw_code(text)
    else:
        draw_markdown(text, bounds.DRAWN_CHARACTERS, name=f"text {answer_id}")


def _draw_prompt_editor(session: Session, lane: Lane, turn: Turn) -> bool:
    """Draws the editor of the prompt, if it is open."""

    def ask(text: str) -> None:
        # What cannot be sent waits above the input.
        session.edit_prompt(lane, turn, text)

    return draw_editor(session, prompt_place(turn.id), _("Send the edited prompt"), ask)


def draw_prompt(prompt: Prompt, key: str) -> None:
    """Draws a prompt as it was sent, with its files."""
    if prompt.results:
        draw_tool_results(prompt.results)
    if prompt.text:
        with st.container(horizontal=True, gap="small"):
            with st.container(width="stretch", gap="small"):
                draw = draw_markdown if prompt.text in st.session_state.get(_AS_MARKDOWN, ()) else draw_typed
                draw(prompt.text)
            st.button(
                _("Copy the prompt"),
                key=f"copy-prompt-{key}",
                icon=":material/content_copy:",
                type="tertiary",
                on_click=copy_text,
                args=(prompt.text,),
            )
    draw_attachments(prompt.attachments, key, shares=prompt.attachment_tokens)


def _draw_branches(session: Session, fork: Fork, turn: Turn) -> None:
    if len(fork.turns) > 1:
        _draw_pager(
            _("Prompt {number} of {count}"),
            f"branch-{turn.id}",
            fork.chosen % len(fork.turns) + 1,
            len(fork.turns),
            lambda chosen: session.show_branch(fork, chosen),
        )


def _draw_end(
    session: Session,
    lane: Lane,
    turn: Turn,
    run: Run,
    place: "st.delta_generator.DeltaGenerator",
    *,
    is_last: bool,
) -> None:
    if turn.answer.run is not run:
        # Another tab shows another answer meanwhile, and so will this one as soon as its page is drawn again.
        return
    with place:
        if run.ended:
            draw_footer(run, turn.answer.cost or _NO_COST, turn, place=f"{lane.id}-")
            draw_check(turn.answer)
        if is_last and not turn.answer.after.turns:
            draw_tool_calls(session, lane, turn)
            _draw_ways_on(session, lane, turn, run)
        else:
            # Their results stand in the next prompt.
            draw_calls(turn.answer.tool_calls)
        _draw_actions(session, lane, turn, is_last=is_last)


def _draw_ways_on(session: Session, lane: Lane, turn: Turn, run: Run) -> None:
    """What to do about an answer that was refused, cut or stopped."""
    if run.outcome in {Outcome.LENGTH, Outcome.STOPPED, Outcome.INTERRUPTED} and run.content.strip():
        st.button(
            _("Continue"),
            key=f"continue-{turn.id}",
            on_click=command,
            args=(session, session.continue_answer, lane),
            icon=":material/east:",
        )
    if run.error and run.error.kind == CAP_REACHED:
        st.button(
            _("Send again"),
            key=f"send-again-{turn.id}",
            on_click=command,
            args=(session, session.regenerate, lane, turn),
            icon=":material/refresh:",
        )
    if run.outcome is Outcome.FAILED:
        for field in refused_fields(run):
            st.button(
                _("Send without {field}").format(field=field),
                key=f"without-{field}-{turn.id}",
                on_click=command,
                args=(session, session.send_without, lane, turn, field),
            )


def _draw_actions(session: Session, lane: Lane, turn: Turn, *, is_last: bool) -> None:
    answer = turn.answer
    if not answer.run or answer.run.ended:
        draw_page_frames(answer.content, f"{lane.id}-{answer.id}")
    draw_editor(
        session, answer_place(answer.id), _("Keep the edited answer"), lambda text: session.edit_answer(turn, text)
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if is_last:
            st.button(
                _("Regenerate"),
                key=f"regenerate-{lane.id}",
                icon=":material/refresh:",
                type="tertiary",
                on_click=command,
                args=(session, session.regenerate, lane, turn),
            )
        st.button(
            _("Copy"),
            key=f"copy-{lane.id}-{answer.id}",
            icon=":material/content_copy:",
            type="tertiary",
            on_click=copy_text,
            args=(answer.content,),
            help=_("Copy the answer as it was received"),
        )
        if not answer.missing and (not answer.run or answer.run.ended):
            draw_add_to_suite(
                lambda: AskedTurn(_request_of(session, lane, turn), turn.prompt), answer, f"{lane.id}-{answer.id}"
            )
        _draw_turn_menu(session, lane, turn)
        if len(turn.answers) > 1:
            _draw_pager(
                _("Answer {number} of {count}"),
                f"version-{turn.id}",
                turn.number,
                len(turn.answers),
                lambda chosen: session.show_answer(turn, chosen),
            )

    draw_added(f"{lane.id}-{answer.id}")


def _request_of(session: Session, lane: Lane, turn: Turn) -> ChatRequest:
    """What was asked; where the answer is the user's own, what would be asked now."""
    if run := turn.answer.run:
        return run.request
    return lane.conversation.request(turn.prompt, session.bench.setup_of(lane), before=turn)


def _draw_turn_menu(session: Session, lane: Lane, turn: Turn) -> None:
    raw = turn.answer.id in st.session_state.get(_RAW, ())
    as_markdown = turn.prompt.text in st.session_state.get(_AS_MARKDOWN, ())
    words = {
        "regenerate": _("Ask again"),
        "edit_prompt": _("Edit the prompt"),
        "edit_answer": _("Edit the answer"),
        "raw": _("Show as drawn") if raw else _("Show as text"),
        "markdown": _("Show the prompt as typed") if as_markdown else _("Show the prompt as Markdown"),
        "delete": _("Delete this turn and what follows"),
    }
    options = [name for name in words if not (name in {"edit_prompt", "markdown"} and turn.prompt.results)]
    key = f"turn-{turn.id}"
    st.menu_button(
        _("More"),
        options,
        key=key,
        format_func=words.__getitem__,
        type="tertiary",
        icon=":material/more_horiz:",
        on_click=_act,
        args=(session, lane, turn, key),
    )


def _act(session: Session, lane: Lane, turn: Turn, key: str) -> None:
    state = st.session_state
    take_changes(session)
    match state[key]:
        case "regenerate":
            session.regenerate(lane, turn)
        case "edit_prompt":
            edit(session, prompt_place(turn.id), turn.prompt.text)
        case "edit_answer":
            edit(session, answer_place(turn.answer.id), turn.answer.content)
        case "raw":
            shown: set[str] = state.setdefault(_RAW, set())
            shown ^= {turn.answer.id}
        case "markdown":
            as_markdown: set[str] = state.setdefault(_AS_MARKDOWN, set())
            as_markdown ^= {turn.prompt.text}
        case "delete":
            for below in turn.below():
                for answer in below.answers:
                    hide_page_frames(answer.content)
            session.delete_turn(lane, turn)


def _draw_pager(words: str, key: str, now: int, count: int, show: Callable[[int], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.button(
            _("Earlier"),
            key=f"{key}-back",
            type="tertiary",
            icon=":material/chevron_left:",
            disabled=now <= 1,
            on_click=show,
            args=(now - 1,),
        )
        st.markdown(styled("small", words.format(number=number(now), count=number(count))), width="content")
        st.button(
            _("Later"),
            key=f"{key}-on",
            type="tertiary",
            icon=":material/chevron_right:",
            disabled=now >= count,
            on_click=show,
            args=(now + 1,),
        )
