"""What the history does not show yet: the two runs of an open vote."""

import streamlit as st

from glm_playground.ledger import Ledger
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import VOTE


def draw_blind(ledger: Ledger, owner: str) -> None:
    """Says where they are, while there is an open vote."""
    if ledger.votes.open_one(owner):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("Two runs are asked blind. They and their cost appear here after your vote."), width="content")
            st.page_link(VOTE, label=_("Vote"), icon=":material/how_to_vote:")
