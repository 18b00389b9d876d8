"""A report of conversations or chosen runs: figures, charts, questions with their answers, facts, what is not known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from glm_playground.reports.candidates import ReportCandidate, candidates_of, cost_sample
from glm_playground.reports.charts import Bar, BarChart, DotChart
from glm_playground.reports.coverage import not_tested
from glm_playground.reports.cuts import within_bounds
from glm_playground.reports.figure_text import dollars_text, duration_text, number_text, speed_text
from glm_playground.reports.questions import AskedPrompt, asked, shown_question
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
    Sources,
    Terms,
)
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import (
    STAND_IN,
    Table,
    asking_text,
    figures_table,
    period_text,
    replay_notice,
    sources_table,
    stand_in_notice,
    warm_ups_text,
)
from glm_playground.reports.shown_text import on_one_line
from glm_playground.reports.transcript import TranscriptLane, is_warm_up, most_at_once
from glm_playground.runs.run import Run
from glm_playground.runs.samples import Sample

_MOST_BARS = 12


@dataclass(frozen=True)
class Published:
    """What the catalogue says, in the reader's language."""

    charts: tuple[DotChart, ...] = ()
    """Price against quality, for one."""
    facts: Table | None = None
    """A column a model; numbers in brackets name sources."""
    sources: tuple[tuple[str, str | None], ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    """Names of all models by id."""


def conversation_report(
    lanes: Sequence[TranscriptLane],
    cover: Cover,
    words: ReportWords,
    *,
    language: str,
    day_text: str,
    written_at: datetime,
    paper: Paper = Paper.A4,
    published: Published | None = None,
) -> Report:
    """The report of `lanes`.

    Args:
        lanes: of the playground, or of chosen runs (`stored_lanes`).
        cover: what the user says of it.
        words: the labels, in `language`.
        language: such as "pt_BR".
        day_text: the cover's day in that language.
        written_at: now, UTC.
        paper: what it is printed on.
        published: what the catalogue says of the models.
    """
    published = published or Published()
    candidates = candidates_of([lane for lane in lanes if not is_warm_up(lane)])
    questions = asked(candidates)
    runs = list({run.id: run for lane in lanes for run in lane.runs}.values())
    sections = [
        _results(candidates, questions, runs, lanes, words),
        Section(words.charts, (*_charts(candidates, words), *published.charts)),
        _questions(candidates, questions, words),
        *([Section(words.models, (published.facts,))] if published.facts else []),
        Section(words.not_tested, (_bullets(not_tested(candidates, questions, published.models, words)),)),
        *_method(candidates, runs, words),
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
        runs=[run.id for run in runs],
        servers=[run.server for run in runs],
    )


def _results(
    candidates: Sequence[ReportCandidate],
    questions: Sequence[AskedPrompt],
    runs: Sequence[Run],
    lanes: Sequence[TranscriptLane],
    words: ReportWords,
) -> Section:
    said = words.words
    if not runs:
        return Section(words.results, ())
    parts: list[Part] = []
    if stood_in := stand_in_notice(runs):
        models = ", ".join(on_one_line(name, 80) for name in stood_in.names)
        text = said.stand_in_runs.format(count=stood_in.affected, runs=stood_in.runs, models=models)
        parts.append(Paragraph(text, STAND_IN))
    if replayed := replay_notice(runs):
        parts.append(Paragraph(said.replayed_runs.format(count=replayed.affected, runs=replayed.runs)))
    parts.append(Paragraph(period_text([run.started_at for run in runs], said)))
    table = figures_table([one.measured for one in candidates], said)
    parts.append(table._replace(caption=words.results_caption))
    if len(candidates) > 1 and any(not question.runs_of(one) for question in questions for one in candidates):
        parts.append(Paragraph(words.same_question_only))
    costs = {run_id: cost for lane in lanes for run_id, cost in lane.costs.items()}
    if left_out := warm_ups_text([run for run in runs if run.warm_up], costs, said):
        parts.append(Paragraph(left_out))
    return Section(words.results, tuple(parts))


def _charts(candidates: Sequence[ReportCandidate], words: ReportWords) -> Iterator[BarChart]:
    said = words.words
    play = any(one.in_play_money for one in candidates)
    kinds: tuple[tuple[str, str, Callable[[ReportCandidate], Sample | None], float, Callable[[float], str]], ...] = (
        (words.ttft_chart, words.seconds_axis, lambda one: one.figures.ttft, 1e9, lambda v: duration_text(v, said)),
        (words.e2e_chart, words.seconds_axis, lambda one: one.figures.e2e, 1e9, lambda v: duration_text(v, said)),
        (
            words.speed_chart,
            words.speed_axis,
            lambda one: one.figures.output_speed,
            1,
            lambda v: speed_text(v, said),
        ),
        (
            words.cost_chart,
            words.play_cost_axis if play else words.cost_axis,
            lambda one: cost_sample(one.runs, one.costs),
            1,
            lambda v: dollars_text(Decimal(str(v)), said),
        ),
    )
    for title, axis, figure, unit, text in kinds:
        known = [(one, sample) for one in candidates if (sample := figure(one))]
        if known and any(sample.most for _one, sample in known):
            bars = tuple(_bar(one, sample, unit, text, words) for one, sample in known[:_MOST_BARS])
            notes = [words.stand_in_chart] if any(one.stood_in for one, _sample in known) else []
            notes += [words.more_bars] if len(known) > _MOST_BARS else []
            yield BarChart(title, axis, bars, " ".join(notes))


def _bar(
    candidate: ReportCandidate, sample: Sample, unit: float, text: Callable[[float], str], words: ReportWords
) -> Bar:
    told = f"{text(sample.median)}, n {number_text(sample.n, words.words)}"
    if sample.n == 1:
        return Bar(candidate.name(words), sample.median / unit, told)
    return Bar(candidate.name(words), sample.median / unit, told, sample.least / unit, sample.most / unit)


def _questions(candidates: Sequence[ReportCandidate], questions: Sequence[AskedPrompt], words: ReportWords) -> Section:
    systems: dict[str, list[str]] = {}
    for one in candidates:
        if one.setup.system.strip():
            systems.setdefault(one.setup.system, []).append(one.name(words))
    parts: list[Passage | Question] = [
        Passage(f"{words.words.system_prompt}: {', '.join(names)}", text) for text, names in systems.items()
    ]
    parts += [shown_question(question, number, words) for number, question in enumerate(questions, start=1)]
    return Section(words.questions, tuple(within_bounds(parts, words)))


def _method(candidates: Sequence[ReportCandidate], runs: Sequence[Run], words: ReportWords) -> Iterator[Section]:
    if not runs:
        return
    said = words.words
    lanes = [lane for one in candidates for lane in one.lanes]
    costs = {run_id: cost for lane in lanes for run_id, cost in lane.costs.items()}
    answers = list({answer.run.id: answer for lane in lanes for answer in lane.answers if answer.run}.values())
    asking = asking_text(answers, most_at_once=most_at_once(lanes), words=said)
    definitions = ((said.asking, asking), *said.definitions)
    yield Section(said.method, (Terms(definitions), _bullets(said.limits)), slides=False)
    yield Section(said.sources, (sources_table(runs, costs, said),))


def _bullets(sentences: Sequence[str]) -> Bullets:
    return Bullets(tuple(map(Bullet, sentences)))
