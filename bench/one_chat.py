"""One chat, its tokens as fast as they come: how late the last one is, how much is sent and what it costs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import mean, median

from bench.gateway_process import GatewayProcess
from bench.measures import cpu_seconds, nonce, number, ratio, ratio_header, say_limit, table
from bench.pages import APP, NAIVE, Page
from bench.script_text import Script
from tests.live.app_process import AppProcess

_ANSWER_SECONDS = 600.0
# Up to here the baseline takes part; its cost grows with the square of the length.
_BASELINE_TOKENS = 8000
_REFERENCE_TOKENS = 4000
_WARM_UP = 200
_LATE_MS = 500.0
_LATE_SHARE = 1 / 8
_INFLATION = 3.0
# No higher; what is above 1 allows for the noise of two measurements.
_LINEAR = 1.1


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


def stream(tokens: int, repeats: int, pages: tuple[Page, ...] = (APP, NAIVE)) -> bool:
    """Measure and print; True when the app holds the limits."""
    lengths = sorted({min(tokens, _REFERENCE_TOKENS), tokens})
    runs: dict[str, dict[int, list[Figures]]] = {}
    with GatewayProcess() as gateway:
        for page in pages:
            bearable = [n for n in lengths if page.script != NAIVE.script or n <= _BASELINE_TOKENS]
            runs[page.name] = asyncio.run(_repeat(page, gateway, bearable, repeats))
    for n in lengths:
        title = f"one chat, {n:,} tokens as fast as they come; median (min..max) of {repeats}"
        _print(title, {name: figures[n] for name, figures in runs.items() if n in figures})
    held = True
    for name, figures in runs.items():
        if len(figures) == 2:
            # The mean, since the clock of CPU time goes in steps of 10 ms.
            short, long = (mean(one.cpu for one in figures[n]) for n in lengths)
            header = ["", *(f"{n:,} tokens" for n in lengths), "ratio"]
            row = ["server CPU, us a token", number(short), number(long), number(long / short)]
            table(f"linearity of the {name}", header, [row])
            held = say_limit(f"{name}: CPU a token, long / short", long / short, _LINEAR) and held
    if app := runs.get(APP.name):
        held = _app_holds(app, runs.get(NAIVE.name, {})) and held
    return held


def _app_holds(app: dict[int, list[Figures]], naive: dict[int, list[Figures]]) -> bool:
    held = True
    for n, figures in app.items():
        inflation = median(one.inflation for one in figures)
        held = say_limit(f"{n:,} tokens: bytes / answer", inflation, _INFLATION) and held
        if n != _REFERENCE_TOKENS:
            continue
        late = median(one.late for one in figures)
        held = say_limit(f"{n:,} tokens: last token late, ms", late, _LATE_MS) and held
        if n in naive:
            share = late / median(one.late for one in naive[n])
            held = say_limit(f"{n:,} tokens: late, app / naive", share, _LATE_SHARE) and held
    return held


def _print(title: str, runs: dict[str, list[Figures]]) -> None:
    rows = []
    for label, field in _ROWS:
        columns = [[getattr(one, field) for one in figures] for figures in runs.values()]
        cells = [f"{number(median(c))} ({number(min(c))}..{number(max(c))})" for c in columns]
        rows.append([label, *cells, *ratio([median(column) for column in columns])])
    table(title, ["", *runs, *ratio_header(list(runs))], rows)
