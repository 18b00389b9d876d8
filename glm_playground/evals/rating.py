"""Ratings from votes on pairs of answers: Bradley and Terry's model, as statsmodels' binomial GLM.

The log odds that A beats B are the difference of their ratings, plus what the style of the answers adds. A tie is half
a win for each; that both are bad says nothing of which is better, and is counted apart. Votes on one prompt are no new
evidence about others, so errors are clustered by prompt (Chiang et al., "Chatbot Arena", arxiv.org/abs/2403.04132).
statsmodels is imported when ratings are asked for.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from glm_playground.evals.verdict import LEVEL, POWER, ROUGH_CLUSTERS, Interval

if TYPE_CHECKING:
    import numpy as np

_MOST_VOTES = 1_000_000
_LARGEST = 15.0
"""Log odds beyond which a fit has run away: the votes set no bound."""


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
    """Without those that both are bad."""
    wins: float
    """Ties are halves."""
    both_bad: int
    """How many votes found its answer and the other one bad."""
    rating: Interval | None
    """None where the votes set no bound: too few prompts, or it never won or lost, directly or through others."""
    group: int
    """Candidates of different groups cannot be compared."""


class RatedPair(NamedTuple):
    """Two candidates of a group."""

    better: str
    """By the estimate."""
    worse: str
    lead: Interval
    """The log odds that an answer of `better` is preferred."""
    adjusted_p: float
    """After Holm, over all pairs."""
    more_votes: int | None
    """About how many more would tell the two apart, if the lead is what it seems and the votes fall on the same pairs.

    None where they are told already, or there is no lead.
    """

    @property
    def separable(self) -> bool:
        """Whether one is told to be better."""
        return self.adjusted_p < 1 - LEVEL


class Ratings(NamedTuple):
    """What the votes say."""

    ratings: tuple[Rating, ...]
    """Best first in each group, the largest group first."""
    pairs: tuple[RatedPair, ...] = ()
    """Within the groups."""
    style: tuple[Interval, ...] = ()
    """What a standard deviation of each style adds to the log odds in the largest group; empty where nobody can say."""
    prompts: int = 0
    """How many different ones the votes that count were on."""
    both_bad: int = 0

    @property
    def rough(self) -> bool:
        """Whether there are too few prompts for the intervals to be taken by their word."""
        return self.prompts < ROUGH_CLUSTERS


def ratings_of(votes: Iterable[Vote]) -> Ratings:
    """The ratings of all candidates in `votes`."""
    asked = [vote for vote in votes if vote.first != vote.second]
    rows = [vote for vote in asked if vote.choice is not Choice.BOTH_BAD]
    bad = Counter(name for vote in asked if vote.choice is Choice.BOTH_BAD for name in (vote.first, vote.second))
    wins: defaultdict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter(dict.fromkeys(bad, 0))
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
    fits: list[_Fit] = []
    for number, group in enumerate(_groups(list(counts), beats)):
        fit = None
        if len(group) > 1:
            members = set(group)
            fit = _fit(group, [vote for vote in rows if vote.first in members and vote.second in members])
        if fit:
            fits.append(fit)
        of = fit.ratings if fit else {}
        of_group = [Rating(one, counts[one], wins[one], bad[one], of.get(one), number) for one in group]
        found += sorted(of_group, key=lambda one: -one.rating.estimate if one.rating else 0.0)
    pairs = _adjusted([pair for fit in fits for pair in fit.pairs])
    prompts = len({vote.prompt for vote in rows})
    style = fits[0].style if fits else ()
    return Ratings(tuple(found), pairs, style, prompts, len(asked) - len(rows))


class _Fit(NamedTuple):
    """What one group's votes say."""

    ratings: Mapping[str, Interval]
    pairs: Sequence[RatedPair]
    """Not adjusted yet."""
    style: tuple[Interval, ...]


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


def _fit(group: Sequence[str], votes: Sequence[Vote]) -> _Fit | None:
    """The fit with what style adds; without it where that explains every vote; None where the votes set no bound."""
    import numpy as np  # noqa: PLC0415

    index = {name: at for at, name in enumerate(group)}
    size = len(group)
    # The last candidate is the others' negative sum: ratings are against the mean.
    free = np.vstack([np.eye(size - 1), -np.ones(size - 1)])
    design = free[[index[vote.first] for vote in votes]] - free[[index[vote.second] for vote in votes]]
    styled = _styled(votes)
    fitted = _fitted(np.hstack([design, styled]), votes) if styled.shape[1] else None
    if fitted is None:
        styled = styled[:, :0]
        fitted = _fitted(design, votes)
    if fitted is None:
        return None
    zeros = np.zeros((size, styled.shape[1]))
    against_mean = np.hstack([free, zeros])
    told = _intervals(fitted.t_test(against_mean))
    ratings = {name: told[at] for name, at in index.items()}
    order = sorted(group, key=lambda name: -ratings[name].estimate)
    both = list(combinations(order, 2))
    tested = fitted.t_test(np.array([against_mean[index[one]] - against_mean[index[other]] for one, other in both]))
    spread = np.atleast_1d(tested.sd.squeeze()) * math.sqrt(len(votes))
    pairs = []
    for place, ((one, other), lead) in enumerate(zip(both, _intervals(tested), strict=True)):
        more = max(_needed(lead.estimate, float(spread[place])) - len(votes), 1) if lead.estimate > 0 else None
        pairs.append(RatedPair(one, other, lead, float(np.atleast_1d(tested.pvalue)[place]), more))
    own = fitted.conf_int(1 - LEVEL)[size - 1 :]
    style = tuple(
        Interval(float(fitted.params[size - 1 + at]), float(low), float(high)) for at, (low, high) in enumerate(own)
    )
    return _Fit(ratings, pairs, style)


def _needed(lead: float, spread: float) -> int:
    """How many votes tell such a lead in 4 of 5 cases, where one vote tells it with that standard deviation."""
    from statsmodels.stats.power import normal_sample_size_one_tail  # noqa: PLC0415

    # Either of the two may lead.
    return min(math.ceil(float(normal_sample_size_one_tail(lead, POWER, (1 - LEVEL) / 2, spread))), _MOST_VOTES)


def _styled(votes: Sequence[Vote]) -> "np.ndarray":
    """The styles of each vote in standard deviations; one that never differs is left out."""
    import numpy as np  # noqa: PLC0415

    styles = max((len(vote.style) for vote in votes), default=0)
    given = np.array([[*vote.style, *[0.0] * (styles - len(vote.style))] for vote in votes]).reshape(len(votes), styles)
    spread = given.std(axis=0)
    styled: np.ndarray = given[:, spread > 0] / spread[spread > 0]
    return styled


def _fitted(design: "np.ndarray", votes: Sequence[Vote]) -> Any:
    """statsmodels' fit; None where it has no bound."""
    import warnings  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415
    import statsmodels.api as sm  # noqa: PLC0415 - takes a second
    from statsmodels.tools.sm_exceptions import PerfectSeparationError  # noqa: PLC0415

    prompts = {prompt: at for at, prompt in enumerate(dict.fromkeys(vote.prompt for vote in votes))}
    # The errors of fewer clusters than there are unknowns would seem to be none.
    if len(prompts) <= design.shape[1]:
        return None
    shares = np.array([_share(vote.choice) for vote in votes])
    clusters = np.array([prompts[vote.prompt] for vote in votes])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Student's t by the number of clusters: with few of them a normal interval covers too little.
            fit = sm.GLM(shares, design, family=sm.families.Binomial()).fit(
                cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True, wls_method="qr"
            )
    except (PerfectSeparationError, np.linalg.LinAlgError):
        return None
    sound = fit.converged and np.isfinite(fit.bse).all() and (fit.bse > 0).all() and abs(fit.params).max() < _LARGEST
    return fit if sound else None


def _intervals(told: Any) -> list[Interval]:
    return [
        Interval(float(estimate), float(low), float(high))
        for estimate, (low, high) in zip(told.effect, told.conf_int(1 - LEVEL), strict=True)
    ]


def _adjusted(pairs: Sequence[RatedPair]) -> tuple[RatedPair, ...]:
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415

    if not pairs:
        return ()
    adjusted = multipletests([pair.adjusted_p for pair in pairs], method="holm")[1]
    found = (pair._replace(adjusted_p=float(p)) for pair, p in zip(pairs, adjusted, strict=True))
    return tuple(pair._replace(more_votes=None) if pair.separable else pair for pair in found)
