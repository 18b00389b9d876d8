"""Runs of the history as files, and their costs added up."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.ledger.sums import By, sum_of, sums
from glm_playground.ledger.values import Total
from glm_playground.reports.history_files import COLUMNS, UNKNOWN, csv_lines, json_lines
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.run import Outcome, Run, Server
from glm_playground.runs.run_json import run_from_json


def run_with(prompt: str, answer: str) -> Run:
    return Run(
        id="r1",
        request=ChatRequest(model="glm-5.1", messages=(Message(role="user", content=prompt),)),
        server=Server("RunAPI", "https://runapi.ai"),
        started_at=datetime(2026, 11, 24, tzinfo=UTC),
        events=[Event(5_000_000, EventKind.CONTENT, answer)],
        outcome=Outcome.COMPLETED,
        usage=Usage(3, 1),
    )


@given(
    prompt=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1, max_size=20),
    tag=st.sampled_from(["=1+1", "@x", "ok"]),
)
def test_no_cell_is_a_formula_and_nothing_else_changes(prompt: str, tag: str) -> None:
    cost = Cost(CostState.ESTIMATED, Decimal("0.0000001"))
    text = "".join(csv_lines([(run_with(prompt, "=cmd"), cost, (tag,), "-note")]))
    [row] = list(csv.DictReader(io.StringIO(text)))
    assert not any(cell[:1] in tuple("=+-@\t＝＋－＠") for cell in row.values() if cell)
    assert row["prompt"].removeprefix("'") == prompt.removeprefix("'")
    assert row["cost_usd"] == "0.0000001"
    assert row["tokens_per_second"] == UNKNOWN


def test_what_nobody_said_is_unknown_in_every_column() -> None:
    run = run_with("hi", "")
    run.usage = None
    [head, line] = list(csv.reader(io.StringIO("".join(csv_lines([(run, None, (), "")])))))
    row = dict(zip(head, line, strict=True))
    assert tuple(head) == COLUMNS
    assert {row[name] for name in ("completion_tokens", "cost_usd", "cost_state", "task_id")} == {UNKNOWN}


def test_json_lines_carry_the_whole_run() -> None:
    run = run_with("hi", "there")
    [line] = json_lines([(run, None, ("a",), "n")])
    row = json.loads(line)
    assert run_from_json(row["run"]) == run
    assert (row["cost"], row["tags"], row["note"]) == (None, ["a"], "n")


def total(model: str, state: CostState, cost: str, *, outcome: Outcome = Outcome.COMPLETED, runs: int = 1) -> Total:
    return Total(date(2026, 11, 24), model, outcome, state, False, runs, 10, 20, Decimal(cost))


def test_sums_keep_estimated_settled_and_unknown_apart() -> None:
    totals = [
        total("a", CostState.ESTIMATED, "0.10", runs=2),
        total("a", CostState.SETTLED, "0.03"),
        total("b", CostState.NOT_CHARGED, "0", outcome=Outcome.FAILED, runs=4),
        total("b", CostState.NO_PRICE, "0"),
    ]
    together = sum_of(totals)
    assert (together.estimated, together.estimated_runs) == (Decimal("0.10"), 2)
    assert (together.settled, together.settled_runs) == (Decimal("0.03"), 1)
    assert (together.not_charged_runs, together.unknown_runs, together.failed) == (4, 1, 4)
    assert [(one.name, one.runs, one.known) for one in sums(totals, By.MODEL)] == [
        ("b", 5, Decimal(0)),
        ("a", 3, Decimal("0.13")),
    ]
