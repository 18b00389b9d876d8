"""Caps: what is refused and until when, what a run counts, and how the engine asks."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.gateway import Gateway
from glm_playground.runs.cap_book import Book, Reservation
from glm_playground.runs.caps import (
    CAP_REACHED,
    Amount,
    Cap,
    Key,
    Limits,
    Measure,
    Refusal,
    Scope,
    Tally,
    UsageClaim,
    refusal_of,
)
from glm_playground.runs.cost import CostState
from glm_playground.runs.engine import Engine
from glm_playground.runs.run import Outcome, RunError
from tests.asking import ask_for, finished
from tests.loopback import CannedServer, answer, content, stream

NOW = datetime(2026, 11, 25, 23, 10, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
ANA, ALL = Key(Scope.OWNER, "ana"), Key(Scope.TOTAL)
CLAIM = UsageClaim((ANA, ALL), 1000, 500, Decimal(1), Decimal(4))
MOST = Amount(1500, 3 * 10**9)


class Noting:
    """A counter that refuses what it is told to, and notes what it is asked."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self.refusal = refusal
        self.reserved: list[str] = []
        self.settled: list[tuple[str, Amount | None]] = []
        self.waits: asyncio.Event | None = None

    async def reserve(self, run_id: str, claim: UsageClaim) -> Refusal | None:
        self.reserved.append(run_id)
        if self.waits:
            await self.waits.wait()
        return self.refusal

    def settle(self, run_id: str, used: Amount | None) -> None:
        self.settled.append((run_id, used))


def test_the_most_a_claim_may_cost() -> None:
    assert CLAIM.most == MOST
    assert CLAIM.most.dollars == Decimal("0.003")
    assert replace(CLAIM, output_rate=None).most == Amount(1500)
    # What no 64 bits hold is above any cap all the same.
    huge = replace(CLAIM, prompt_tokens=10**30, output_tokens=10**30).most
    assert MOST.picodollars < huge.picodollars < 2**62
    assert MOST.tokens < huge.tokens < 2**62


@pytest.mark.parametrize(
    ("limits", "tally", "refused"),
    [
        (Limits(), Tally(10**6, 10**6, NOW, Amount(10**12, 10**17)), None),
        (Limits(running=2), Tally(running=1), None),
        (Limits(running=2), Tally(running=2), (Measure.RUNNING, None)),
        (Limits(requests=2), Tally(requests=1, oldest=NOW), None),
        (
            Limits(requests=2),
            Tally(requests=2, oldest=NOW - timedelta(seconds=20)),
            (Measure.REQUESTS, NOW + timedelta(seconds=40)),
        ),
        (Limits(tokens=3000), Tally(used=Amount(1500)), None),
        (Limits(tokens=2999), Tally(used=Amount(1500)), (Measure.TOKENS, MIDNIGHT)),
        (Limits(tokens=1499), Tally(), (Measure.TOKENS, None)),
        (Limits(dollars=Decimal("0.006")), Tally(used=Amount(0, 3 * 10**9)), None),
        (Limits(dollars=Decimal("0.006")), Tally(used=Amount(0, 3 * 10**9 + 1)), (Measure.DOLLARS, MIDNIGHT)),
        (Limits(requests=0), Tally(), (Measure.REQUESTS, None)),
        # What blocks for longest is named.
        (Limits(running=1, tokens=2000), Tally(running=1, used=Amount(1000)), (Measure.TOKENS, MIDNIGHT)),
    ],
)
@pytest.mark.parametrize("key", [ANA, ALL])
def test_a_request_must_fit_into_every_cap(
    key: Key, limits: Limits, tally: Tally, refused: tuple[Measure, datetime | None] | None
) -> None:
    refusal = refusal_of(CLAIM, {key: tally}, {key.scope: limits}, NOW)
    if refused is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.cap is not None
        assert (refusal.cap.measure, refusal.frees_at) == refused
        assert refusal.cap.scope is key.scope


def test_without_a_price_tokens_alone_count() -> None:
    unpriced = replace(CLAIM, input_rate=None)
    caps = {Scope.OWNER: Limits(tokens=2000, dollars=Decimal(0))}
    assert refusal_of(unpriced, {}, caps, NOW) is None
    assert refusal_of(unpriced, {ANA: Tally(used=Amount(501))}, caps, NOW) is not None


@given(
    st.builds(Cap, st.sampled_from(Scope), st.sampled_from(Measure), st.decimals(0, 10**12, places=6)),
    st.decimals(0, 10**12, places=6),
    st.decimals(0, 10**12, places=6),
    st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda found: found.replace(microsecond=0)),
)
def test_a_refusal_is_read_from_its_error_again(
    cap: Cap, used: Decimal, asked: Decimal, frees_at: datetime | None
) -> None:
    refusal = Refusal(cap, used, asked, frees_at)
    assert Refusal.of(refusal.error(NOW)) == refusal
    assert Refusal.of(Refusal().error(NOW)) == Refusal()


@pytest.mark.parametrize(
    "error",
    [
        RunError("RateLimited", "m", code="owner.requests"),
        RunError(CAP_REACHED, "m", code="owner.requests"),
        RunError(CAP_REACHED, "m", code="nobody.requests", fields=(("limit", ("1",)), ("used", ("1",)))),
        RunError(
            CAP_REACHED,
            "m",
            code="owner.requests",
            fields=(("limit", ("one",)), ("used", ("1",)), ("asked", ("1",))),
        ),
    ],
)
def test_what_is_no_refusal_is_read_as_none(error: RunError) -> None:
    assert Refusal.of(error) is None


class TestBook:
    def test_counts_what_runs_what_began_and_what_was_used(self) -> None:
        book = Book()
        first, second = (Reservation(name, CLAIM, NOW) for name in "ab")
        book.add(first)
        book.add(second)
        assert book.tallies([ANA], NOW)[ANA] == Tally(2, 2, NOW, MOST.plus(MOST))
        assert book.end("a", Amount(10, 5)) is first
        assert book.end("a", Amount(10, 5)) is None
        assert book.tallies([ALL], NOW)[ALL] == Tally(1, 2, NOW, MOST.plus(Amount(10, 5)))
        assert book.end("b", None) is second
        assert book.tallies([ANA], NOW)[ANA] == Tally(0, 1, NOW, Amount(10, 5))
        assert book.tallies([Key(Scope.OWNER, "rui")], NOW) == {Key(Scope.OWNER, "rui"): Tally()}

    def test_a_minute_and_a_day_end(self) -> None:
        book = Book()
        book.add(Reservation("a", CLAIM, NOW))
        book.end("a", Amount(10, 5))
        book.add(Reservation("b", CLAIM, NOW))
        later = book.tallies([ANA], NOW + timedelta(minutes=1))[ANA]
        assert (later.running, later.requests, later.used) == (1, 0, MOST.plus(Amount(10, 5)))
        assert book.tallies([ANA], MIDNIGHT)[ANA] == Tally(running=1)
        # It counts on the day that it began.
        book.end("b", MOST)
        assert book.tallies([ANA], MIDNIGHT)[ANA] == Tally()


def asked(server: Any, counter: Noting, claim: UsageClaim = CLAIM, script: str = "tokens=3") -> Any:
    engine = Engine(connect_timeout=2, read_timeout=5, counter=counter)
    try:
        return finished(engine, engine.start(ask_for(script), Gateway("x", server), claim=claim))
    finally:
        engine.close()


def test_a_refused_run_was_never_sent_and_costs_nothing() -> None:
    refusal = Refusal(Cap(Scope.OWNER, Measure.REQUESTS, Decimal(2)), Decimal(2), Decimal(1), MIDNIGHT)
    counter = Noting(refusal)
    with CannedServer(answer(500)) as server:
        run = asked(server.url, counter)
        assert not server.asked
    assert run.outcome is Outcome.FAILED
    assert not run.sent
    assert run.cost.state is CostState.NOT_CHARGED
    assert Refusal.of(run.error) == refusal
    assert counter.settled == []


USAGE = {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50}


@pytest.mark.parametrize(
    ("said", "used"),
    [
        (stream(content("hello"), {"choices": [], "usage": USAGE}), Amount(50, (20 + 30 * 4) * 10**6)),
        (answer(400, {"error": {"message": "no"}}), Amount()),
        (answer(422, {"error": {"message": "no"}}), Amount()),
    ],
)
def test_a_run_counts_what_it_used(said: bytes, used: Amount) -> None:
    counter = Noting()
    with CannedServer(said) as server:
        run = asked(server.url, counter)
    assert counter.reserved == [run.id]
    assert counter.settled == [(run.id, used)]


@pytest.mark.parametrize("said", [stream(content("hello")), answer(500), answer(504), b"HTTP/1.1 200 OK\r\n"])
def test_what_nobody_reports_counts_within_what_was_reserved(said: bytes) -> None:
    counter = Noting()
    with CannedServer(said) as server:
        asked(server.url, counter)
    ((_id, used),) = counter.settled
    assert used is not None
    # All of the prompt, and at most all of the answer.
    assert 1000 <= used.tokens <= MOST.tokens
    assert 10**9 <= used.picodollars <= MOST.picodollars


def test_what_was_received_bounds_what_is_counted_times_the_answers() -> None:
    claim = replace(CLAIM, output_tokens=10**6, answers=3)
    counter = Noting()
    with CannedServer(stream(content("x" * 2000))) as server:
        run = asked(server.url, counter, claim)
    ((_id, used),) = counter.settled
    assert used is not None
    unseen = int(run.events[0].at_ns / 1e9 * 1000)
    assert used.tokens == 1000 + 3 * (2000 + unseen)


def test_a_run_that_reaches_no_server_counts_nothing() -> None:
    counter = Noting()
    with CannedServer(b"") as server:
        closed = server.url
    run = asked(closed, counter)
    assert run.error.kind == "ConnectionRefused"
    assert counter.settled == [(run.id, None)]


def test_a_run_that_is_stopped_while_it_is_counted_is_not_sent(engine: Engine) -> None:
    counter = Noting()
    counter.waits = asyncio.Event()
    own = Engine(counter=counter)
    with CannedServer(answer(500)) as server:
        run = own.start(ask_for("tokens=3"), Gateway("x", server.url), claim=CLAIM)
        while not counter.reserved:
            own.wait_changed(run, 0, timeout=0.01)
        own.stop(run)
        finished(own, run)
        own.close()
        assert not server.asked
    assert run.outcome is Outcome.STOPPED
    assert counter.settled == [(run.id, None)]


def test_nothing_is_counted_without_a_claim() -> None:
    counter = Noting(Refusal())
    engine = Engine(counter=counter)
    with CannedServer(stream(content("hello"), b"[DONE]")) as server:
        run = finished(engine, engine.start(ask_for("tokens=3"), Gateway("x", server.url)))
    engine.close()
    assert run.content == "hello"
    assert not counter.reserved
    assert not counter.settled
