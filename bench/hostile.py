"""What one hostile visitor costs the others, beside the same load without one.

    python -m bench.hostile [--only NAME]

Some visitors read slow answers while one does its worst again and again. Measured: how long `/_stcore/health` takes,
how late the others' last tokens are after the gateway's own, and the memory of the server's process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import string
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from bench.gateway_process import GatewayProcess
from bench.many_chats import open_tabs
from bench.measures import nonce, number, quantile, resident_mb, say, say_limit, table
from bench.one_chat import one_answer
from bench.pages import APP
from bench.script_text import Script
from glm_playground.bundles.bundle import Bundle, RecordedRun, write_bundle
from glm_playground.gateway import ChatRequest, Event, EventKind, Message
from glm_playground.runs.run import Outcome, Run, Server
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession

_HEALTH_MS, _LATE_MS, _MORE_MB = 250.0, 500.0, 300.0
_READERS, _RATE, _TOKENS = 4, 20.0, 400
_PATIENCE_SECONDS = 120.0
_PROBE_SECONDS = 0.02
_SHOWN_FOR_SECONDS = 0.5
_PATTERN = "(((a{0,30}){0,30}){0,30}){0,3}z"


@dataclass(slots=True)
class Load:
    """Times of the health check and lateness of the others' last tokens (ms), the most memory (MB), acts done."""

    health: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    acts: int = 0


Attack = Callable[[AppProcess], Awaitable[None]]
"""One act of the hostile visitor."""


def _bundle(answer: str, lanes: int = 1, **request: object) -> bytes:
    runs = tuple(
        RecordedRun(
            Run(
                uuid.uuid4().hex,
                ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hello"),), **request),  # type: ignore[arg-type]
                Server("RunAPI", "https://runapi.ai"),
                datetime.now(UTC),
                events=[Event(1_000_000, EventKind.CONTENT, answer)],
                outcome=Outcome.COMPLETED,
                ended_ns=2_000_000,
            ),
            lane=lane,
        )
        for lane in range(lanes)
    )
    return write_bundle(Bundle("hostile", datetime.now(UTC), runs))


async def _upload(tab: BrowserSession, data: bytes) -> None:
    """Choose a file in the tab's only place for one."""
    widget = await tab.wait_for_widget("file_uploader", "bundle_file", _PATIENCE_SECONDS)
    file_id = uuid.uuid4().hex
    path = f"/_stcore/upload_file/{tab.session_id}/{file_id}"
    async with httpx.AsyncClient(base_url=tab.base_url, cookies=tab.cookies, trust_env=False) as client:
        await client.get("/_stcore/host-config")
        headers = {"X-Xsrftoken": client.cookies.get("_streamlit_xsrf") or ""}
        sent = await client.put(path, files={"file": ("a.glmrun", data)}, headers=headers, timeout=_PATIENCE_SECONDS)
        sent.raise_for_status()
    urls = {"file_id": file_id, "upload_url": path, "delete_url": path}
    await tab.set_value(widget, {"file_id": file_id, "name": "a.glmrun", "size": len(data), "file_urls": urls})
    await tab.wait_finished(_PATIENCE_SECONDS)


def _opens(data: bytes, *, tabs: int = 1, show: bool = False) -> Attack:
    """Opens a bundle in so many tabs; with `show`, "Open as it was"."""

    async def one(app: AppProcess) -> None:
        async with BrowserSession(app.base_url, path="/history", language="en-US") as tab:
            await tab.run(_PATIENCE_SECONDS)
            views = await tab.wait_for_widget("tab_container", "history_view", _PATIENCE_SECONDS)
            await tab.set_value(views, "Open a bundle")
            await tab.wait_finished(_PATIENCE_SECONDS)
            await _upload(tab, data)
            if show:
                await tab.click(await tab.wait_for_widget("button", "bundle_show", _PATIENCE_SECONDS))
                await tab.wait_finished(_PATIENCE_SECONDS)
            await asyncio.sleep(_SHOWN_FOR_SECONDS)

    async def act(app: AppProcess) -> None:
        await asyncio.gather(*(one(app) for _tab in range(tabs)))

    return act


async def _long_prompt(app: AppProcess) -> None:
    """Sends 2 MB of `![`, and clicks a few times."""
    async with APP.tab(app) as tab:
        await tab.submit_chat("![" * 1_000_000, await APP.open(tab))
        for _click in range(3):
            await tab.run(_PATIENCE_SECONDS)


def _attacks() -> dict[str, Attack]:
    # As tightly packed as a bundle may be, and four bytes a character once read.
    letters = random.Random(1).choices(string.ascii_letters, k=270_000)
    large = "\U0001f600" + "".join(letters[:250_000]) + "".join(letters[250_000:]) * 250
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string", "pattern": _PATTERN}}}
    return {
        "a pattern in a bundle": _opens(_bundle(json.dumps("a" * 9_998), response_format=schema), show=True),
        "a large bundle, three tabs": _opens(_bundle(large, lanes=3), tabs=3),
        "1 MB of signs as an answer": _opens(_bundle("![" * 500_000), show=True),
        "2 MB of signs as a prompt": _long_prompt,
    }


async def _probe(app: AppProcess, load: Load) -> None:
    async with httpx.AsyncClient(base_url=app.base_url, trust_env=False, timeout=_PATIENCE_SECONDS) as client:
        while True:
            begun = time.perf_counter()
            await client.get("/_stcore/health")
            load.health.append((time.perf_counter() - begun) * 1e3)
            load.memory.append(resident_mb(app.pid))
            await asyncio.sleep(_PROBE_SECONDS)


async def _attack(app: AppProcess, attack: Attack, load: Load) -> None:
    while True:
        await attack(app)
        load.acts += 1


async def _measure(gateway: GatewayProcess, attack: Attack | None) -> Load:
    load = Load()
    scripts = [Script(_TOKENS, _RATE, nonce=nonce()) for _reader in range(_READERS)]
    with APP.serve(gateway) as app:
        await one_answer(APP, app, gateway, 50)
        async with AsyncExitStack() as stack:
            tabs = await open_tabs(APP, app, _READERS, stack)
            beside = [asyncio.create_task(_probe(app, load))]
            if attack:
                beside.append(asyncio.create_task(_attack(app, attack, load)))
            for (tab, chat), script in zip(tabs, scripts, strict=True):
                tab.keep_tree = False
                tab.look_for(script.marker)
                await tab.submit_chat(script.prompt(), chat)
            reading = [
                asyncio.create_task(tab.wait_seen(script.marker, _PATIENCE_SECONDS))
                for (tab, _chat), script in zip(tabs, scripts, strict=True)
            ]
            # An attack that fails ends the measurement, rather than measure nothing.
            await asyncio.wait({*beside, asyncio.gather(*reading)}, return_when=asyncio.FIRST_COMPLETED)
            for task in beside:
                if task.done():
                    task.result()
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            seen = [await one for one in reading]
    entries = gateway.entries()
    load.late = [(at - (entries[one.nonce].last or 0)) / 1e6 for at, one in zip(seen, scripts, strict=True)]
    return load


def _held(name: str, load: Load, quiet: Load) -> bool:
    say(f"\n{name}: {load.acts} times meanwhile")
    held = [
        say_limit("health p99, ms", quantile(load.health, 0.99), _HEALTH_MS),
        say_limit("last token of others late, longest, ms", max(load.late), _LATE_MS),
        say_limit("memory above the quiet run, MB", max(load.memory) - max(quiet.memory), _MORE_MB),
    ]
    return all(held)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=(__doc__ or "").splitlines()[0])
    attacks = _attacks()
    parser.add_argument("--only", choices=attacks, help="one of the attacks")
    given = parser.parse_args()
    chosen = {name: act for name, act in attacks.items() if given.only in {None, name}}
    with GatewayProcess() as gateway:
        quiet = asyncio.run(_measure(gateway, None))
        loads = {name: asyncio.run(_measure(gateway, act)) for name, act in chosen.items()}
    rows = [
        [name, *map(number, (quantile(load.health, 0.99), max(load.health), max(load.late), max(load.memory)))]
        for name, load in {"quiet": quiet, **loads}.items()
    ]
    table(f"{_READERS} others at {_RATE:g} tokens/s", ["", "health p99, ms", "longest", "late, ms", "MB"], rows)
    held = [_held(name, load, quiet) for name, load in loads.items()]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
