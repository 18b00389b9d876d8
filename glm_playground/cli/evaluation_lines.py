"""Evaluations in the words of the command line: what they will cost, how they stand, what they say."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from statistics import median

import click

from glm_playground.cli.figures import count, dollars
from glm_playground.cli.terminal import line
from glm_playground.cli.verdict_lines import difference_sentence, rate_line
from glm_playground.evals.evaluation import EvaluationForecast
from glm_playground.evals.grade import Grade
from glm_playground.evals.results import CellResult, Figures
from glm_playground.evals.verdict import GradedAnswer, cases_needed, differences, pass_rates
from glm_playground.evals.work import Work
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState, Spending

_MOST_SHOWN = 20
_DIGITS = Decimal("0.000001")


def outlook_lines(found: EvaluationForecast, work: Work, repeats: int, difference: float) -> Iterator[str]:
    """What an evaluation will send and cost, and what it can show."""
    names = ", ".join(line(candidate.name) for candidate in work.candidates)
    cases = len(work.cases)
    yield (
        f"{line(work.suite.name) or 'A suite'}: {count(cases, 'case')}, {count(len(work.candidates), 'candidate')}, "
        f"{count(repeats, 'repeat')}: {count(found.cells, 'request')}"
    )
    yield f"Candidates: {names}"
    play = " (play money)" if found.play_money else ""
    if len(found.unpriced) < len(work.candidates):
        likely = "unknown" if found.likely_dollars is None else f"about {money(found.likely_dollars)}"
        most = f"{money(found.most.dollars)} at most{play}; likely {likely}"
    else:
        most = "unknown"
    yield f"Cost: {most}; {found.most.tokens:,} tokens at most"
    if found.unsupported:
        yield f"{count(found.unsupported, 'request')} are not sent: they have an image, which the model does not take"
    if work.judge:
        asked = count(found.judge_requests, "request")
        yield f"Judge: {line(work.judge[0].name)}, at most {asked} more, within the same caps"
    if found.unpriced:
        yield f"No price is known of {line(', '.join(found.unpriced))}: only tokens are counted"
    if len(work.candidates) > 1 and (needed := cases_needed(difference / 100)):
        enough = "enough" if cases >= needed else f"the suite has {cases:,}"
        yield f"To see a difference of {difference:g} points takes about {count(needed, 'case')}: {enough}"


def cap_lines(found: EvaluationForecast, dollars: Decimal | None, tokens: int | None) -> Iterator[str]:
    """What becomes of an evaluation whose caps are below the most that it may use."""
    if (dollars is not None and found.most.dollars > dollars) or (tokens is not None and found.most.tokens > tokens):
        yield "That is above the cap, at which it stops: --max-tokens makes the bound smaller"


def status_line(row: EvaluationRow) -> str:
    """An evaluation in a line."""
    done, what = row.cells.get(CellState.FINISHED, 0), "requests" if row.judge else "answers"
    parts = [f"{row.id}  {row.created_at:%Y-%m-%d %H:%M} UTC  {standing(row)}", f"{done:,} of {row.total:,} {what}"]
    parts += [
        f"{row.cells[state]:,} {state.value}"
        for state in (CellState.FAILED, CellState.INTERRUPTED, CellState.REFUSED, CellState.UNSUPPORTED)
        if row.cells.get(state)
    ]
    return "  ".join([*parts, spending_text(row.spending), line(row.name)])


def standing(row: EvaluationRow) -> str:
    """How it stands, and why nobody works on it."""
    if row.state is EvaluationState.RUNNING and not row.cells.get(CellState.CLAIMED):
        return "left by its process"
    return f"{row.state.value} ({line(row.why)})" if row.why else row.state.value


def spending_text(found: Spending) -> str:
    """What is spent and reserved, beside the caps."""
    caps = [
        *([f"{money(found.cap_dollars)}"] if found.cap_dollars is not None else []),
        *([f"{found.cap_tokens:,} tokens"] if found.cap_tokens is not None else []),
    ]
    said = f"{money(found.spent.dollars)} and {found.spent.tokens:,} tokens spent"
    if found.reserved.tokens:
        said += f", {money(found.reserved.dollars)} and {found.reserved.tokens:,} tokens reserved"
    return f"{said}, of {' and '.join(caps)}" if caps else said


def money(amount: Decimal) -> str:
    """Dollars to a millionth."""
    rounded = amount.quantize(_DIGITS) if amount < 10**9 else amount
    return dollars(rounded.normalize() if rounded % 1 else rounded.quantize(Decimal(1)))


def hints(row: EvaluationRow) -> Iterator[str]:
    """What can be done about the cells that are not finished."""
    if interrupted := row.cells.get(CellState.INTERRUPTED):
        yield (
            f"{interrupted:,} were under way when it stopped: what they cost is unknown and stays reserved. "
            f"`glm-playground eval retry {row.id} --interrupted` asks them again."
        )
    if unsupported := row.cells.get(CellState.UNSUPPORTED):
        yield f"{unsupported:,} have an image, which the model does not take: not supported is not failed."
    if row.cells.get(CellState.FAILED) or row.cells.get(CellState.REFUSED):
        yield f"`glm-playground eval retry {row.id} --failed` asks again what failed."
    if row.cells.get(CellState.WAITING):
        yield f"`glm-playground eval resume {row.id}` continues it; --cap gives it another cap."


def show(row: EvaluationRow, results: Iterable[CellResult]) -> None:
    """Pass rates, differences, cost and time of each candidate, and the first cells that did not pass."""
    click.echo(status_line(row))
    for said in hints(row):
        click.echo(said)
    points: list[GradedAnswer] = []
    figures: dict[str, Figures] = {}
    notable: list[tuple[str, str, str, str]] = []
    left_out = 0
    for result in results:
        if result.cell.state in (CellState.WAITING, CellState.CLAIMED):
            continue
        points.append(result.point)
        figures.setdefault(result.candidate, Figures()).add(result)
        if result.grade is not Grade.PASSED:
            if len(notable) < _MOST_SHOWN:
                repeat = f" · repeat {result.cell.key.repeat + 1}" if row.repeats > 1 else ""
                notable.append((result.grade.value, result.case + repeat, result.candidate, result.reason))
            else:
                left_out += 1
    for rate in pass_rates(points):
        click.echo(rate_line(rate))
        click.echo(f"  {_figures(figures[rate.candidate])}")
    for difference in differences(points):
        click.echo(difference_sentence(difference))
    for words in notable:
        click.echo("  ".join(map(line, words)))
    if left_out:
        click.echo(f"and {left_out:,} more")
    if points:
        click.echo(f"`glm-playground eval export {row.id} --as html --out report.html` makes a report of it.")


def show_difference(
    first: EvaluationRow, before: Iterable[CellResult], second: EvaluationRow, after: Iterable[CellResult]
) -> None:
    """What has changed between two evaluations: of each candidate in both, and the cases that came out differently."""
    old, new = [one.point for one in before], [one.point for one in after]
    both = [rate.candidate for rate in pass_rates(old) if rate.candidate in {point.candidate for point in new}]
    if not both:
        click.echo("No candidate is in both.")
    for candidate in both:
        pair = [
            *_as(new, candidate, f"{candidate} in {second.id}"),
            *_as(old, candidate, f"{candidate} in {first.id}"),
        ]
        for difference in differences(pair):
            click.echo(difference_sentence(difference))
        _show_changed(old, new, candidate)


def _show_changed(old: Sequence[GradedAnswer], new: Sequence[GradedAnswer], candidate: str) -> None:
    rates = [_passed_by_case(points, candidate) for points in (old, new)]
    changed = [(case, rates[0][case], rates[1][case]) for case in rates[0] if case in rates[1]]
    worse_first = sorted((one for one in changed if one[1] != one[2]), key=lambda one: one[2] - one[1])
    for case, was, now in worse_first[:_MOST_SHOWN]:
        click.echo(f"  {'worse ' if now < was else 'better'}  {line(case)}  {100 * was:.0f}% to {100 * now:.0f}%")
    if len(worse_first) > _MOST_SHOWN:
        click.echo(f"  and {len(worse_first) - _MOST_SHOWN:,} more")


def _passed_by_case(points: Sequence[GradedAnswer], candidate: str) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for point in points:
        if point.candidate == candidate and point.passed is not None:
            found.setdefault(point.case, []).append(point.passed)
    return {case: sum(passed) / len(passed) for case, passed in found.items()}


def _as(points: Sequence[GradedAnswer], candidate: str, name: str) -> list[GradedAnswer]:
    return [point._replace(candidate=name) for point in points if point.candidate == candidate]


def _figures(found: Figures) -> str:
    play = " (play money)" if found.play_money else ""
    cost = f"{money(found.dollars)}{play}, {money(found.dollars / found.known_costs)} each" if found.known_costs else ""
    time = f"median {median(found.latencies) / 1000:.2f} s" if found.latencies else ""
    return "; ".join(filter(None, [cost or "cost unknown", time]))
