"""What the playground's address says: a model or lanes to ask, taken over once, and the workbench of this tab."""

import streamlit as st

from glm_playground.chat.link import LANE, ORDER, REPEATS, read_query
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.setup import asked_of, asked_text
from glm_playground.service.models import gateway_for
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.session import EMPTY, WORKBENCH, open_new, opened, say, session


def take_address() -> None:
    """Takes over what `?model=` or `?lane=` names; then the address names the workbench alone, so a reload keeps it.

    A workbench in which something was asked, or can be undone, is left as it is: another one is begun.
    """
    model, lanes = st.query_params.get("model"), st.query_params.get_all(LANE)
    if model or lanes:
        here = opened().bench
        now = session() if here.empty and not here.undo else open_new()
        if lanes:
            linked = read_query(lanes, st.query_params.get(ORDER), st.query_params.get(REPEATS))
            if linked.setups:
                now.use_setups(linked.setups)
                now.set_option("undo", [])
                now.set_option("one_by_one", linked.one_by_one)
                now.set_option("repeats", linked.repeats)
            if linked.ignored:
                say(Notice(NoticeKind.LINK_IGNORED, linked.ignored))
        if model:
            now.edit(now.bench.lanes[0], "model", _asked(model))
    bench = opened().bench
    # An empty one is not stored: nobody misses it after a restart.
    wanted = {WORKBENCH: bench.id} | ({EMPTY: "1"} if bench.empty else {})
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _asked(model: str) -> str:
    """The model with the gateway that has it, where there are several and none is named."""
    gateways = asked_gateways()
    if not gateways.several or asked_of(model)[1]:
        return model
    return asked_text(model, gateway_for(gateways, model).name)
