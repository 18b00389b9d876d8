"""What the whole process shares: the engine, the gateway, the sandbox, its prices. No user's data is in here."""

import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

from pydantic import SecretStr

from glm_playground.catalog import load_catalog
from glm_playground.gateway import Gateway, GatewayError, PriceList
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.settings import RUNAPI_BASE_URL, settings

PRICES_FRESH_FOR_S = 600.0
_starting = threading.Lock()


@cache
def engine() -> Engine:
    """The engine that drives every run of this process."""
    return Engine(connect_timeout=settings().connect_timeout, read_timeout=settings().read_timeout)


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
            stand_in=process.model or "scripted text",
            failed_not_charged=True,
        )
    address = settings().base_url or RUNAPI_BASE_URL
    host = urlsplit(address).hostname or address
    is_runapi = host == "runapi.ai" or host.endswith(".runapi.ai")
    return Gateway(
        name="RunAPI" if is_runapi else host, base_url=address, key=settings().api_key, failed_not_charged=is_runapi
    )


@dataclass
class _Asked:
    """The last question for a gateway's price list."""

    at: float
    answer: "Future[PriceList]"
    last: PriceList | None = None


_asked: dict[str, _Asked] = {}


def ask_prices(server: Gateway) -> None:
    """Asks for the price list in the background, unless the last one is younger than ten minutes."""
    asked = _asked.get(server.origin)
    if asked and time.monotonic() - asked.at < PRICES_FRESH_FOR_S:
        return
    answer = engine().ask(server, lambda client: client.prices())
    _asked[server.origin] = _Asked(time.monotonic(), answer, asked.last if asked else None)


def price_of(server: Gateway, model: str) -> Price | None:
    """The price of `model`: the gateway's own list, else the card's published one, else None."""
    return _listed_price(server, model) or _published_price(server, model)


def _listed_price(server: Gateway, model: str) -> Price | None:
    asked = _asked.get(server.origin)
    if asked is None:
        return None
    if asked.answer.done():
        # No list, or not reached: what was read before stays.
        with suppress(GatewayError):
            asked.last = asked.answer.result()
    row = asked.last.schedules.get(model) if asked.last else None
    if row is None:
        return None
    rates = {TokenClass.INPUT: row.input, TokenClass.OUTPUT: row.output, TokenClass.CACHE_READ: row.cache_read}
    known = {token_class: rate for token_class, rate in rates.items() if rate is not None}
    source = f"{server.site}/api/v1/price_schedules"
    return Price(known, source, datetime.now(UTC).date(), play_money=server.stand_in is not None) if known else None


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
