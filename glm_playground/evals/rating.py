"""Ratings from votes on pairs of answers: Bradley and Terry's model, as statsmodels' binomial GLM.

The log odds that A beats B are the difference of their ratings, plus what the style of the answers adds. A tie is half
a win for each. Votes on one prompt are no new evidence about others, so errors are clustered by prompt
(Chiang et al., "Chatbot Arena", arxiv.org/abs/2403.04132).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from glm_playground.evals.verdict import LEVEL, Interval


class Choice(StrEnum):
    """What a voter says of two answers."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    BOTH_BAD = "both_bad"


class Vote(NamedTuple):
    """One vote; which answer stood on which side does not matter here."""

    first: str
    second: str
    choice: Choice
    prompt: str
    """Votes with the same are a cluster."""
    style: tuple[float, ...] = ()
    """What the first answer has more of than the second, such as length, each on any scale."""


class Rating(NamedTuple):
    """A candidate's rating, in log odds against the mean candidate of its group."""

    candidate: str
    votes: int
    wins: float
    """Ties are halves."""
    rating: Interval | None
    """None where the votes set no bound: it never won or lost, directly or through others, against some."""
    group: int
    """Candidates of different groups cannot be compared."""


class Ratings(NamedTuple):
    """What the votes say."""

    ratings: tuple[Rating, ...]
    """Best first in each group."""
    style: tuple[Interval, ...] = ()
    """What each style adds to the log odds."""


def ratings_of(votes: Iterable[Vote]) -> Ratings:
    """The ratings of all candidates in `votes`; a vote that both are bad counts as a tie."""
    rows = [vote for vote in votes if vote.first != vote.second]
    wins: defaultdict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    beats: dict[str, set[str]] = defaultdict(set)
    for vote in rows:
        share = _share(vote.choice)
        counts.update((vote.first, vote.second))
        wins[vote.first] += share
        wins[vote.second] += 1 - share
        if share > 0:
            beats[vote.first].add(vote.second)
        if share < 1:
            beats[vote.second].add(vote.first)
    found: list[Rating] = []
    style: tuple[Interval, ...] = ()
    for number, group in enumerate(_groups(list(counts), beats)):
        fitted: Mapping[str, Interval] = {}
        if len(group) > 1:
            fitted, style = _fit(group, [vote for vote in rows if vote.first in group and vote.second in group])
        of_group = [Rating(one, counts[one], wins[one], fitted.get(one), number) for one in group]
        found += sorted(of_group, key=lambda one: -one.rating.estimate if one.rating else 0.0)
    return Ratings(tuple(found), style)


def _share(choice: Choice) -> float:
    return {Choice.FIRST: 1.0, Choice.SECOND: 0.0}.get(choice, 0.5)


def _groups(candidates: Sequence[str], beats: Mapping[str, set[str]]) -> list[list[str]]:
    """Candidates that are tied to each other by wins both ways, largest group first: only those have finite ratings.

    Ford's condition: the maximum exists where from each one leads a chain of wins to each other one.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - takes half a second
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    if not candidates:
        return []
    index = {name: at for at, name in enumerate(candidates)}
    edges = [(index[one], index[other]) for one, others in beats.items() for other in others]
    size = len(candidates)
    graph = csr_array(([1] * len(edges), ([a for a, _b in edges], [b for _a, b in edges])), shape=(size, size))
    _count, labels = connected_components(graph, directed=True, connection="strong")
    groups: dict[int, list[str]] = defaultdict(list)
    for name, label in zip(candidates, labels, strict=True):
        groups[int(label)].append(name)
    return sorted(groups.values(), key=len, reverse=True)


def _fit(group: Sequence[str], votes: Sequence[Vote]) -> tuple[dict[str, Interval], tuple[Interval, ...]]:
    import numpy as np  # noqa: PLC0415
    import statsmodels.api as sm  # noqa: PLC0415

    index = {name: at for at, name in enumerate(group)}
    size, styles = len(group), max((len(vote.style) for vote in votes), default=0)
    # The last candidate is the others' negative sum: ratings are against the mean.
    free = np.vstack([np.eye(size - 1), -np.ones(size - 1)])
    firsts = np.array([index[vote.first] for vote in votes])
    seconds = np.array([index[vote.second] for vote in votes])
    design = free[firsts] - free[seconds]
    if styles:
        extra = np.array([[*vote.style, *[0.0] * (styles - len(vote.style))] for vote in votes])
        spread = extra.std(axis=0)
        kept = spread > 0
        design = np.hstack([design, extra[:, kept] / spread[kept]])
    shares = np.array([_share(vote.choice) for vote in votes])
    prompts = {prompt: at for at, prompt in enumerate(dict.fromkeys(vote.prompt for vote in votes))}
    clusters = np.array([prompts[vote.prompt] for vote in votes])
    if len(votes) <= design.shape[1]:
        return {}, ()
    model = sm.GLM(shares, design, family=sm.families.Binomial())
    # Student's t by the number of clusters: with few of them a normal interval covers too little.
    fit = (
        model.fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
        if len(prompts) > 1
        else model.fit(cov_type="HC1", use_t=True)
    )
    contrasts = np.hstack([free, np.zeros((size, design.shape[1] - size + 1))])
    told = fit.t_test(contrasts)
    bounds = told.conf_int(1 - LEVEL)
    found = {
        name: Interval(float(told.effect[at]), float(bounds[at][0]), float(bounds[at][1])) for name, at in index.items()
    }
    own = fit.conf_int(1 - LEVEL)[size - 1 :]
    style = tuple(
        Interval(float(fit.params[size - 1 + at]), float(low), float(high)) for at, (low, high) in enumerate(own)
    )
    return found, style
