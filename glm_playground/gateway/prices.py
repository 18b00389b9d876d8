"""A gateway's own price list: `GET /api/v1/price_schedules` (RunAPI)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple


class PriceSchedule(NamedTuple):
    """The price of one model, US dollars per 1M tokens; None where the schedule has no price for a class."""

    model: str
    input: Decimal | None
    output: Decimal | None
    cache_read: Decimal | None
    as_of: str


class PriceList(NamedTuple):
    """What a price list held: the usable rows by model id, and why others were left out."""

    schedules: Mapping[str, PriceSchedule]
    ignored: tuple[str, ...]


def read_price_list(value: Any) -> PriceList:
    """The price list in the JSON `value`; rows that are malformed or not in US dollars are left out with a reason."""
    rows = value.get("price_schedules") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return PriceList({}, ("the answer holds no price_schedules",))
    as_of = str(value.get("as_of", ""))[:40]
    schedules: dict[str, PriceSchedule] = {}
    ignored: list[str] = []
    for row in rows:
        model = row.get("model") if isinstance(row, dict) else None
        if not isinstance(model, str):
            ignored.append("a row without a model")
        elif row.get("currency") != "USD":
            ignored.append(f"{model[:80]}: the currency is {str(row.get('currency'))[:20]}, not USD")
        elif row.get("action") in {None, "chat_completion"}:
            schedules[model] = PriceSchedule(
                model,
                _dollars(row.get("input_price_per_1m_cents")),
                _dollars(row.get("output_price_per_1m_cents")),
                _dollars(row.get("cache_read_price_per_1m_cents")),
                as_of,
            )
    return PriceList(schedules, tuple(ignored))


def _dollars(cents: Any) -> Decimal | None:
    if isinstance(cents, bool) or not isinstance(cents, int | float | str):
        return None
    try:
        amount = Decimal(str(cents)) / 100
    except ArithmeticError:
        return None
    return amount if amount.is_finite() and 0 <= amount < 1_000_000 else None
