"""Moving what an owner has to another one, by a one-time code."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.ledger import RUNNING_ORDER, Ledger, RunFilter, TaskLookup, moves, schema
from tests.ledger.engine import engine_of
from tests.ledger.made import ids, keep, made_run


def test_all_that_ended_changes_its_owner_once(ledger: Ledger, owner: str) -> None:
    to = f"{owner}-other"
    first, second, running = made_run("about herons", task_id=f"t{owner}"), made_run(), made_run(outcome=None)
    keep(ledger, owner, first, second)
    keep(ledger, to, mine := made_run("about herons and owls"))
    ledger.store_started([(running, owner)])
    ledger.set_tags(owner, first.id, ["birds"])
    ledger.set_note(owner, first.id, "remember the bittern")
    ledger.add_lookup(owner, TaskLookup(f"t{owner}", datetime.now(UTC), "done", None, {}))
    ledger.workbenches.save(owner, "bench", "name", "body", 0)
    # It is no workbench to whoever is asked.
    ledger.workbenches.save(owner, RUNNING_ORDER, "order", "body", 0)
    before = ledger.totals(owner)
    code = ledger.offer_move(owner).code
    found = ledger.find_move(code.lower().replace("-", " "), to)
    assert found == moves.Movable(owner, runs=2, workbenches=1)
    assert ledger.move(code, to) == found
    assert ids(ledger, owner) == [running.id]
    assert ids(ledger, to) == [mine.id, second.id, first.id]
    assert ids(ledger, to, text="herons") == [mine.id, first.id]
    assert ids(ledger, to, text="bittern", tags=("birds",)) == [first.id]
    assert ids(ledger, owner, text="herons") == []
    assert (ledger.tags(owner), ledger.tags(to)) == ((), ("birds",))
    assert ledger.totals(owner) == ()
    (total,), (was,) = ledger.totals(to), before
    assert (total.runs, total.cost) == (3, was.cost / 2 * 3)
    moved = ledger.run(to, first.id)
    assert moved
    assert len(ledger.runs(to, [first.id])[first.id].lookups) == 1
    assert ledger.workbenches.read(owner, "bench") is None
    assert ledger.workbenches.read(to, "bench")
    assert ledger.workbenches.read(to, RUNNING_ORDER)
    # It is used up.
    assert ledger.move(code, to) is None
    # What was moved is found by its new words only, and can be removed.
    assert ledger.delete(to, [first.id]).runs == 1
    assert ids(ledger, to, text="bittern") == []


def test_a_code_is_refused_after_five_wrong_tries_and_to_its_own_owner(ledger: Ledger, owner: str) -> None:
    code = ledger.offer_move(owner).code
    assert ledger.find_move(code, owner) is None
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _ in range(moves.MOST_TRIES):
        assert ledger.find_move(wrong, "somebody") is None
    assert ledger.find_move(code, "somebody") is None
    assert ledger.move(code, "somebody") is None
    # A new one takes its place.
    assert ledger.find_move(ledger.offer_move(owner).code, "somebody")


def test_a_move_that_was_cut_off_is_gone_on_with_by_its_own_browser_alone(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made_run()
    keep(ledger, owner, run)
    ledger.workbenches.save(owner, "bench", "name", "body", 0)
    code = ledger.offer_move(owner).code

    def cut_off(*_: object) -> int:
        raise LookupError

    with monkeypatch.context() as patch:
        patch.setattr(moves, "move_runs", cut_off)
        with pytest.raises(LookupError):
            ledger.move(code, f"{owner}-first")
    assert ledger.find_move(code, f"{owner}-second") is None
    assert ledger.move(code, f"{owner}-second") is None
    assert ledger.move(code, f"{owner}-first") == moves.Movable(owner, runs=1, workbenches=1)
    assert ids(ledger, f"{owner}-first") == [run.id]
    assert ledger.workbenches.read(f"{owner}-first", "bench")
    assert ledger.move(code, f"{owner}-first") is None


def test_a_code_is_used_by_one_of_many_browsers_at_once(ledger: Ledger, owner: str) -> None:
    keep(ledger, owner, *(made_run() for _ in range(120)))
    code = ledger.offer_move(owner).code
    takers = [f"{owner}-{number}" for number in range(4)]
    with ThreadPoolExecutor(len(takers)) as threads:
        found = list(threads.map(lambda to: ledger.move(code, to), takers))
    counts = [len(ledger.page(to, RunFilter(), limit=200).rows) for to in takers]
    assert sorted(counts) == [0, 0, 0, 120]
    assert [bool(one) for one in found] == [bool(count) for count in counts]


def test_a_code_ends_after_ten_minutes_and_with_the_next(url: str) -> None:
    ledger = Ledger.open(url)
    first, second = ledger.offer_move("me").code, ledger.offer_move("me").code
    assert ledger.find_move(first, "you") is None
    assert ledger.find_move(second, "you")
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(schema.moves.update().values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    engine.dispose()
    assert ledger.find_move(second, "you") is None
    ledger.close()


def test_a_code_stands_nowhere_in_the_database(sqlite_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{sqlite_path}")
    code = ledger.offer_move("me").code
    ledger.close()
    stored = sqlite_path.read_bytes()
    assert code[:4].encode() in stored
    for part in (code, code.replace("-", ""), *code.split("-")[1:]):
        assert part.encode() not in stored


@given(st.text(max_size=60))
def test_whatever_is_typed_moves_nothing(typed: str) -> None:
    assert len(moves._letters(typed)) <= 16
    assert moves._letters(moves._letters(typed)) == moves._letters(typed)


def test_runs_and_workbenches_that_are_too_old_are_removed_for_good(ledger: Ledger, owner: str) -> None:
    # What other tests left in the database is counted too.
    ledger.expire(datetime(2020, 1, 2, tzinfo=UTC).date())
    old = [made_run(f"old {place}", started_at=datetime(2020, 1, 1, tzinfo=UTC)) for place in range(60)]
    new, running = made_run(), made_run(outcome=None, started_at=datetime(2020, 1, 1, tzinfo=UTC))
    keep(ledger, owner, *old, new)
    ledger.store_started([(running, owner)])
    taken_back = ledger.delete(owner, [old[0].id])
    ledger.workbenches.save(owner, "bench", "name", "body", 0)
    assert ledger.expire(datetime(2020, 1, 2, tzinfo=UTC).date()) == 59
    assert ids(ledger, owner) == [running.id, new.id]
    assert ids(ledger, owner, text="old") == []
    assert [total.runs for total in ledger.totals(owner)] == [1]
    assert ledger.workbenches.read(owner, "bench")
    assert ledger.expire(datetime(2020, 1, 2, tzinfo=UTC).date()) == 0
    # What its owner deleted goes its own way.
    assert ledger.restore(owner, taken_back.id) == 1
    assert len(list(ledger.each(owner, RunFilter()))) == 3
