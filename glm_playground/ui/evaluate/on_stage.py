"""An evaluation as a scenario of the running order: its verdict, and examples side by side."""

from collections.abc import Sequence
from decimal import Decimal

from glm_playground.bundles.bundle import RecordedRun
from glm_playground.bundles.running_order import Scenario
from glm_playground.bundles.shown_verdict import MAX_PAIRS, MAX_RATES, ShownPair, ShownRate, ShownVerdict
from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import name_of
from glm_playground.evals.findings import Findings, examples_of, findings_of
from glm_playground.evals.results import CellResult, Figures, results_of
from glm_playground.evals.suite import Suite
from glm_playground.evals.verdict import PassRate
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.ui.server.scheduler import released

_MOST_EXAMPLES, _MOST_LANES = 4, 3
_DIGITS = Decimal(10) ** -12
_NAME_CHARACTERS = 400


def scenarios_of_evaluation(
    ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup]
) -> tuple[Scenario, ...]:
    """The scenario, whose answers are graded for it; none where no run is there."""
    with released():
        findings = findings_of(results_of(ledger, row, suite, setups))
        examples = examples_of(ledger, row, suite, setups, findings)
    found = scenario_of(row, findings, examples)
    return (found,) if found else ()


def scenario_of(row: EvaluationRow, findings: Findings, examples: Sequence[CellResult]) -> Scenario | None:
    """The verdict with the examples of the cases that come first and that each candidate on stage answered."""
    order = {one.case: place for place, one in enumerate(findings.cases)}
    by_case: dict[str, list[CellResult]] = {}
    for one in examples:
        if one.stored and one.stored.run.ended and one.cell.key.candidate < _MOST_LANES:
            by_case.setdefault(one.case, []).append(one)
    lanes = max(map(len, by_case.values()), default=0)
    cases = [
        by_case[case] for case in sorted(by_case, key=lambda case: order.get(case, 0)) if len(by_case[case]) == lanes
    ]
    shown = [one for case in cases[:_MOST_EXAMPLES] for one in case]
    runs = tuple(RecordedRun(one.stored.run, one.cost, one.cell.key.candidate) for one in shown if one.stored)
    if not runs or not findings.rates:
        return None
    grades = {one.stored.run.id: one.grade.value for one in shown if one.stored}
    return Scenario(row.name, runs, verdict=_verdict(row, findings, grades))


def _verdict(row: EvaluationRow, findings: Findings, grades: dict[str, str]) -> ShownVerdict:
    places = {name: place for place, name in enumerate(findings.names[:MAX_RATES])}
    pairs = [one for one in findings.differences if one.first in places and one.second in places]
    told = [
        ShownPair(
            first=places[one.first],
            second=places[one.second],
            low=max(one.points.low, -1.0),
            high=min(one.points.high, 1.0),
            separable=one.separable,
            more_cases=one.more_cases,
        )
        for one in pairs[:MAX_PAIRS]
    ]
    rates = zip(findings.rates, findings.figures, findings.candidates, strict=True)
    return ShownVerdict(
        suite=row.name[:_NAME_CHARACTERS],
        cases=row.cases,
        answers=row.cells.get(CellState.FINISHED, 0),
        rates=tuple(_rate(*one) for one in list(rates)[:MAX_RATES]),
        pairs=tuple(told),
        left_out=max(len(findings.rates) - MAX_RATES, 0),
        dollars=_dollars(sum((figures.dollars for figures in findings.figures), Decimal(0))),
        play_money=any(figures.play_money for figures in findings.figures),
        grades=grades,
    )


def _rate(rate: PassRate, figures: Figures, candidate: tuple[Setup, str | None]) -> ShownRate:
    setup, stand_in = candidate
    settings = name_of(setup).removeprefix(setup.model)
    return ShownRate(
        model=setup.model[:_NAME_CHARACTERS],
        settings=settings.strip()[:_NAME_CHARACTERS],
        stand_in=stand_in and stand_in[:_NAME_CHARACTERS],
        passed=rate.passed,
        answers=rate.answers,
        rate=rate.rate and (rate.rate.estimate, max(rate.rate.low, 0.0), min(rate.rate.high, 1.0)),
        dollars=_dollars(figures.dollars / figures.known_costs) if figures.known_costs else None,
        play_money=figures.play_money,
    )


def _dollars(amount: Decimal) -> str:
    return f"{amount.quantize(_DIGITS):f}"
