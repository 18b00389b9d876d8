"""What is not sent yet: prompts that wait, and the line below the input with what the next one will use and cost."""

from decimal import Decimal

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment
from glm_playground.chat.dispatch import NO_LIMIT
from glm_playground.chat.forecast import Forecast
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.plan import Plan
from glm_playground.chat.session import Session
from glm_playground.chat.workbench import Draft
from glm_playground.service import runtime
from glm_playground.ui.playground.composer import draw_composer, draw_new_predictions
from glm_playground.ui.playground.editor import open_editor
from glm_playground.ui.playground.form import DRAFT, ENCODING, VARIABLE, command, take_changes
from glm_playground.ui.playground.notices import explain_notice
from glm_playground.ui.playground.setting_words import encoding_name
from glm_playground.ui.server.scheduler import action_slot, released
from glm_playground.ui.shared.answer.attachment_view import draw_attachments
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.files.taken_files import Taken, take_files
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.session import say, show_value
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code
from glm_playground.ui.shared.text.styled import styled

PROMPT = "prompt"
# Less of the context is nothing to think of.
_LEAST_SHARE = 0.001
_SHOWN_CHARACTERS = 300


@action_slot()
def submit(session: Session) -> None:
    """Sends what was typed and attached; what cannot be sent waits above the input."""
    take_changes(session)
    say(None)
    value = st.session_state[PROMPT]
    text = (value if isinstance(value, str) else value.text) or ""
    # A PDF takes seconds, and a guess at an encoding a quarter of one for a large file; others compute meanwhile.
    with released():
        taken = take_files([] if isinstance(value, str) else value.files)
    if taken.problems and not text.strip() and not taken.files:
        # Nothing is left that could wait.
        say(Notice(NoticeKind.FILES, files=taken.problems))
    session.submit(text, [file.attachment for file in taken.files], notice_of(taken), guessed=taken.guessed)


def notice_of(taken: Taken) -> Notice | None:
    """Why a prompt with these files waits: some could not be read, or a text is to be looked at before it is sent."""
    if taken.problems:
        return Notice(NoticeKind.FILES, files=taken.problems)
    return Notice(NoticeKind.PDF) if any(file.attachment.pages for file in taken.files) else None


def draw_drafts(session: Session) -> bool:
    """Draws the prompts that wait, oldest first; whether one was drawn as waiting for the end of an answer."""
    busy = False
    drafts = list(session.bench.drafts)
    if not drafts:
        return busy
    # They scroll within what first_page.css leaves them, from the newest; that takes a container in another.
    with st.container(key="drafts"), st.container():
        for draft in drafts:
            with st.container(border=True, gap="small"):
                busy |= _draw_draft(session, draft)
    return busy


def _draw_draft(session: Session, draft: Draft) -> bool:
    plan = session.dispatch.plan_of(draft)
    forecast = session.dispatch.forecast(plan)
    most = NO_LIMIT if forecast is None or forecast.most_cost is None else forecast.most_cost
    busy = any(request.lane.conversation.live_runs() for request in plan.requests)
    _draw_why(session, draft, plan, busy=busy)
    if draft.prompt or len(draft.text) > bounds.DRAWN_CHARACTERS:
        # A field with so much would go to the browser and back at every click.
        draw_code(draft.text, most=bounds.DRAWN_PROMPT_CHARACTERS)
    else:
        key = f"{DRAFT}-{draft.id}"
        show_value(key, draft.text)
        st.text_area(_("Prompt"), draft.text, key=key, height=100, label_visibility="collapsed")
    for name in draft.variables:
        key = f"{VARIABLE}-{name}"
        value = session.bench.values.get(name, "")
        show_value(key, value)
        st.text_input(name, value, key=key)
    draw_attachments(draft.attachments, draft.id, shows_texts=True)
    for place, (file, guessed) in enumerate(zip(draft.attachments, draft.guessed, strict=False)):
        if guessed:
            _draw_encoding(draft, place, file, guessed)
    if forecast:
        waiting = _waits_for_price()
        st.markdown(styled("small", forecast_text(forecast, waiting=waiting)))
    _draw_buttons(session, draft, most, busy=busy)
    return busy


def _draw_why(session: Session, draft: Draft, plan: Plan, *, busy: bool) -> None:
    """Draws why the prompt waits; `busy` is whether a lane that it goes to still answers."""
    lanes = [request.lane for request in plan.requests]
    notice = draft.notice if plan.requests else Notice(NoticeKind.NO_LANE)
    if notice and notice.kind is NoticeKind.BUSY and not busy:
        notice = None
    if notice and notice.kind is NoticeKind.SETTINGS:
        lanes = [lane for lane in lanes if session.bench.settings_of(lane).problems]
        notice = notice if lanes else None
    words: tuple[str, ...] = (_("**Not sent yet.**"),)
    if notice:
        words += explain_notice(notice, session.bench, lanes[0] if lanes else None)
    st.markdown(" ".join(words))


def _draw_buttons(session: Session, draft: Draft, most: Decimal, *, busy: bool) -> None:
    with st.container(horizontal=True):
        st.button(
            on_accent(_("Send")),
            key=f"draft-send-{draft.id}",
            type="primary",
            on_click=_send,
            args=(session, draft, most),
            disabled=busy,
        )
        if draft.variables:
            st.button(
                _("Send as it is"), key=f"draft-literal-{draft.id}", on_click=_send_literal, args=(session, draft, most)
            )
        finding = draft.notice.finding if draft.notice else None
        if finding and finding.may_be_overridden:
            st.button(
                _("Send anyway"),
                key=f"draft-anyway-{draft.id}",
                on_click=_send_anyway,
                args=(session, draft, most),
                help=_("The server decides.")
                if finding.is_advice
                else _("The token count is a rule of thumb; the server decides."),
            )
        st.button(
            _("Discard"),
            key=f"draft-discard-{draft.id}",
            type="tertiary",
            on_click=command,
            args=(session, session.discard, draft),
        )


def _draw_encoding(draft: Draft, place: int, file: Attachment, guessed: str) -> None:
    """Asks in which encoding a file is, beside how it begins in the one that is guessed."""
    key = f"{ENCODING}-{place}-{draft.id}"
    fitting = draft.encodings(place)
    show_value(key, guessed)
    st.selectbox(
        _("Encoding of {name}").format(name=file.name),
        fitting,
        fitting.index(guessed),
        format_func=encoding_name,
        key=key,
        filter_mode=None,
    )
    st.code(file.text[:_SHOWN_CHARACTERS], language=None, wrap_lines=True)


def _send(session: Session, draft: Draft, most: Decimal) -> None:
    take_changes(session)
    session.confirm(draft, most)


def _send_literal(session: Session, draft: Draft, most: Decimal) -> None:
    take_changes(session)
    session.confirm(draft, most, literal=True)


def _send_anyway(session: Session, draft: Draft, most: Decimal) -> None:
    take_changes(session)
    session.confirm(draft, most, unchecked=True)


def forecast_text(forecast: Forecast, *, waiting: bool = False) -> str:
    """Requests, tokens in, share of the context, and cost as a range with the likely value; `waiting` for the price."""
    parts = []
    if forecast.requests > 1:
        parts.append(_("{count} requests").format(count=number(forecast.requests)))
    parts.append(_("about {count} tokens in").format(count=number(forecast.prompt_tokens)))
    if forecast.images:
        parts.append(_("without the images"))
    if forecast.context_share is not None and forecast.context_share >= _LEAST_SHARE:
        parts.append(_("{share} % of the context").format(share=number(100 * forecast.context_share, 1)))
    if forecast.least_cost is None:
        parts.append(_("asking for the price") if waiting else _("cost unknown: no price"))
        return " · ".join(parts)
    low = literal(dollars(forecast.least_cost))
    basis = styled("orange", _("predicted, in play money") if forecast.play_money else _("predicted"))
    if forecast.most_cost is None:
        parts.append(_("at least {low}").format(low=low) + f" {basis}")
    else:
        high = literal(dollars(forecast.most_cost))
        parts.append(_("{low} to {high}").format(low=low, high=high) + f" {basis}")
    if forecast.likely_cost is not None:
        parts.append(_("likely {amount}").format(amount=literal(dollars(forecast.likely_cost))))
    return " · ".join(parts)


def _waits_for_price() -> bool:
    return any(runtime.live_prices(gateway).waiting for gateway in asked_gateways().all)


def draw_input_line(session: Session) -> None:
    """Draws the line below the chat input: what the draft will use and cost, counted in the browser as one types."""
    bench = session.bench
    plan = _next_plan(session)
    turns = [lane.conversation.turns[-1].id for lane in bench.lanes if lane.conversation.turns]
    draw_composer(
        bench.id,
        session.dispatch.outlook.predictions(plan),
        input_key=PROMPT,
        stop_key="stop",
        repeats=plan.repeats,
        warm_ups=[session.dispatch.outlook.of(sent) for sent in plan.warm_ups],
        latest=" ".join(turns),
        editor=open_editor(session),
        hint=_("Enter sends, Shift+Enter breaks the line.") if bench.empty else "",
        waiting_for_price=_waits_for_price(),
        answering=bool(bench.live_runs()),
    )


def draw_new_input_line(session: Session) -> None:
    """Updates the line that is drawn by the answers that ended since."""
    plan = _next_plan(session)
    draw_new_predictions(
        session.bench.id,
        session.dispatch.outlook.predictions(plan),
        repeats=plan.repeats,
        warm_ups=[session.dispatch.outlook.of(sent) for sent in plan.warm_ups],
    )


def _next_plan(session: Session) -> Plan:
    return session.dispatch.plan_of(Draft("", lane_ids=session.bench.targets()))
