"""Many chats at once, each at a steady rate: how late their last tokens are."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bench.gateway_process import GatewayProcess
from bench.measures import LoopLag, cpu_seconds, nonce, number, quantile, ratio, ratio_header, say, table
from bench.one_chat import one_answer
from bench.pages import APP, NAIVE, Page
from bench.script_text import Script
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.widget_state import Widget

# By the number of chats: the lateness (ms) that 95 of 100 last tokens must keep to at 20 tokens/s.
LIMITS_MS = {80: 150.0, 160: 300.0}
_OPENING_AT_ONCE = 4
_WARM_UP_TOKENS = 200
# The chats begin spread over this time, so that their tokens do not come in step.
_SPREAD_SECONDS = 2.0
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """Last tokens' lateness (ms), all chats; CPU of the three processes in cores; the client loop's lag (ms)."""

    late: list[float]
    server: float
    gateway: float
    client: float
    lag: float


async def open_tabs(
    page: Page, app: AppProcess, chats: int, stack: AsyncExitStack
) -> list[tuple[BrowserSession, Widget]]:
    """So many tabs at the page, each with its chat input; they close with `stack`."""
    gate = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def one() -> tuple[BrowserSession, Widget]:
        async with gate:
            tab = await stack.enter_async_context(page.tab(app))
            return tab, await page.open(tab)

    return await asyncio.gather(*(one() for _ in range(chats)))


async def _load(page: Page, gateway: GatewayProcess, chats: int, rate: float, tokens: int) -> Load:
    scripts = [Script(tokens=tokens, rate=rate, nonce=nonce()) for _ in range(chats)]
    with page.serve(gateway) as app:
        await one_answer(page, app, gateway, _WARM_UP_TOKENS)
        async with AsyncExitStack() as stack:
            tabs = await open_tabs(page, app, chats, stack)

            async def chat(index: int) -> int:
                tab, chat_input = tabs[index]
                await asyncio.sleep(index / chats * _SPREAD_SECONDS)
                tab.keep_tree = False
                tab.look_for(scripts[index].marker)
                await tab.submit_chat(scripts[index].prompt(), chat_input)
                return await tab.wait_seen(scripts[index].marker, tokens / rate + _PATIENCE_SECONDS)

            async with LoopLag() as lag:
                begun = time.perf_counter()
                before = cpu_seconds(app.pid), cpu_seconds(gateway.pid), time.process_time()
                seen = await asyncio.gather(*(chat(index) for index in range(chats)))
                after = cpu_seconds(app.pid), cpu_seconds(gateway.pid), time.process_time()
                took = time.perf_counter() - begun
    entries = gateway.entries()
    late = [(at - (entries[script.nonce].last or 0)) / 1e6 for at, script in zip(seen, scripts, strict=True)]
    server, gate, client = ((b - a) / took for a, b in zip(before, after, strict=True))
    return Load(late, server, gate, client, quantile(lag.samples, 0.95))


def many(chats: int, rate: float, tokens: int, pages: tuple[Page, ...] = (APP, NAIVE)) -> bool:
    """Measure and print; True when the app holds the limit for this number of chats, or there is none."""
    with GatewayProcess() as gateway:
        loads = [asyncio.run(_load(page, gateway, chats, rate, tokens)) for page in pages]
    lateness = (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    rows = [(f"last token late, {label}, ms", [quantile(load.late, q) for load in loads]) for label, q in lateness]
    rows.append(("server CPU, cores", [load.server for load in loads]))
    cells = [[label, *map(number, values), *ratio(values)] for label, values in rows]
    others = (("gateway CPU, cores", "gateway"), ("client CPU, cores", "client"), ("client lag p95, ms", "lag"))
    names = [page.name for page in pages]
    blank = [""] * len(ratio_header(names))
    cells += [[label, *(number(getattr(load, field)) for load in loads), *blank] for label, field in others]
    table(f"{chats} chats of {tokens} tokens at {rate:g} tokens/s", ["", *names, *ratio_header(names)], cells)
    limit = LIMITS_MS.get(chats)
    if limit is None or rate > 20:
        say("no limit is stated for this load")
        return True
    held = {page.name: quantile(load.late, 0.95) <= limit for page, load in zip(pages, loads, strict=True)}
    say(f"limit p95 <= {limit:g} ms: " + ", ".join(f"{name} {'held' if ok else 'MISSED'}" for name, ok in held.items()))
    return held.get("app", True)
