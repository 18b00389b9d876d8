"""Stop: how long after the click the gateway sees the connection close."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from bench.gateway_process import GatewayProcess
from bench.measures import nonce, number, ratio, ratio_header, say, table
from bench.pages import APP, NAIVE, Page
from bench.script_text import Script
from tests.live.app_process import AppProcess

LIMIT_MS = 300.0
# How long a close is waited for before it counts as never.
_PATIENCE_SECONDS = 5.0
_START_SECONDS = 30.0
_SITUATIONS = (
    ("before the first token", Script(tokens=200, rate=20, delay=60_000), "received"),
    ("in the middle", Script(tokens=4000, rate=50), "first"),
)


async def _close_ms(page: Page, app: AppProcess, gateway: GatewayProcess, script: Script, started: str) -> float | None:
    """Milliseconds from the click to the close as the gateway saw it; None when it did not come."""
    async with page.tab(app) as tab:
        chat = await page.open(tab)
        tab.look_for("## Section 1")
        await tab.submit_chat(script.prompt(), chat)
        entry = await asyncio.to_thread(gateway.wait_entry, script.nonce, started, _START_SECONDS)
        assert entry is not None, "the request did not reach the gateway"
        if started == "first":
            await tab.wait_seen("## Section 1", _START_SECONDS)
        if page.stop is None:
            clicked = time.perf_counter_ns()
            await tab.stop_script()
        else:
            stop = await tab.wait_for_widget("button", page.stop, _START_SECONDS)
            clicked = time.perf_counter_ns()
            await tab.click(stop)
        entry = await asyncio.to_thread(gateway.wait_entry, script.nonce, "closed", _PATIENCE_SECONDS)
    return (entry.closed - clicked) / 1e6 if entry and entry.closed else None


async def _all(page: Page, gateway: GatewayProcess, repeats: int) -> dict[str, list[float | None]]:
    with page.serve(gateway) as app:
        return {
            label: [
                await _close_ms(page, app, gateway, Script(script.tokens, script.rate, script.delay, nonce()), started)
                for _ in range(repeats)
            ]
            for label, script, started in _SITUATIONS
        }


def stop(repeats: int, pages: tuple[Page, ...] = (APP, NAIVE)) -> bool:
    """Measure and print; True when every close came within the limit, the baseline's aside."""
    with GatewayProcess() as gateway:
        runs = [asyncio.run(_all(page, gateway, repeats)) for page in pages]
    rows = [
        [label, *(_summary(run[label]) for run in runs), *ratio([_median(run[label]) for run in runs])]
        for label, _, _ in _SITUATIONS
    ]
    names = [page.name for page in pages]
    title = f"from Stop to the gateway seeing the close, ms: median (max) of {repeats}"
    table(title, ["", *names, *ratio_header(names)], rows)
    held = {
        page.name: all(value is not None and value <= LIMIT_MS for values in run.values() for value in values)
        for page, run in zip(pages, runs, strict=True)
    }
    say(f"limit {LIMIT_MS:g} ms: " + ", ".join(f"{name} {'held' if ok else 'MISSED'}" for name, ok in held.items()))
    return held.get("app", True)


def _median(values: list[float | None]) -> float | None:
    closed = [value for value in values if value is not None]
    return median(closed) if closed else None


def _summary(values: list[float | None]) -> str:
    closed = [value for value in values if value is not None]
    if len(closed) < len(values):
        return f"{len(values) - len(closed)} of {len(values)} not within {_PATIENCE_SECONDS:g} s"
    return f"{number(median(closed))} ({number(max(closed))})"
