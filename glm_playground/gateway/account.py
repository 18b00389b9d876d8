"""The account behind a key: `GET /api/v1/me/balance` (RunAPI), integers in US cents."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground.gateway.client import GatewayClient
from glm_playground.gateway.errors import ResponseUnreadable

_MOST_CENTS = 10**12
_LONGEST_AMOUNT = 40


class Balance(NamedTuple):
    """What is left, US dollars."""

    amount: Decimal
    """In whole cents, or exact where the sandbox says it; may be below zero."""
    spent_today: Decimal | None
    spent_total: Decimal | None
    read_at: datetime
    """UTC."""


async def read_balance(client: GatewayClient) -> Balance:
    """The balance of the account that the gateway's key belongs to.

    Raises:
        GatewayError: of the tree in `errors`; ResponseUnreadable where the answer holds no balance.
    """
    value = await client.get_json(f"{client.gateway.site}/api/v1/me/balance")
    row = value if isinstance(value, dict) else {}
    amount = _dollars(row.get("balance_cents"))
    if amount is None:
        raise ResponseUnreadable("the answer holds no balance in whole cents")
    exact = _exact(row.get("sandbox"))
    return Balance(
        amount if exact is None else exact,
        _dollars(row.get("spent_cents_today")),
        _dollars(row.get("spent_cents_total")),
        datetime.now(UTC),
    )


def _dollars(cents: Any) -> Decimal | None:
    if isinstance(cents, bool) or not isinstance(cents, int) or abs(cents) > _MOST_CENTS:
        return None
    return Decimal(cents) / 100


def _exact(sandbox: Any) -> Decimal | None:
    """The sandbox's own figure with every digit: a short run costs less than the cent that the others are cut to."""
    text = sandbox.get("exact_balance_usd") if isinstance(sandbox, dict) else None
    if not isinstance(text, str) or len(text) > _LONGEST_AMOUNT:
        return None
    try:
        amount = Decimal(text)
    except ArithmeticError:
        return None
    return amount if amount.is_finite() and abs(amount) * 100 <= _MOST_CENTS else None
