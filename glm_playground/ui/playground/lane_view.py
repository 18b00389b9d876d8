"""A lane on the screen: its model and settings, its turns, and its own buttons."""

import streamlit as st

from glm_playground.gateway import Gateway
from glm_playground.settings import settings
from glm_playground.ui.playground import sending, workbench
from glm_playground.ui.playground.lane_settings import differences, draw_model, draw_request, draw_settings, take_over
from glm_playground.ui.playground.turn_view import OnEnd, draw_turn
from glm_playground.ui.playground.workbench import Lane
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.run_view import RunView
from glm_playground.ui.shared.styled import styled

Attached = list[tuple[RunView, OnEnd]]
_FEWEST_TURNS = 4


def draw_lane_head(lane: Lane) -> None:
    """Draws what stands over a lane's turns: its buttons, what differs from the first lane, why nothing was sent."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        draw_lane_buttons(lane)
    if differing := differences(lane):
        names = ", ".join(literal(name) for name in differing)
        st.markdown(styled("small", styled("gray-badge", _("differs: {names}").format(names=names))))
    draw_lane_notice(lane)


def draw_lane_notice(lane: Lane) -> None:
    """Draws why the last prompt was not sent to the lane."""
    if lane.notice:
        st.warning(lane.notice.body, title=lane.notice.title)


def draw_lane_buttons(lane: Lane) -> None:
    """Draws the lane's model, its settings and what can be done with it, into a row."""
    bench = workbench.workbench()
    several = len(bench.lanes) > 1
    with st.container(width="stretch" if several else 220):
        draw_model(lane)
    take_over(lane)
    label = "" if several else _("Settings")
    with st.popover(
        label or ":material/tune:",
        icon=None if several else ":material/tune:",
        key=f"settings-{lane.id}",
        on_change="rerun",
        help=_("Settings of this lane") if several else None,
    ) as popover:
        if popover.open:
            if bench.in_step and lane is not bench.lanes[0]:
                st.caption(_("In step: this lane asks with the settings of the first one."))
            else:
                draw_settings(lane)
                take_over(lane)
    with st.popover(
        ":material/data_object:" if several else _("Request"),
        icon=None if several else ":material/data_object:",
        key=f"request-{lane.id}",
        on_change="rerun",
        help=_("The request that will be sent") if several else None,
    ) as preview:
        if preview.open:
            draw_request(lane)
    if several:
        _draw_menu(lane)


def _draw_menu(lane: Lane) -> None:
    bench = workbench.workbench()
    at = bench.lanes.index(lane)
    words = {
        "duplicate": _("Duplicate this lane"),
        "left": _("Move left"),
        "right": _("Move right"),
        "stop": _("Stop this lane"),
        "retry": _("Ask the last prompt again"),
        "remove": _("Remove this lane"),
    }
    options = ["duplicate"] if len(bench.lanes) < workbench.MOST_LANES else []
    options += ["left"] if at else []
    options += ["right"] if at < len(bench.lanes) - 1 else []
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
        args=(lane, key),
    )


def _act(lane: Lane, key: str) -> None:
    match st.session_state[key]:
        case "duplicate":
            take_over(lane)
            workbench.duplicate(lane)
        case "left":
            workbench.move(lane, -1)
        case "right":
            workbench.move(lane, 1)
        case "stop":
            workbench.stop_lane(lane)
        case "retry":
            sending.regenerate(lane, lane.conversation.turns[-1])
        case "remove":
            workbench.remove(lane)


def draw_turns(lane: Lane, server: Gateway) -> Attached:
    """Draws the last turns on the screen; the views to attach to."""
    conversation = lane.conversation
    lanes = len(workbench.workbench().lanes)
    most = settings().shown_turns if lanes == 1 else max(_FEWEST_TURNS, settings().shown_turns // lanes)
    forks = conversation.forks()
    hidden = len(forks) - most
    if hidden > 0:
        label = ngettext("Show {count} earlier turn", "Show {count} earlier turns", hidden).format(count=hidden)
        if not st.checkbox(label, key=f"show_earlier-{lane.id}", persist_state="session"):
            forks = forks[hidden:]
    drawn = [draw_turn(lane, fork, server, is_last=fork is forks[-1]) for fork in forks]
    return [found for found in drawn if found]
