"""How all lanes are asked together: how many, in what order, how often, and from what cost on to ask first."""

import streamlit as st

from glm_playground.chat.session import Session
from glm_playground.chat.setup import MAX_LANES
from glm_playground.chat.workbench import MAX_REPEATS, Workbench
from glm_playground.ui.playground.allowance_view import draw_allowance
from glm_playground.ui.playground.form import ASK_ABOVE, LAYOUT, ORDER, REPEATS, SAME, TARGET, command
from glm_playground.ui.playground.menus import Menu, draw_menu
from glm_playground.ui.playground.saved import draw_saved
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_key import draw_key, may_paste_key
from glm_playground.ui.shared.page.session import model_choices, say, show_value
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_COLUMNS = 4
"""More lanes than that are too narrow to read as columns at 1280 px."""


def side_by_side(bench: Workbench) -> bool:
    """Whether the lanes are columns; where they would be too narrow they are tabs, whatever was chosen for fewer."""
    if not _may_be_columns(bench):
        return False
    if bench.layout in {"columns", "tabs"}:
        return bench.layout == "columns"
    return "Mobi" not in (st.context.headers.get("User-Agent") or "")


def _may_be_columns(bench: Workbench) -> bool:
    return len(bench.lanes) <= _MOST_COLUMNS


def draw_options(session: Session) -> None:
    """Draws the row of buttons over the lanes."""
    bench = session.bench
    st.button(
        _("Add a model"),
        key="add_lane",
        icon=":material/add:",
        on_click=command,
        args=(session, session.add_lane, model_choices()),
        disabled=len(bench.lanes) >= MAX_LANES,
    )
    with draw_menu(Menu.OPTIONS, _("Options"), ":material/settings:") as popover:
        if popover.open:
            _draw_order(bench)
            _draw_sameness(bench)
            _draw_limit(bench)
            if may_paste_key():
                draw_key()
            draw_allowance()
    draw_saved(session)
    if any(lane.conversation.turns for lane in bench.lanes):
        st.button(
            _("Clear"),
            key="clear",
            icon=":material/delete_sweep:",
            on_click=command,
            args=(session, session.clear),
            help=_("Clear: begin a new conversation in these lanes"),
        )
    if bench.undo:
        st.button(_("Undo"), key="undo", icon=":material/undo:", on_click=_undo, args=(session,))


def _undo(session: Session) -> None:
    say(session.undo())


def _draw_order(bench: Workbench) -> None:
    words = {"parallel": _("all at once"), "one": _("one by one")}
    show_value(ORDER, "one" if bench.one_by_one else "parallel")
    st.segmented_control(
        _("Order"),
        list(words),
        format_func=words.__getitem__,
        default="one" if bench.one_by_one else "parallel",
        key=ORDER,
        required=True,
        help=_(
            "One by one asks in random order, after a warm-up of each model that is paid for too, and with a mark in "
            "front of the prompt that no prompt cache knows. Only then can times be compared fairly."
        ),
    )
    show_value(REPEATS, bench.repeats)
    st.number_input(
        _("Runs per lane (1 to {most})").format(most=MAX_REPEATS),
        1,
        MAX_REPEATS,
        bench.repeats,
        1,
        key=REPEATS,
        help=_("The spread appears below the answers."),
    )


def _draw_sameness(bench: Workbench) -> None:
    """Draws what there is to choose where lanes stand beside one another."""
    if len(bench.lanes) > 1:
        show_value(SAME, bench.same_settings)
        st.toggle(_("Use lane 1's settings everywhere"), bench.same_settings, key=SAME)
    if len(bench.lanes) > 1 and _may_be_columns(bench):
        layouts = {"columns": _("columns"), "tabs": _("tabs")}
        layout = "columns" if side_by_side(bench) else "tabs"
        show_value(LAYOUT, layout)
        st.segmented_control(
            _("Layout"), list(layouts), default=layout, format_func=layouts.__getitem__, key=LAYOUT, required=True
        )


def _draw_limit(bench: Workbench) -> None:
    ask_above = None if bench.ask_above is None else float(bench.ask_above)
    show_value(ASK_ABOVE, ask_above, always=True)
    st.number_input(
        _("Confirm cost above (US dollars)"),
        0.0,
        None,
        None,
        0.01,
        key=ASK_ABOVE,
        format="%.4f",
        placeholder=_("never"),
        help=_("A prompt that may cost more, or whose price is unknown, waits for confirmation. 0 asks every time."),
    )


def draw_target(bench: Workbench) -> None:
    """Draws the choice of who gets the next prompt, where there is one."""
    if len(bench.lanes) < 2:
        return
    names = {lane.id: f"{index} {literal(lane.setup.asked)}" for index, lane in enumerate(bench.lanes, start=1)}
    words = {"all": _("all"), **names}
    target = bench.target if bench.target in names else "all"
    show_value(TARGET, target)
    st.segmented_control(
        _("Ask"), list(words), default=target, format_func=words.__getitem__, key=TARGET, required=True
    )
