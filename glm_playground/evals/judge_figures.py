"""How far a judge can be taken by its word: what its choices owe to the place and the length of answers, and how often
it agrees with you. statsmodels computes the intervals, of 95%, clustered by case.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from glm_playground.evals.judge import Judge, Opinion, Slot, family_of, opinion_of
from glm_playground.evals.rating import Choice, Vote
from glm_playground.evals.verdict import Interval, robust_mean, wilson, without_spread

Pair = tuple[str, str, str]
"""A case and two candidates."""


class JudgedPair(NamedTuple):
    """Two answers to a case, judged in both orders."""

    case: str
    first: str
    """A candidate: model and server, and what else its requests had."""
    second: str
    forward: Slot
    """The choice where the first candidate's answer stood in slot one."""
    backward: Slot
    """The choice where the second candidate's answer stood there."""
    first_characters: int
    """Length of its answer."""
    second_characters: int
    cost: Decimal | None = None
    """US dollars of both replies; None where it is unknown."""

    @property
    def opinion(self) -> Opinion:
        """What both say together."""
        return opinion_of(self.forward, self.backward)

    @property
    def pair(self) -> Pair:
        """What a vote on the same is found by."""
        return self.case, self.first, self.second


class Bias(NamedTuple):
    """A rate that a fair judge has at a half."""

    rate: Interval
    pairs: int

    @property
    def flagged(self) -> bool:
        """Whether the interval leaves out a half."""
        return not self.rate.low <= 0.5 <= self.rate.high


class Agreement(NamedTuple):
    """A judge beside your own votes on the same pairs."""

    pairs: int
    """With a vote, and an opinion that is no abstention."""
    same: Interval
    kappa: Interval | None
    """Cohen's: what agreement there is above chance; None where either says the same of all."""


class WinRate(NamedTuple):
    """How often a judge prefers one candidate to another; a tie is a half, and an abstention counts in no rate."""

    first: str
    second: str
    wins: int
    losses: int
    ties: int
    abstained: int
    rate: Interval | None
    """Of `first`; None where the judge abstained each time."""

    @property
    def separable(self) -> bool:
        """Whether one is told to be preferred."""
        return self.rate is not None and not self.rate.low <= 0.5 <= self.rate.high


class JudgeFigures(NamedTuple):
    """What is to be told beside every verdict of a judge."""

    judge: Judge
    counts: Mapping[Opinion, int]
    """Of each opinion and abstention."""
    place: Bias | None
    """How often it chooses slot one, of the choices in pairs where it chose in both orders; None without such."""
    length: Bias | None
    """How often it prefers the longer answer, of those it prefers in both orders; None without such."""
    voted_length: Bias | None
    """The same of your own votes on these pairs: longer answers may be better."""
    agreement: Agreement | None
    cost: Decimal
    """US dollars that are known."""
    cost_unknown: int
    """Pairs whose cost is not."""
    same_family: tuple[str, ...]
    """The candidates whose model is of the judge's family, which it may favour."""

    @property
    def pairs(self) -> int:
        """All that were judged."""
        return sum(self.counts.values())


def judge_figures(
    judge: Judge,
    judged: Iterable[JudgedPair],
    votes: Mapping[Pair, Choice] | None = None,
    models: Mapping[str, str] | None = None,
) -> JudgeFigures:
    """The figures of a judge.

    Args:
        judge: who it was.
        judged: each pair once.
        votes: your own, by pair; those on the pair the other way round count, too.
        models: the model of each candidate; without it the candidate's name begins with the model's id.
    """
    rows = list(judged)
    own = {row.pair: choice for row in rows if (choice := _vote_on(row, votes or {})) is not None}
    candidates = dict.fromkeys(name for row in rows for name in (row.first, row.second))
    known = [row.cost for row in rows if row.cost is not None]
    return JudgeFigures(
        judge=judge,
        counts=Counter(row.opinion for row in rows),
        place=_bias([(row.case, share) for row in rows if (share := _slot_one(row)) is not None]),
        length=_bias([(row.case, longer) for row in rows if (longer := _longer(row, row.opinion)) is not None]),
        voted_length=_bias(
            [
                (row.case, longer)
                for row in rows
                if row.pair in own and (longer := _longer(row, _as_opinion(own[row.pair]))) is not None
            ]
        ),
        agreement=_agreement(rows, own),
        cost=sum(known, Decimal(0)),
        cost_unknown=len(rows) - len(known),
        same_family=tuple(
            name
            for name in candidates
            if judge.family and family_of((models or {}).get(name, name.split(" ", 1)[0])) == judge.family
        ),
    )


def win_rates(judged: Iterable[JudgedPair]) -> list[WinRate]:
    """Of each pair of candidates, in the order in which they appear."""
    by_pair: dict[tuple[str, str], list[JudgedPair]] = defaultdict(list)
    for row in judged:
        by_pair[row.first, row.second].append(row)
    found = []
    for (first, second), rows in by_pair.items():
        counts = Counter(row.opinion for row in rows)
        told = [(row.case, _SHARES[row.opinion]) for row in rows if row.opinion.told]
        found.append(
            WinRate(
                first,
                second,
                counts[Opinion.FIRST],
                counts[Opinion.SECOND],
                counts[Opinion.TIE],
                len(rows) - len(told),
                _interval(told) if told else None,
            )
        )
    return found


_SHARES = {Opinion.FIRST: 1.0, Opinion.TIE: 0.5, Opinion.SECOND: 0.0}


def as_votes(judged: Iterable[JudgedPair]) -> list[Vote]:
    """The opinions as votes for `rating.ratings_of`: no abstentions, and the difference in length as style."""
    choices = {Opinion.FIRST: Choice.FIRST, Opinion.SECOND: Choice.SECOND, Opinion.TIE: Choice.TIE}
    return [
        Vote(
            row.first,
            row.second,
            choices[row.opinion],
            row.case,
            (float(row.first_characters - row.second_characters),),
        )
        for row in judged
        if row.opinion in choices
    ]


def _slot_one(row: JudgedPair) -> float | None:
    """Of its two choices, how many are slot one: a half where both are the same answer."""
    slots = (row.forward, row.backward)
    return slots.count(Slot.ONE) / 2 if all(one in (Slot.ONE, Slot.TWO) for one in slots) else None


def _longer(row: JudgedPair, opinion: Opinion) -> float | None:
    """Whether the longer answer is preferred, as 1 or 0; None where there is no preference, or no longer answer."""
    if opinion not in (Opinion.FIRST, Opinion.SECOND) or row.first_characters == row.second_characters:
        return None
    return float((row.first_characters > row.second_characters) == (opinion is Opinion.FIRST))


def _vote_on(row: JudgedPair, votes: Mapping[Pair, Choice]) -> Choice | None:
    if (choice := votes.get(row.pair)) is not None:
        return choice
    turned = votes.get((row.case, row.second, row.first))
    return {Choice.FIRST: Choice.SECOND, Choice.SECOND: Choice.FIRST}.get(turned, turned) if turned else None


def _as_opinion(choice: Choice) -> Opinion:
    return {Choice.FIRST: Opinion.FIRST, Choice.SECOND: Opinion.SECOND}.get(choice, Opinion.TIE)


def _agreement(rows: Sequence[JudgedPair], votes: Mapping[Pair, Choice]) -> Agreement | None:
    both = [(row, _as_opinion(votes[row.pair])) for row in rows if row.pair in votes and row.opinion.told]
    if not both:
        return None
    same = _interval([(row.case, float(row.opinion is voted)) for row, voted in both])
    return Agreement(len(both), same, _kappa([(row.opinion, voted) for row, voted in both]))


def _kappa(both: Sequence[tuple[Opinion, Opinion]]) -> Interval | None:
    from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415 - takes a second

    if any(len(set(by_one)) < 2 for by_one in zip(*both, strict=True)):
        return None
    said = [one for one in (Opinion.FIRST, Opinion.SECOND, Opinion.TIE) if any(one in pair for pair in both)]
    counts = Counter(both)
    found = cohens_kappa([[counts[one, other] for other in said] for one in said])
    return Interval(float(found.kappa), float(found.kappa_low), float(found.kappa_upp))


def _bias(values: Sequence[tuple[Hashable, float]]) -> Bias | None:
    return Bias(_interval(values), len(values)) if values else None


def _interval(values: Sequence[tuple[Hashable, float]]) -> Interval:
    """The mean of shares, each with its case, which is the cluster."""
    cases: dict[Hashable, list[float]] = defaultdict(list)
    for case, value in values:
        cases[case].append(value)
    means = [sum(one) / len(one) for one in cases.values()]
    mean = sum(means) / len(means)
    if len(cases) == len(values) and set(means) <= {0.0, 1.0}:
        return Interval(mean, *wilson(sum(means), len(means)))
    if len(set(means)) == 1:
        return without_spread(mean, len(means), 0.0)
    found = robust_mean(means)
    return Interval(mean, max(found.low, 0.0), min(found.high, 1.0))
