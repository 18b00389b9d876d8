"""What the models page says about live answers that are missing, and how late ones reach it."""

import streamlit as st

from glm_playground.catalog import Catalog
from glm_playground.gateway import Gateway
from glm_playground.service import runtime
from glm_playground.ui.shared.facts.live_facts import notices
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_REASONS, _LONGEST_REASON = 10, 300


def draw_live_notices(catalog: Catalog, server: Gateway) -> None:
    """Draws, folded, why published facts stand where live ones were asked for."""
    found = notices(server, frozenset(catalog))
    if not found:
        return
    with st.expander(_("About what was read from {server}").format(server=literal(server.name)), type="compact"):
        for notice in found:
            reasons = [f"- {literal(reason[:_LONGEST_REASON])}" for reason in notice.reasons[:_MOST_REASONS]]
            if len(notice.reasons) > _MOST_REASONS:
                reasons.append("- " + _("and more"))
            st.markdown("\n".join([literal(notice.title), "", *reasons]))


def watch_answers(*servers: Gateway) -> None:
    """Draws the page again once the gateways answered, where an answer is still to come."""
    if any(map(_waits, servers)):
        _watch(servers)


@st.fragment(run_every=1.0)
def _watch(servers: tuple[Gateway, ...]) -> None:
    if not any(map(_waits, servers)):
        st.rerun()


def _waits(server: Gateway) -> bool:
    return runtime.live_prices(server).waiting or runtime.live_models(server).waiting
