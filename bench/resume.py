"""A workbench of 50 turns in each of 4 lanes: how soon it is there again after a restart, and what storing it costs.

    uv run python -m bench.resume [--turns 50] [--repeats 3]

A time is from the message that asks for the page until the message that its script ended, in an app that was started
anew for each; the baseline is an empty workbench in the same app. Storing is what the script itself does for it, and
what the recorder's thread does later. Ends with status 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.gateway_process import GatewayProcess
from bench.measures import nonce, number, say, say_limit, table
from bench.pages import APP
from bench.script_text import Script
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession

_LANES = ("glm-5.1", "glm-5", "glm-4.7", "glm-4.6")
_RESUME_MS, _STORE_MS = 1000.0, 5.0
_PATIENCE_SECONDS = 60.0
_DATA_FOLDER = "GLM_PLAYGROUND_DATA_FOLDER"


@dataclass(frozen=True, slots=True)
class Opened:
    """How long pages took, ms."""

    whole: float
    empty: float


def _serve(gateway: GatewayProcess, folder: str) -> AppProcess:
    app = APP.serve(gateway)
    app.env[_DATA_FOLDER] = folder
    return app


async def _fill(app: AppProcess, turns: int) -> dict[str, str]:
    """Asks all lanes so often; the cookies of the browser that did."""
    query = "&".join(f"lane={model}" for model in _LANES)
    async with BrowserSession(app.base_url, APP.path, query_string=query) as tab:
        chat = await APP.open(tab)
        tab.keep_tree = False
        for _ in range(turns):
            await tab.submit_chat(Script(40, nonce=nonce()).prompt(), chat)
            await tab.wait_finished(_PATIENCE_SECONDS)
        return tab.cookies


async def _open(app: AppProcess, cookies: dict[str, str] | None) -> tuple[float, int]:
    async with BrowserSession(app.base_url, APP.path, cookies=cookies) as tab:
        start = time.perf_counter()
        await tab.run(_PATIENCE_SECONDS)
        took = (time.perf_counter() - start) * 1e3
        assert not tab.exceptions(), tab.exceptions()
        return took, tab.text.count("@script") + tab.text.count("tokens/s")


async def _resume(app: AppProcess, cookies: dict[str, str]) -> Opened:
    await _open(app, None)  # the first page of a process imports
    empty = median([(await _open(app, None))[0] for _ in range(3)])
    whole, seen = await _open(app, cookies)
    assert seen, "the workbench is not there"
    return Opened(whole, empty)


def _stored(folder: str) -> list[tuple[float, float]]:
    """What handing a changed workbench over takes the script, and writing it the recorder's thread; ms."""
    os.environ[_DATA_FOLDER] = folder
    from glm_playground.service import storage, workbenches  # noqa: PLC0415 - reads the settings above

    [database] = Path(folder).glob("*.sqlite*")
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT owner, id FROM workbenches ORDER BY length(body) DESC LIMIT 1").fetchall()
    [(owner, bench_id)] = rows
    opened = workbenches.open_one(owner, bench_id)
    assert opened
    times = []
    for _ in range(20):
        opened.bench.changes += 1
        start = time.perf_counter()
        workbenches.save(opened)
        handed = time.perf_counter()
        storage.catch_up()
        times.append(((handed - start) * 1e3, (time.perf_counter() - start) * 1e3))
    storage.close()
    return times


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.resume", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, GatewayProcess() as gateway:
        with _serve(gateway, folder) as app:
            cookies = asyncio.run(_fill(app, given.turns))
        found = []
        for _ in range(given.repeats):
            with _serve(gateway, folder) as app:
                found.append(asyncio.run(_resume(app, cookies)))
        stored = _stored(folder)
    whole, empty = median(one.whole for one in found), median(one.empty for one in found)
    handed, written = median(one for one, _ in stored), median(one for _, one in stored)
    rows = [
        ["page, empty workbench, ms", number(empty)],
        [f"page, {given.turns} turns x {len(_LANES)} lanes, ms", number(whole)],
        ["storing: the script, ms", number(handed)],
        ["storing: until it is written, ms", number(written)],
    ]
    table("a workbench after a restart", ["", "median"], rows)
    say(f"{number(whole / empty)} times an empty one")
    held = [
        say_limit("resume, ms", whole, _RESUME_MS),
        say_limit("storing, the script's time, ms", handed, _STORE_MS),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
