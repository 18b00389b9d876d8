"""An evaluation as a report: verdict, charts, cases by regression with example answers, what was not tested."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from glm_playground import bounds
from glm_playground.chat.conversation import Answer
from glm_playground.evals.findings import Findings
from glm_playground.evals.grade import Grade
from glm_playground.evals.judged import JudgeVerdict
from glm_playground.evals.results import CellResult
from glm_playground.evals.suite import Check, Suite
from glm_playground.evals.verdict import ROUGH_CASES
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.reports.conversation_report import Published
from glm_playground.reports.cuts import within_bounds
from glm_playground.reports.evaluation_verdict import candidate_names, charts, rates_table, sentences, spread_table
from glm_playground.reports.figure_text import dollars_text, number_text
from glm_playground.reports.judge_section import judge_parts, judge_runs
from glm_playground.reports.questions import shown_answer
from glm_playground.reports.report import (
    Bullet,
    Bullets,
    Cover,
    Paper,
    Paragraph,
    Part,
    Passage,
    Question,
    Report,
    Section,
    ShownAnswer,
    Sources,
    Terms,
)
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import FAILURE, STAND_IN, Cell, Column, Table, period_text, sources_table
from glm_playground.reports.shown_text import on_one_line
from glm_playground.runs.caps import Amount

_CHECK_CHARACTERS = 400
_REASON_CHARACTERS = 160
_MOST_REASONS = 12
_MOST_SYSTEMS = 4


def evaluation_report(
    evaluation: EvaluationRow,
    suite: Suite,
    findings: Findings,
    examples: Sequence[CellResult],
    cover: Cover,
    *,
    words: ReportWords,
    language: str,
    day_text: str,
    written_at: datetime,
    paper: Paper = Paper.A4,
    published: Published | None = None,
    judge: JudgeVerdict | None = None,
) -> Report:
    """The report of an evaluation.

    Args:
        evaluation: as it stands now.
        suite: what it asks.
        findings: of all its cells.
        examples: the cells whose answers are shown (`evals.findings.examples_of`).
        cover: what the user says of it.
        words: the labels, in `language`.
        language: such as "pt_BR".
        day_text: the cover's day in that language.
        written_at: now, UTC.
        paper: what it is printed on.
        published: what the catalogue says of the models.
        judge: what the judge says; None where nobody judges.
    """
    published = published or Published()
    said = words.evaluation
    names = candidate_names(findings, words)
    sections = [
        Section(said.verdict, tuple(_verdict(findings, names, words))),
        *([_judge_section(judge, findings, names, words)] if judge else []),
        Section(words.charts, (*charts(findings, words), *published.charts, spread_table(findings, names, words))),
        Section(words.asked, tuple(_asked(evaluation, suite, findings, names, words))),
        Section(said.by_regression, tuple(_cases(findings, names, words))),
        Section(said.examples, tuple(_examples(findings, examples, names, words))),
        *([Section(words.models, (published.facts,))] if published.facts else []),
        Section(words.not_tested, (_not_tested(evaluation, findings, published.models, words),)),
        *_method(findings, words, judged=judge is not None),
        *([Section(words.sources, (Sources(published.sources),))] if published.sources else []),
    ]
    return Report(
        cover,
        tuple(section for section in sections if section.parts),
        words.labels,
        language.replace("_", "-"),
        day_text,
        written_at,
        paper,
        servers=[one.stored.run.server for one in examples if one.stored],
        runs=[*(one.stored.run.id for one in examples if one.stored), *(judge_runs(judge) if judge else [])],
    )


def _verdict(findings: Findings, names: Sequence[str], words: ReportWords) -> Iterator[Part]:
    said = words.evaluation
    if findings.stood_in:
        models = ", ".join(on_one_line(name, 80) for name in findings.stood_in)
        yield Paragraph(words.words.stand_in_runs.format(**_stood_in(findings, words), models=models), STAND_IN)
    if not any(rate.rate for rate in findings.rates):
        yield Paragraph(said.nothing_graded)
    most = bounds.REPORT_PAIRS
    if findings.differences:
        yield Bullets(tuple(map(Bullet, sentences(findings.differences[:most], findings, words))))
    if len(findings.differences) > most:
        left_out = number_text(len(findings.differences) - most, words.words)
        yield Paragraph(said.other_pairs.format(count=left_out))
    if any(one.rough for one in findings.differences):
        yield Paragraph(said.rough.format(count=number_text(ROUGH_CASES, words.words)))
    if findings.rates:
        yield rates_table(findings, names, words)


def _stood_in(findings: Findings, words: ReportWords) -> dict[str, str]:
    """In how many of the runs a stand-in answered, for a sentence."""
    count, runs = findings.stood_in.total(), findings.runs
    return {"count": number_text(count, words.words), "runs": number_text(runs, words.words)}


def _asked(
    evaluation: EvaluationRow, suite: Suite, findings: Findings, names: Sequence[str], words: ReportWords
) -> Iterator[Part]:
    said, total = words.evaluation, evaluation.total
    checks = Counter(check.name for case in suite.cases for check in case.checks)
    told = [said.counted.format(name=name, count=number_text(count, words.words)) for name, count in checks.items()]
    yield Terms(
        (
            (said.name, f"{on_one_line(evaluation.name, 200)} ({evaluation.id})"),
            (said.suite, on_one_line(suite.name, 200)),
            (said.digest, evaluation.digest),
            (said.cases, number_text(evaluation.cases, words.words)),
            (said.candidates, "; ".join(names)),
            (said.repeats, number_text(evaluation.repeats, words.words)),
            (said.requests, number_text(total, words.words)),
            (said.checks, ", ".join(told) or said.none),
            (said.spent, _spent(evaluation, findings, words)),
        )
    )
    if findings.period:
        yield Paragraph(period_text(findings.period, words.words))
    systems: dict[str, list[str]] = {}
    for (setup, _stand_in), name in zip(findings.candidates, names, strict=True):
        if setup.system.strip():
            systems.setdefault(setup.system, []).append(name)
    shown = [
        Passage(f"{words.words.system_prompt}: {', '.join(theirs)}", text)
        for text, theirs in list(systems.items())[:_MOST_SYSTEMS]
    ]
    yield from within_bounds(shown, words)


def _spent(evaluation: EvaluationRow, findings: Findings, words: ReportWords) -> str:
    spending = evaluation.spending
    spent = _amount(spending.spent, words)
    if any(figures.play_money for figures in findings.figures):
        spent += f" {words.words.play_money}"
    if spending.reserved == Amount():
        return spent
    return words.evaluation.spent_and_reserved.format(spent=spent, reserved=_amount(spending.reserved, words))


def _amount(amount: Amount, words: ReportWords) -> str:
    tokens = words.evaluation.tokens.format(count=number_text(amount.tokens, words.words))
    return f"{dollars_text(amount.dollars, words.words)}, {tokens}"


def _cases(findings: Findings, names: Sequence[str], words: ReportWords) -> Iterator[Part]:
    said, columns = words.evaluation, bounds.REPORT_EXAMPLE_ANSWERS
    if not findings.cases:
        return
    several = len(names) > 1
    caption = said.by_regression_caption.format(name=names[0]) if several else said.by_failure_caption
    rows = tuple(
        (Cell(on_one_line(one.case, 120)), *(_rate_cell(rate, words) for rate in one.rates[:columns]))
        for one in findings.cases[: bounds.REPORT_CASES]
    )
    heads = (Column(said.case), *(Column(name, is_number=True) for name in names[:columns]))
    yield Table(caption, heads, rows)
    if len(names) > columns:
        yield Paragraph(said.other_candidates.format(names="; ".join(names[columns:])))
    if len(findings.cases) > bounds.REPORT_CASES:
        left_out = number_text(len(findings.cases) - bounds.REPORT_CASES, words.words)
        yield Paragraph(said.other_cases.format(count=left_out))


def _rate_cell(rate: float | None, words: ReportWords) -> Cell:
    if rate is None:
        return Cell(words.words.unknown)
    return Cell(f"{number_text(100 * rate, words.words)}%", mark=FAILURE if rate < 1 else "")


def _examples(
    findings: Findings, examples: Sequence[CellResult], names: Sequence[str], words: ReportWords
) -> Iterator[Part]:
    if not examples:
        return
    numbered = dict(zip(findings.names, names, strict=True))
    by_case: dict[str, list[CellResult]] = {}
    for result in examples:
        by_case.setdefault(result.case, []).append(result)
    order = {one.case: place for place, one in enumerate(findings.cases)}
    questions = [
        _example(by_case[case], numbered, words) for case in sorted(by_case, key=lambda one: order.get(one, 0))
    ]
    yield from within_bounds(questions, words)


def _example(results: Sequence[CellResult], names: Mapping[str, str], words: ReportWords) -> Question:
    said, first = words.evaluation, results[0]
    roles = {"user": words.words.user, "system": words.words.system_prompt, "assistant": words.words.assistant}
    case, messages = first.asked.case, first.asked.prompt.filled(first.asked.case.variables)
    prompt = [Passage(roles.get(one.role, one.role), one.content) for one in messages]
    if case.attachments:
        files = ", ".join(on_one_line(file.name, 80) for file in case.attachments)
        prompt.append(Passage(words.words.attachment, words.attached.format(names=files)))
    if checks := case.checks:
        prompt.append(Passage(said.expected, "\n".join(map(_check_text, checks))))
    answers = tuple(_answer(one, names.get(one.candidate, one.candidate), words) for one in results)
    return Question(said.example.format(name=on_one_line(first.case, 90)), tuple(prompt), "", answers)


def _check_text(check: Check) -> str:
    value = check.value if isinstance(check.value, str) else json.dumps(check.value, ensure_ascii=False)
    limit = "" if check.threshold is None else f" {check.threshold:g}"
    told = "" if check.value is None else f": {value}"
    return on_one_line(f"{check.name}{limit}{told}", _CHECK_CHARACTERS)


def _answer(result: CellResult, name: str, words: ReportWords) -> ShownAnswer:
    said = words.evaluation
    notice = {
        Grade.PASSED: Paragraph(said.example_passed),
        Grade.FAILED: Paragraph(said.example_failed, FAILURE),
        Grade.UNTOLD: Paragraph(said.example_untold),
    }[result.grade]
    if result.stored is None:
        return ShownAnswer(name, (Passage("", words.no_answer),), (notice,))
    shown = shown_answer(name, Answer(result.stored.run), result.cost, words, (notice,))
    if result.grade is Grade.PASSED or not result.checks or not result.reason:
        return shown
    return shown._replace(passages=(*shown.passages, Passage(said.why, result.reason)))


def _not_tested(
    evaluation: EvaluationRow, findings: Findings, catalogue: Mapping[str, str], words: ReportWords
) -> Bullets:
    return Bullets(tuple(Bullet(text) for text in _untested(evaluation, findings, catalogue, words)))


def _untested(
    evaluation: EvaluationRow, findings: Findings, catalogue: Mapping[str, str], words: ReportWords
) -> Iterator[str]:
    said, numbers = words.evaluation, words.words
    yield said.this_suite_only
    answered = {setup.model for (setup, stand_in) in findings.candidates if not stand_in}
    if missing := [name for model, name in catalogue.items() if model not in answered]:
        yield words.models_without_run.format(names=", ".join(missing))
    if findings.stood_in:
        yield words.stand_in_answers.format(**_stood_in(findings, words))
    reasons = findings.untold.most_common()
    for (check, reason), count in reasons[:_MOST_REASONS]:
        told = on_one_line(reason, _REASON_CHARACTERS)
        yield said.unsupported.format(check=check, reason=told, count=number_text(count, numbers))
    if len(reasons) > _MOST_REASONS:
        yield said.other_unsupported.format(count=number_text(len(reasons) - _MOST_REASONS, numbers))
    for state in CellState:
        if (count := evaluation.cells.get(state, 0)) and (text := said.states.get(state.value)):
            yield text.format(count=number_text(count, numbers))
    for text, count in ((said.without_checks, findings.without_checks), (said.deleted, findings.deleted)):
        if count:
            yield text.format(count=number_text(count, numbers))
    if evaluation.repeats == 1:
        yield said.asked_once
    if evaluation.cases < ROUGH_CASES:
        yield said.few_cases.format(
            count=number_text(evaluation.cases, numbers), rough=number_text(ROUGH_CASES, numbers)
        )
    yield said.not_judged


def _judge_section(judge: JudgeVerdict, findings: Findings, names: Sequence[str], words: ReportWords) -> Section:
    called = dict(zip(findings.names, names, strict=True))
    return Section(words.evaluation.judge.title, tuple(judge_parts(judge, called, words)))


def _method(findings: Findings, words: ReportWords, *, judged: bool) -> Iterator[Section]:
    said, evaluation = words.words, words.evaluation
    limits = Bullets(tuple(map(Bullet, said.limits)))
    methods = (*evaluation.method, *(evaluation.judge.method if judged else ()), *said.definitions)
    yield Section(said.method, (Terms(methods), limits), slides=False)
    if findings.asked:
        costs = {one.run.id: one.cost for one in findings.asked if one.cost}
        yield Section(said.sources, (sources_table([one.run for one in findings.asked], costs, said),))
