"""Databases that earlier versions of the app have written."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from glm_playground.ledger import Ledger, RunFilter, RunRow, StoredRun
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome
from tests.ledger.conftest import KINDS
from tests.ledger.made import ids, keep, made_run

V1 = Path(__file__).parents[1] / "fixtures" / "v1"
DELETIONS = ("7efcdb0bd4384ea8ba468b8b483a4552", "3f8a8b0b73a842cdae81ab588af7e63b")
NOTE = "A note that must last"


@dataclass(frozen=True)
class Earlier:
    """An opened copy of a database, whose it is, and what is in it."""

    ledger: Ledger
    owner: str
    expected: dict[str, Any]

    def run(self, run_id: str) -> StoredRun:
        stored = self.ledger.run(self.owner, run_id)
        assert isinstance(stored, StoredRun)
        return stored

    def rows(self) -> dict[str, RunRow]:
        return {row.id: row for row in self.ledger.page(self.owner, RunFilter()).rows}


@pytest.fixture(params=KINDS)
def v1(request: pytest.FixtureRequest, tmp_path: Path, make_url: Callable[[str], str]) -> Any:
    if request.param == "sqlite":
        shutil.copy(V1 / "runs.sqlite3", tmp_path)
        url = f"sqlite:///{tmp_path / 'runs.sqlite3'}"
    else:
        url = make_url("postgresql")
        _fill(url, (V1 / "runs.postgresql.sql").read_text())
    expected = json.loads((V1 / "expected.json").read_text())
    ledger = Ledger.open(url)
    yield Earlier(ledger, expected["owner"], expected)
    ledger.close()


def _fill(url: str, script: str) -> None:
    parsed = make_url(url)
    with psycopg.connect(host=str(parsed.query["host"]), user="tests", dbname=parsed.database) as connection:
        connection.execute(script)  # type: ignore[call-overload]


def test_every_run_of_version_1_is_read(v1: Earlier) -> None:
    expected = {one["id"]: one for one in v1.expected["runs"] if one["id"] != v1.expected["deleted"]}
    stored = {one.run.id: one for one in v1.ledger.each(v1.owner, RunFilter()) if isinstance(one, StoredRun)}
    assert set(stored) == {*expected, v1.expected["running"]}
    assert v1.ledger.runs(v1.owner, [*stored, "nowhere"]) == stored
    for run_id, one in expected.items():
        run, cost = stored[run_id].run, stored[run_id].cost_at_end
        assert cost
        assert (run.request.messages[-1].content, run.content, run.reasoning) == (
            one["prompt"], one["content"], one["reasoning"],
        )  # fmt: skip
        assert (run.outcome, len(run.events)) == (one["outcome"], one["events"])
        assert (cost.state, cost.amount) == (one["cost_state"], one["cost"] and Decimal(one["cost"]))
        assert stored[run_id].left_out == ()
    rows = v1.rows()
    assert all(rows[run_id].readable and not rows[run_id].warm_up for run_id in stored)
    assert ids(v1.ledger, v1.owner, text="experts mixture") == [v1.expected["noted"]]


def test_what_was_added_to_a_run_of_version_1_is_read(v1: Earlier) -> None:
    noted, settled = v1.run(v1.expected["noted"]), v1.run(v1.expected["settled"])
    assert (noted.row.tags, noted.row.note) == (("kept", "München"), NOTE)
    assert v1.ledger.tags(v1.owner) == ("München", "kept")
    assert ids(v1.ledger, v1.owner, text="must last") == [noted.run.id]
    assert settled.settlement
    assert (settled.settlement.amount, settled.settlement.source) == (Decimal("0.00123"), settled.run.server.origin)
    assert settled.cost
    assert settled.cost.amount == settled.row.cost == Decimal("0.00123")
    assert settled.cost_at_end
    assert (settled.cost_at_end.state, settled.row.cost_state) == (CostState.ESTIMATED, CostState.SETTLED)
    everything = list(v1.ledger.each(v1.owner, RunFilter()))
    assert [callback.id for one in everything if isinstance(one, StoredRun) for callback in one.callbacks] == ["cb-1"]
    assert len(v1.ledger.balances(v1.owner, "https://example.org", 5)) == 1


def test_a_running_run_of_version_1_is_interrupted_with_its_text(v1: Earlier) -> None:
    run = v1.run(v1.expected["running"]).run
    assert (run.outcome, run.content) == (Outcome.INTERRUPTED, v1.expected["running_text"])


def test_a_deleted_run_of_version_1_can_be_restored(v1: Earlier) -> None:
    deleted = v1.expected["deleted"]
    assert v1.ledger.run(v1.owner, deleted) is None
    before = sum(total.runs for total in v1.ledger.totals(v1.owner))
    again = v1.ledger.delete(v1.owner, [v1.expected["noted"]])
    assert v1.ledger.restore(v1.owner, again.id) == 1
    assert sum(v1.ledger.restore(v1.owner, deletion) for deletion in DELETIONS) == 1
    assert v1.run(deleted).run.content == "Gone."
    assert sum(total.runs for total in v1.ledger.totals(v1.owner)) == before + 1


def test_a_database_of_version_1_goes_on(v1: Earlier) -> None:
    new = made_run("something new")
    keep(v1.ledger, v1.owner, new)
    v1.ledger.set_note(v1.owner, v1.expected["noted"], "another note")
    assert v1.run(new.id).run == new
    assert ids(v1.ledger, v1.owner, text="another note") == [v1.expected["noted"]]
    assert ids(v1.ledger, v1.owner, text="must last") == []
    assert v1.ledger.workbenches.save(v1.owner, "w", "name", "{}", 0) == 1
    assert v1.ledger.delete_all(v1.owner).runs == 9
    assert v1.ledger.totals(v1.owner) == ()
