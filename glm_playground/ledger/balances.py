"""What gateways said is left, and what the runs in between cost."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, delete, func, insert, select

from glm_playground import bounds
from glm_playground.ledger.filters import shown
from glm_playground.ledger.run_parts import dollars, plain
from glm_playground.ledger.schema import balances, runs
from glm_playground.ledger.values import BalanceReading, Spent
from glm_playground.runs.cost import CostState

_KNOWN = {CostState.ESTIMATED.value, CostState.SETTLED.value}
_NOTHING = {CostState.NOT_CHARGED.value, CostState.FREE.value}


def write_balance(connection: Connection, owner: str, reading: BalanceReading) -> None:
    """Stores what a gateway said is left; the oldest of many readings there go."""
    row = {
        "owner": plain(owner),
        "origin": plain(reading.origin),
        "read_at": reading.read_at,
        "amount": str(reading.amount),
    }
    connection.execute(insert(balances).values(row))
    there = (balances.c.owner == row["owner"]) & (balances.c.origin == row["origin"])
    newest = select(balances.c.number).where(there).order_by(balances.c.number.desc()).limit(bounds.BALANCES)
    connection.execute(delete(balances).where(there, balances.c.number.not_in(newest)))


def read_balances(connection: Connection, owner: str, origin: str, limit: int) -> tuple[BalanceReading, ...]:
    """The last readings at that gateway, newest first."""
    query = select(balances.c.origin, balances.c.read_at, balances.c.amount).where(
        balances.c.owner == plain(owner), balances.c.origin == plain(origin)
    )
    found = connection.execute(query.order_by(balances.c.number.desc()).limit(limit))
    return tuple(BalanceReading(origin, read_at, Decimal(amount)) for origin, read_at, amount in found)


def read_spent(connection: Connection, owner: str, origin: str, since: datetime, until: datetime) -> Spent:
    """What the ended runs cost that began at that gateway from `since` until before `until`."""
    query = select(runs.c.cost_state, func.count(), func.coalesce(func.sum(runs.c.picodollars), 0)).where(
        shown(owner),
        runs.c.origin == plain(origin),
        runs.c.outcome.is_not(None),
        # The index has the day only.
        runs.c.day.between(since.astimezone(UTC).date(), until.astimezone(UTC).date()),
        runs.c.started_at >= since,
        runs.c.started_at < until,
    )
    known, count, unknown = 0, 0, 0
    for state, runs_of_state, cost in connection.execute(query.group_by(runs.c.cost_state)):
        count += runs_of_state
        known += int(cost or 0) if state in _KNOWN else 0
        unknown += 0 if state in _KNOWN | _NOTHING else runs_of_state
    return Spent(dollars(known), count, unknown)
