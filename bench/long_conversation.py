"""A conversation of 400 messages in one lane: how long a rerun of the page takes, and how much it sends.

    uv run python -m bench.long_conversation [--turns 200] [--tokens 40] [--repeats 20]

Also measured, without a limit: the same after ten turns, and with every turn shown, as the button over the turns does
step by step. A time is from the message that asks for the run until the message that it ended. Ends with status 1 when
a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass
from statistics import median

from bench.gateway_process import GatewayProcess
from bench.measures import nonce, number, say, table
from bench.pages import APP
from bench.script_text import Script
from tests.live.browser_session import BrowserSession

_RERUN_MS, _RERUN_BYTES = 150.0, 300_000
_FIRST_TURNS = 10
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Reruns:
    """Reruns of one page: their times (ms) and what each sent over the websocket (bytes)."""

    label: str
    times: list[float]
    sizes: list[int]


async def _reruns(tab: BrowserSession, label: str, repeats: int) -> Reruns:
    tab.keep_tree = False
    times, sizes = [], []
    for _ in range(repeats + 1):
        start, before = time.perf_counter(), tab.bytes_received
        await tab.run(_PATIENCE_SECONDS)
        times.append((time.perf_counter() - start) * 1e3)
        sizes.append(tab.bytes_received - before)
    tab.keep_tree = True
    await tab.run(_PATIENCE_SECONDS)
    assert not tab.exceptions(), tab.exceptions()
    # The first one is no repeat.
    return Reruns(label, times[1:], sizes[1:])


async def _ask(tab: BrowserSession, turns: int, tokens: int) -> None:
    chat = tab.find_widget("chat_input", APP.chat)
    tab.keep_tree = False
    for _ in range(turns):
        await tab.submit_chat(Script(tokens, nonce=nonce()).prompt(), chat)
        await tab.wait_finished(_PATIENCE_SECONDS)


async def _conversation(base_url: str, turns: int, tokens: int, repeats: int) -> list[Reruns]:
    async with BrowserSession(base_url, APP.path) as tab:
        await APP.open(tab)
        await _ask(tab, _FIRST_TURNS, tokens)
        found = [await _reruns(tab, f"{2 * _FIRST_TURNS} messages", repeats)]
        await _ask(tab, turns - _FIRST_TURNS, tokens)
        found.append(await _reruns(tab, f"{2 * turns} messages", repeats))
        while earlier := [widget for widget in tab.widgets("button") if (widget.key or "").startswith("show_earlier")]:
            await tab.click(earlier[0])
            await tab.wait_finished(_PATIENCE_SECONDS)
        found.append(await _reruns(tab, f"{2 * turns} messages, all shown", repeats // 2))
        return found


def _print(found: list[Reruns], turns: int) -> bool:
    rows = [
        [one.label, number(median(one.times)), number(max(one.times)), f"{median(one.sizes):,.0f}"] for one in found
    ]
    table("a rerun of the playground", ["", "ms: median", "max", "websocket bytes"], rows)
    _, long, _ = found
    time_held = median(long.times) <= _RERUN_MS
    size_held = median(long.sizes) <= _RERUN_BYTES
    limits = ((f"{_RERUN_MS:g} ms", time_held), (f"{_RERUN_BYTES:,} bytes", size_held))
    said = ", ".join(f"{limit} {'held' if ok else 'MISSED'}" for limit, ok in limits)
    say(f"{2 * turns} messages, limits: {said}")
    return time_held and size_held


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.long_conversation", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=40, help="of each answer")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    with GatewayProcess() as gateway, APP.serve(gateway) as app:
        found = asyncio.run(_conversation(app.base_url, given.turns, given.tokens, given.repeats))
    return 0 if _print(found, given.turns) else 1


if __name__ == "__main__":
    sys.exit(main())
