"""Who is ahead by the votes given, how sure that is, and how many more votes would tell."""

from collections.abc import Sequence
from itertools import pairwise
from math import exp
from typing import TYPE_CHECKING

import streamlit as st

from glm_playground import bounds
from glm_playground.ledger import Ledger
from glm_playground.ledger.votes import VoteId
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.views import open_view
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled
from glm_playground.ui.vote.words import candidate_name

if TYPE_CHECKING:
    from glm_playground.evals.rating import RatedPair, Rating, Ratings
    from glm_playground.evals.standings import Standings
    from glm_playground.evals.verdict import Interval

_KIND, _LENGTH, _COMPUTED = "vote_standings_kind", "vote_standings_length", "vote_standings"


def draw_standings(ledger: Ledger, owner: str) -> None:
    """Draws the ratings; statsmodels is loaded here, which takes seconds once a process."""
    with released():
        votes = ledger.votes.ids(owner, bounds.VOTES_READ)
    if not votes:
        st.markdown(_("No vote is given yet. Ask two models, and say which answer is better."))
        return
    stand_in = _draw_kind(votes)
    by_length = st.toggle(
        _("Take out what the length of an answer adds"),
        key=_LENGTH,
        help=_("People tend to prefer longer answers. The ratings are then those of answers as long as each other."),
        persist_state="session",
    )
    found = _computed(ledger, owner, votes, stand_in=stand_in, by_length=bool(by_length))
    if stand_in:
        badge = styled("orange-badge", _("stand-in model, not GLM"))
        apart = _("These votes say nothing of GLM models. They are never mixed with others.")
        st.markdown(f"{badge} {apart}")
    _draw_counts(found)
    ratings = found.ratings
    groups = sorted({rating.group for rating in ratings.ratings})
    for place, group in enumerate(groups):
        members = [rating for rating in ratings.ratings if rating.group == group]
        if place == 1:
            st.caption(
                _(
                    "No chain of wins and losses leads from those above to those below, or between the tables below: "
                    "they cannot be compared yet."
                )
            )
        _draw_group(members)
    _draw_pairs(ratings.pairs, ratings.ratings)
    _draw_notes(ratings, by_length=bool(by_length))


def _draw_kind(votes: Sequence[VoteId]) -> bool:
    """Whether votes on a stand-in model's answers are shown; a choice where there are both kinds."""
    kinds = {vote.stand_in for vote in votes}
    if len(kinds) == 1:
        return kinds.pop()
    names = {"glm": _("Votes on models"), "stand_in": _("Votes on the stand-in")}
    return open_view(names, _KIND, _("Votes")) == "stand_in"


def _computed(ledger: Ledger, owner: str, votes: Sequence[VoteId], *, stand_in: bool, by_length: bool) -> "Standings":
    """The standings, computed once for the same votes."""
    key = (votes, stand_in, by_length)
    known: tuple[object, Standings] | None = st.session_state.get(_COMPUTED)
    if known is None or known[0] != key:
        with st.spinner(_("Computing the ratings")), released():
            from glm_playground.evals.standings import standings_of  # noqa: PLC0415 - loads scipy

            read = ledger.votes.newest(owner, bounds.VOTES_READ)
            known = key, standings_of(read, stand_in=stand_in, by_length=by_length)
        st.session_state[_COMPUTED] = known
    return known[1]


def _draw_counts(found: "Standings") -> None:
    parts = [ngettext("{count} vote", "{count} votes", found.votes).format(count=number(found.votes))]
    parts.append(
        ngettext("on {count} prompt", "on {count} prompts", found.ratings.prompts).format(
            count=number(found.ratings.prompts)
        )
    )
    if bad := found.ratings.both_bad:
        words = ngettext(
            "{count} time both bad, which counts in no rating", "{count} times both bad, which counts in no rating", bad
        )
        parts.append(words.format(count=number(bad)))
    if found.left_out:
        parts.append(_("{count} without a verdict").format(count=number(found.left_out)))
    st.markdown(styled("small", " · ".join(parts)))


def _draw_group(members: Sequence["Rating"]) -> None:
    heads = (_("Model"), _("Preferred to the average"), _("95% interval"), _("Votes"), _("Both bad"))
    lines = [f"| {' | '.join(heads)} |", "|---|--:|--:|--:|--:|"]
    for one in members:
        share = _("no bound yet") if one.rating is None else _percent(one.rating.estimate)
        between = "" if one.rating is None else _between(one.rating)
        name = literal(candidate_name(one.candidate)).replace("|", "\\|")
        lines.append(f"| {name} | {share} | {between} | {number(one.votes)} | {number(one.both_bad)} |")
    st.markdown("\n".join(lines))


def _draw_pairs(pairs: Sequence["RatedPair"], ratings: Sequence["Rating"]) -> None:
    """Says of each candidate whether it is ahead of the next one."""
    neighbours = {(one.candidate, other.candidate) for one, other in pairwise(ratings) if one.group == other.group}
    lines = [f"- {_sentence(pair)}" for pair in pairs if (pair.better, pair.worse) in neighbours]
    if lines:
        st.markdown("\n".join(lines))


def _sentence(pair: "RatedPair") -> str:
    names = {"better": literal(candidate_name(pair.better)), "worse": literal(candidate_name(pair.worse))}
    if pair.separable:
        share = {"share": _percent(pair.lead.estimate), "between": _between(pair.lead)}
        return _("**{better}** is preferred to **{worse}** in {share} of the cases ({between}).").format(
            **names, **share
        )
    if pair.more_votes is None:
        return _("**{better}** and **{worse}** are not separable yet.").format(**names)
    words = ngettext(
        "**{better}** and **{worse}** are not separable yet: about {count} more vote.",
        "**{better}** and **{worse}** are not separable yet: about {count} more votes.",
        pair.more_votes,
    )
    return words.format(**names, count=number(pair.more_votes))


def _draw_notes(ratings: "Ratings", *, by_length: bool) -> None:
    notes = [
        _(
            "Bradley and Terry's model; a tie is half a win for each. Preferred to the average: the chance against the "
            "average model of the table. Intervals are clustered by prompt; whether two are told apart is adjusted for "
            "the number of pairs (Holm)."
        )
    ]
    if ratings.rough:
        notes.append(_("Fewer than 30 prompts: an interval may cover less than it says."))
    if by_length and ratings.style:
        (length,) = ratings.style
        said = _("An answer that is longer by a standard deviation is preferred in {share} of the cases ({between}).")
        notes.append(said.format(share=_percent(length.estimate), between=_between(length)))
    elif by_length:
        notes.append(_("What length adds cannot be told from these votes."))
    st.caption(" ".join(notes))


def _percent(log_odds: float) -> str:
    return _("{share} %").format(share=number(100 / (1 + exp(-log_odds))))


def _between(found: "Interval") -> str:
    low, high = (number(100 / (1 + exp(-bound))) for bound in (found.low, found.high))
    return _("{low} to {high} %").format(low=low, high=high)
