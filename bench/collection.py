"""How long one full garbage collection stops the app: with the pages of many sessions open, beside an empty one.

The app collects where no answer is being written, and at last where there always is one (`ui/server/lifespan.py`): then
every stream stands still for so long.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx

from bench.gateway_process import GatewayProcess
from bench.many_chats import open_tabs
from bench.measures import nonce, number, quantile, say, say_limit
from bench.one_chat import one_answer
from bench.pages import APP
from bench.script_text import Script
from tests.live.app_process import AppProcess

_PAGE = replace(APP, script=Path(__file__).with_name("collecting_app.py"))
_LIMIT_MS = 250.0
_TIMES = 5
_TOKENS = 200
_PATIENCE_SECONDS = 120.0


def _pauses(app: AppProcess) -> list[float]:
    """How long each of several collections took, ms; what others left is collected before."""
    asked = [httpx.get(f"{app.base_url}/collect", trust_env=False, timeout=60).json() for _ in range(_TIMES + 1)]
    return [float(pause) for pause in asked[1:]]


async def collection(gateway: GatewayProcess, sessions: int) -> bool:
    """Prints the pauses with `sessions` open that have an answer each; whether the longest keeps to its limit."""
    with _PAGE.serve(gateway) as app:
        await one_answer(_PAGE, app, gateway, _TOKENS)
        empty = await asyncio.to_thread(_pauses, app)
        async with AsyncExitStack() as stack:
            tabs = await open_tabs(_PAGE, app, sessions, stack)
            for tab, chat in tabs:
                script = Script(_TOKENS, rate=0, nonce=nonce())
                tab.keep_tree = False
                tab.look_for(script.marker)
                await tab.submit_chat(script.prompt(), chat)
                await tab.wait_seen(script.marker, _PATIENCE_SECONDS)
            await asyncio.gather(*(tab.wait_finished(_PATIENCE_SECONDS) for tab, _ in tabs))
            full = await asyncio.to_thread(_pauses, app)
    middle, none = quantile(full, 0.5), quantile(empty, 0.5)
    each = number((middle - none) / sessions)
    say(f"a collection: {number(middle)} ms with {sessions} sessions, {number(none)} ms without; {each} ms a session")
    return say_limit(f"longest of {_TIMES} collections with {sessions} sessions, ms", max(full), _LIMIT_MS)
