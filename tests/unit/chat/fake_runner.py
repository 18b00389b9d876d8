"""A runner whose runs end when the test says so."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

from glm_playground.chat.plan import RequestLimits
from glm_playground.gateway import ChatRequest, Dialect
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome, Run, Server

GATEWAY = "main"
"""The name of the first one, which is the only one."""
PRICES = {
    "glm-5.1": Price(
        {TokenClass.INPUT: Decimal(2), TokenClass.OUTPUT: Decimal(9)}, "https://example.org", datetime.now(UTC).date()
    ),
    "glm-4.5": None,
}


class FakeRunner:
    """Starts runs that end when the test says so, and notes what was sent."""

    def __init__(self) -> None:
        self.runs: list[LiveRun] = []
        self.behind: dict[str, Run | None] = {}

    def start(self, gateway: str, request: ChatRequest, *, behind: Run | None, warm_up: bool) -> LiveRun:
        run = LiveRun(uuid.uuid4().hex, request, Server("s", "http://s"), datetime.now(UTC), warm_up=warm_up)
        self.runs.append(run)
        self.behind[run.id] = behind
        return run

    def stop(self, *runs: LiveRun) -> None:
        for run in runs:
            if not run.ended:
                run.outcome = Outcome.STOPPED

    def has(self, gateway: str) -> bool:
        return gateway in {"", GATEWAY}

    def dialect(self, gateway: str) -> Dialect:
        return Dialect()

    def leave_out(self, run: Run, field: str) -> bool:
        return False

    def limits(self, gateway: str, model: str) -> RequestLimits:
        return RequestLimits(10_000, 4_000)

    def price(self, gateway: str, model: str) -> Price | None:
        return PRICES.get(model)

    @property
    def running(self) -> list[LiveRun]:
        return [run for run in self.runs if not run.ended]
