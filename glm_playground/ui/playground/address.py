"""What the playground's address says: a model or lanes to ask, taken over once, and the workbench of this tab."""

import streamlit as st

from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.setup import from_link
from glm_playground.ui.shared.session import WORKBENCH, open_new, opened, say, session


def take_address() -> None:
    """Takes over what `?model=` or `?lane=` names; then the address names the workbench alone, so a reload keeps it.

    A workbench in which something was asked is left as it is: another one is begun.
    """
    model, lanes = st.query_params.get("model"), st.query_params.get_all("lane")
    if model or lanes:
        now = session() if opened().bench.empty else open_new()
        if lanes:
            setups, ignored = from_link(tuple(lanes))
            if setups:
                now.use_setups(setups)
                now.bench.undo.clear()
            if ignored:
                say(Notice(NoticeKind.LINK_IGNORED, ignored))
        if model:
            now.edit(now.bench.lanes[0], "model", model)
    if st.query_params.to_dict() != {WORKBENCH: opened().bench.id}:
        st.query_params.from_dict({WORKBENCH: opened().bench.id})
