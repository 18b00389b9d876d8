"""Drives streams in the background: one thread with one event loop and one connection pool for the whole process.

A run started here continues whatever the page does: scripts attach with `wait_end` and may leave at any time. A
recording is played the same way, without a request.
"""

import asyncio
import logging
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter_ns
from typing import Any, TypeVar

from glm_playground.gateway import (
    Attempt,
    ChatRequest,
    ChatStream,
    ConnectionPool,
    Event,
    EventKind,
    Gateway,
    GatewayClient,
    GatewayError,
    connection_pool,
    usage_of,
)
from glm_playground.runs.cap_usage import used_by
from glm_playground.runs.caps import Counter, UsageClaim
from glm_playground.runs.cost import Cost, Price, cost_of
from glm_playground.runs.drive import AskPrice, Drive, no_price, price_of, turn_of
from glm_playground.runs.event_loop import EventLoop
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.replay import Replay
from glm_playground.runs.run import Outcome, Run, RunError, Server, outcome_of

_log = logging.getLogger(__name__)
T = TypeVar("T")
DRAINING = "ServerDraining"
"""The kind of error of a run that was not sent because the server is about to end."""

_Work = Callable[[Drive], Awaitable[Outcome | None]]
"""Fills a run; gives its outcome."""


class Engine:
    """The background loop. Every method may be called from any thread.

    Args:
        connect_timeout: seconds.
        read_timeout: seconds of silence allowed between two chunks.
        on_end: called once with each run that was started and has ended, on the engine's thread, its cost computed;
            not with a replay, which asked no server.
        counter: is asked before each request that is started with a claim; without one nothing is counted.
    """

    def __init__(
        self,
        *,
        connect_timeout: float = 10.0,
        read_timeout: float = 900.0,
        on_end: Callable[[LiveRun], None] = lambda run: None,
        counter: Counter | None = None,
    ) -> None:
        self._timeouts = (connect_timeout, read_timeout)
        self._on_end = on_end
        self._counter = counter
        self._drives: dict[str, Drive] = {}
        self._loop = EventLoop()
        self._http: ConnectionPool | None = None
        self._draining = False
        self._questions: set[asyncio.Task[Any] | None] = set()
        self._thread = threading.Thread(target=self._run_loop, name="engine", daemon=True)
        self._thread.start()

    @property
    def running(self) -> int:
        """How many runs are running or queued."""
        return len(self._drives)

    @property
    def asking(self) -> int:
        """How many requests are under way or queued; a recording that is played is none."""
        return sum(not drive.run.replayed for drive in tuple(self._drives.values()))

    @property
    def draining(self) -> bool:
        """Whether nothing new is sent any more."""
        return self._draining

    def drain(self) -> None:
        """Sends nothing new from now on: what is started or still queued fails as `DRAINING`. Answers go on."""
        self._draining = True

    def live(self, run_id: str) -> LiveRun | None:
        """The run with this id while it runs or is queued; None once it has ended, or where it is not run here."""
        drive = self._drives.get(run_id)
        return drive.run if drive else None

    def live_of(self, owner: str) -> tuple[LiveRun, ...]:
        """The runs of `owner` that run or are queued, oldest first."""
        return tuple(drive.run for drive in tuple(self._drives.values()) if drive.run.owner == owner)

    def start(
        self,
        request: ChatRequest,
        gateway: Gateway,
        *,
        owner: str = "",
        behind: Run | None = None,
        warm_up: bool = False,
        price: AskPrice = no_price,
        claim: UsageClaim | None = None,
        run_id: str = "",
        on_end: Callable[[LiveRun], None] | None = None,
        repeat: bool = True,
    ) -> LiveRun:
        """Gives the run that will record the answer to `request`, at once.

        Args:
            request: what is sent.
            gateway: who is asked.
            owner: whose run it is.
            behind: a run that must end first, in whatever way.
            warm_up: whether it only readies the model for others.
            price: asked once, when the run has ended, on the engine's loop; the run ends once it answers.
            claim: what it may use at most; reserved when its turn has come, and where a cap is reached nothing is sent
                and the run fails with `caps.CAP_REACHED`.
            run_id: its id, where that is chosen already.
            on_end: called with the run after the engine's own, on the engine's thread.
            repeat: whether a request that was refused before anything was charged is sent again, as the client does.
        """
        run = LiveRun(
            id=run_id or uuid.uuid4().hex,
            request=request,
            server=Server(gateway.name, gateway.origin, gateway.stand_in, gateway.failed_not_charged, gateway.settles),
            started_at=datetime.now(UTC),
            warm_up=warm_up,
            owner=owner,
        )
        drive = Drive(run, price, claim, on_end, repeat, behind=self._drive_of(behind))
        self._begin(drive, lambda drive: self._ask(drive, gateway))
        return run

    def replay(
        self,
        recorded: Run,
        *,
        owner: str = "",
        speed: float = 1.0,
        behind: Run | None = None,
        cost: Cost | None = None,
    ) -> LiveRun:
        """Gives a run that grows as `recorded` did, at once; nothing is sent, and `on_end` is not told.

        Its times are those of the recording whatever the speed, so that its figures are too.

        Args:
            recorded: an ended run.
            owner: whose replay it is.
            speed: how many times as fast as it was recorded.
            behind: a run that must end first, in whatever way.
            cost: what was recorded with it.

        Raises:
            ValueError: `speed` is not above 0, or above `replay.FASTEST`.
        """
        run = LiveRun(
            id=uuid.uuid4().hex,
            request=recorded.request,
            server=recorded.server,
            started_at=recorded.started_at,
            replayed=True,
            owner=owner,
            cost=cost,
        )
        replay = Replay(recorded, run, speed)
        self._begin(Drive(run, no_price, behind=self._drive_of(behind)), lambda drive: replay.play(drive.tell))
        return run

    def stop(self, *runs: LiveRun) -> None:
        """Ends `runs` as stopped and closes their connections; the text so far stays. Those that ended are left alone.

        Those that were started last are stopped first, so that none of them begins since the one before it ended.
        """
        stopped = {run.id for run in runs}
        for drive in reversed([drive for id, drive in tuple(self._drives.items()) if id in stopped]):
            drive.stopping = True
            self._loop.call_soon_threadsafe(self._cancel, drive)

    def wait_changed(self, run: LiveRun, seen: int, *, pause: float = 0.0, timeout: float = 0.1) -> bool:
        """Waits until `run` ended, or `pause` has passed and it holds more than `seen` events.

        Args:
            run: as given by `start`.
            seen: how many events the caller has drawn.
            pause: seconds to wait at least unless the run ends, so that redraws are not too many.
            timeout: seconds to wait at most after the pause.

        Returns:
            Whether there is something to draw.
        """
        drive = self._drives.get(run.id)
        if drive is None or drive.ended.wait(pause):
            return True
        with drive.changed:
            drive.waiting += 1
            try:
                return drive.changed.wait_for(lambda: len(run.events) > seen or run.ended, timeout)
            finally:
                drive.waiting -= 1

    def wait_end(self, runs: Iterable[LiveRun], timeout: float, *, unseen: Iterable[LiveRun] = ()) -> bool:
        """Waits until one of `runs` ends, or has ended already; False after `timeout` seconds.

        The first token of one of `unseen` ends the wait, too.
        """
        watcher = threading.Event()
        watched = [self._drives.get(run.id) for run in runs]
        drives = [drive for drive in watched if drive]
        firsts = [drive for run in unseen if (drive := self._drives.get(run.id))]
        for drive in drives:
            drive.watchers.append(watcher)
        for drive in firsts:
            drive.first_watchers.append(watcher)
        try:
            # One that ended, or began, before it was watched will not tell.
            gone = len(drives) < len(watched) or any(drive.ended.is_set() for drive in drives)
            return gone or any(drive.run.has_delta for drive in firsts) or watcher.wait(timeout)
        finally:
            for drive in drives:
                drive.watchers.remove(watcher)
            for drive in firsts:
                drive.first_watchers.remove(watcher)

    def ask(self, gateway: Gateway, question: Callable[[GatewayClient], Awaitable[T]]) -> "Future[T]":
        """Runs `question` on the engine's loop, such as `lambda client: client.models()`."""

        async def answer() -> T:
            task = asyncio.current_task()
            self._questions.add(task)
            try:
                return await question(self._client(gateway))
            finally:
                self._questions.discard(task)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop)

    def close(self) -> None:
        """Ends every run as interrupted and the loop with them."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _client(self, gateway: Gateway) -> GatewayClient:
        if self._http is None:
            connect, read = self._timeouts
            self._http = connection_pool(connect_timeout=connect, read_timeout=read)
        return GatewayClient(self._http, gateway)

    def _drive_of(self, run: Run | None) -> Drive | None:
        return self._drives.get(run.id) if run else None

    def _begin(self, drive: Drive, work: _Work) -> None:
        self._drives[drive.run.id] = drive
        self._loop.call_soon_threadsafe(self._launch, drive, work)

    def _launch(self, drive: Drive, work: _Work) -> None:
        drive.task = self._loop.create_task(self._record(drive, work))
        # One that is cancelled before its first step never enters `_record`.
        drive.task.add_done_callback(lambda _: None if drive.run.ended else self._end(drive, None, 0))
        if drive.stopping:
            drive.task.cancel()

    def _cancel(self, drive: Drive) -> None:
        if drive.task:
            drive.task.cancel()

    async def _close(self) -> None:
        runs = [drive.task for drive in self._drives.values()]
        tasks = [task for task in (*runs, *self._questions) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http:
            await self._http.aclose()
        await self._loop.shutdown_asyncgens()

    async def _record(self, drive: Drive, work: _Work) -> None:
        """Does the work of one run to its end; whatever happens, the run gets an outcome."""
        run = drive.run
        outcome: Outcome | None = None
        drive.t0_ns = perf_counter_ns()
        try:
            await turn_of(drive)
            outcome = await work(drive)
        except asyncio.CancelledError:
            pass
        except GatewayError as error:
            run.error = RunError.of(error)
            run.request_id = error.request_id or run.request_id
            run.task_id = error.task_id or run.task_id
            outcome = Outcome.FAILED
        except Exception as error:  # noqa: BLE001 - see the next line
            # Our own mistake must not leave a run that never ends; the traceback goes to the log only.
            _log.exception("run %s failed on our side", run.id)
            run.error = RunError("InternalError", type(error).__name__)
            outcome = Outcome.FAILED
        finally:
            ended_ns = perf_counter_ns() - drive.t0_ns
            self._end(drive, outcome, ended_ns, await price_of(drive))

    def _end(self, drive: Drive, outcome: Outcome | None, ended_ns: int, price: Price | None = None) -> None:
        """Gives the run its outcome; None where it was cancelled."""
        run = drive.run
        if not run.replayed:
            run.ended_ns = ended_ns
        ending = outcome or (Outcome.STOPPED if drive.stopping else Outcome.INTERRUPTED)
        if not run.replayed:
            # The outcome is set last: whoever sees it sees the cost too.
            run.cost = cost_of(replace(run.recorded(), outcome=ending), price)
        if drive.claim and self._counter:
            self._counter.settle(run.id, used_by(run, drive.claim))
        run.outcome = ending
        self._drives.pop(run.id, None)
        if not run.replayed:
            self._on_end(run)
        if drive.on_end:
            drive.on_end(run)
        drive.ended.set()
        for watcher in tuple(drive.watchers):
            watcher.set()
        with drive.changed:
            drive.changed.notify_all()

    async def _ask(self, drive: Drive, gateway: Gateway) -> Outcome:
        if self._draining:
            drive.run.error = RunError(DRAINING, "")
            return Outcome.FAILED
        client = self._client(gateway)
        if drive.claim and self._counter and (refusal := await self._counter.reserve(drive.run.id, drive.claim)):
            drive.claim = None
            drive.run.error = refusal.error(datetime.now(UTC))
            return Outcome.FAILED
        drive.run.started_at = datetime.now(UTC)
        drive.run.sent = True
        drive.t0_ns = perf_counter_ns()
        return await self._read(drive, client)

    async def _read(self, drive: Drive, client: GatewayClient) -> Outcome:
        run = drive.run

        def note_attempt(attempt: Attempt) -> None:
            text = f"{type(attempt.error).__name__} {attempt.pause:.1f}"
            run.events.append(Event(perf_counter_ns() - drive.t0_ns, EventKind.RETRY, text))
            drive.tell()

        request = run.request
        asked = client.stream(request, client_request_id=run.id, on_attempt=note_attempt, repeat=drive.repeat)
        async with asked as stream:
            drive.begin(stream.t0_ns)
            run.request_id = stream.ids.request_id
            run.task_id = stream.ids.task_id
            run.served_by = stream.ids.served_by
            run.server_said = stream.ids.said
            try:
                await stream.read_into(run.events, drive.tell)
            finally:
                _conclude(run, stream)
        outcome = outcome_of(run.finish_reason, done=run.complete_stream)
        if outcome is Outcome.FAILED:
            reason = run.finish_reason or ""
            run.error = RunError("StreamFailed", reason, request_id=run.request_id, task_id=run.task_id)
        return outcome


def _conclude(run: Run, stream: ChatStream) -> None:
    """Notes what the events say of the whole run; done once, when the stream ended in whatever way."""
    for _, kind, text in run.events:
        if kind is EventKind.FINISH:
            run.finish_reason = text
        elif kind is EventKind.USAGE:
            run.usage = usage_of(text)
        elif kind is EventKind.DONE:
            run.complete_stream = True
    if stream.identity:
        run.response_id, run.served_model, _ = stream.identity
