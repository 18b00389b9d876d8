"""Lanes that were asked the same: the line over them that says who was best, and the table of figures under them."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from glm_playground.chat.conversation import Turn
from glm_playground.chat.workbench import Workbench
from glm_playground.runs.run import Outcome
from glm_playground.runs.standings import (
    ComparisonRow,
    FigureName,
    LaneComparison,
    LaneRuns,
    Value,
    compare,
    repeats_of,
)
from glm_playground.ui.shared.answer.asked import asked_name
from glm_playground.ui.shared.answer.run_footer import outcome_name
from glm_playground.ui.shared.figures import dollars, min_median_max, per_second, seconds, tokens
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled


def lanes_to_compare(bench: Workbench) -> tuple[list[LaneRuns], bool]:
    """The lanes that answered the prompt that most were asked last, and whether they were asked one by one."""
    lasts = [(at, lane.conversation.turns[-1]) for at, lane in enumerate(bench.lanes) if lane.conversation.turns]
    # Answers to different prompts are not to be compared.
    counts = Counter(turn.prompt for _at, turn in lasts)
    common = counts.most_common(1)[0][0] if counts else None
    asked = [(at, turn) for at, turn in lasts if turn.prompt == common and turn.answers and turn.answer.run]
    return [_lane(at, turn) for at, turn in asked], all(turn.answer.one_by_one for _at, turn in asked)


def draw_standings(compared: LaneComparison, *, one_by_one: bool) -> None:
    """Draws who was best by each figure, in a line."""
    parts = [text for row in compared.rows if (text := _best_text(row, compared))]
    if not parts:
        return
    if not one_by_one:
        parts.append(styled("gray", _("asked at the same time")))
    st.markdown(f":small[{' · '.join(parts)}]")


def draw_comparison(compared: LaneComparison) -> None:
    """Draws the figures as a Markdown table: `st.dataframe` and `st.table` would load pandas on this page."""
    figure, outcome, several = _("Figure"), _("Outcome"), _("With repeats: min / median / max, n runs.")
    names = {
        FigureName.TTFT: "TTFT",
        FigureName.E2E: "E2E",
        FigureName.SPEED: _("Output speed"),
        FigureName.TOKENS: _("Completion tokens"),
        FigureName.COST: _("Cost, in play money") if compared.play_money else _("Cost"),
    }
    lines = [
        f"| {figure} | {' | '.join(map(literal, compared.names))} |",
        "|---|" + "--:|" * len(compared.names),
    ]
    for row in compared.rows:
        cells = [_cell(row, at, value) for at, value in enumerate(row.values)]
        lines.append(f"| {names[row.figure]} | {' | '.join(cells)} |")
    lines.append(f"| {outcome} | {' | '.join(map(_outcomes, compared.outcomes))} |")
    st.markdown("\n".join(lines))
    notes = [_("Best is marked only where the ranges do not overlap.")]
    if any(value.spread and value.spread.n > 1 for row in compared.rows for value in row.values):
        notes.insert(0, several)
    st.caption(" ".join(notes))
    for shared in compared.shared:
        said = _("**{model}** answered for these lanes alike: {lanes}. They do not compare the models asked.")
        lanes = ", ".join(literal(compared.names[at]) for at in shared.lanes)
        st.markdown(styled("orange", said.format(model=literal(shared.model), lanes=lanes)))


def _outcomes(found: Sequence[tuple[Outcome | None, int]]) -> str:
    """How the runs of a lane ended, with how many of them where there are several."""
    # A word alone and no plural: "3 tool calls" would count the calls.
    if sum(count for _one, count in found) == 1:
        return outcome_name(found[0][0])
    return ", ".join(f"{number(count)} × {outcome_name(one)}" for one, count in found)


def draw_best_and_table(bench: Workbench, line: "st.delta_generator.DeltaGenerator") -> None:
    """Draws both, the line into its place over the lanes; nothing for fewer than two lanes with answers."""
    lanes, one_by_one = lanes_to_compare(bench)
    if compared := compare(lanes):
        with line.container():
            draw_standings(compared, one_by_one=one_by_one)
        draw_comparison(compared)


def _lane(at: int, turn: Turn) -> LaneRuns:
    shown = turn.answer.run
    runs = repeats_of(shown, turn.runs) if shown else ()
    name = f"{at + 1} {asked_name(shown)}" if shown else ""
    costs = {answer.run.id: answer.cost for answer in turn.answers if answer.run and answer.cost}
    return LaneRuns(name, runs, costs)


def _best_text(row: ComparisonRow, compared: LaneComparison) -> str:
    """What is best by a figure; empty where nothing can be said."""
    words = {
        FigureName.TTFT: _("fastest first token"),
        FigureName.E2E: _("finished first"),
        FigureName.SPEED: _("fastest output"),
        FigureName.TOKENS: _("fewest tokens"),
        FigureName.COST: _("cheapest"),
    }
    if row.tied:
        same = _("no difference")
        return f"{words[row.figure]}: {same}"
    if row.lead is None or not (best := row.values[row.lead].spread):
        return ""
    basis = [_("median of {count}").format(count=number(best.n))] if best.n > 1 else []
    basis += [] if row.clear else [_("ranges overlap")]
    note = f" ({', '.join(basis)})" if basis else ""
    return f"{words[row.figure]}: **{literal(compared.names[row.lead])}** {_text(row.figure, best.median)}{note}"


def _cell(row: ComparisonRow, at: int, value: Value) -> str:
    if value.spread is None:
        return _("unknown")
    known, whole = value.spread, value.spread.n + value.unknown
    text = _text(row.figure, known.median)
    if known.n > 1:
        text = min_median_max(known, lambda one: _text(row.figure, one))
    if whole > 1:
        counted = _("n {count}") if not value.unknown else _("n {count} of {whole}")
        text += f", {_unbroken(counted.format(count=number(known.n), whole=number(whole)))}"
    best = styled("green-badge", _("best"))
    return f"{text} {best}" if row.best == at else text


def _text(figure: FigureName, value: float) -> str:
    match figure:
        case FigureName.COST:
            return literal(dollars(Decimal(str(value))))
        case FigureName.TOKENS:
            return _unbroken(tokens(round(value)))
        case FigureName.SPEED:
            return _unbroken(per_second(value))
        case _:
            return _unbroken(seconds(value))


def _unbroken(text: str) -> str:
    """`text` without a place where a narrow column could part a number from its unit."""
    return text.replace(" ", "\u00a0")
