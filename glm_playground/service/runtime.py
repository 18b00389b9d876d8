"""What the whole process shares: the engine, the gateways, the sandbox, their prices. No user's data is in here."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from glm_playground.gateway import ChatRequest, Gateway, GatewayClient, GatewayError, Gateways
from glm_playground.gateway.configured import configured_gateways, runapi_gateway, sandbox_gateway
from glm_playground.gateway.live import LiveModels, LivePrices, read_models, read_prices
from glm_playground.runs.caps import UsageClaim
from glm_playground.runs.cost import Price
from glm_playground.runs.drive import AskPrice
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.prices import known_price, listed_price
from glm_playground.runs.run import Run
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.service import storage
from glm_playground.service.run_log import log_end
from glm_playground.service.status import RunsSinceStart
from glm_playground.settings import settings

FRESH_FOR_S = 600.0
PROBLEM_STANDS_FOR_S = 60.0
_PRICE_WAIT_S = 3.0
SandboxState = Literal["unused", "starting", "ready", "restarting", "gave_up", "closed", "failed"]
runs_since_start = RunsSinceStart()
_starting = threading.Lock()


@cache
def engine() -> Engine:
    """The engine that drives every run of this process."""
    return Engine(
        connect_timeout=settings().connect_timeout,
        read_timeout=settings().read_timeout,
        on_end=_note_end,
        counter=storage.counter(),
    )


def _note_end(run: LiveRun) -> None:
    runs_since_start.note(run)
    log_end(run)
    storage.note_end(run)


def start(
    request: ChatRequest,
    server: Gateway,
    owner: str,
    *,
    claim: UsageClaim | None,
    behind: Run | None = None,
    warm_up: bool = False,
    run_id: str = "",
) -> LiveRun:
    """Starts a run of `owner` and stores it; see `Engine.start`.

    `claim` has no default, so that no caller forgets the caps: `service.runner` makes it.
    """

    price = price_question(server, request.model)
    run = engine().start(
        request, server, owner=owner, behind=behind, warm_up=warm_up, price=price, claim=claim, run_id=run_id
    )
    storage.watch(run, owner, lambda: None)
    return run


def price_question(server: Gateway, model: str) -> AskPrice:
    """Asks for the price of `model` once a run has ended."""

    async def price() -> Price | None:
        # At the first prompt of a process the price list may still be on its way; an ended run waits a moment for it.
        if (asked := _prices.get(_place(server))) and not asked.answer.done():
            await asyncio.wait({asyncio.wrap_future(asked.answer)}, timeout=_PRICE_WAIT_S)
        return price_of(server, model)

    return price


@cache
def _sandbox() -> SandboxProcess | SandboxFailed:
    try:
        return SandboxProcess.start(settings().sandbox_engine, callback_secret=settings().callback_secret)
    except SandboxFailed as error:
        return error


def sandbox() -> SandboxProcess | SandboxFailed | None:
    """The sandbox, started at the first call; why it could not be started; None where a gateway is configured."""
    if not settings().uses_sandbox:
        return None
    with _starting:
        return _sandbox()


def sandbox_state() -> SandboxState:
    """How the sandbox is, without waiting for it: not used, starting, or what it says of itself."""
    if not settings().uses_sandbox:
        return "unused"
    if not _sandbox.cache_info().currsize:
        return "starting"
    process = _sandbox()
    return process.state if isinstance(process, SandboxProcess) else "failed"


def gateways() -> Gateways:
    """The servers that may be asked: those the operator configured, else the sandbox."""
    process = sandbox()
    if isinstance(process, SandboxProcess):
        return Gateways((sandbox_gateway(process.base_url, process.key, process.model),))
    # Where the sandbox could not be started, nothing answers at RunAPI's address without a key, which it says.
    return configured_gateways(settings()) or Gateways((runapi_gateway(None),))


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
        if not self.answer.done():
            return Live(self.last, None, waiting=True)
        # Not raised here again and again: an error holds the frames that it passed, and those all that a script had.
        problem = self.answer.exception()
        if problem is None:
            self.last = self.answer.result()
        elif not isinstance(problem, GatewayError):
            raise RuntimeError("the gateway could not be asked") from problem
        return Live(self.last, problem, waiting=False)


_NEVER_ASKED: Live[Any] = Live(None, None, waiting=False)
_prices: dict["_Place", _Asked[LivePrices]] = {}
_models: dict["_Place", _Asked[LiveModels]] = {}


class _Place(NamedTuple):
    """A gateway without its key. Two may have one origin, such as two plans of one seller."""

    name: str
    api_root: str


def _place(server: Gateway) -> _Place:
    return _Place(server.name, server.api_root)


def ask_prices(server: Gateway) -> None:
    """Asks for the price list in the background, unless the last one is younger than ten minutes.

    It is public and kept for everybody, so it is asked without a user's own key.
    """
    if server.has_prices is False:
        return
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


def wait_known(server: Gateway, timeout: float) -> None:
    """Asks for prices and models, and waits for both answers, `timeout` seconds at most."""
    ask_prices(server)
    ask_models(server)
    place = _place(server)
    waiting: list[Future[Any]] = [asked.answer for asked in (_prices.get(place), _models.get(place)) if asked]
    wait(waiting, timeout)


def live_prices(server: Gateway) -> Live[LivePrices]:
    """The gateway's price list as last read."""
    return asked.read() if (asked := _prices.get(_place(server))) else _NEVER_ASKED


def live_models(server: Gateway) -> Live[LiveModels]:
    """The gateway's list of models as last read."""
    return asked.read() if (asked := _models.get(_place(server))) else _NEVER_ASKED


def may_have_balance(server: Gateway) -> bool:
    """Whether the server has a balance, as far as anybody knows."""
    return _may_have(server, said=server.has_balance)


def may_have_tasks(server: Gateway) -> bool:
    """Whether the server has tasks, as far as anybody knows."""
    return _may_have(server, said=server.has_tasks)


def _may_have(server: Gateway, *, said: bool | None) -> bool:
    # Where nobody said it, a server that has RunAPI's price list has the rest of it.
    asked = live_prices(server)
    return said if said is not None else asked.value is not None or asked.problem is None


def _ask(
    questions: dict[_Place, _Asked[T]],
    server: Gateway,
    question: Callable[[GatewayClient, T | None], Coroutine[Any, Any, T]],
) -> None:
    place = _place(server)
    asked = questions.get(place)
    known = asked.read() if asked else None
    if asked and known:
        pause = PROBLEM_STANDS_FOR_S if known.problem else FRESH_FOR_S
        if known.waiting or time.monotonic() - asked.at < pause:
            return
    last = known.value if known else None
    questions[place] = _Asked(engine().ask(server, lambda client: question(client, last)), last)


def price_of(server: Gateway, model: str) -> Price | None:
    """The price of `model`: the gateway's own list, else the operator's file, else its seller's published one."""
    return _listed_price(server, model) or known_price(server, model)


def _listed_price(server: Gateway, model: str) -> Price | None:
    listed = live_prices(server).value
    return listed_price(server, listed, model) if listed else None


def close() -> None:
    """Ends what was started; for the end of the server."""
    if engine.cache_info().currsize:
        engine().close()
    storage.close()
    if _sandbox.cache_info().currsize and isinstance(process := _sandbox(), SandboxProcess):
        process.close()
