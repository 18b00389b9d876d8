"""Several processes or tabs that change the same runs at once: none fails, and the totals are those of the runs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from glm_playground.ledger import Ledger, RunFilter
from tests.ledger.made import keep, made_run

OWNER, OTHER = "owner", "other"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OLD = 200


@pytest.fixture
def replicas(url: str) -> Iterator[list[Ledger]]:
    opened = [Ledger.open(url) for _ in range(3)]
    yield opened
    for ledger in opened:
        ledger.close()


def stored(ledger: Ledger) -> list[str]:
    """The ids of the owner's runs."""
    runs = [made_run(f"about {place} herons", started_at=LONG_AGO) for place in range(OLD)]
    keep(ledger, OWNER, *runs)
    return [run.id for run in runs]


def counted(ledger: Ledger, owner: str) -> int:
    """How many runs an owner has; as many as the totals say."""
    count = len(list(ledger.each(owner, RunFilter())))
    assert sum(total.runs for total in ledger.totals(owner)) == count
    return count


@pytest.mark.slow
def test_every_replica_removes_what_is_too_old_while_its_owner_deletes_it(replicas: list[Ledger]) -> None:
    ids = stored(replicas[0])
    keep(replicas[0], OWNER, made_run())
    with ThreadPoolExecutor(5) as threads:
        expiring = [threads.submit(ledger.expire, date(2020, 1, 2)) for ledger in replicas]
        deleting = [threads.submit(replicas[0].delete, OWNER, ids[place::2]) for place in range(2)]
        gone = sum(each.result() for each in expiring) + sum(each.result().runs for each in deleting)
    assert gone == OLD
    assert counted(replicas[0], OWNER) == 1


@pytest.mark.slow
def test_two_tabs_that_delete_the_same_and_take_it_back(replicas: list[Ledger]) -> None:
    ids = stored(replicas[0])
    with ThreadPoolExecutor(3) as threads:
        every_way = (ids, ids[::-1], None)
        deletions = list(threads.map(lambda ledger, those: ledger.delete(OWNER, those), replicas, every_way))
        assert sum(deletion.runs for deletion in deletions) == OLD
        assert counted(replicas[0], OWNER) == 0
        for deletion in deletions:
            restored = list(threads.map(lambda ledger, id_=deletion.id: ledger.restore(OWNER, id_), replicas))
            assert sum(restored) == deletion.runs
    assert counted(replicas[0], OWNER) == OLD


@pytest.mark.slow
def test_a_history_moves_while_some_of_it_is_deleted(replicas: list[Ledger]) -> None:
    ids = stored(replicas[0])
    code = replicas[0].offer_move(OWNER).code
    with ThreadPoolExecutor(3) as threads:
        deleting = [threads.submit(replicas[1].delete, OWNER, ids[place::4]) for place in range(2)]
        moving = threads.submit(replicas[2].move, code, OTHER)
        assert moving.result()
        deleted = sum(each.result().runs for each in deleting)
    assert counted(replicas[0], OWNER) == 0
    assert counted(replicas[0], OTHER) == OLD - deleted
