"""What an evaluation says: pass rates, and the paired difference of two candidates, each with its 95% interval.

All statistics are statsmodels', which is imported when they are asked for. Repeats of a case are no new evidence about
other cases, so intervals are clustered by case (Miller, "Adding Error Bars to Evals", arxiv.org/abs/2411.00640).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

LEVEL = 0.95
POWER = 0.8
"""The chance that a number of cases is named for."""
ROUGH_CASES = 300
ROUGH_CLUSTERS = 30
"""Below these an interval may cover less than it says."""
_MOST_CASES = 1_000_000


class GradedAnswer(NamedTuple):
    """One graded answer."""

    case: str
    candidate: str
    passed: bool | None
    """None where it cannot be told; such an answer counts in no rate."""


class Interval(NamedTuple):
    """An estimate between its bounds."""

    estimate: float
    low: float
    high: float


class PassRate(NamedTuple):
    """How many of a candidate's answers pass."""

    candidate: str
    cases: int
    """With an answer that was graded."""
    answers: int
    passed: int
    untold: int
    rate: Interval | None
    """Of a mean case; None where nothing was graded."""


class PairedDifference(NamedTuple):
    """The pass rate of `first` less that of `second`, over the cases that both were graded on."""

    first: str
    second: str
    cases: int
    points: Interval
    p_value: float
    """McNemar's exact test where each case has one answer of each, or all differ alike, else of the clustered mean."""
    adjusted_p: float
    """After Holm, over all pairs of the evaluation."""
    more_cases: int | None
    """About how many more would tell the two apart, if the difference is what it seems.

    None where they are told already, or there is no difference.
    """
    exact: bool
    """Whether the p-value is that of McNemar's exact test."""

    @property
    def separable(self) -> bool:
        """Whether one is told to be better."""
        return self.adjusted_p < 1 - LEVEL

    @property
    def rough(self) -> bool:
        """Whether there are too few cases for the interval to be taken by its word."""
        return self.cases < ROUGH_CASES


def pass_rates(points: Iterable[GradedAnswer]) -> list[PassRate]:
    """Of each candidate, in the order in which they appear."""
    found: dict[str, list[GradedAnswer]] = defaultdict(list)
    for point in points:
        found[point.candidate].append(point)
    return [_pass_rate(candidate, rows) for candidate, rows in found.items()]


def differences(points: Iterable[GradedAnswer]) -> list[PairedDifference]:
    """Of each pair of candidates with a case in common, in the order in which they appear."""
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - takes a second

    by_candidate: dict[str, dict[str, list[bool]]] = {}
    for point in points:
        cases = by_candidate.setdefault(point.candidate, defaultdict(list))
        if point.passed is not None:
            cases[point.case].append(point.passed)
    found = [
        difference
        for first, second in combinations(by_candidate, 2)
        if (difference := _difference(first, second, by_candidate[first], by_candidate[second]))
    ]
    if not found:
        return []
    adjusted = [one.p_value for one, _spread in found]
    if len(found) > 1:
        # It collects garbage, too, which takes a moment.
        adjusted = multipletests(adjusted, method="holm")[1]
    return [
        _with_more_cases(one._replace(adjusted_p=float(p)), spread)
        for (one, spread), p in zip(found, adjusted, strict=True)
    ]


def cases_needed(difference: float, spread: float = 0.6) -> int | None:
    """How many cases show a difference of pass rates in 4 of 5 evaluations.

    Args:
        difference: such as 0.05 for five points.
        spread: the standard deviation of a case's difference; 0.6 where a third of the cases come out differently.
    """
    from statsmodels.stats.power import TTestPower  # noqa: PLC0415

    if not difference or not spread:
        return None
    effect = abs(difference) / spread
    # Below four cases the test has no power to solve for.
    needed = TTestPower().solve_power(effect_size=min(effect, 2.0), alpha=1 - LEVEL, power=POWER)
    return min(int(float(needed)) + 1, _MOST_CASES)


def _pass_rate(candidate: str, rows: Sequence[GradedAnswer]) -> PassRate:
    cases: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row.passed is not None:
            cases[row.case].append(row.passed)
    graded = [passed for answers in cases.values() for passed in answers]
    rate = _rate(cases) if cases else None
    return PassRate(candidate, len(cases), len(graded), sum(graded), len(rows) - len(graded), rate)


def _rate(cases: Mapping[str, Sequence[bool]]) -> Interval:
    means = [sum(answers) / len(answers) for answers in cases.values()]
    mean = sum(means) / len(means)
    one_each = all(len(answers) == 1 for answers in cases.values())
    if one_each or len(set(means)) == 1:
        return Interval(mean, *wilson(mean * len(means), len(means)))
    found = robust_mean(means)
    return Interval(mean, max(found.low, 0.0), min(found.high, 1.0))


def _with_more_cases(found: PairedDifference, spread: float) -> PairedDifference:
    needed = None if found.separable else cases_needed(found.points.estimate, spread)
    return found._replace(more_cases=max(needed - found.cases, 1) if needed else None)


def _difference(
    first: str, second: str, one: Mapping[str, list[bool]], other: Mapping[str, list[bool]]
) -> tuple[PairedDifference, float] | None:
    """The difference, not adjusted yet, and the standard deviation of a case's own."""
    both = [case for case in one if case in other]
    if not both:
        return None
    means = [sum(one[case]) / len(one[case]) - sum(other[case]) / len(other[case]) for case in both]
    mean = sum(means) / len(means)
    single = all(len(one[case]) == len(other[case]) == 1 for case in both)
    if len(set(means)) == 1:
        points = without_spread(mean, len(means), -1.0)
        p_value = _mcnemar(means) if single else (1.0 if mean == 0 else _mcnemar([mean] * len(means)))
        spread = 0.0
    else:
        found = robust_mean(means)
        points = Interval(mean, max(found.low, -1.0), min(found.high, 1.0))
        p_value = _mcnemar(means) if single else found.p_value
        spread = found.spread
    exact = single or len(set(means)) == 1
    return PairedDifference(first, second, len(both), points, p_value, p_value, None, exact), spread


class MeanInterval(NamedTuple):
    """A mean's interval, and what else its fit says."""

    low: float
    high: float
    p_value: float
    """That the mean is 0."""
    spread: float
    """The standard deviation of one value."""


def robust_mean(values: Sequence[float]) -> MeanInterval:
    """The interval of a mean, with heteroskedasticity-robust errors: one value a case is one cluster."""
    import numpy as np  # noqa: PLC0415
    import statsmodels.api as sm  # noqa: PLC0415

    fit = sm.OLS(np.asarray(values), np.ones(len(values))).fit(cov_type="HC1", use_t=True)
    low, high = fit.conf_int(1 - LEVEL)[0]
    return MeanInterval(float(low), float(high), float(fit.pvalues[0]), float(np.std(values, ddof=1)))


def without_spread(mean: float, count: int, least: float) -> Interval:
    """Where no case differs from another: what was never seen is bounded by Wilson's interval.

    Args:
        mean: of all cases.
        count: of cases.
        least: what the mean is at least; at most it is 1.
    """
    _low, most = wilson(0.0, count)
    return Interval(mean, max(mean - most, least), min(mean + most, 1.0))


def wilson(passed: float, count: int) -> tuple[float, float]:
    """Wilson's interval of a share: of `count` cases `passed` do."""
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415

    low, high = proportion_confint(passed, count, alpha=1 - LEVEL, method="wilson")
    return float(low), float(high)


def _mcnemar(differences: Sequence[float]) -> float:
    """McNemar's exact p-value, from the signs of the cases that came out differently."""
    from statsmodels.stats.contingency_tables import mcnemar  # noqa: PLC0415

    more, fewer = sum(one > 0 for one in differences), sum(one < 0 for one in differences)
    return float(mcnemar([[0, more], [fewer, 0]], exact=True).pvalue) if more + fewer else 1.0
