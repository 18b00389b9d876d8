"""Caps in the database: over processes, through outages, until the operator's stop ends."""

import asyncio
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from glm_playground.ledger import Ledger, LedgerError, LedgerUnreachable
from glm_playground.ledger import caps as cap_tables
from glm_playground.ledger.cap_counter import CapCounter
from glm_playground.ledger.caps import UsageBatch
from glm_playground.runs.cap_book import Reservation
from glm_playground.runs.caps import Amount, Caps, Key, Limits, Measure, Refusal, Scope, Tally, UsageClaim

GONE = LedgerUnreachable("gone")
MOST = Amount(150, 50 * 10**6 + 100 * 10**6)


def claim_for(*keys: Key) -> UsageClaim:
    return UsageClaim(keys, 50, 100, Decimal(1), Decimal(1))


def a_key(scope: Scope = Scope.OWNER) -> Key:
    return Key(scope, uuid.uuid4().hex)


def granted(ledger: Ledger, caps: Caps, *claims: UsageClaim) -> list[str]:
    """The ids of the claims that were granted, each asked in a transaction of its own."""
    ids = [uuid.uuid4().hex for _claim in claims]
    asked = zip(ids, claims, strict=True)
    return [
        run_id for run_id, claim in asked if ledger.caps.count(UsageBatch([(run_id, claim)]), caps).refusals == (None,)
    ]


def tally(ledger: Ledger, key: Key) -> Tally:
    return ledger.caps.tallies((key,)).get(key, Tally())


@contextmanager
def counting(
    ledger: Callable[[], Ledger | LedgerError], caps: Caps, *, sending: bool = True, patience: float = 6.0
) -> Iterator[CapCounter]:
    counter = CapCounter(ledger, caps, sending=sending, patience=patience)
    yield counter
    counter.close()


def ask(counter: CapCounter, *claims: UsageClaim) -> list[str]:
    """The ids of those that were granted, all asked at once."""

    async def together() -> list[str]:
        ids = [uuid.uuid4().hex for _claim in claims]
        asked = [counter.reserve(run_id, claim) for run_id, claim in zip(ids, claims, strict=True)]
        refusals = await asyncio.gather(*asked)
        return [run_id for run_id, refusal in zip(ids, refusals, strict=True) if refusal is None]

    return asyncio.run(together())


def fits(ledger: Ledger, scope: Scope, limits: Limits, fit: int, *, rate: Decimal | None = Decimal(1)) -> None:
    """So many of seven claims fit, at dollars a million tokens."""
    key, other = a_key(scope), a_key(scope)
    claim, as_well = (replace(claim_for(one), input_rate=rate, output_rate=rate) for one in (key, other))
    assert len(granted(ledger, {scope: limits}, *[claim] * 7)) == fit
    # Asked together they are decided one after the other, too.
    counted = ledger.caps.count(UsageBatch([(uuid.uuid4().hex, each) for each in [as_well] * 7]), {scope: limits})
    assert counted.refusals.count(None) == fit
    found = tally(ledger, key)
    most = Amount(150 * fit, MOST.picodollars * fit if rate else 0)
    assert (found.running, found.requests, found.used) == (fit, fit, most)


@pytest.mark.parametrize(
    ("limits", "fit"),
    [
        (Limits(running=3), 3),
        (Limits(requests=4), 4),
        (Limits(tokens=2 * 150 + 149), 2),
        (Limits(dollars=Decimal("0.00015") * 5), 5),
        (Limits(), 7),
    ],
)
@pytest.mark.parametrize("scope", [Scope.OWNER, Scope.ADDRESS, Scope.PRESENT])
def test_so_many_fit(ledger: Ledger, scope: Scope, limits: Limits, fit: int) -> None:
    # The stage counts tokens only where nobody published a price.
    rate = None if scope is Scope.PRESENT and limits.tokens else Decimal(1)
    fits(ledger, scope, limits, fit, rate=rate)


def test_the_stage_counts_no_tokens_where_there_is_a_price(ledger: Ledger) -> None:
    fits(ledger, Scope.PRESENT, Limits(tokens=2 * 150 + 149), 7)


def test_a_new_cookie_is_a_new_owner_at_the_same_address(ledger: Ledger) -> None:
    address = a_key(Scope.ADDRESS)
    claims = [claim_for(a_key(), address) for _cookie in range(5)]
    assert len(granted(ledger, {Scope.OWNER: Limits(requests=1), Scope.ADDRESS: Limits(requests=3)}, *claims)) == 3


def test_what_was_used_takes_the_place_of_what_was_reserved(ledger: Ledger) -> None:
    key = a_key()
    caps = {Scope.OWNER: Limits(running=2, requests=3)}
    first, second = granted(ledger, caps, *[claim_for(key)] * 3)
    day = datetime.now(UTC).date()
    owed = {(day, key): Amount(7, 5).minus(MOST)}
    ledger.caps.count(UsageBatch(ended=[first], owed=owed), caps)
    found = tally(ledger, key)
    assert (found.running, found.requests, found.used) == (1, 2, Amount(7, 5).plus(MOST))
    # One of which nothing was sent leaves no trace.
    ledger.caps.count(UsageBatch(released=[second], owed={(day, key): Amount().minus(MOST)}), caps)
    found = tally(ledger, key)
    assert (found.running, found.requests, found.used) == (0, 1, Amount(7, 5))


def test_places_of_a_dead_process_are_free_after_the_lease_and_its_money_is_not(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = a_key()
    caps = {Scope.OWNER: Limits(running=2)}
    (living,) = granted(ledger, caps, claim_for(key))
    monkeypatch.setattr(cap_tables, "LEASE", timedelta(0))
    assert len(granted(ledger, caps, claim_for(key))) == 1
    found = tally(ledger, key)
    assert (found.running, found.requests, found.used) == (1, 2, MOST.plus(MOST))
    # One that says that it runs keeps its place.
    monkeypatch.setattr(cap_tables, "LEASE", timedelta(seconds=60))
    ledger.caps.count(UsageBatch(renewed=[living], tidy=True), caps)
    assert tally(ledger, key).running == 1
    assert len(granted(ledger, caps, *[claim_for(key)] * 2)) == 1


def test_a_request_counts_on_the_day_that_it_began(ledger: Ledger) -> None:
    key = a_key()
    yesterday = Reservation(uuid.uuid4().hex, claim_for(key), datetime.now(UTC) - timedelta(days=1))
    ledger.caps.count(UsageBatch(opened=[yesterday]), {})
    assert tally(ledger, key) == Tally(running=1)
    # What counts no more goes.
    old = (datetime.now(UTC) - timedelta(days=9)).date()
    ledger.caps.count(UsageBatch(owed={(old, key): Amount(1, 1)}, tidy=True), {})
    ledger.caps.count(UsageBatch(ended=[yesterday.run_id], tidy=True), {})
    assert tally(ledger, key) == Tally()


def test_processes_with_one_database_count_together(url: str) -> None:
    caps = {Scope.OWNER: Limits(running=5), Scope.TOTAL: Limits(requests=8)}
    ana, rui = (claim_for(a_key(), Key(Scope.TOTAL)) for _owner in range(2))
    first, second = Ledger.open(url), Ledger.open(url)
    with counting(lambda: first, caps) as here, counting(lambda: second, caps) as there:
        mine = ask(here, *[ana] * 4)
        assert len(mine) == 4
        assert len(ask(there, *[ana] * 4)) == 1
        assert len(ask(there, *[rui] * 9)) == 3
        for run_id in mine:
            here.settle(run_id, Amount(10, 20))
        assert here.tallies(ana.keys)[ana.keys[0]].used == Amount(40, 80).plus(MOST)
        assert there.tallies(ana.keys)[ana.keys[0]].running == 1
    first.close()
    second.close()


def test_while_the_database_is_away_each_process_counts_by_itself(url: str) -> None:
    caps = {Scope.OWNER: Limits(running=5)}
    claim = claim_for(a_key())
    (key,) = claim.keys
    ledger = Ledger.open(url)
    found: list[Ledger | LedgerError] = [ledger]
    with counting(lambda: found[0], caps) as counter:
        before = ask(counter, *[claim] * 2)
        found[0] = GONE
        meanwhile = ask(counter, *[claim] * 5)
        assert len(before + meanwhile) == 5
        counter.settle(before[0], Amount(1, 1))
        counter.settle(meanwhile[0], Amount(2, 2))
        counter.settle(meanwhile[1], None)
        found_here = counter.tallies(claim.keys)[key]
        assert (found_here.running, found_here.requests) == (2, 4)
        assert found_here.used == Amount(3, 3).plus(Amount(150 * 2, MOST.picodollars * 2))
        later = ask(counter, *[claim] * 9)
        assert len(later) == 3
        found[0] = ledger
        counter.wait_back(10)
        counter.settle(later[0], Amount(4, 4))
        found_now = counter.tallies(claim.keys, timeout=5)[key]
        assert found_now.running == 4
        assert found_now.used == Amount(7, 7).plus(Amount(150 * 4, MOST.picodollars * 4))
    ledger.close()


class Slow:
    """A ledger whose answers wait until they are let through."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self.caps = ledger, self
        self.asked, self.let_through = threading.Event(), threading.Event()

    def count(self, batch: UsageBatch, caps: Caps) -> cap_tables.Counted:
        counted = self._ledger.caps.count(batch, caps)
        self.asked.set()
        assert self.let_through.wait(10)
        return counted


@pytest.mark.parametrize("used", [Amount(7, 7), None])
def test_what_ends_while_it_is_being_stored_is_counted_once(url: str, used: Amount | None) -> None:
    claim = claim_for(a_key())
    ledger = Ledger.open(url)
    slow = Slow(ledger)
    found: list[Any] = [GONE]
    with counting(lambda: found[0], {}) as counter:
        (run_id,) = ask(counter, claim)
        found[0] = slow
        assert slow.asked.wait(10)
        counter.settle(run_id, used)
        slow.let_through.set()
        assert counter.wait_back(10)
    found_there = tally(ledger, claim.keys[0])
    assert (found_there.running, found_there.used) == (0, used or Amount())
    ledger.close()


class Counting(RuleBasedStateMachine):
    """A counter through outages: in the end the database holds what was used, and what runs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger.open(f"sqlite:///{self.folder.name}/runs.sqlite3")
        self.found: Ledger | LedgerError = self.ledger
        self.counter = CapCounter(lambda: self.found, {Scope.OWNER: Limits(running=6)}, retry=0.01)
        self.claim = claim_for(a_key())
        self.running: list[str] = []
        self.used, self.requests = Amount(), 0

    @rule(number=st.integers(1, 4))
    def ask(self, number: int) -> None:
        got = ask(self.counter, *[self.claim] * number)
        # In an outage the process knows its own requests, so the cap holds through all of it.
        assert len(got) == min(number, 6 - len(self.running))
        self.running += got
        self.requests += len(got)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), used=st.none() | st.builds(Amount, st.integers(0, 300), st.integers(0, 300)))
    def settle(self, data: st.DataObject, used: Amount | None) -> None:
        run_id = data.draw(st.sampled_from(self.running))
        self.running.remove(run_id)
        self.counter.settle(run_id, used)
        self.used = self.used.plus(used or Amount())

    @rule()
    def database_goes(self) -> None:
        self.found = GONE

    @rule()
    def database_comes(self) -> None:
        self.found = self.ledger

    def teardown(self) -> None:
        self.found = self.ledger
        assert self.counter.wait_back(10)
        self.counter.close()
        found = tally(self.ledger, self.claim.keys[0])
        self.ledger.close()
        self.folder.cleanup()
        assert found.running == len(self.running)
        assert found.used == self.used.plus(Amount(150 * found.running, MOST.picodollars * found.running))
        assert found.requests <= self.requests


TestCounting = Counting.TestCase
TestCounting.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_a_database_that_hangs_holds_nobody_up(url: str) -> None:
    caps = {Scope.OWNER: Limits(running=2)}
    claim = claim_for(a_key())
    ledger = Ledger.open(url)
    answers = threading.Event()

    def hanging() -> Ledger:
        answers.wait(30)
        return ledger

    with counting(hanging, caps, patience=0.1) as counter:
        assert len(ask(counter, *[claim] * 3)) == 2
        assert ask(counter, claim) == []
        answers.set()
        counter.wait_back(10)
        assert tally(ledger, claim.keys[0]).running == 2
    ledger.close()


def test_who_stops_waiting_takes_no_place(url: str) -> None:
    caps = {Scope.OWNER: Limits(running=1)}
    claim = claim_for(a_key())
    ledger = Ledger.open(url)
    opened = threading.Event()

    def opening() -> Ledger:
        opened.wait(30)
        return ledger

    async def give_up(counter: CapCounter) -> None:
        waiting = asyncio.create_task(counter.reserve("mine", claim))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        counter.settle("mine", None)

    with counting(opening, caps) as counter:
        asyncio.run(give_up(counter))
        opened.set()
        assert len(ask(counter, claim)) == 1
    ledger.close()


def test_the_operators_stop_holds_in_every_process_until_it_ends(url: str) -> None:
    claim = claim_for(a_key(), Key(Scope.TOTAL))
    own = claim_for(a_key(Scope.PRESENT))
    ledger, operators = Ledger.open(url), Ledger.open(url)
    with counting(lambda: ledger, {}) as counter:
        assert len(ask(counter, claim)) == 1
        operators.caps.stop_sending("the bill")
        operators.caps.stop_sending("again")
        assert asyncio.run(counter.reserve("id", claim)) == Refusal()
        # The sandbox and a user's own key are not the operator's cost.
        assert len(ask(counter, own)) == 1
        stop = operators.caps.stop()
        assert stop is not None
        assert stop.reason == "the bill"
        assert operators.caps.resume_sending()
        assert not operators.caps.resume_sending()
        assert len(ask(counter, claim)) == 1
    with counting(lambda: ledger, {}, sending=False) as counter:
        assert asyncio.run(counter.reserve("id", claim)) == Refusal()
    ledger.close()
    operators.close()


def test_who_used_most_comes_first(url: str) -> None:
    ledger = Ledger.open(url)
    less, more = a_key(Scope.ADDRESS), a_key(Scope.ADDRESS)
    granted(ledger, {}, claim_for(less), claim_for(more), claim_for(more))
    assert ledger.caps.most_used(Scope.ADDRESS, 5) == [more, less]
    assert ledger.caps.most_used(Scope.OWNER, 5) == []
    assert tally(ledger, more).of(Measure.DOLLARS) == Decimal("0.0003")
    ledger.close()


def test_absurd_lengths_add_up_to_no_error(ledger: Ledger) -> None:
    key = a_key()
    huge = UsageClaim((key,), 10**30, 10**30, Decimal(10), Decimal(10))
    assert len(granted(ledger, {}, *[huge] * 50)) == 50
    counted = ledger.caps.count(UsageBatch([(uuid.uuid4().hex, huge) for _claim in range(200)]), {})
    assert set(counted.refusals) == {None}
    assert huge.most.picodollars < tally(ledger, key).used.picodollars < 2**63
    owed = {(datetime.now(UTC).date(), key): Amount(-(10**20), -(10**20))}
    ledger.caps.count(UsageBatch(owed=owed), {})
    assert tally(ledger, key).used == Amount()


def test_a_claim_without_a_price_is_counted_in_tokens(ledger: Ledger) -> None:
    key = a_key()
    unpriced = replace(claim_for(key), input_rate=None, output_rate=None)
    assert len(granted(ledger, {Scope.OWNER: Limits(tokens=300, dollars=Decimal(0))}, *[unpriced] * 3)) == 2
