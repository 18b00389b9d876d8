"""A judge and its verdict in the words of the command line."""

from collections.abc import Iterator

from glm_playground.chat.setup import Setup
from glm_playground.cli.evaluation_lines import money
from glm_playground.cli.figures import count
from glm_playground.cli.terminal import line
from glm_playground.evals.candidates import name_of
from glm_playground.evals.judge import Opinion
from glm_playground.evals.judge_figures import Bias, JudgeFigures, WinRate
from glm_playground.evals.judged import JudgeVerdict
from glm_playground.evals.verdict import Interval

_ABSTENTIONS = {
    Opinion.FLIPPED: "change with the order",
    Opinion.NONSENSE: "have a reply that is not as asked: no verdict",
    Opinion.UNANSWERED: "lack a reply",
}


def judge_lines(found: JudgeVerdict) -> Iterator[str]:
    """Who judges, what it cost, what it prefers, and how far it can be taken by its word."""
    work, figures = found.work, found.figures
    yield (
        f"Judge: {line(_name(found))}: {count(work.answered, 'request')} answered, "
        f"{money(work.spent.dollars)} and {work.spent.tokens:,} tokens"
    )
    if work.left or work.not_answered:
        yield f"  {count(work.left, 'request')} left; {work.not_answered:,} without a reply"
    for rate in found.wins:
        yield win_sentence(rate)
    yield from _figure_lines(figures)
    if found.judge.in_pairs:
        yield f"  its prompt for pairs: {line(' '.join(found.judge.pair_prompt.split()))}"
    yield f"  its prompt for rubrics: {line(' '.join(found.judge.rubric_prompt.split()))}"


def win_sentence(found: WinRate) -> str:
    """What the judge prefers of a pair."""
    first, second = line(found.first), line(found.second)
    counts = f"{found.wins:,} won, {found.losses:,} lost, {found.ties:,} tied, {found.abstained:,} without a verdict"
    if found.rate is None:
        return f"{first} and {second}: the judge has no verdict ({counts})"
    said = f"{first} is preferred to {second} in {_percent(found.rate)}"
    return f"{said} ({counts})" if found.separable else f"{said}: not separable ({counts})"


def _figure_lines(found: JudgeFigures) -> Iterator[str]:
    pairs = found.pairs
    for opinion, words in _ABSTENTIONS.items():
        if told := found.counts.get(opinion):
            yield f"  {told:,} of {count(pairs, 'pair')} {words}"
    if found.place:
        yield f"  slot one is chosen in {_bias(found.place)}"
    if found.length:
        said = f"  the longer answer is preferred in {_bias(found.length)}"
        yield said + (f"; by your votes in {_percent(found.voted_length.rate)}" if found.voted_length else "")
    if agreed := found.agreement:
        kappa = f", kappa {agreed.kappa.estimate:.2f}" if agreed.kappa else ""
        yield f"  agrees with your votes in {_percent(agreed.same)}{kappa}, {count(agreed.pairs, 'pair')}"
    for name in found.same_family:
        yield f"  ! {line(name)} is of the judge's family, which it may favour"


def _bias(found: Bias) -> str:
    said = f"{_percent(found.rate)} of {count(found.pairs, 'pair')}"
    return f"{said}  ! a fair judge has 50%" if found.flagged else said


def _percent(found: Interval) -> str:
    return f"{100 * found.estimate:.0f}% ({100 * found.low:.0f} to {100 * found.high:.0f})"


def _name(found: JudgeVerdict) -> str:
    judge = found.judge
    return name_of(Setup(model=judge.model, gateway=judge.gateway, parameters=judge.parameters), found.stand_in)
