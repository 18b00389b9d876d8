"""What one owner may store of each kind, on SQLite and PostgreSQL: at the bound it is refused, and nothing is lost."""

import secrets
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from glm_playground import bounds
from glm_playground.ledger import BalanceReading, Ledger, LedgerNoRoom, Recorder, Stored, TaskLookup
from glm_playground.ledger.evaluation_values import NewEvaluation
from glm_playground.ledger.suites import SuiteBody
from glm_playground.ledger.votes import SKIPPED, StoredVote
from glm_playground.ledger.workbench_queue import Saving, WorkbenchCopy
from tests.ledger.made import ids, keep, made_run

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
Store = Callable[[Ledger, str, int], object]


def text(size: int) -> str:
    """One that compression makes about half as long."""
    return secrets.token_hex(size)


def add_suite(ledger: Ledger, owner: str, size: int) -> str:
    return ledger.suites.add(owner, SuiteBody("s", 1, text(size))).id


def add_evaluation(ledger: Ledger, owner: str, size: int, cells: int = 1) -> str:
    new = NewEvaluation(uuid.uuid4().hex, "e", text(size), "digest", "[1]", cells, 1, 1)
    return ledger.evaluations.add(owner, new).id


def add_workbench(ledger: Ledger, owner: str, size: int) -> str:
    id = uuid.uuid4().hex
    assert ledger.workbenches.save(owner, id, "w", text(size), 0) == 1
    return id


def add_vote(ledger: Ledger, owner: str, _size: int) -> str:
    id = uuid.uuid4().hex
    assert ledger.votes.begin(owner, StoredVote(id, "a", "b", "x", "y", "digest", False, NOW))
    assert ledger.votes.close(owner, id, SKIPPED)
    return id


# How one is stored and deleted, and the bounds of how many there may be and of their bytes.
KINDS = {
    Stored.SUITES: (add_suite, lambda ledger, *of: ledger.suites.delete(*of), "OWN_SUITES"),
    Stored.EVALUATIONS: (add_evaluation, lambda ledger, *of: ledger.evaluations.delete(*of), "OWN_EVALUATIONS"),
    Stored.WORKBENCHES: (add_workbench, lambda ledger, *of: ledger.workbenches.delete(*of), "OWN_WORKBENCHES"),
    Stored.VOTES: (add_vote, lambda ledger, owner, id: ledger.votes.delete(owner, [id]), "OWN_VOTES"),
}


@pytest.mark.parametrize("stored", KINDS)
def test_one_more_than_an_owner_may_have_is_refused_until_one_is_deleted(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> None:
    add, remove, bound = KINDS[stored]
    monkeypatch.setattr(bounds, bound, 2)
    ids = [add(ledger, owner, 10) for _ in range(2)]
    with pytest.raises(LedgerNoRoom) as refused:
        add(ledger, owner, 10)
    assert refused.value.stored is stored
    # Others have theirs.
    add(ledger, f"{owner}-other", 10)
    remove(ledger, owner, ids[0])
    add(ledger, owner, 10)


@pytest.mark.parametrize("stored", [stored for stored in KINDS if stored is not Stored.VOTES])
def test_all_of_an_owner_together_have_so_many_bytes(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> None:
    add, remove, bound = KINDS[stored]
    monkeypatch.setattr(bounds, f"{bound}_BYTES", 25_000)
    first = add(ledger, owner, 10_000)
    add(ledger, owner, 10_000)
    with pytest.raises(LedgerNoRoom):
        add(ledger, owner, 10_000)
    remove(ledger, owner, first)
    add(ledger, owner, 10_000)


def test_what_was_deleted_goes_for_good_only_where_its_room_is_needed(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "OWN_WORKBENCHES", 2)
    first = add_workbench(ledger, owner, 10)
    ledger.workbenches.delete(owner, first)
    add_workbench(ledger, owner, 10)
    assert ledger.workbenches.restore(owner, first)
    ledger.workbenches.delete(owner, first)
    add_workbench(ledger, owner, 10)
    assert not ledger.workbenches.restore(owner, first)
    # The same with suites, which go with a history.
    monkeypatch.setattr(bounds, "OWN_SUITES", 1)
    keep(ledger, owner, made_run())
    add_suite(ledger, owner, 10)
    deletion = ledger.delete_all(owner)
    add_suite(ledger, owner, 10)
    ledger.restore(owner, deletion.id)
    assert len(ledger.suites.all(owner)) == 1


def test_what_is_there_grows_within_the_bytes_and_may_always_shrink(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, bench = add_suite(ledger, owner, 10_000), add_workbench(ledger, owner, 10_000)
    for bound in ("OWN_SUITES_BYTES", "OWN_WORKBENCHES_BYTES"):
        monkeypatch.setattr(bounds, bound, 10_000)
    before = ledger.suites.text(owner, suite)
    with pytest.raises(LedgerNoRoom):
        ledger.suites.change(owner, suite, lambda _text: SuiteBody("s", 1, text(20_000)))
    assert ledger.suites.text(owner, suite) == before
    assert ledger.suites.change(owner, suite, lambda _text: SuiteBody("s", 1, text(9_000)))
    with pytest.raises(LedgerNoRoom):
        ledger.workbenches.save(owner, bench, "w", text(20_000), 1)
    assert ledger.workbenches.save(owner, bench, "w", text(9_000), 1) == 2


def test_evaluations_have_so_many_cells_together(ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "OWN_EVALUATIONS_CELLS", 5)
    first = add_evaluation(ledger, owner, 10, cells=3)
    with pytest.raises(LedgerNoRoom) as refused:
        add_evaluation(ledger, owner, 10, cells=3)
    assert refused.value.stored is Stored.CELLS
    assert len(ledger.evaluations.all(owner)) == 1
    ledger.evaluations.delete(owner, first)
    add_evaluation(ledger, owner, 10, cells=5)


@pytest.mark.parametrize("stored", [Stored.SUITES, Stored.EVALUATIONS, Stored.WORKBENCHES])
def test_many_at_once_stay_within_it(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> None:
    add, _remove, bound = KINDS[stored]
    monkeypatch.setattr(bounds, bound, 3)

    def one_more(_n: int) -> bool:
        with suppress(LedgerNoRoom):
            add(ledger, owner, 10)
            return True
        return False

    with ThreadPoolExecutor(8) as tabs:
        assert sum(tabs.map(one_more, range(16))) == 3


def test_a_workbench_without_room_is_told_and_stored_once_there_is_some(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "OWN_WORKBENCHES", 1)
    first, copy = add_workbench(ledger, owner, 10), WorkbenchCopy(owner, "second")
    recorder = Recorder(lambda: ledger)
    recorder.save_workbench(copy, "", lambda: "typed")
    assert recorder.flush(5)
    assert copy.saving is Saving.FULL
    # It is no outage: what others store does not wait.
    assert recorder.problem is None
    ledger.workbenches.delete(owner, first)
    recorder.save_workbench(copy, "", lambda: "typed")
    assert recorder.flush(5)
    stored = ledger.workbenches.read(owner, "second")
    assert stored
    assert (copy.saving, stored.body) == (Saving.SAVED, "typed")


def test_of_what_a_gateway_said_the_newest_are_stored(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, origin = f"t{owner}", "https://gateway.test"
    run = made_run(task_id=task)
    keep(ledger, owner, run)
    monkeypatch.setattr(bounds, "TASK_LOOKUPS", 2)
    monkeypatch.setattr(bounds, "BALANCES", 3)
    for place in range(5):
        then = NOW + timedelta(minutes=place)
        ledger.add_lookup(owner, TaskLookup(task, then, f"s{place}", None, {}))
        ledger.add_lookup(f"{owner}-other", TaskLookup(task, then, "theirs", None, {}))
        ledger.add_balance(owner, BalanceReading(origin, then, Decimal(place)))
    stored = ledger.run(owner, run.id)
    assert stored
    assert sorted(lookup.status for lookup in stored.lookups) == ["s3", "s4"]
    assert [reading.amount for reading in ledger.balances(owner, origin, 10)] == [4, 3, 2]


def test_runs_are_stored_while_there_is_room_and_said_once_there_is_none(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, other = (made_run(answer=[text(5_000)]) for _ in range(4))
    monkeypatch.setattr(bounds, "OWN_RUNS_BYTES", 5_000)
    recorder = Recorder(lambda: ledger)
    for run, whose in ((first, owner), (second, owner), (other, f"{owner}-other")):
        recorder.watch(run, whose, lambda: None)
        assert recorder.flush(5)
    assert [recorder.left_out(run.id) for run in (first, second, other)] == [False, True, False]
    assert recorder.problem is None
    assert recorder.may_be_full(owner)
    # What would make more of them does not begin.
    evaluation = ledger.evaluations.add(owner, NewEvaluation("e", "e", "{}", "digest", "[1]", 1, 1, 1))
    with pytest.raises(LedgerNoRoom):
        ledger.evaluations.open(evaluation.number, cap_picodollars=None, cap_tokens=None)
    with pytest.raises(LedgerNoRoom):
        add_vote(ledger, owner, 0)
    # What was deleted makes room at once, and takes it again where it is restored.
    deletion = ledger.delete(owner, [first.id])
    recorder.watch(third, owner, lambda: None)
    assert recorder.flush(5)
    assert not recorder.left_out(third.id)
    ledger.restore(owner, deletion.id)
    assert ids(ledger, owner) == [third.id, first.id]
    with pytest.raises(LedgerNoRoom):
        ledger.need_room(owner)
