"""A lane on the screen: its model and settings, its turns, and its own buttons."""

import streamlit as st

from glm_playground.chat.lane import Lane
from glm_playground.chat.session import Session
from glm_playground.chat.setup import MAX_LANES
from glm_playground.settings import settings
from glm_playground.ui.playground.form import take_changes
from glm_playground.ui.playground.lane_settings import (
    changed_fields,
    differences,
    draw_model,
    draw_request,
    toggle_panel,
)
from glm_playground.ui.playground.notices import explain_notice
from glm_playground.ui.playground.turn_view import OnEnd, draw_turn
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.run_view import RunView
from glm_playground.ui.shared.styled import styled

Attached = list[tuple[RunView, OnEnd]]
_FEWEST_TURNS = 4
_EARLIER_STEP = 20
"""So many earlier turns open at a time."""


def draw_lane_head(session: Session, lane: Lane) -> None:
    """Draws what stands over a lane's turns: its buttons, what differs from the first lane, why nothing was sent."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        draw_lane_buttons(session, lane)
    if differing := differences(session.bench, lane):
        names = ", ".join(literal(name) for name in differing)
        st.markdown(styled("small", styled("gray-badge", _("differs: {names}").format(names=names))))
    draw_lane_notice(session, lane)


def draw_lane_notice(session: Session, lane: Lane) -> None:
    """Draws why the last prompt was not sent to the lane."""
    if lane.notice:
        title, body = explain_notice(lane.notice, session.bench, lane)
        st.warning(body, title=title)


def draw_lane_buttons(session: Session, lane: Lane) -> None:
    """Draws the lane's model, its settings and what can be done with it, into a row."""
    bench = session.bench
    several = len(bench.lanes) > 1
    with st.container(width="stretch" if several else 220):
        draw_model(bench, lane)
    changed = len(changed_fields(bench.settings_of(lane)))
    label = "" if several else _("Settings")
    badge = f" :blue-badge[{changed}]" if changed else ""
    st.button(
        f"{label}{badge}" if label or badge else ":material/tune:",
        icon=":material/tune:" if label or badge else None,
        key=f"settings-{lane.id}",
        on_click=toggle_panel,
        args=(lane,),
        help=_("Settings of this lane; the number says how many differ from the server's defaults"),
    )
    with st.popover(
        ":material/data_object:" if several else _("Request"),
        icon=None if several else ":material/data_object:",
        key=f"request-{lane.id}",
        on_change="rerun",
        help=_("The request that will be sent") if several else None,
    ) as preview:
        if preview.open:
            draw_request(bench, lane)
    if several:
        _draw_menu(session, lane)


def _draw_menu(session: Session, lane: Lane) -> None:
    lanes = session.bench.lanes
    at = next(index for index, one in enumerate(lanes) if one is lane)
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
            session.regenerate(lane, lane.conversation.turns[-1])
        case "remove":
            session.remove(lane)


def draw_turns(session: Session, lane: Lane) -> Attached:
    """Draws the last turns on the screen, earlier ones in steps; the views to attach to."""
    conversation = lane.conversation
    lanes = len(session.bench.lanes)
    most = settings().shown_turns if lanes == 1 else max(_FEWEST_TURNS, settings().shown_turns // lanes)
    if not conversation.start.turns:
        return []
    key = f"earlier_turns-{lane.id}-{conversation.start.turns[0].id}"
    most += st.session_state.get(key, 0)
    forks = conversation.forks()
    hidden = len(forks) - most
    if hidden > 0:
        step = min(hidden, _EARLIER_STEP)
        label = ngettext("Show {count} earlier turn", "Show {count} earlier turns", step).format(count=step)
        st.button(
            f"{label} ({_('{count} hidden').format(count=hidden)})" if hidden > step else label,
            key=f"show_earlier-{lane.id}",
            type="tertiary",
            icon=":material/expand_less:",
            on_click=_show_earlier,
            args=(key,),
        )
        forks = forks[hidden:]
    drawn = [draw_turn(session, lane, fork, is_last=fork is forks[-1]) for fork in forks]
    return [found for found in drawn if found]


def _show_earlier(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 0) + _EARLIER_STEP
