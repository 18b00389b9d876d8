"""What the whole process shares: the engine, the gateway, the sandbox, its prices. No user's data is in here."""

import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from glm_playground.catalog import load_catalog
from glm_playground.gateway import Gateway, GatewayClient, GatewayError
from glm_playground.gateway.live import LiveModels, LivePrices, read_models, read_prices
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.settings import RUNAPI_BASE_URL, settings
from glm_playground.ui.model_status import RunsSinceStart

FRESH_FOR_S = 600.0
PROBLEM_STANDS_FOR_S = 60.0
SCRIPTED_TEXT = "scripted text"
"""Stands for the model's name where the sandbox answers without one."""
runs_since_start = RunsSinceStart()
_starting = threading.Lock()


@cache
def engine() -> Engine:
    """The engine that drives every run of this process."""
    return Engine(
        connect_timeout=settings().connect_timeout, read_timeout=settings().read_timeout, on_end=runs_since_start.note
    )


@cache
def _sandbox() -> SandboxProcess | SandboxFailed:
    try:
        return SandboxProcess.start(settings().sandbox_engine)
    except SandboxFailed as error:
        return error


def sandbox() -> SandboxProcess | SandboxFailed | None:
    """The sandbox, started at the first call; why it could not be started; None where a gateway is configured."""
    if not settings().uses_sandbox:
        return None
    with _starting:
        return _sandbox()


def gateway() -> Gateway:
    """The server that is asked: the sandbox, RunAPI, or the one the operator configured."""
    process = sandbox()
    if isinstance(process, SandboxProcess):
        return Gateway(
            name="Sandbox",
            base_url=process.base_url,
            key=SecretStr(process.key),
            stand_in=process.model or SCRIPTED_TEXT,
            failed_not_charged=True,
        )
    address = settings().base_url or RUNAPI_BASE_URL
    host = urlsplit(address).hostname or address
    is_runapi = host == "runapi.ai" or host.endswith(".runapi.ai")
    return Gateway(
        name="RunAPI" if is_runapi else host, base_url=address, key=settings().api_key, failed_not_charged=is_runapi
    )


T = TypeVar("T")


class Live(NamedTuple, Generic[T]):
    """What a gateway said of itself: the last good answer, why the last question failed, whether one is under way."""

    value: T | None
    problem: GatewayError | None
    waiting: bool


@dataclass
class _Asked(Generic[T]):
    """The last question of one kind to a gateway."""

    answer: "Future[T]"
    last: T | None
    at: float = field(default_factory=time.monotonic)

    def read(self) -> Live[T]:
        """What is known by now; what was read before stays where the last question failed."""
        problem = None
        if self.answer.done():
            try:
                self.last = self.answer.result()
            except GatewayError as error:
                problem = error
        return Live(self.last, problem, waiting=not self.answer.done())


_NEVER_ASKED: Live[Any] = Live(None, None, waiting=False)
_prices: dict[str, _Asked[LivePrices]] = {}
_models: dict[str, _Asked[LiveModels]] = {}


def ask_prices(server: Gateway) -> None:
    """Asks for the price list in the background, unless the last one is younger than ten minutes.

    It is public and kept for everybody, so it is asked without a user's own key.
    """
    if server.private:
        server = replace(server, key=None, private=False)
    _ask(_prices, server, read_prices)


def ask_models(server: Gateway) -> None:
    """Asks for the list of models in the background, unless the last one is younger than ten minutes.

    Not with a user's own key: a gateway may list by key, and what is kept here is everybody's.
    """
    if server.private:
        return
    _ask(_models, server, lambda client, last: read_models(client))


def live_prices(server: Gateway) -> Live[LivePrices]:
    """The gateway's price list as last read."""
    return asked.read() if (asked := _prices.get(server.origin)) else _NEVER_ASKED


def live_models(server: Gateway) -> Live[LiveModels]:
    """The gateway's list of models as last read."""
    return asked.read() if (asked := _models.get(server.origin)) else _NEVER_ASKED


def _ask(
    questions: dict[str, _Asked[T]],
    server: Gateway,
    question: Callable[[GatewayClient, T | None], Coroutine[Any, Any, T]],
) -> None:
    asked = questions.get(server.origin)
    known = asked.read() if asked else None
    if asked and known:
        pause = PROBLEM_STANDS_FOR_S if known.problem else FRESH_FOR_S
        if known.waiting or time.monotonic() - asked.at < pause:
            return
    last = known.value if known else None
    questions[server.origin] = _Asked(engine().ask(server, lambda client: question(client, last)), last)


def price_of(server: Gateway, model: str) -> Price | None:
    """The price of `model`: the gateway's own list, else the card's published one, else None."""
    return _listed_price(server, model) or _published_price(server, model)


def _listed_price(server: Gateway, model: str) -> Price | None:
    listed = live_prices(server).value
    row = listed.prices.schedules.get(model) if listed else None
    if listed is None or row is None:
        return None
    rates = {TokenClass.INPUT: row.input, TokenClass.OUTPUT: row.output, TokenClass.CACHE_READ: row.cache_read}
    known = {token_class: rate for token_class, rate in rates.items() if rate is not None}
    source = f"{server.site}/api/v1/price_schedules"
    return Price(known, source, listed.read_at.date(), play_money=server.stand_in is not None) if known else None


def _published_price(server: Gateway, model: str) -> Price | None:
    card = load_catalog().get(model)
    if card is None or not server.failed_not_charged or server.stand_in:
        return None
    published = card.price("runapi")
    facts = {
        TokenClass.INPUT: published.input,
        TokenClass.OUTPUT: published.output,
        TokenClass.CACHE_READ: published.cache_read,
    }
    known = {token_class: fact.value for token_class, fact in facts.items() if fact.value is not None}
    if not known:
        return None
    claim = next(fact.chosen for fact in facts.values() if fact.chosen)
    source = load_catalog().sources.get(claim.source)
    return Price(known, (source.url if source and source.url else claim.source), claim.read)


def close() -> None:
    """Ends what was started; for the end of the server."""
    if engine.cache_info().currsize:
        engine().close()
    if _sandbox.cache_info().currsize and isinstance(process := _sandbox(), SandboxProcess):
        process.close()
