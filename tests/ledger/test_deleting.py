"""Taking away, bringing back, removing for good; and totals that stay in step with all of it."""

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glm_playground.gateway import Usage
from glm_playground.ledger import Callback, Ledger, RunFilter, TaskLookup, Total
from glm_playground.ledger.sums import By, sum_of, sums
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome
from tests.ledger.made import PRICE, ids, keep, made_run, settlement

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


def test_what_is_taken_away_is_nowhere_until_it_is_brought_back(ledger: Ledger, owner: str) -> None:
    gone, kept = made_run("needle", model="glm-5"), made_run("needle", model="glm-4.5")
    keep(ledger, owner, gone, kept)
    ledger.set_tags(owner, gone.id, ["t"])
    before = (ledger.run(owner, gone.id), ledger.totals(owner))
    deletion = ledger.delete(owner, [gone.id, "no such run"])
    assert deletion.runs == 1
    assert ids(ledger, owner) == ids(ledger, owner, text="needle") == [kept.id]
    assert ledger.run(owner, gone.id) is None
    assert [stored.run.id for stored in ledger.each(owner, RunFilter())] == [kept.id]
    assert [total.model for total in ledger.totals(owner)] == ["glm-4.5"]
    assert (ledger.models(owner), ledger.tags(owner)) == (("glm-4.5",), ())
    assert not ledger.set_note(owner, gone.id, "note")
    assert ledger.delete(owner, [gone.id]).runs == 0
    assert ledger.restore(owner, deletion.id) == 1
    assert (ledger.run(owner, gone.id), ledger.totals(owner)) == before
    assert ids(ledger, owner, text="needle") == [kept.id, gone.id]
    assert ledger.restore(owner, deletion.id) == 0


def test_a_run_that_goes_on_stays(ledger: Ledger, owner: str) -> None:
    running, ended = made_run(outcome=None), made_run()
    ledger.store_started([(running, owner)])
    keep(ledger, owner, ended)
    assert ledger.delete_all(owner).runs == 1
    assert ledger.delete(owner, [running.id]).runs == 0
    assert ids(ledger, owner) == [running.id]


def test_what_is_removed_for_good_does_not_come_back(ledger: Ledger, owner: str) -> None:
    ledger.purge(LATER)
    task = uuid.uuid4().hex
    old, kept = made_run("needle haystack", task_id=task), made_run("needle")
    keep(ledger, owner, old, kept)
    ledger.add_callback(Callback(task, NOW, NOW, task, "completed", {}))
    ledger.add_lookup(owner, TaskLookup(task, NOW, None, None, {}))
    deletion = ledger.delete(owner, [old.id])
    assert ledger.purge(NOW - timedelta(days=1)) == 0
    assert ledger.purge(LATER) == 1
    assert ledger.restore(owner, deletion.id) == 0
    assert ids(ledger, owner, text="needle") == [kept.id]
    keep(ledger, owner, old)
    stored = ledger.run(owner, old.id)
    assert stored is not None
    assert (stored.callbacks, stored.lookups) == ((), ())
    assert ids(ledger, owner, text="hayst") == [old.id]


def test_more_runs_than_one_step_removes_are_removed(ledger: Ledger, owner: str) -> None:
    ledger.purge(LATER)
    keep(ledger, owner, *(made_run() for _ in range(60)))
    assert ledger.delete_all(owner).runs == 60
    assert ledger.purge(LATER) == 60


def test_the_file_forgets_what_is_removed_for_good(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path}/runs.sqlite3")
    secret, other = made_run("xylophonist", answer=["zyzzyvaquark"]), made_run("harpsichordist")
    keep(ledger, "me", secret, *(made_run(f"other{place}") for place in range(30)), other)
    ledger.set_note("me", secret.id, "jabberwock")
    ledger.delete("me", [secret.id])
    assert ledger.purge(LATER) == 1
    ledger.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"harpsichordist" in content
    for word in (b"xylophonist", b"zyzzyvaquark", b"jabberwock", secret.id.encode()):
        assert word not in content


def _recomputed(ledger: Ledger, owner: str) -> set[Total]:
    runs: Counter[tuple[date, str, Outcome, CostState, bool, bool]] = Counter()
    sums: dict[tuple[date, str, Outcome, CostState, bool, bool], list[Decimal]] = {}
    for stored in ledger.each(owner, RunFilter()):
        run, cost = stored.run, stored.cost
        if run.outcome is None or cost is None:
            continue
        usage = run.usage or Usage()
        played = run.server.stand_in is not None
        key = (run.started_at.date(), run.request.model, run.outcome, cost.state, played, run.warm_up)
        runs[key] += 1
        amounts = (usage.prompt_tokens or 0, usage.completion_tokens or 0, cost.amount or 0)
        before = sums.get(key, [Decimal(0)] * 3)
        sums[key] = [total + amount for total, amount in zip(before, amounts, strict=True)]
    return {
        Total(*key[:5], runs[key], int(prompt), int(completion), cost, key[5])
        for key, (prompt, completion, cost) in sums.items()
    }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "end", "end", "settle", "delete", "all", "restore", "purge"]), st.integers(0, 5)
    ),
    min_size=5,
    max_size=25,
)


@hypothesis_settings(max_examples=25)
@given(steps=STEPS)
def test_totals_are_those_of_the_runs_whatever_was_done(ledger: Ledger, steps: list[tuple[str, int]]) -> None:
    owner = uuid.uuid4().hex
    runs = [
        made_run(
            model=("glm-5", "glm-4.5")[place % 2],
            started_at=NOW - timedelta(days=place % 3),
            usage=Usage(place, 1000 * place, 0) if place != 3 else None,
            stand_in="small" if place == 4 else None,
            warm_up=place == 2,
            outcome=None,
        )
        for place in range(6)
    ]
    deletions = ["none"]
    for step, place in steps:
        run = runs[place]
        if step == "begin":
            ledger.store_started([(run, owner)])
        elif step == "end":
            keep(ledger, owner, replace(run, outcome=Outcome.STOPPED), price=PRICE if place != 5 else None)
        elif step == "settle":
            ledger.settle(owner, run.id, settlement(Decimal(place) / 7 // Decimal("1e-12") * Decimal("1e-12")))
        elif step == "delete":
            deletions.append(ledger.delete(owner, [run.id, runs[0].id]).id)
        elif step == "all":
            deletions.append(ledger.delete_all(owner).id)
        elif step == "restore":
            ledger.restore(owner, deletions[place % len(deletions)])
        else:
            ledger.purge(LATER if place else NOW - timedelta(days=1))
    assert set(ledger.totals(owner)) == _recomputed(ledger, owner)


def test_totals_are_of_the_days_that_are_asked_for(ledger: Ledger, owner: str) -> None:
    days = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    keep(ledger, owner, *(made_run(started_at=day) for day in days))
    found = [total.day.day for total in ledger.totals(owner, days[1].date(), days[1].date())]
    assert found == [2]
    assert [total.day.day for total in ledger.totals(owner, since=days[1].date())] == [3, 2]
    assert [total.cost_state for total in ledger.totals(owner, until=days[0].date())] == [CostState.ESTIMATED]


def test_warm_ups_are_no_models_runs_and_cost_all_the_same(ledger: Ledger, owner: str) -> None:
    keep(ledger, owner, made_run(model="glm-5"), made_run(model="glm-5", warm_up=True))
    totals = ledger.totals(owner)
    assert [(one.name, one.runs) for one in sums(totals, By.MODEL)] == [("glm-5", 1), ("", 1)]
    assert sum_of(totals).estimated_runs == 2
    assert [one.runs for one in sums(totals, By.DAY)] == [2]
