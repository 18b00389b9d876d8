"""A lane on the screen: its model and settings, its turns, and its own buttons."""

from collections.abc import Sequence

import streamlit as st

from glm_playground.chat.conversation import Fork
from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import NoticeKind
from glm_playground.chat.rows import rows_of
from glm_playground.chat.session import Session
from glm_playground.chat.setup import MAX_LANES
from glm_playground.settings import settings
from glm_playground.ui.playground.form import take_changes
from glm_playground.ui.playground.lane_settings import (
    changed_fields,
    differences,
    draw_model,
)
from glm_playground.ui.playground.notices import explain_notice
from glm_playground.ui.playground.options import side_by_side
from glm_playground.ui.playground.panel import toggle_panel
from glm_playground.ui.playground.turn_view import OnEnd, draw_shared_answer, draw_shared_prompt, draw_turn
from glm_playground.ui.shared.answer.run_view import RunView
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

Attached = list[tuple[RunView, OnEnd]]
_FEWEST_TURNS = 4
HEADS, TABS = "lane-heads", "lane-tabs"
"""Keys of the row with the lanes' names and of their tabs, which stay in view."""
# Streamlit has no option that keeps an element in view; the colours are backgroundColor in .streamlit/config.toml. On a
# narrow screen the names stand below one another and would hide the answers, which say their model themselves.
_STYLE = f"""<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-{HEADS}), .st-key-{TABS} [role="tablist"] {{
  position: sticky; top: 3.5rem; z-index: 90; padding: 0.25rem 0;
  background: light-dark(#ffffff, #12151a);
}}
@media (max-width: 640px) {{
  [data-testid="stLayoutWrapper"]:has(> .st-key-{HEADS}) {{ position: static; }}
}}
</style>"""
_EARLIER_STEP = 20
"""So many earlier turns open at a time."""


def draw_lane_head(session: Session, lane: Lane) -> None:
    """Draws what stands over a lane's turns: its buttons, what differs from the first lane, why nothing was sent."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        draw_lane_buttons(session, lane)
    if differing := differences(session.bench, lane):
        names = ", ".join(literal(name) for name in differing)
        st.markdown(styled("small", styled("gray-badge", _("differs: {names}").format(names=names))))
    draw_lane_notice(session, lane)


def draw_lane_notice(session: Session, lane: Lane) -> None:
    """Draws what its gateway refused and is sent no more, and why the last prompt was not sent to the lane."""
    setup = session.bench.setup_of(lane)
    if left_out := session.runner.dialect(setup.gateway).without:
        words = _("This server refused {fields}, so that is left out since.")
        note = _("It may not say how many tokens it used.") if "stream_options" in left_out else ""
        said = words.format(fields=", ".join(f"`{name}`" for name in sorted(left_out)))
        st.caption(f"{said} {note}".rstrip())
    settled = lane.notice and lane.notice.kind is NoticeKind.SETTINGS and not session.bench.settings_of(lane).problems
    if lane.notice and not settled:
        title, body = explain_notice(lane.notice, session.bench, lane)
        st.warning(body, title=title)


def draw_lane_buttons(session: Session, lane: Lane) -> None:
    """Draws the lane's model, its settings and what can be done with it, into a row."""
    bench = session.bench
    several = len(bench.lanes) > 1
    draw_model(bench, lane)
    changed = len(changed_fields(bench.settings_of(lane)))
    badge = f" :blue-badge[{changed}]" if changed else ""
    # Beside one another lanes have room for a word or an icon: a word is what a screen reader can say.
    st.button(
        _("Settings") + badge,
        icon=None if several else ":material/tune:",
        key=f"settings-{lane.id}",
        on_click=toggle_panel,
        args=(lane.id,),
    )
    if several:
        _draw_menu(session, lane)


def _draw_menu(session: Session, lane: Lane) -> None:
    lanes = session.bench.lanes
    at = next((index for index, one in enumerate(lanes) if one is lane), 0)
    words = {
        "duplicate": _("Duplicate this lane"),
        "left": _("Move left"),
        "right": _("Move right"),
        "stop": _("Stop this lane"),
        "retry": _("Ask the last prompt again"),
        "remove": _("Remove this lane"),
    }
    options = ["duplicate"] if len(lanes) < MAX_LANES else []
    options += ["left"] if at else []
    options += ["right"] if at < len(lanes) - 1 else []
    options += ["stop"] if lane.conversation.live_runs() else []
    options += ["retry"] if lane.conversation.turns else []
    options += ["remove"]
    key = f"lane-{lane.id}"
    st.menu_button(
        _("Lane"),
        options,
        key=key,
        format_func=words.__getitem__,
        type="tertiary",
        icon=":material/more_vert:",
        on_click=_act,
        args=(session, lane, key),
    )


def _act(session: Session, lane: Lane, key: str) -> None:
    take_changes(session)
    match st.session_state[key]:
        case "duplicate":
            session.duplicate(lane)
        case "left":
            session.move(lane, -1)
        case "right":
            session.move(lane, 1)
        case "stop":
            session.stop(lane)
        case "retry":
            if turns := lane.conversation.turns:
                session.regenerate(lane, turns[-1])
        case "remove":
            session.remove(lane)


def draw_lanes(session: Session, lanes: Sequence[Lane]) -> Attached:
    """Draws the turns of `lanes`, all there are as the script began; the views to attach to."""
    if len(lanes) == 1:
        return _draw_alone(session, lanes[0])
    if side_by_side(session.bench):
        return _draw_rows(session, lanes)
    st.html(_STYLE)
    labels = [f"{number}. {literal(lane.setup.asked)}" for number, lane in enumerate(lanes, start=1)]
    attached: Attached = []
    for lane, tab in zip(lanes, st.tabs(labels, key=TABS), strict=True):
        with tab:
            draw_lane_head(session, lane)
            attached += _draw_alone(session, lane)
    return attached


def _draw_alone(session: Session, lane: Lane) -> Attached:
    forks = _last_forks(session, [lane])[0]
    drawn = [draw_turn(session, lane, fork, is_last=fork is forks[-1]) for fork in forks]
    return [found for found in drawn if found]


def _draw_rows(session: Session, lanes: Sequence[Lane]) -> Attached:
    """Draws lanes as columns; what all were asked stands once across them, the answers beside each other."""
    st.html(_STYLE)
    with st.container(key=HEADS):
        for lane, column in zip(lanes, st.columns(len(lanes), gap="small"), strict=True):
            with column:
                draw_lane_head(session, lane)
    shown = _last_forks(session, lanes)
    lasts = [forks[-1] if forks else None for forks in shown]
    attached: Attached = []
    for row in rows_of(shown):
        draw = draw_shared_answer if row.prompt else draw_turn
        if row.prompt and (first := row.forks[0][0].turn):
            draw_shared_prompt(row.prompt, first.id)
        columns = st.columns(len(lanes), gap="small")
        for lane, forks, last, column in zip(lanes, row.forks, lasts, columns, strict=True):
            with column:
                found = [draw(session, lane, fork, is_last=fork is last) for fork in forks]
                attached += [one for one in found if one]
    return attached


def _last_forks(session: Session, lanes: Sequence[Lane]) -> list[list[Fork]]:
    """The last turns of lanes that are drawn together; a button opens earlier ones, some at a time."""
    count = len(session.bench.lanes)
    most = settings().shown_turns if count == 1 else max(_FEWEST_TURNS, settings().shown_turns // count)
    key = f"earlier_turns-{lanes[0].id}"
    # Begun anew with another conversation.
    first = lanes[0].conversation.start.turns[:1]
    opened_for, opened = st.session_state.get(key, ("", 0))
    most += opened if first and first[0].id == opened_for else 0
    forks = [lane.conversation.forks() for lane in lanes]
    hidden = max(len(one) for one in forks) - most
    if hidden > 0 and first:
        step = min(hidden, _EARLIER_STEP)
        label = ngettext("Show {count} earlier turn", "Show {count} earlier turns", step).format(count=step)
        if hidden > step:
            label = _("Show {count} of {hidden} earlier turns").format(count=step, hidden=hidden)
        st.button(
            label,
            key=f"show_earlier-{lanes[0].id}",
            type="tertiary",
            icon=":material/expand_less:",
            on_click=_show_earlier,
            args=(key, first[0].id),
        )
    return [one[-most:] for one in forks]


def _show_earlier(key: str, first: str) -> None:
    opened_for, opened = st.session_state.get(key, ("", 0))
    st.session_state[key] = (first, (opened if opened_for == first else 0) + _EARLIER_STEP)
