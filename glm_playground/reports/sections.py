"""What stands around the conversations of a report: notices, figures, votes, method, sources. Plain text in tables."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from glm_playground.chat.conversation import Answer
from glm_playground.chat.setup import Setup, setup_of
from glm_playground.reports.figure_text import dollars_text, duration_text, number_text, speed_text
from glm_playground.reports.figures import LaneFigures
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import Cost, CostState, Price, TokenClass, is_play_money
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.samples import Sample
from glm_playground.runs.totals import CostTotal, cost_total

_MAX_SETTINGS_CHARACTERS = 120
_UNREMARKABLE = frozenset({Outcome.COMPLETED, Outcome.TOOL_CALLS, Outcome.FAILED})
_GUESSED = frozenset({CostState.ESTIMATED, CostState.PREDICTED})

STAND_IN = "stand-in"
ESTIMATE = "estimate"
FAILURE = "failure"


class VoteShown(NamedTuple):
    """A vote between the answers to one question."""

    question: int
    """The turn, from 1."""
    lanes: tuple[str, ...]
    """Between whom."""
    winner: str | None
    """None for a tie."""


class Footnote(NamedTuple):
    """A smaller line of a cell."""

    text: str
    mark: str = ""
    """`STAND_IN`, `ESTIMATE` or `FAILURE` where it is one."""


class Cell(NamedTuple):
    """A value, and what must be known with it."""

    text: str
    notes: tuple[Footnote, ...] = ()
    mark: str = ""


class Column(NamedTuple):
    """The head of a column."""

    name: str
    is_number: bool = False


class Table(NamedTuple):
    """Rows under a caption; the first cell of a row is its head."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class MeasuredLane(NamedTuple):
    """A lane with all its runs."""

    setup: Setup
    runs: Sequence[Run]
    figures: LaneFigures


class RunsNotice(NamedTuple):
    """How many runs of a report need a warning."""

    affected: int
    runs: int
    names: tuple[str, ...]
    """Of the stand-ins that answered."""


def stand_in_notice(runs: Sequence[Run]) -> RunsNotice | None:
    """The runs that a stand-in answered, or None."""
    names = [run.server.stand_in for run in runs if run.server.stand_in]
    return RunsNotice(len(names), len(runs), tuple(dict.fromkeys(names))) if names else None


def replay_notice(runs: Sequence[Run]) -> RunsNotice | None:
    """The runs that are recordings which were played, or None."""
    count = sum(run.replayed for run in runs)
    return RunsNotice(count, len(runs), ()) if count else None


def period_text(times: Sequence[datetime], words: Words) -> str:
    """When the first and the last of the runs that began at `times` began."""
    first, last = (f"{time.astimezone(UTC):%Y-%m-%d %H:%M UTC}" for time in (min(times), max(times)))
    return words.ran_between.format(first=first, last=last)


def figures_table(lanes: Sequence[MeasuredLane], words: Words) -> Table:
    """A row a lane, in order."""
    names = (words.ttft, words.output_speed, words.e2e)
    columns = (
        Column(words.lane),
        Column(words.runs, is_number=True),
        Column(words.failures, is_number=True),
        *(Column(capitalised(words.median.format(figure=name)), is_number=True) for name in names),
        Column(words.completion_tokens, is_number=True),
        Column(words.cost_in_all, is_number=True),
    )
    rows = tuple(_figures_row(number, lane, words) for number, lane in enumerate(lanes, start=1))
    return Table(words.figures_caption, columns, rows)


def warm_ups_text(runs: Sequence[Run], costs: Mapping[str, Cost], words: Words) -> str:
    """How many warm-ups there were and what they cost; empty where there were none."""
    if not runs:
        return ""
    total = cost_total((run, costs.get(run.id)) for run in runs)
    cost = _cost_cell(total, len(runs), words)
    return words.warm_ups.format(count=number_text(len(runs), words), cost="; ".join([cost.text, cost.notes[0].text]))


def votes_table(votes: Sequence[VoteShown], words: Words) -> Table:
    """A row a vote, in the order given."""
    columns = (Column(words.question), Column(words.lanes), Column(words.winner))
    rows = tuple(
        (Cell(str(vote.question)), Cell(", ".join(vote.lanes)), Cell(words.tie if vote.winner is None else vote.winner))
        for vote in votes
    )
    return Table(words.votes_caption, columns, rows)


def sources_table(runs: Sequence[Run], costs: Mapping[str, Cost], words: Words) -> Table:
    """A row for each model, the server that was asked for it, and the price that was counted with."""
    asked: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        asked.setdefault((run.request.model, run.server.name, run.server.origin), []).append(run)
    columns = (
        Column(words.model_asked),
        Column(words.model_answered),
        Column(words.server),
        Column(words.price),
        Column(words.price_from),
        Column(words.read_on, is_number=True),
    )
    rows = []
    for (model, server, origin), theirs in asked.items():
        who = (Cell(model), _answered(theirs, words), Cell(server, (Footnote(origin),)))
        rows += [(*who, *_price_cells(price, play, words)) for price, play in _prices(theirs, costs)]
    return Table(words.sources_caption, columns, tuple(rows))


def asking_text(answers: Sequence[Answer], *, most_at_once: int, words: Words) -> str:
    """Whether runs were on the line together.

    Args:
        answers: those with a run.
        most_at_once: the most runs that answered one turn, over all lanes.
    """
    alone = sum(answer.one_by_one for answer in answers)
    if alone == len(answers):
        return words.one_by_one
    if alone:
        return words.partly_one_by_one.format(count=alone, runs=len(answers))
    return words.in_parallel if most_at_once > 1 else words.alone


def capitalised(text: str) -> str:
    """`text` as a heading begins."""
    return text[:1].upper() + text[1:]


def _figures_row(number: int, lane: MeasuredLane, words: Words) -> tuple[Cell, ...]:
    figures = lane.figures
    tokens = figures.completion_tokens
    return (
        _lane_cell(number, lane, words),
        Cell(number_text(figures.runs, words)),
        _failures_cell(figures, words),
        sample_cell(figures.ttft, lambda value: duration_text(value, words), words),
        sample_cell(figures.output_speed, lambda value: speed_text(value, words), words),
        sample_cell(figures.e2e, lambda value: duration_text(value, words), words),
        Cell(words.unknown) if tokens is None else Cell(number_text(tokens, words), (_n(figures.token_runs, words),)),
        _cost_cell(figures.cost, figures.runs, words),
    )


def _lane_cell(number: int, lane: MeasuredLane, words: Words) -> Cell:
    """The models and settings that the runs were asked with, which a lane may have changed between turns."""
    gateway = bool(lane.setup.gateway)
    setups = [setup_of(run.request, run.server.name if gateway else "") for run in lane.runs] or [lane.setup]
    models = list(dict.fromkeys(setup.asked or words.unknown for setup in setups))
    texts = dict.fromkeys(
        f"{setup.asked}: {settings}" if len(models) > 1 else settings
        for setup in setups
        if (settings := settings_text(setup, words))
    )
    notes = [Footnote(text) for text in texts]
    if stood_in := stand_in_notice(lane.runs):
        notes += [Footnote(words.stand_in_name.format(model=name), STAND_IN) for name in stood_in.names]
    return Cell(f"{number}: {', '.join(models)}", tuple(notes))


def settings_text(setup: Setup, words: Words) -> str:
    """The settings on a line; the whole of them stands above the lane's turns."""
    parts = [words.system_prompt] if setup.system.strip() else []
    for name, value in setup.parameters.fields().items():
        parts.append(f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    text = ", ".join(parts)
    return text if len(text) <= _MAX_SETTINGS_CHARACTERS else f"{text[:_MAX_SETTINGS_CHARACTERS]}…"


def _failures_cell(figures: LaneFigures, words: Words) -> Cell:
    """The failures, and under them how else runs ended that did not complete."""
    notes = tuple(
        Footnote(
            f"{number_text(count, words)} {words.outcomes.get(outcome, outcome.value) if outcome else words.running}"
        )
        for outcome, count in figures.outcomes
        if outcome not in _UNREMARKABLE
    )
    return Cell(number_text(figures.failures, words), notes, FAILURE if figures.failures else "")


def sample_cell(sample: Sample | None, text: Callable[[float], str], words: Words) -> Cell:
    """The median with its spread and n, each value written by `text`; the word where no run has the figure."""
    if sample is None:
        return Cell(words.unknown)
    notes = [] if sample.p95 is None else [Footnote(f"p95 {text(sample.p95)}")]
    if sample.n > 1:
        notes.append(Footnote(f"{text(sample.least)} – {text(sample.most)}"))
    return Cell(text(sample.median), (*notes, _n(sample.n, words)))


def _n(count: int, words: Words) -> Footnote:
    return Footnote(f"n {number_text(count, words)}")


def _cost_cell(cost: CostTotal, runs: int, words: Words) -> Cell:
    amounts = [] if cost.amount is None else [dollars_text(cost.amount, words)]
    if cost.play_amount is not None:
        amounts.append(f"{dollars_text(cost.play_amount, words)} {words.play_money}")
    if not runs:
        return Cell(words.unknown)
    text = " + ".join(amounts)
    if not text:
        text = _state_name(CostState.NOT_CHARGED, words) if cost.known else words.unknown
    states = ", ".join(f"{number_text(count, words)} {_state_name(state, words)}" for state, count in cost.states)
    known, all_runs = number_text(cost.known, words), number_text(runs, words)
    guessed = any(state in _GUESSED for state, _count in cost.states)
    mark = STAND_IN if cost.play_amount is not None else ESTIMATE if guessed else ""
    notes = [Footnote(words.covered.format(known=known, runs=all_runs, states=states), mark)]
    if cost.received:
        notes.append(Footnote(words.received_in_all.format(amount=dollars_text(cost.received, words)), ESTIMATE))
    if cost.play_received:
        amount = f"{dollars_text(cost.play_received, words)} {words.play_money}"
        notes.append(Footnote(words.received_in_all.format(amount=amount), STAND_IN))
    return Cell(text, tuple(notes))


def _state_name(state: CostState | None, words: Words) -> str:
    return words.unknown if state is None else words.cost_states.get(state, state.value)


def _answered(runs: Sequence[Run], words: Words) -> Cell:
    """Who answered; a stand-in is never named as the model that its response claims to be."""
    if stood_in := stand_in_notice(runs):
        others = [run for run in runs if not run.server.stand_in]
        names = [words.stand_in_name.format(model=name) for name in stood_in.names]
        return Cell(", ".join([*names, *_named(others)]), mark=STAND_IN)
    return Cell(", ".join(_named(runs)) or words.unknown)


def _named(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(name for run in runs if (name := run.served_by or run.served_model)))


def _prices(runs: Sequence[Run], costs: Mapping[str, Cost]) -> list[tuple[Price | None, bool]]:
    """The prices that the costs of `runs` were counted with, each once; one None without such prices."""
    found: list[tuple[Price | None, bool]] = []
    for run in runs:
        cost = costs.get(run.id)
        if cost and cost.price and (one := (cost.price, is_play_money(run, cost))) not in found:
            found.append(one)
    return found or [(None, False)]


def _price_cells(price: Price | None, is_play: bool, words: Words) -> tuple[Cell, ...]:
    if price is None:
        return (Cell(words.unknown),) * 3
    rates = ", ".join(
        f"{words.token_classes.get(token_class, token_class.value)} {dollars_text(rate, words)}"
        for token_class in TokenClass
        if (rate := price.per_million.get(token_class)) is not None
    )
    play = (Footnote(words.play_money, STAND_IN),) if is_play else ()
    return (Cell(rates or words.unknown, play), Cell(price.source), Cell(price.as_of.isoformat()))
