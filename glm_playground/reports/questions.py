"""The questions of a report: each prompt once, with what every candidate answered."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.reports.candidates import ReportCandidate, cost_sample
from glm_playground.reports.figure_text import (
    cost_text,
    dollars_text,
    duration_text,
    number_text,
    run_speed_text,
    speed_text,
)
from glm_playground.reports.figures import lane_figures
from glm_playground.reports.report import Paragraph, Passage, Question, ShownAnswer
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import STAND_IN, Cell, Column, Table, capitalised, sample_cell
from glm_playground.reports.shown_text import on_one_line
from glm_playground.reports.transcript import TranscriptLane, error_text, run_on_screen
from glm_playground.runs.cost import Cost, is_play_money
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.samples import sample_of

_TITLE_CHARACTERS = 90
_MOST_NAMES = 10
_WHOLE = frozenset({Outcome.COMPLETED, Outcome.TOOL_CALLS})


@dataclass
class AskedPrompt:
    """A prompt, how many came before it in its conversation, and the turns that ask it."""

    prompt: Prompt
    before: int
    turns: list[tuple[ReportCandidate, TranscriptLane, Turn]] = field(default_factory=list)

    def runs_of(self, candidate: ReportCandidate) -> list[Run]:
        """The runs of one candidate, each once."""
        theirs = (run for one, _lane, turn in self.turns if one is candidate for run in turn.runs)
        return list({run.id: run for run in theirs}.values())


def asked(candidates: Sequence[ReportCandidate]) -> list[AskedPrompt]:
    """Every prompt in the order of its first turn; one is the same after the same earlier prompts only."""
    found: dict[tuple[Hashable, ...], AskedPrompt] = {}
    for candidate in candidates:
        for lane in candidate.lanes:
            path: tuple[Hashable, ...] = ()
            for turn in lane.conversation.turns:
                path = (*path, _identity(turn.prompt))
                one = found.setdefault(path, AskedPrompt(turn.prompt, len(path) - 1))
                one.turns.append((candidate, lane, turn))
    return list(found.values())


def shown_question(question: AskedPrompt, number: int, words: ReportWords) -> Question:
    """The question with its answers, all texts whole; `number` is its place, from 1."""
    first = on_one_line(question.prompt.text, _TITLE_CHARACTERS)
    title = words.question.format(number=number_text(number, words.words))
    prompt = [Passage(label, text) for label, text in _prompt_texts(question.prompt, words)]
    return Question(
        f"{title}: {first}" if first else title,
        tuple(prompt),
        words.asked_before.format(count=number_text(question.before, words.words)) if question.before else "",
        tuple(_answers(question, words)),
        _figures(question, words),
    )


def _identity(prompt: Prompt) -> Hashable:
    files = tuple((file.name, len(file.text), len(file.image)) for file in prompt.attachments)
    return prompt.text, files, tuple((result.call.name, result.content) for result in prompt.results)


def _prompt_texts(prompt: Prompt, words: ReportWords) -> Iterator[tuple[str, str]]:
    for result in prompt.results:
        yield f"{words.words.tool_result} {on_one_line(result.call.name, 80)}", result.content
    if prompt.text or not prompt.results:
        yield words.words.user, prompt.text
    if prompt.attachments:
        names = [on_one_line(file.name, 80) for file in prompt.attachments[:_MOST_NAMES]]
        yield words.words.attachment, words.attached.format(names=", ".join(names))


def _shown(lane: TranscriptLane, turn: Turn) -> list[Answer]:
    """The answers that are written: all of chosen runs, else the one on the screen."""
    if lane.every_answer:
        return list(turn.answers)
    return [turn.answer] if turn.answers else []


def _answers(question: AskedPrompt, words: ReportWords) -> Iterator[ShownAnswer]:
    seen: set[str] = set()
    for candidate, lane, turn in question.turns:
        for answer in _shown(lane, turn):
            # Copied lanes share the turns that they were copied with.
            if answer.run and answer.run.id in seen:
                continue
            seen |= {answer.run.id} if answer.run else set()
            name = candidate.name(words)
            if len(turn.answers) > 1:
                place = turn.answers.index(answer) + 1
                count = number_text(len(turn.answers), words.words)
                numbered = words.words.other_answer.format(number=number_text(place, words.words), count=count)
                name = f"{name}. {numbered}"
            yield _answer(name, answer, lane, turn, words)


def _answer(name: str, answer: Answer, lane: TranscriptLane, turn: Turn, words: ReportWords) -> ShownAnswer:
    said, run = words.words, run_on_screen(answer)
    if run is None:
        label = said.quoted if answer.quoted else said.written_by_user
        return ShownAnswer(name, (Passage(label, answer.content, "markdown"),))
    hidden = 0 if lane.every_answer else len(turn.answers) - 1
    notices = [Paragraph(words.others_kept.format(count=number_text(hidden, said)))] if hidden else []
    return shown_answer(name, answer, lane.costs.get(run.id), words, notices)


def shown_answer(
    name: str, answer: Answer, cost: Cost | None, words: ReportWords, notices: Sequence[Paragraph] = ()
) -> ShownAnswer:
    """A run's answer with its figures, all texts whole.

    Args:
        name: who answered.
        answer: with a run.
        cost: of the run; None where it is unknown.
        words: the labels.
        notices: what else must be known with it.
    """
    said, run = words.words, run_on_screen(answer)
    assert run
    passages = []
    if answer.content:
        passages.append(Passage("", answer.content, "text" if run.request.wants_json else "markdown"))
    passages += [
        Passage(f"{said.tool_call} {on_one_line(call.name, 80)}", call.arguments) for call in answer.tool_calls
    ]
    if run.error:
        passages.append(Passage(said.error, error_text(run.error), failed=True))
    if not passages:
        passages.append(Passage("", words.no_answer))
    known = []
    if run.server.stand_in:
        known.append(Paragraph(said.stand_in.format(model=on_one_line(run.server.stand_in, 80)), STAND_IN))
    if run.replayed:
        known.append(Paragraph(said.replayed))
    return ShownAnswer(name, tuple(passages), (*known, *notices), _figures_line(run, cost, words))


def _figures_line(run: Run, cost: Cost | None, words: ReportWords) -> str:
    said, metrics = words.words, metrics_of(run)
    tokens = run.usage.completion_tokens if run.usage else None
    outcome = said.outcomes.get(run.outcome, run.outcome.value) if run.outcome else said.running
    parts = [
        outcome,
        f"TTFT {duration_text(metrics.ttft, said)}",
        f"E2E {duration_text(metrics.e2e, said)}",
        f"{said.tokens} {said.unknown if tokens is None else number_text(tokens, said)}",
        run_speed_text(metrics, said),
        cost_text(cost, play_money=bool(cost and is_play_money(run, cost)), words=said),
    ]
    return " · ".join(parts)


def _figures(question: AskedPrompt, words: ReportWords) -> Table | None:
    """A row a candidate; None where each was asked once only, since the answers' own lines say it all."""
    candidates = list(dict.fromkeys(candidate for candidate, _lane, _turn in question.turns))
    rows = [(candidate, question.runs_of(candidate)) for candidate in candidates]
    if all(len(runs) < 2 for _candidate, runs in rows):
        return None
    said = words.words
    names = (said.ttft, said.e2e, said.output_speed)
    columns = (
        Column(words.lane),
        Column(said.runs, is_number=True),
        *(Column(capitalised(said.median.format(figure=name)), is_number=True) for name in names),
        Column(words.tokens, is_number=True),
        Column(words.cost, is_number=True),
    )
    return Table(words.figures_of_question, columns, tuple(_row(one, runs, words) for one, runs in rows))


def _row(candidate: ReportCandidate, runs: Sequence[Run], words: ReportWords) -> tuple[Cell, ...]:
    said, figures = words.words, lane_figures(runs, candidate.costs)
    tokens = sample_of(run.usage.completion_tokens if run.usage and run.outcome in _WHOLE else None for run in runs)
    return (
        Cell(candidate.name(words), mark=STAND_IN if candidate.stood_in else ""),
        Cell(number_text(len(runs), said)),
        sample_cell(figures.ttft, lambda value: duration_text(value, said), said),
        sample_cell(figures.e2e, lambda value: duration_text(value, said), said),
        sample_cell(figures.output_speed, lambda value: speed_text(value, said), said),
        sample_cell(tokens, lambda value: number_text(value, said), said),
        sample_cell(cost_sample(runs, candidate.costs), lambda value: dollars_text(Decimal(str(value)), said), said),
    )
