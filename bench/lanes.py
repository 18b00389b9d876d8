"""Six lanes in one tab: how late their last tokens are, how the page answers meanwhile, whether a lane slows another.

    uv run python -m bench.lanes               all three
    uv run python -m bench.lanes late          six answers at 100 tokens/s: the last token of the slowest lane
    uv run python -m bench.lanes interact      opening what is on the page while six answers are written
    uv run python -m bench.lanes beside        a fast run of the engine alone, and with five slow ones beside it

Each lane is asked for an answer of its own, by the page's choice of who gets the next prompt, so that the ends can be
told apart; the delays are such that all begin together. Ends with status 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

from bench.gateway_process import GatewayProcess
from bench.measures import LoopLag, cpu_seconds, nonce, number, quantile, say_limit, table
from bench.one_chat import one_answer
from bench.pages import APP
from bench.script_text import Script
from bench.timing import as_gateway, ask, wait_whole
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import Metrics
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.widget_state import Widget

_MODELS = ("glm-5.1", "glm-5", "glm-4.7", "glm-4.6", "glm-4.5", "glm-4.5-air")
_QUERY = "&".join(f"lane={model}" for model in _MODELS)
_RATE = 100.0
_LATE_MS, _INTERACTION_MS, _BESIDE = 250.0, 200.0, 0.05
_LATE_TOKENS = 300
_WARM_UP_TOKENS = 200
# The lanes are asked one after another within this time, and begin to answer together at its end.
_ASKING_SECONDS = 3.0
_PATIENCE_SECONDS = 60.0
# A person's pause between two uses of the page.
_PAUSE_SECONDS = 0.4
# A fast run, which waits before its first token long enough for a share of the wait to be told from noise.
_FAST = Script(tokens=100, rate=100.0, delay=300.0)
_SLOW = Script(tokens=2000, rate=5.0)


@dataclass(frozen=True, slots=True)
class Lateness:
    """Six answers: lateness of each lane's last token (ms), CPU of the app (cores), lag of this process (ms, p95)."""

    late: list[float]
    server: float
    lag: float


@asynccontextmanager
async def _six_lanes(app: AppProcess) -> AsyncIterator[BrowserSession]:
    async with BrowserSession(app.base_url, APP.path, query_string=_QUERY) as tab:
        await tab.run(_PATIENCE_SECONDS)
        assert not tab.exceptions(), tab.exceptions()
        yield tab


async def _ask_each(tab: BrowserSession, gateway: GatewayProcess, scripts: list[Script]) -> None:
    """Sends each lane its own prompt; returns when all have begun to answer."""
    target, chat = tab.find_widget("button_group", "target"), tab.find_widget("chat_input", APP.chat)
    lanes = [option.content for option in target.proto.options][1:]
    begin = time.perf_counter() + _ASKING_SECONDS
    for lane, script in zip(lanes, scripts, strict=True):
        delay = max(begin - time.perf_counter(), 0.0) * 1000
        await tab.set_value(target, lane)
        await tab.submit_chat(replace(script, delay=delay).prompt(), chat)
        entry = await asyncio.to_thread(gateway.wait_entry, script.nonce, "received", _PATIENCE_SECONDS)
        assert entry is not None, "the request did not reach the gateway"
    assert time.perf_counter() < begin, "the lanes were not asked in time"
    for script in scripts:
        await asyncio.to_thread(gateway.wait_entry, script.nonce, "first", _PATIENCE_SECONDS)


async def _lateness(app: AppProcess, gateway: GatewayProcess) -> Lateness:
    scripts = [Script(_LATE_TOKENS, _RATE, nonce=nonce()) for _ in _MODELS]
    async with _six_lanes(app) as tab:
        tab.keep_tree = False
        for script in scripts:
            tab.look_for(script.marker)
        await _ask_each(tab, gateway, scripts)
        async with LoopLag() as lag:
            begun, before = time.perf_counter(), cpu_seconds(app.pid)
            seen = [await tab.wait_seen(script.marker, _PATIENCE_SECONDS) for script in scripts]
            server = (cpu_seconds(app.pid) - before) / (time.perf_counter() - begun)
        await tab.wait_finished(_PATIENCE_SECONDS)
    entries = gateway.entries()
    late = [(at - (entries[script.nonce].last or 0)) / 1e6 for at, script in zip(seen, scripts, strict=True)]
    return Lateness(late, server, quantile(lag.samples, 0.95))


async def _latenesses(app: AppProcess, gateway: GatewayProcess, repeats: int) -> list[Lateness]:
    return [await _lateness(app, gateway) for _ in range(repeats)]


def late(repeats: int, gateway: GatewayProcess) -> bool:
    """Measure and print; True when the slowest lane's last token keeps to the limit."""
    with APP.serve(gateway) as app:
        asyncio.run(one_answer(APP, app, gateway, _WARM_UP_TOKENS))
        found = asyncio.run(_latenesses(app, gateway, repeats))
    columns = {
        "last token late, slowest lane, ms": [max(one.late) for one in found],
        "last token late, middle lane, ms": [median(one.late) for one in found],
        "server CPU, cores": [one.server for one in found],
        "client lag p95, ms": [one.lag for one in found],
    }
    rows = [[label, number(median(values)), number(max(values))] for label, values in columns.items()]
    title = f"{len(_MODELS)} lanes of {_LATE_TOKENS} tokens at {_RATE:g} tokens/s in one tab, {repeats} times"
    table(title, ["", "median", "max"], rows)
    return say_limit("last token of the slowest lane late, ms", median(max(one.late) for one in found), _LATE_MS)


@dataclass(frozen=True, slots=True)
class _Interaction:
    """A menu, or the button of what stands beside the chat, and the ids of two widgets.

    One is in what it opens, and one is drawn after all but the answers.
    """

    opener: Widget
    inside: str
    after: str


async def _find(tab: BrowserSession, opener: Widget, inside: tuple[str, str], after: Widget) -> _Interaction:
    await _turn(tab, opener, is_open=True)
    found = await tab.wait_for_widget(*inside, timeout=_PATIENCE_SECONDS)
    await _turn(tab, opener, is_open=False)
    await asyncio.sleep(_PAUSE_SECONDS)
    return _Interaction(opener, found.id, after.id)


async def _turn(tab: BrowserSession, opener: Widget, *, is_open: bool) -> None:
    """Open or close it; a button does either."""
    await tab.set_value(opener, True if opener.kind == "button" else is_open)


async def _open(tab: BrowserSession, interaction: _Interaction) -> tuple[float, float]:
    """Milliseconds until what is inside is drawn, and until all but the answers is."""
    tab.look_for(interaction.inside)
    start = time.perf_counter_ns()
    await _turn(tab, interaction.opener, is_open=True)
    inside = await tab.wait_seen(interaction.inside, _PATIENCE_SECONDS)
    tab.look_for(interaction.after)
    after = await tab.wait_seen(interaction.after, _PATIENCE_SECONDS)
    await asyncio.sleep(_PAUSE_SECONDS)
    await _turn(tab, interaction.opener, is_open=False)
    await asyncio.sleep(_PAUSE_SECONDS)
    return (inside - start) / 1e6, (after - start) / 1e6


async def _interactions(app: AppProcess, gateway: GatewayProcess, repeats: int) -> dict[str, list[tuple[float, float]]]:
    # Longer than it takes; what is left is stopped.
    scripts = [Script(20_000, _RATE, nonce=nonce()) for _ in _MODELS]
    last = len(_MODELS)
    async with _six_lanes(app) as tab:
        await _ask_each(tab, gateway, scripts)
        stop = await tab.wait_for_widget("button", APP.stop, _PATIENCE_SECONDS)
        found = {
            name: await _find(tab, tab.find_widget(*opener), inside, stop)
            for name, opener, inside in (
                ("options", ("popover", "options"), ("number_input", "repeats")),
                ("first lane's settings", ("button", "settings-1"), ("number_input", "temperature-1")),
                ("last lane's settings", ("button", f"settings-{last}"), ("number_input", f"temperature-{last}")),
            )
        }
        tab.keep_tree = False
        times = {name: [await _open(tab, one) for _ in range(repeats)] for name, one in found.items()}
        await tab.click(stop)
        await tab.wait_finished(_PATIENCE_SECONDS)
        return times


def interact(repeats: int, gateway: GatewayProcess) -> bool:
    """Measure and print; True when each kind of interaction keeps to the limit."""
    with APP.serve(gateway) as app:
        asyncio.run(one_answer(APP, app, gateway, _WARM_UP_TOKENS))
        found = asyncio.run(_interactions(app, gateway, repeats))
    rows = [
        [label, *(number(of(column)) for column in zip(*times, strict=True) for of in (median, max))]
        for label, times in found.items()
    ]
    title = f"opening a menu or settings while {len(_MODELS)} lanes answer at {_RATE:g} tokens/s, ms, {repeats} times"
    table(title, ["", "drawn: median", "max", "all but answers: median", "max"], rows)
    held = [
        say_limit(f"{label}, ms", median(drawn for drawn, _ in times), _INTERACTION_MS)
        for label, times in found.items()
    ]
    return all(held)


def _fast(engine: Engine, gateway: GatewayProcess, slow: int) -> Metrics:
    """The figures of the fast run while so many slow ones write."""
    beside = [ask(engine, as_gateway(gateway), replace(_SLOW, nonce=nonce())) for _ in range(slow)]
    for run in beside:
        while not run.has_delta:
            assert not run.ended, run.error
            engine.wait_changed(run, len(run.events))
    [found] = wait_whole(engine, [ask(engine, as_gateway(gateway), replace(_FAST, nonce=nonce()))])
    for run in beside:
        engine.stop(run)
    while any(not run.ended for run in beside):
        engine.wait_end([run for run in beside if not run.ended], _PATIENCE_SECONDS)
    return found


def beside(repeats: int, gateway: GatewayProcess) -> bool:
    """Measure and print; True when the fast run's times are the same with and without company."""
    slow = len(_MODELS) - 1
    engine = Engine()
    try:
        for several in (0, slow):
            _fast(engine, gateway, several)
        pairs = [(_fast(engine, gateway, 0), _fast(engine, gateway, slow)) for _ in range(repeats)]
    finally:
        engine.close()
    rows, ratios = [], {}
    for name in ("ttft", "tpot", "e2e"):
        alone, with_others = (median(getattr(found, name) for found in side) / 1e6 for side in zip(*pairs, strict=True))
        ratios[name.upper()] = with_others / alone
        rows.append([name.upper(), f"{alone:.2f}", f"{with_others:.2f}", f"{with_others / alone:.4f}"])
    title = (
        f"a run at {_FAST.rate:g} tokens/s alone and beside {slow} at {_SLOW.rate:g} tokens/s, medians of {repeats}, ms"
    )
    table(title, ["", "alone", "beside", "ratio"], rows)
    held = [say_limit(f"{name} apart", abs(ratio - 1), _BESIDE) for name, ratio in ratios.items()]
    return all(held)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lanes", description=(__doc__ or "").splitlines()[0])
    measures = {"late": partial(late, 4), "interact": partial(interact, 6), "beside": partial(beside, 5)}
    parser.add_argument("kind", nargs="?", choices=measures, help="what to measure; all three unless given")
    kind = parser.parse_args().kind
    with GatewayProcess() as gateway:
        held = [measure(gateway=gateway) for name, measure in measures.items() if kind in {None, name}]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
