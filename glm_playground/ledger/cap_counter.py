"""Asks the database whether requests may be sent, in a thread of its own, and counts by itself where it is away."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from glm_playground.ledger.caps import LEASE, Stop, UsageBatch, owe
from glm_playground.ledger.errors import LedgerError
from glm_playground.ledger.ledger import Ledger
from glm_playground.runs.cap_book import Book, Reservation
from glm_playground.runs.caps import Amount, Caps, Key, Refusal, Tally, UsageClaim, refusal_of

_log = logging.getLogger(__name__)

PATIENCE_S = 6.0
"""A request waits so long at most for the database, which gives up a lock after 5 s; then the process decides."""
_AT_ONCE = 200
_RENEWED_EVERY_S = LEASE.total_seconds() / 4
_RETRY_S = 1.0
_CLOSE_S = 5.0


@dataclass(eq=False)
class _Question:
    """A claim that waits for its decision."""

    run_id: str
    claim: UsageClaim
    answered: Callable[[], None]
    refusal: Refusal | None = None
    decided: bool = False
    dropped: bool = False
    """True where nobody waits for it any more."""


class CapCounter:
    """The `Counter` of a process: what it counts is in its database, and so is what others there count.

    While the database cannot be used, the caps hold for this process alone, by what it counted itself; once it can,
    what was counted meanwhile is added there.

    Args:
        ledger: gives the ledger, or why there is none; may wait for it to be opened.
        caps: every cap.
        sending: False where the operator's settings say that nothing is sent.
        patience: seconds to wait for the database before the process decides.
        retry: seconds between two attempts while the database is away.
    """

    def __init__(
        self,
        ledger: Callable[[], Ledger | LedgerError],
        caps: Caps,
        *,
        sending: bool = True,
        patience: float = PATIENCE_S,
        retry: float = _RETRY_S,
    ) -> None:
        self.caps = caps
        self._ledger = ledger
        self._sending = sending
        self._patience, self._retry = patience, retry
        self._changed = threading.Condition()
        self._book = Book()
        self._questions: list[_Question] = []
        self._batch = UsageBatch()
        self._stop: Stop | None = None
        self._away = False
        self._busy = False
        self._closing = False
        self._retry_at = 0.0
        self._renewed_at = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="caps", daemon=True)
        self._thread.start()

    async def reserve(self, run_id: str, claim: UsageClaim) -> Refusal | None:
        """Reserves what the run may use at most; why it must not be sent, where a cap is reached."""
        if not self._sending and claim.at_operators_cost:
            return Refusal()
        loop, answered = asyncio.get_running_loop(), asyncio.Event()
        question = _Question(run_id, claim, lambda: _tell(loop, answered))
        with self._changed:
            if self._away:
                self._decide_here(question)
                return question.refusal
            self._questions.append(question)
            self._changed.notify_all()
        try:
            async with asyncio.timeout(self._patience):
                await answered.wait()
        except TimeoutError:
            with self._changed:
                if not question.decided:
                    self._go_alone("the database does not answer")
                    self._decide_here(question)
        finally:
            # Where the run was stopped meanwhile, nothing is sent.
            with self._changed:
                question.dropped = not question.decided
        return question.refusal

    def settle(self, run_id: str, used: Amount | None) -> None:
        """Counts what the run used in place of what was reserved; None where nothing was sent."""
        with self._changed:
            if (reservation := self._book.end(run_id, used)) is None:
                return
            claim = reservation.claim
            if reservation.stored:
                (self._batch.released if used is None else self._batch.ended).append(run_id)
                owe(self._batch.owed, reservation.day, claim.keys, (used or Amount()).minus(claim.most))
            else:
                self._batch.opened = [each for each in self._batch.opened if each is not reservation]
                owe(self._batch.owed, reservation.day, claim.keys, used or Amount())
            self._changed.notify_all()

    def tallies(self, keys: Iterable[Key], timeout: float = 0.3) -> dict[Key, Tally]:
        """What these have used, as far as the database, else this process, knows; waits for what is being counted."""
        wanted = tuple(keys)
        with self._changed:
            self._changed.wait_for(lambda: self._away or not (self._busy or self._due()), timeout)
            here = self._book.tallies(wanted, datetime.now(UTC))
            if self._away:
                return here
        ledger = self._ledger()
        try:
            return here if isinstance(ledger, LedgerError) else ledger.caps.tallies(wanted)
        except LedgerError:
            return here

    def wait_back(self, timeout: float) -> bool:
        """Waits until the database counts and all is written there; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._away or self._busy or self._due()), timeout)

    def close(self) -> None:
        """Writes what is settled and ends the thread; what still runs stays reserved."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_S)

    # On the thread

    def _work(self) -> None:
        while not self._closing or (self._due() and not self._away):
            with self._changed:
                self._changed.wait_for(lambda: self._closing or (self._due() and not self._away), self._pause())
                batch, questions = self._take()
                self._busy = True
            try:
                # While the database is away, it is asked with nothing to write too: whether it is back.
                if self._away or questions or not batch.empty:
                    self._count(batch, questions)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _due(self) -> bool:
        return bool(self._questions) or not self._batch.empty

    def _pause(self) -> float:
        now = time.monotonic()
        renew = self._renewed_at + _RENEWED_EVERY_S - now
        return max(min(renew, self._retry_at - now) if self._away else renew, 0.0)

    def _take(self) -> tuple[UsageBatch, list[_Question]]:
        """What is counted next."""
        questions, self._questions = self._questions[:_AT_ONCE], self._questions[_AT_ONCE:]
        questions = [each for each in questions if not each.decided and not each.dropped]
        batch, self._batch = self._batch, UsageBatch()
        if time.monotonic() >= self._renewed_at + _RENEWED_EVERY_S:
            self._renewed_at = time.monotonic()
            batch.renewed = [each.run_id for each in self._book.open if each.stored]
            batch.tidy = True
        return batch, questions

    def _count(self, batch: UsageBatch, questions: list[_Question]) -> None:
        asked = replace(batch, claims=[(each.run_id, each.claim) for each in questions])
        try:
            ledger = self._ledger()
            if isinstance(ledger, LedgerError):
                raise ledger.anew()
            counted = ledger.caps.count(asked, self.caps)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever the database says
            self._count_here(batch, questions, error)
            return
        with self._changed:
            if self._away:
                _log.info("requests are counted in the database again")
            self._away, self._stop = False, counted.stop
            for reservation in batch.opened:
                self._was_stored(reservation)
            for question, refusal in zip(questions, counted.refusals, strict=True):
                self._answer(question, refusal, counted.now)

    def _answer(self, question: _Question, refusal: Refusal | None, now: datetime) -> None:
        """Gives the database's decision on, or takes it back where the process has decided, or nobody waits."""
        reservation = Reservation(question.run_id, question.claim, now, stored=True)
        if question.decided or question.dropped:
            if refusal is None:
                self._batch.released.append(question.run_id)
                owe(self._batch.owed, reservation.day, question.claim.keys, Amount().minus(question.claim.most))
            return
        if refusal is None:
            self._book.add(reservation)
        question.refusal, question.decided = refusal, True
        question.answered()

    def _was_stored(self, reservation: Reservation) -> None:
        reservation.stored = True
        if not self._book.has(reservation):
            # It was settled while it was being stored, as one that is not.
            self._batch.ended.append(reservation.run_id)
            owe(self._batch.owed, reservation.day, reservation.claim.keys, Amount().minus(reservation.claim.most))

    def _count_here(self, batch: UsageBatch, questions: list[_Question], error: Exception) -> None:
        with self._changed:
            self._go_alone(error, exc_info=not isinstance(error, LedgerError))
            for (day, key), amount in batch.owed.items():
                owe(self._batch.owed, day, (key,), amount)
            self._batch.ended[:0] = batch.ended
            self._batch.released[:0] = batch.released
            self._batch.opened[:0] = [each for each in batch.opened if self._book.has(each)]
            for question in (*questions, *self._questions):
                if not question.decided and not question.dropped:
                    self._decide_here(question)
            self._questions = []

    def _go_alone(self, why: object, *, exc_info: bool = False) -> None:
        if not self._away:
            _log.error("requests are counted by this process alone: %s", why, exc_info=exc_info)
        self._away, self._retry_at = True, time.monotonic() + self._retry

    def _decide_here(self, question: _Question) -> None:
        """Decides by what this process counted; the lock is held."""
        now = datetime.now(UTC)
        claim = question.claim
        stopped = self._stop and claim.at_operators_cost
        refusal = Refusal() if stopped else refusal_of(claim, self._book.tallies(claim.keys, now), self.caps, now)
        if refusal is None:
            reservation = Reservation(question.run_id, claim, now)
            self._book.add(reservation)
            self._batch.opened.append(reservation)
        question.refusal, question.decided = refusal, True
        question.answered()


def _tell(loop: asyncio.AbstractEventLoop, answered: asyncio.Event) -> None:
    try:
        loop.call_soon_threadsafe(answered.set)
    except RuntimeError:
        # The engine has closed its loop; nobody waits.
        return
