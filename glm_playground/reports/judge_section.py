"""What the judge of an evaluation says, and how far it can be taken by its word, as parts of a report."""

from collections.abc import Iterator, Mapping, Sequence

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.evals.judge import Opinion
from glm_playground.evals.judge_figures import JudgeFigures, WinRate
from glm_playground.evals.judged import JudgeVerdict, PairResult
from glm_playground.evals.verdict import Interval
from glm_playground.reports.cuts import within_bounds
from glm_playground.reports.evaluation_verdict import plain_name
from glm_playground.reports.figure_text import dollars_text, number_text
from glm_playground.reports.report import Bullet, Bullets, Paragraph, Part, Passage, Terms
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import STAND_IN, Cell, Column, Table
from glm_playground.reports.shown_text import on_one_line

_REASON_CHARACTERS = 160


def judge_parts(found: JudgeVerdict, names: Mapping[str, str], words: ReportWords) -> Iterator[Part]:
    """All that a report tells of a judge.

    Args:
        found: what it said.
        names: what the candidates are called in the report, by number, by their names in the verdict.
        words: the labels.
    """
    yield from _notice(found, words)
    yield Terms(tuple(_terms(found, words)))
    said = [*(_win_text(rate, names, words) for rate in found.wins), *_figure_texts(found.figures, names, words)]
    if said:
        yield Bullets(tuple(map(Bullet, said)))
    if found.pairs:
        yield from _pairs(found.pairs, names, words)
    prompts = [Passage(words.evaluation.judge.pair_prompt, found.judge.pair_prompt)] if found.judge.in_pairs else []
    prompts.append(Passage(words.evaluation.judge.rubric_prompt, found.judge.rubric_prompt))
    yield from within_bounds(prompts, words)


def judge_runs(found: JudgeVerdict) -> list[str]:
    """Ids of the judge's runs whose reasons are shown, and of no other."""
    return [run_id for pair in _shown(found.pairs) for run_id in pair.run_ids if run_id]


def _shown(pairs: Sequence[PairResult]) -> list[PairResult]:
    """The pairs in the table: those without a verdict first."""
    return sorted(pairs, key=lambda one: one.judged.opinion.told)[: bounds.REPORT_JUDGED_PAIRS]


def _notice(found: JudgeVerdict, words: ReportWords) -> Iterator[Part]:
    if found.stand_in:
        name = on_one_line(found.stand_in, 80)
        yield Paragraph(words.not_glm.format(name=words.words.stand_in_name.format(model=name)), STAND_IN)


def _terms(found: JudgeVerdict, words: ReportWords) -> Iterator[tuple[str, str]]:
    said, work, numbers = words.evaluation.judge, found.work, words.words
    judge = found.judge
    setup = Setup(model=judge.model, gateway=judge.gateway, parameters=judge.parameters)
    yield said.judge, plain_name(setup, found.stand_in, words)
    replies = number_text(work.answered, numbers)
    if work.left or work.not_answered:
        left, missing = number_text(work.left, numbers), number_text(work.not_answered, numbers)
        replies = said.replies_left.format(count=replies, left=left, missing=missing)
    yield said.replies, replies
    tokens = words.evaluation.tokens.format(count=number_text(work.spent.tokens, numbers))
    cost = (
        f"{dollars_text(work.spent.dollars, numbers)}{f' {numbers.play_money}' if found.play_money else ''}, {tokens}"
    )
    yield said.cost, cost
    if judge.in_pairs:
        yield said.pairs, number_text(found.figures.pairs, numbers)


def _win_text(found: WinRate, names: Mapping[str, str], words: ReportWords) -> str:
    said = words.evaluation.judge
    first, second = (names.get(name, name) for name in (found.first, found.second))
    if found.rate is None:
        text = said.no_verdict.format(first=first, second=second)
    else:
        text = said.prefers.format(first=first, second=second, share=_share(found.rate, words))
        text = text if found.separable else f"{text} {said.not_separable}"
    counts = {
        "wins": found.wins, "losses": found.losses, "ties": found.ties, "abstained": found.abstained,
    }  # fmt: skip
    told = said.counts.format(**{name: number_text(count, words.words) for name, count in counts.items()})
    return f"{text} ({told})"


def _figure_texts(found: JudgeFigures, names: Mapping[str, str], words: ReportWords) -> Iterator[str]:
    said, numbers = words.evaluation.judge, words.words
    for opinion, text in said.abstentions.items():
        if count := found.counts.get(Opinion(opinion)):
            yield text.format(count=number_text(count, numbers), pairs=number_text(found.pairs, numbers))
    if found.place:
        yield said.place.format(share=_share(found.place.rate, words))
    if found.length:
        text = said.length_flagged if found.length.flagged else said.length
        text = text.format(share=_share(found.length.rate, words))
        by_votes = found.voted_length
        yield f"{text} {said.by_votes.format(share=_share(by_votes.rate, words))}" if by_votes else text
    if agreed := found.agreement:
        text = said.agreement.format(share=_share(agreed.same, words), pairs=number_text(agreed.pairs, numbers))
        if agreed.kappa:
            estimate, low, high = (
                number_text(value, numbers, 2) for value in (agreed.kappa.estimate, agreed.kappa.low, agreed.kappa.high)
            )
            text = f"{text} {said.kappa.format(estimate=estimate, low=low, high=high)}"
        yield text
    elif found.pairs:
        yield said.no_votes
    for name in found.same_family:
        yield said.family.format(name=names.get(name, name))


def _share(found: Interval, words: ReportWords) -> str:
    low, estimate, high = (number_text(100 * value, words.words) for value in (found.low, found.estimate, found.high))
    return words.evaluation.judge.share.format(estimate=estimate, low=low, high=high)


def _pairs(pairs: Sequence[PairResult], names: Mapping[str, str], words: ReportWords) -> Iterator[Part]:
    said, most = words.evaluation.judge, bounds.REPORT_JUDGED_PAIRS
    columns = (Column(said.case), Column(said.candidates), Column(said.verdict), Column(said.reason))
    yield Table(said.pairs_caption, columns, tuple(_pair(one, names, words) for one in _shown(pairs)))
    if len(pairs) > most:
        yield Paragraph(said.other_pairs.format(count=number_text(len(pairs) - most, words.words)))


def _pair(one: PairResult, names: Mapping[str, str], words: ReportWords) -> tuple[Cell, ...]:
    judged = one.judged
    first, second = (names.get(name, name) for name in (judged.first, judged.second))
    opinion = judged.opinion
    verdict = {Opinion.FIRST: first, Opinion.SECOND: second}.get(opinion) or words.evaluation.judge.opinions[opinion]
    reasons = " / ".join(dict.fromkeys(filter(None, one.reasons)))
    numbers = ", ".join(name.partition(":")[0] for name in (first, second))
    return (
        Cell(on_one_line(judged.case, 120)),
        Cell(numbers),
        Cell(verdict),
        Cell(on_one_line(reasons, _REASON_CHARACTERS)),
    )
