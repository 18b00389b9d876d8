"""The one play-money account of the sandbox."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

STARTING_BALANCE_USD = Decimal(25)


def _today() -> date:
    return datetime.now(UTC).date()


class Account:
    """A balance in US dollars that falls by what completed runs cost. Exact inside, whole cents outside."""

    def __init__(self, balance_usd: Decimal = STARTING_BALANCE_USD, today: Callable[[], date] = _today) -> None:
        self._granted = balance_usd
        self._spent = Decimal(0)
        self._spent_today = Decimal(0)
        self._today = today
        self._day = today()

    @property
    def balance_usd(self) -> Decimal:
        """What is left, exact; the last run may take it below zero."""
        return self._granted - self._spent

    def charge(self, cost_usd: Decimal) -> None:
        """Take the cost of one completed run."""
        self._turn_day()
        self._spent += cost_usd
        self._spent_today += cost_usd

    def to_json(self) -> dict[str, Any]:
        """RunAPI's balance: integer cents, what is left rounded down and what is spent rounded up."""
        self._turn_day()
        cents = math.floor(self.balance_usd * 100)
        return {
            "balance_cents": cents,
            "paid_balance_cents": 0,
            "bonus_balance_cents": cents,
            "spent_cents_today": math.ceil(self._spent_today * 100),
            "spent_cents_total": math.ceil(self._spent * 100),
            "sandbox": {"play_money": True, "exact_balance_usd": str(self.balance_usd)},
        }

    def _turn_day(self) -> None:
        if self._today() != self._day:
            self._day = self._today()
            self._spent_today = Decimal(0)
