"""One chat, its tokens as fast as they come: how late the last one is, how much is sent and what it costs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import median

from bench.gateway_process import GatewayProcess
from bench.measures import cpu_seconds, nonce, number, table
from bench.pages import APP, NAIVE, Page
from bench.script_text import Script
from tests.live.app_process import AppProcess

_ANSWER_SECONDS = 600.0
# Up to here the baseline takes part; its cost grows with the square of the length.
_BASELINE_TOKENS = 8000
_REFERENCE_TOKENS = 4000
_WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """One answer: lateness of its last token (ms), websocket bytes a byte of answer, server CPU a token (us)."""

    late: float
    inflation: float
    cpu: float


_ROWS = (
    ("last token late, ms", "late"),
    ("websocket bytes / answer bytes", "inflation"),
    ("server CPU, us a token", "cpu"),
)


async def one_answer(page: Page, app: AppProcess, gateway: GatewayProcess, tokens: int) -> Figures:
    """Ask for one answer in a new tab and measure from submit to the end of the script run."""
    script = Script(tokens=tokens, nonce=nonce())
    async with page.tab(app) as tab:
        chat = await page.open(tab)
        tab.keep_tree = False
        tab.look_for(script.marker)
        bytes_before, cpu_before = tab.bytes_received, cpu_seconds(app.pid)
        await tab.submit_chat(script.prompt(), chat)
        seen = await tab.wait_seen(script.marker, _ANSWER_SECONDS)
        await tab.wait_finished(_ANSWER_SECONDS)
        spent = cpu_seconds(app.pid) - cpu_before
        received = tab.bytes_received - bytes_before
    entry = gateway.entries()[script.nonce]
    assert entry.last is not None
    return Figures((seen - entry.last) / 1e6, received / entry.answer_bytes, spent / tokens * 1e6)


async def _repeat(page: Page, gateway: GatewayProcess, lengths: list[int], repeats: int) -> dict[int, list[Figures]]:
    with page.serve(gateway) as app:
        await one_answer(page, app, gateway, _WARM_UP)
        return {n: [await one_answer(page, app, gateway, n) for _ in range(repeats)] for n in lengths}


def stream(tokens: int, repeats: int, app_page: Page = APP, baseline: bool = True) -> bool:
    """Measure and print; there is no limit to hold."""
    lengths = sorted({min(tokens, _REFERENCE_TOKENS), tokens})
    with GatewayProcess() as gateway:
        mine = asyncio.run(_repeat(app_page, gateway, lengths, repeats))
        common = [n for n in lengths if n <= _BASELINE_TOKENS] if baseline else []
        naive = asyncio.run(_repeat(NAIVE, gateway, common, repeats)) if common else {}
    for n in lengths:
        _print(n, repeats, mine[n], naive.get(n))
    if len(lengths) == 2:
        short, long = (median(figures.cpu for figures in mine[n]) for n in lengths)
        table(
            "linearity: server CPU a token, us",
            [f"{n:,} tokens" for n in lengths] + ["ratio"],
            [[number(short), number(long), number(long / short)]],
        )
    return True


def _print(tokens: int, repeats: int, mine: list[Figures], naive: list[Figures] | None) -> None:
    rows = []
    for label, field in _ROWS:
        columns = [[getattr(figures, field) for figures in runs] for runs in (mine, naive) if runs]
        cells = [f"{number(median(c))} ({number(min(c))}..{number(max(c))})" for c in columns]
        ratio = number(median(columns[0]) / median(columns[1])) if len(columns) == 2 else "-"
        rows.append([label, *cells, *([] if naive else ["-"]), ratio])
    title = f"one chat, {tokens:,} tokens as fast as they come; median (min..max) of {repeats}"
    table(title, ["", "app", "naive", "app : naive"], rows)
