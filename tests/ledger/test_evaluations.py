"""Evaluations in a database: no cell is claimed twice, and what is spent and reserved never exceeds the caps."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import (
    CellKey,
    CellState,
    Claimed,
    EndedCell,
    EvaluationRow,
    EvaluationState,
    NewEvaluation,
    Step,
    Stepped,
    Want,
)
from glm_playground.ledger.run_writes import EndedRun
from glm_playground.runs.caps import Amount
from glm_playground.runs.cost import cost_of
from tests.ledger.made import PRICE, ids, made_run

MOST = Amount(100, 1_000)
USED = Amount(60, 600)


def made(ledger: Ledger, owner: str, *, cases: int = 3, repeats: int = 2, id: str = "e", **caps: int) -> EvaluationRow:
    new = NewEvaluation(id, "capitals", "{}", "digest", "[1, 2]", cases, 2, repeats)
    row = ledger.evaluations.add(owner, new)
    ledger.evaluations.open(row.number, cap_picodollars=caps.get("picodollars"), cap_tokens=caps.get("tokens"))
    return row


def step(
    ledger: Ledger,
    row: EvaluationRow,
    at_most: int = 100,
    ended: Iterable[EndedCell] = (),
    *,
    candidates: tuple[int, ...] = (0, 1),
    most: Amount = MOST,
) -> Stepped:
    return ledger.evaluations.step(row.number, Step(tuple(ended), (Want(candidates, at_most),), lambda _key: most))


def end(one: Claimed, state: CellState = CellState.FINISHED, used: Amount | None = USED) -> EndedCell:
    return EndedCell(one.key, one.run_id, state, one.most, used, None)


def stored(ledger: Ledger, row: EvaluationRow) -> EvaluationRow:
    """As it is now; its sums are those over its cells."""
    found = ledger.evaluations.find(row.owner, row.id)
    assert found
    cells = list(ledger.evaluations.cells(row.number))
    reserved = spent = Amount()
    for cell in cells:
        reserved, spent = reserved.plus(cell.reserved), spent.plus(cell.spent)
    assert (found.spending.reserved, found.spending.spent) == (reserved, spent)
    assert found.total == len(cells)
    return found


def test_cells_are_claimed_in_their_order_and_once(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner)
    first, rest = step(ledger, row, 5), step(ledger, row)
    keys = [one.key for one in (*first.claimed, *rest.claimed)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 12
    assert keys[:2] == [CellKey(0, 0, 0), CellKey(0, 0, 1)]
    assert len({one.run_id for one in (*first.claimed, *rest.claimed)}) == 12
    assert step(ledger, row).claimed == ()
    assert stored(ledger, row).spending.reserved == Amount(1200, 12_000)


def test_those_of_one_candidate_are_claimed_where_others_wait(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner)
    assert [one.key.candidate for one in step(ledger, row, 4, candidates=(1,)).claimed] == [1] * 4
    assert [one.key for one in step(ledger, row, 2).claimed] == [CellKey(0, 0, 0), CellKey(0, 1, 0)]


@pytest.mark.parametrize("cap", [{"picodollars": 3_500}, {"tokens": 399}])
def test_a_cap_is_not_exceeded_by_what_may_still_be_spent(ledger: Ledger, owner: str, cap: dict[str, int]) -> None:
    row = made(ledger, owner, **cap)
    begun = step(ledger, row)
    assert (len(begun.claimed), begun.capped) == (3, True)
    # What was settled makes room, what nobody knows does not.
    unknown = end(begun.claimed[0], CellState.INTERRUPTED, None)
    after = step(ledger, row, ended=[unknown, *map(end, begun.claimed[1:])])
    assert (len(after.claimed), after.capped) == (1, True)
    now = stored(ledger, row)
    assert now.cells == {
        CellState.INTERRUPTED: 1, CellState.FINISHED: 2, CellState.CLAIMED: 1, CellState.WAITING: 8,
    }  # fmt: skip
    assert now.spending == after.spending
    assert now.spending.spent == Amount(120, 1_200)
    # A larger cap has it go on.
    ledger.evaluations.open(row.number, cap_picodollars=None, cap_tokens=None)
    assert len(step(ledger, row).claimed) == 8


def test_a_cell_is_settled_once_with_its_run(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner)
    one, other = step(ledger, row, 2).claimed
    run = made_run(id=one.run_id)
    whole = end(one)._replace(run=EndedRun.of(run, owner, cost_of(run, PRICE)))
    # A transaction that was taken for lost is repeated; one of another run is none of this cell's.
    for ended in (whole, whole, end(other._replace(run_id="another"))):
        step(ledger, row, 0, [ended])
    assert stored(ledger, row).spending.spent == USED
    assert stored(ledger, row).cells[CellState.CLAIMED] == 1
    found = ledger.run(owner, one.run_id)
    assert found
    assert found.row.cost


def test_runs_that_end_together_are_stored_as_one_after_the_other(ledger: Ledger, owner: str) -> None:
    row, alone = made(ledger, owner, id=owner, cases=4, repeats=1), f"{owner}-alone"
    claimed = step(ledger, row).claimed
    birds = ("grey herons", "white storks", "herons and storks", "nothing", "an ibis", "herons", "a crane", "storks")
    runs = [made_run(text, id=one.run_id) for text, one in zip(birds, claimed, strict=True)]
    # One is stored already, as a transaction that was taken for lost had it; one is running.
    ledger.store_ended(runs[2], owner, cost_of(runs[2], PRICE))
    ledger.store_started([(replace(runs[5], outcome=None, events=[]), owner)])
    packed = [EndedRun.of(run, owner, cost_of(run, PRICE)) for run in runs]
    ended = [end(one)._replace(run=run) for one, run in zip(claimed, packed, strict=True)]
    step(ledger, row, 0, ended)
    step(ledger, row, 0, ended)
    for place in (2, 5, 0, 1, 3, 4, 6, 7):
        ledger.store_ended(runs[place], alone, cost_of(runs[place], PRICE))
    # In the order in which they were first stored, newest first.
    assert ids(ledger, owner) == ids(ledger, alone)
    assert ledger.totals(owner) == ledger.totals(alone)
    for words in ("herons", "storks", "nothing", "an ibis", "pelicans"):
        assert ids(ledger, owner, text=words) == ids(ledger, alone, text=words)
    for run in runs:
        found, other = ledger.run(owner, run.id), ledger.run(alone, run.id)
        assert found
        assert other
        assert (found.run, found.cost) == (other.run, other.cost)


def test_the_run_of_a_cell_follows_a_history_that_was_moved(ledger: Ledger, owner: str) -> None:
    row, to = made(ledger, owner, id=owner), f"{owner}-other"
    one, other = step(ledger, row, 2).claimed
    ledger.move(ledger.offer_move(owner).code, to)
    runs = [made_run("about herons", id=each.run_id) for each in (one, other)]
    packed = [EndedRun.of(run, owner, cost_of(run, PRICE)) for run in runs]
    ledger.store_ended(made_run(id="mine"), owner, cost_of(runs[0], PRICE))
    stepped = step(ledger, row, 0, [end(one)._replace(run=packed[0]), end(other)._replace(run=packed[1])])
    assert stepped.owner == to
    assert set(ids(ledger, to, text="herons")) == {one.run_id, other.run_id}
    assert sum(total.runs for total in ledger.totals(to)) == 2
    # What the earlier owner has asked since is not of it.
    assert ids(ledger, owner) == ["mine"]


def test_what_was_not_charged_waits_again_and_frees_its_reservation(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner)
    one = step(ledger, row, 1).claimed[0]
    again = step(ledger, row, 1, [end(one, CellState.WAITING, Amount())]).claimed[0]
    assert (again.key, again.run_id == one.run_id) == (one.key, False)
    assert stored(ledger, row).spending.reserved == MOST
    assert next(ledger.evaluations.cells(row.number)).attempts == 2
    assert ledger.evaluations.attempts(row.number) == 2


def test_the_cells_of_a_process_that_is_gone_are_interrupted_and_stay_reserved(url: str) -> None:
    ledger, gone = Ledger.open(url), Ledger.open(url)
    row = made(ledger, "me")
    mine, theirs = step(ledger, row, 2).claimed, step(gone, row, 2).claimed
    gone.close()
    assert ledger.interrupt_abandoned() == 2
    now = stored(ledger, row)
    assert now.cells == {CellState.CLAIMED: 2, CellState.INTERRUPTED: 2, CellState.WAITING: 8}
    assert now.spending.reserved == Amount(400, 4_000)
    # They are asked again only on request, and what they may have cost is not forgotten.
    assert {one.key for one in step(ledger, row, ended=map(end, mine)).claimed}.isdisjoint(one.key for one in theirs)
    assert ledger.evaluations.retry(row.number, [CellState.INTERRUPTED]) == 2
    again = step(ledger, row).claimed
    assert [one.key for one in again] == [one.key for one in theirs]
    step(ledger, row, ended=map(end, again))
    assert stored(ledger, row).spending.reserved == Amount(200 + 800, 2_000 + 8_000)
    ledger.close()


def test_a_process_that_was_taken_for_gone_still_tells_how_its_cell_ended(url: str) -> None:
    ledger, slow = Ledger.open(url), Ledger.open(url)
    row = made(ledger, "me")
    claimed = step(slow, row, 1).claimed
    slow.close()
    ledger.interrupt_abandoned()
    step(slow, row, 0, map(end, claimed))
    assert stored(ledger, row).cells == {CellState.FINISHED: 1, CellState.WAITING: 11}
    assert stored(ledger, row).spending.reserved == Amount()
    slow.close()
    ledger.close()


def test_a_stopped_one_is_claimed_by_nobody_until_it_is_opened(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner)
    claimed = step(ledger, row, 1).claimed
    ledger.evaluations.stop(row.number, "a click")
    stopped = step(ledger, row, 5, map(end, claimed))
    assert (stopped.claimed, stopped.state) == ((), EvaluationState.STOPPED)
    assert ledger.evaluations.leave(row.number, "the process ended") is EvaluationState.STOPPED
    assert stored(ledger, row).why == "a click"


def test_it_is_finished_once_no_cell_waits_and_goes_on_where_another_process_asks(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner, cases=1, repeats=1)
    one, other = step(ledger, row).claimed
    step(ledger, row, ended=[end(one)])
    assert ledger.evaluations.leave(row.number, "stopped") is EvaluationState.RUNNING
    step(ledger, row, ended=[end(other, CellState.FAILED)])
    assert ledger.evaluations.leave(row.number, "stopped") is EvaluationState.FINISHED
    assert stored(ledger, row).why == ""


def test_those_of_others_are_not_found(ledger: Ledger, owner: str) -> None:
    row = made(ledger, owner, id="one")
    made(ledger, owner, id="two")
    assert [each.id for each in ledger.evaluations.all(owner)] == ["two", "one"]
    assert [each.id for each in ledger.evaluations.all(owner, 1)] == ["two"]
    assert ledger.evaluations.attempts(row.number) == 0
    assert ledger.evaluations.suite(row.number) == "{}"
    assert ledger.evaluations.all("another") == []
    assert ledger.evaluations.find("another", "one") is None
    assert not ledger.evaluations.delete("another", "one")
    assert ledger.evaluations.delete(owner, "one")
    assert list(ledger.evaluations.cells(row.number)) == []
    assert step(ledger, row).state is EvaluationState.STOPPED


def test_they_move_with_a_history_and_expire_with_it(url: str) -> None:
    ledger = Ledger.open(url)
    row = made(ledger, "me")
    assert ledger.knows("me")
    assert ledger.move(ledger.offer_move("me").code, "you")
    assert ledger.evaluations.find("you", row.id)
    assert ledger.expire(date.today()) == 0
    assert ledger.evaluations.find("you", row.id)
    ledger.expire((datetime.now(UTC) + timedelta(days=1)).date())
    assert ledger.evaluations.all("you") == []
    assert list(ledger.evaluations.cells(row.number)) == []
    ledger.close()


def test_eight_that_begin_at_once_stay_below_the_cap(url: str) -> None:
    ledger = Ledger.open(url)
    row = made(ledger, "me", cases=40, picodollars=30_500)
    together = threading.Barrier(8)
    openings = [Ledger.open(url) for _ in range(8)]

    def claim(opening: Ledger) -> list[Claimed]:
        together.wait(20)
        found: list[Claimed] = []
        while got := step(opening, row, 3).claimed:
            found += got
        return found

    with ThreadPoolExecutor(8) as pool:
        claimed = [one for some in pool.map(claim, openings) for one in some]
    assert len(claimed) == len({one.key for one in claimed}) == 30
    assert stored(ledger, row).spending.reserved == Amount(3_000, 30_000)
    for opening in (*openings, ledger):
        opening.close()
