"""The settings of a lane, and the request they make."""

import json

import streamlit as st

from glm_playground.catalog import load_catalog
from glm_playground.ui import lane
from glm_playground.ui.i18n import _, number


def draw_settings() -> None:
    """Draws the model's choice, the settings and the request that would be sent."""
    lane.take_model_from_address()
    ids = lane.model_ids()
    if (chosen := st.session_state[lane.MODEL]) and chosen not in ids:
        ids.append(chosen)
    st.selectbox(
        _("Model"),
        ids,
        key=lane.MODEL,
        accept_new_options=True,
        persist_state="session",
        width=220,
        placeholder=_("Choose a model or type an id"),
    )
    with st.popover(_("Settings"), icon=":material/tune:"):
        _draw_controls()
    with st.popover(_("Request"), icon=":material/data_object:", key="request", on_change="rerun") as preview:
        if preview.open:
            st.caption(_("What will be sent with your next prompt, as JSON. The key is not part of it."))
            request = lane.conversation().request(_("(your prompt)"), lane.parameters())
            st.code(json.dumps(request.body(), ensure_ascii=False, indent=2), language="json", height=320)


def _draw_controls() -> None:
    card = load_catalog().get(lane.parameters().model)
    limit = card.limits("runapi").max_output_tokens if card else None
    default = _("the server's default")
    st.text_area(_("System prompt"), key=lane.SYSTEM, persist_state="session", height=100)
    st.segmented_control(
        _("Thinking"),
        ["default", "on", "off"],
        format_func={"default": default, "on": _("on"), "off": _("off")}.__getitem__,
        key=lane.THINKING,
        default="default",
        required=True,
        persist_state="session",
    )
    st.number_input(
        _("Temperature (0 to 1)"),
        0.0,
        1.0,
        None,
        0.05,
        key=lane.TEMPERATURE,
        placeholder=default,
        persist_state="session",
    )
    st.number_input(
        _("top_p (0.01 to 1)"), 0.01, 1.0, None, 0.01, key=lane.TOP_P, placeholder=default, persist_state="session"
    )
    label = (
        _("Max tokens (1 to {limit})").format(limit=number(limit)) if limit else _("Max tokens (no limit is published)")
    )
    st.number_input(label, 1, limit, None, 1, key=lane.MAX_TOKENS, placeholder=default, persist_state="session")
