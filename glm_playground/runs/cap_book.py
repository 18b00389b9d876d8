"""What one process has counted itself: the caps hold by it where the database is away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from glm_playground.runs.caps import MINUTE, Amount, Key, Tally, UsageClaim


@dataclass(eq=False)
class Reservation:
    """A claim that was granted."""

    run_id: str
    claim: UsageClaim
    at: datetime
    stored: bool = False
    """Whether the database has it."""

    @property
    def day(self) -> date:
        """The day it counts on, also where it ends on the next."""
        return self.at.astimezone(UTC).date()


class Book:
    """The reservations of one process, and what its ended requests of this day used."""

    def __init__(self) -> None:
        self._open: dict[str, Reservation] = {}
        self._recent: list[Reservation] = []
        self._used: dict[Key, Amount] = {}
        self._day = date.min

    @property
    def open(self) -> tuple[Reservation, ...]:
        """The reservations of running requests."""
        return tuple(self._open.values())

    def has(self, reservation: Reservation) -> bool:
        """Whether it is one of a running request."""
        return self._open.get(reservation.run_id) is reservation

    def add(self, reservation: Reservation) -> None:
        """Notes a granted claim."""
        self._open[reservation.run_id] = reservation
        self._recent = [*self._since(reservation.at), reservation]

    def end(self, run_id: str, used: Amount | None) -> Reservation | None:
        """Notes what a request used, None where nothing was sent; its reservation, if there is one."""
        reservation = self._open.pop(run_id, None)
        if reservation is None:
            return None
        if used is None:
            self._recent = [each for each in self._recent if each is not reservation]
        else:
            self._turn_to(reservation.day)
            if reservation.day == self._day:
                for key in reservation.claim.keys:
                    self._used[key] = self._used.get(key, Amount()).plus(used)
        return reservation

    def tallies(self, keys: Iterable[Key], now: datetime) -> dict[Key, Tally]:
        """What these have used."""
        self._turn_to(now.astimezone(UTC).date())
        return {key: self._tally(key, now) for key in keys}

    def _tally(self, key: Key, now: datetime) -> Tally:
        running = [each for each in self._open.values() if key in each.claim.keys]
        recent = [each.at for each in self._since(now) if key in each.claim.keys]
        used = self._used.get(key, Amount())
        for reservation in running:
            if reservation.day == self._day:
                used = used.plus(reservation.claim.most)
        return Tally(len(running), len(recent), min(recent, default=None), used)

    def _since(self, now: datetime) -> list[Reservation]:
        return [each for each in self._recent if now - each.at < MINUTE]

    def _turn_to(self, day: date) -> None:
        if day > self._day:
            self._day, self._used = day, {}
