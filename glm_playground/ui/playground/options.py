"""How all lanes are asked together: how many, in what order, how often, and from what cost on to ask first."""

import streamlit as st

from glm_playground.ui.playground import workbench
from glm_playground.ui.playground.presets import draw_presets
from glm_playground.ui.playground.workbench import ASK_ABOVE, ORDER, REPEATS, STEP, TARGET, Workbench
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.own_key import draw_key, may_paste_key

_LAYOUT = "layout"


def side_by_side(bench: Workbench) -> bool:
    """Whether the lanes are columns; on a phone they are tabs unless the user chose otherwise."""
    chosen = st.session_state.get(_LAYOUT)
    if chosen in {"columns", "tabs"}:
        return bool(chosen == "columns")
    return "Mobi" not in (st.context.headers.get("User-Agent") or "")


def draw_options(bench: Workbench) -> None:
    """Draws the row of buttons over the lanes."""
    st.button(
        _("Add a model"),
        key="add_lane",
        icon=":material/add:",
        on_click=workbench.add_lane,
        disabled=len(bench.lanes) >= workbench.MOST_LANES,
        help=_("Asks one more model beside; up to six"),
    )
    with st.popover(_("Options"), icon=":material/settings:", key="options", on_change="rerun") as popover:
        if popover.open:
            _draw_order(bench)
    with st.popover(_("Presets"), icon=":material/bookmark:", key="presets", on_change="rerun") as popover:
        if popover.open:
            draw_presets(bench)
    if any(lane.conversation.turns for lane in bench.lanes):
        st.button(
            _("Clear"),
            key="clear",
            icon=":material/delete_sweep:",
            on_click=workbench.clear_all,
            help=_("Begin a new conversation"),
        )
    if bench.undo:
        st.button(_("Undo"), key="undo", icon=":material/undo:", on_click=workbench.undo)


def _draw_order(bench: Workbench) -> None:
    several = len(bench.lanes) > 1
    words = {"parallel": _("all at once"), "one": _("one by one")}
    st.segmented_control(
        _("Order"),
        list(words),
        format_func=words.__getitem__,
        key=ORDER,
        default=None if ORDER in st.session_state else "parallel",
        required=True,
        persist_state="session",
        help=_(
            "One by one asks in random order, after a warm-up of each model that is paid for too, and with a mark in "
            "front of the prompt that no prompt cache knows. Only then can times be compared fairly."
        ),
    )
    st.number_input(
        _("Repeats (1 to {most})").format(most=workbench.MOST_REPEATS),
        1,
        workbench.MOST_REPEATS,
        None if REPEATS in st.session_state else 1,
        1,
        key=REPEATS,
        persist_state="session",
        help=_("Each lane asks so often; the spread is shown under its answer."),
    )
    if several:
        st.toggle(
            _("All lanes in step with the first one's settings"),
            key=STEP,
            persist_state="session",
        )
        layouts = {"columns": _("columns"), "tabs": _("tabs")}
        st.segmented_control(
            _("Lanes as"),
            list(layouts),
            format_func=layouts.__getitem__,
            key=_LAYOUT,
            default=None if _LAYOUT in st.session_state else ("columns" if side_by_side(bench) else "tabs"),
            required=True,
            persist_state="session",
        )
    st.number_input(
        _("Ask me first above (US dollars)"),
        0.0,
        None,
        None,
        0.01,
        key=ASK_ABOVE,
        format="%.4f",
        placeholder=_("never"),
        persist_state="session",
        help=_("A prompt that may cost more, or whose price nobody knows, waits for your word. 0 asks every time."),
    )
    if may_paste_key():
        draw_key()


def draw_target(bench: Workbench) -> None:
    """Draws the choice of who gets the next prompt, where there is one."""
    if len(bench.lanes) < 2:
        return
    names = {lane.id: f"{index} {literal(lane.setup.model)}" for index, lane in enumerate(bench.lanes, start=1)}
    if st.session_state.get(TARGET) not in {"all", *names}:
        st.session_state[TARGET] = "all"
    words = {"all": _("all"), **names}
    st.segmented_control(
        _("Ask"), list(words), format_func=words.__getitem__, key=TARGET, required=True, persist_state="session"
    )
