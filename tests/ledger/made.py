"""Runs for tests."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.ledger import Ledger, RunFilter, Settlement
from glm_playground.ledger.schema import runs
from glm_playground.runs.cost import Price, TokenClass, cost_of
from glm_playground.runs.run import Outcome, Run, Server

PRICE = Price(
    {TokenClass.INPUT: Decimal("1.40"), TokenClass.OUTPUT: Decimal("4.40")},
    "https://example.org/prices",
    date(2026, 11, 1),
)


def made_run(
    prompt: str = "How are you?",
    answer: Iterable[str] = ("I am", " fine."),
    *,
    model: str = "glm-5.1",
    stand_in: str | None = None,
    **fields: Any,
) -> Run:
    """A run that completed, or what `fields` say of it."""
    events = [Event(10 * place, EventKind.CONTENT, text) for place, text in enumerate(answer, 1)]
    run = Run(
        id=uuid.uuid4().hex,
        request=ChatRequest(model=model, messages=(Message(role="user", content=prompt),)),
        server=Server("Gateway", "https://example.org", stand_in),
        started_at=datetime(2026, 11, 24, 12, 30, 0, 123456, tzinfo=UTC),
        events=events,
        outcome=Outcome.COMPLETED,
        sent=True,
        usage=Usage(7, 5, 12),
    )
    return replace(run, **fields)


def keep(ledger: Ledger, owner: str, *runs: Run, price: Price | None = PRICE) -> None:
    """Stores ended runs."""
    for run in runs:
        ledger.store_ended(run, owner, cost_of(run, price))


def owners(ledger: Ledger) -> list[str]:
    """Whoever has a run in it."""
    with ledger._database.reading() as connection:
        return list(connection.execute(select(runs.c.owner).distinct()).scalars())


def ids(ledger: Ledger, owner: str, **wanted: Any) -> list[str]:
    """The ids of the runs that fit, newest first."""
    return [row.id for row in ledger.page(owner, RunFilter(**wanted)).rows]


def settlement(amount: Decimal | str, day: int = 25) -> Settlement:
    """What a gateway charged, as it said on a day of November 2026."""
    return Settlement(Decimal(amount), "https://example.org", datetime(2026, 11, day, tzinfo=UTC))
