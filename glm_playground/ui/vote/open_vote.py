"""The vote that this owner has open, and the one that this tab gave last."""

from dataclasses import dataclass

import streamlit as st

from glm_playground.evals import ballot as ballots
from glm_playground.evals.ballot import Ballot
from glm_playground.evals.rating import Choice
from glm_playground.ledger import Ledger
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import action_slot, released
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.ledger_notice import attempt

_OPEN, _GIVEN, _TIDIED = "open_vote", "given_vote", "votes_tidied"


@dataclass(frozen=True)
class Given:
    """A vote that was given, with what both answers are."""

    ballot: Ballot
    choice: Choice | None


def open_vote(ledger: Ledger) -> Ballot | None:
    """The owner's open vote, in whatever tab it was begun."""
    vote = ledger.votes.open_one(owner())
    if vote is None:
        st.session_state.pop(_OPEN, None)
        if not st.session_state.setdefault(_TIDIED, False):
            # What a crash left between asking and keeping the vote.
            ledger.votes.release(owner())
            st.session_state[_TIDIED] = True
        return None
    known: Ballot | None = st.session_state.get(_OPEN)
    if known is None or known.vote.id != vote.id or not (known.known and (known.ended or known.live_runs)):
        with released():
            known = ballots.ballot_of(ledger, owner(), vote)
        keep_open(known)
    return known


def keep_open(ballot: Ballot | None) -> None:
    """Shows this vote on the page."""
    st.session_state[_OPEN] = ballot
    st.session_state.pop(_GIVEN, None)


def given() -> Given | None:
    """The vote that was given last in this tab."""
    found: Given | None = st.session_state.get(_GIVEN)
    return found


@action_slot()
def give(ledger: Ledger, ballot: Ballot, choice: Choice | None) -> None:
    """Keeps the verdict, and has the page say who answered."""
    state, whose, spoken = st.session_state, owner(), language()

    def act() -> None:
        with released():
            kept = ballots.give(ledger, whose, ballot, choice, spoken)
        state.pop(_OPEN, None)
        if kept:
            state[_GIVEN] = Given(ballot, choice)

    attempt(_("Your vote is not kept yet."), act, "vote")
