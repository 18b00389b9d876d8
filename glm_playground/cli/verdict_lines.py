"""A verdict in the words of the command line."""

from glm_playground.cli.figures import count
from glm_playground.cli.terminal import line
from glm_playground.evals.verdict import ROUGH_CASES, PairedDifference, PassRate


def difference_sentence(found: PairedDifference) -> str:
    """The verdict on a pair, in a sentence."""
    low, high = (100 * bound for bound in (found.points.low, found.points.high))
    first, second = line(found.first), line(found.second)
    if found.separable:
        if found.points.estimate < 0:
            first, second, low, high = second, first, -high, -low
        said = f"{first} passes {low:.0f} to {high:.0f} points more than {second}"
    else:
        said = f"{first} and {second} are not separable: {low:+.0f} to {high:+.0f} points"
        if found.more_cases:
            said += f"; about {found.more_cases:,} more cases would tell"
    rough = f"; rough, below {ROUGH_CASES} cases" if found.rough else ""
    return f"{said} ({count(found.cases, 'case')}, p {found.adjusted_p:.3g} after Holm{rough})"


def rate_line(rate: PassRate) -> str:
    """The pass rate of a candidate, with its interval."""
    said = f"{line(rate.candidate)}: {rate.passed} of {count(rate.answers, 'answer')} passed"
    if rate.rate:
        said += f", {100 * rate.rate.estimate:.1f}% ({100 * rate.rate.low:.1f} to {100 * rate.rate.high:.1f})"
    return f"{said}; {count(rate.untold, 'answer')} cannot be told" if rate.untold else said
