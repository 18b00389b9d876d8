"""Who is ahead by the votes that were given; votes on answers of a stand-in model are never mixed with others."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from glm_playground.evals.rating import Choice, Ratings, Vote, ratings_of
from glm_playground.ledger.votes import StoredVote

_CHOICES = frozenset(choice.value for choice in Choice)
PERSON = "person"
"""Who votes on the page; judges and audiences are sources of their own."""


class Standings(NamedTuple):
    """What one kind of votes says."""

    ratings: Ratings
    votes: int
    """With a verdict."""
    left_out: int
    """Given up, or with a verdict that this version does not know."""


def standings_of(
    votes: Sequence[StoredVote], *, stand_in: bool, by_length: bool = False, source: str = PERSON
) -> Standings:
    """The standings by the votes of one source, on answers of a stand-in model or of others.

    Args:
        votes: of any kind.
        stand_in: which of them count.
        by_length: whether what the length of an answer adds is taken out of the ratings.
        source: who voted.
    """
    chosen = [vote for vote in votes if vote.stand_in is stand_in and vote.source == source]
    counted = list(_counted(chosen, by_length=by_length))
    return Standings(ratings_of(counted), len(counted), len(chosen) - len(counted))


def _counted(votes: Iterable[StoredVote], *, by_length: bool) -> Iterator[Vote]:
    for vote in votes:
        if vote.verdict in _CHOICES:
            style = (_longer(vote),) if by_length else ()
            yield Vote(vote.candidate_a, vote.candidate_b, Choice(vote.verdict), vote.prompt, style)


def _longer(vote: StoredVote) -> float:
    """By how much A's answer is longer than B's, as a share of both; 0 where nobody knows."""
    first, second = vote.characters_a or 0, vote.characters_b or 0
    return (first - second) / (first + second) if first + second else 0.0
