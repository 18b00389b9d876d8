"""What one hostile visitor costs the others, beside the same load without one.

    python -m bench.hostile [--only NAME]

Some visitors read slow answers while one does its worst again and again. Measured: how long `/_stcore/health` takes,
how late the others' last tokens are after the gateway's own, and the memory of the server's process.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

import httpx

from bench.attacks import Attack, attacks
from bench.gateway_process import GatewayProcess
from bench.many_chats import open_tabs
from bench.measures import nonce, number, quantile, resident_mb, say, say_limit, table
from bench.one_chat import one_answer
from bench.pages import APP
from bench.script_text import Script
from tests.live.app_process import AppProcess

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
    served = APP.serve(gateway)
    served.env["GLM_PLAYGROUND_CALLBACK_SECRET"] = base64.b64encode(b"bench").decode()
    with served as app:
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
    acts = attacks()
    parser.add_argument("--only", choices=acts, help="one of the attacks")
    given = parser.parse_args()
    chosen = {name: act for name, act in acts.items() if given.only in {None, name}}
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
