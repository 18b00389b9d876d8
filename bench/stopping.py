"""Stop: how long after the click the gateway sees the connection close."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from bench.gateway_process import GatewayProcess
from bench.measures import nonce, number, say, table
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


def stop(repeats: int, app_page: Page = APP, baseline: bool = True) -> bool:
    """Measure and print; True when every close of the app's came within the limit."""
    with GatewayProcess() as gateway:
        mine = asyncio.run(_all(app_page, gateway, repeats))
        naive = asyncio.run(_all(NAIVE, gateway, min(repeats, 2))) if baseline else {}
    rows = [
        [label, _summary(mine[label]), _summary(naive.get(label, [])), _ratio(mine[label], naive.get(label, []))]
        for label, _, _ in _SITUATIONS
    ]
    table("from Stop to the gateway seeing the close, ms: median (max)", ["", "app", "naive", "app : naive"], rows)
    held = all(value is not None and value <= LIMIT_MS for values in mine.values() for value in values)
    say(f"limit {LIMIT_MS:g} ms: app {'held' if held else 'MISSED'}")
    return held


def _ratio(mine: list[float | None], naive: list[float | None]) -> str:
    ours, theirs = [v for v in mine if v is not None], [v for v in naive if v is not None]
    return number(median(ours) / median(theirs)) if ours and theirs else "-"


def _summary(values: list[float | None]) -> str:
    if not values:
        return "-"
    closed = [value for value in values if value is not None]
    if len(closed) < len(values):
        return f"{len(values) - len(closed)} of {len(values)} not within {_PATIENCE_SECONDS:g} s"
    return f"{number(median(closed))} ({number(max(closed))})"
