"""Many press Enter at the same moment: how late their first and last tokens are, and what a chat takes of memory."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bench.gateway_process import GatewayProcess
from bench.many_chats import open_tabs
from bench.measures import (
    LoopLag,
    cpu_seconds,
    nonce,
    number,
    quantile,
    ratio,
    ratio_header,
    resident_mb,
    say,
    say_limit,
    table,
)
from bench.one_chat import one_answer
from bench.pages import APP, BARE, Page
from bench.script_text import Script

# By the number of chats: the lateness (ms) that 95 of 100 first tokens must keep to, and 95 of 100 last ones.
_FIRST_MS = {160: 700.0, 300: 1500.0}
_LAST_MS = {160: 300.0, 300: 300.0}
_MEGABYTES_A_CHAT = 0.4
_RATE, _TOKENS = 20.0, 200
_PATIENCE_SECONDS = 120.0
_TIMES = {"after_enter": "first token after Enter", "first": "first token late", "last": "last token late"}
# Every answer begins with it; no page shows it before.
_FIRST_TOKEN = "## S"


@dataclass(frozen=True, slots=True)
class Figures:
    """First tokens after Enter, first and last ones after the gateway's (ms); memory a chat (MB); CPU; client lag (ms).

    Who sends late draws soon after the gateway: hence the time after Enter.
    """

    after_enter: list[float]
    first: list[float]
    last: list[float]
    megabytes: float
    server: float
    lag: float


async def _press_enter(page: Page, gateway: GatewayProcess, chats: int) -> Figures:
    scripts = [Script(_TOKENS, _RATE, nonce=nonce()) for _ in range(chats)]
    with page.serve(gateway) as app:
        await one_answer(page, app, gateway, _TOKENS)
        empty = resident_mb(app.pid)
        async with AsyncExitStack() as stack:
            tabs = await open_tabs(page, app, chats, stack)
            for (tab, _), script in zip(tabs, scripts, strict=True):
                tab.keep_tree = False
                tab.look_for(_FIRST_TOKEN)
                tab.look_for(script.marker)
            async with LoopLag() as lag:
                begun, before = time.perf_counter_ns(), cpu_seconds(app.pid)
                await asyncio.gather(
                    *(tab.submit_chat(script.prompt(), chat) for (tab, chat), script in zip(tabs, scripts, strict=True))
                )
                last = await asyncio.gather(
                    *(
                        tab.wait_seen(script.marker, _PATIENCE_SECONDS)
                        for (tab, _), script in zip(tabs, scripts, strict=True)
                    )
                )
                server = (cpu_seconds(app.pid) - before) / (time.perf_counter_ns() - begun) * 1e9
            await asyncio.gather(*(tab.wait_finished(_PATIENCE_SECONDS) for tab, _ in tabs))
            megabytes = (resident_mb(app.pid) - empty) / chats
            first = [tab.seen_at(_FIRST_TOKEN) or 0 for tab, _ in tabs]
    entries = [gateway.entries()[script.nonce] for script in scripts]
    return Figures(
        [(seen - begun) / 1e6 for seen in first],
        [(seen - (entry.first or 0)) / 1e6 for seen, entry in zip(first, entries, strict=True)],
        [(seen - (entry.last or 0)) / 1e6 for seen, entry in zip(last, entries, strict=True)],
        megabytes,
        server,
        quantile(lag.samples, 0.95),
    )


def enter(chats: int, pages: tuple[Page, ...] = (APP, BARE)) -> bool:
    """Measure and print; True when the app holds the limits for this number of chats."""
    with GatewayProcess() as gateway:
        found = [asyncio.run(_press_enter(page, gateway, chats)) for page in pages]
    quantiles = (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    rows = [
        (f"{what}, {label}, ms", [quantile(getattr(one, field), share) for one in found])
        for field, what in _TIMES.items()
        for label, share in quantiles
    ]
    others = (("server memory a chat, MB", "megabytes"), ("server CPU, cores", "server"), ("client lag p95, ms", "lag"))
    rows += [(label, [getattr(one, field) for one in found]) for label, field in others]
    names = [page.name for page in pages]
    cells = [[label, *map(number, values), *ratio(values)] for label, values in rows]
    title = f"{chats} press Enter at once: {_TOKENS} tokens at {_RATE:g} tokens/s; late after the gateway's own"
    table(title, ["", *names, *ratio_header(names)], cells)
    app = next((one for page, one in zip(pages, found, strict=True) if page.name == APP.name), None)
    if app is None or chats not in _FIRST_MS:
        say("no limit is stated for this load")
        return True
    held = [
        say_limit("first token late, p95, ms", quantile(app.first, 0.95), _FIRST_MS[chats]),
        say_limit("last token late, p95, ms", quantile(app.last, 0.95), _LAST_MS[chats]),
        say_limit("server memory a chat, MB", app.megabytes, _MEGABYTES_A_CHAT),
    ]
    return all(held)
