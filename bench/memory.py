"""What the app keeps of chats that are over: its memory before, at most meanwhile, and when the sessions are gone.

    python -m bench.memory                          20 chats at a time for 13 minutes: takes 16 minutes, for a night
    python -m bench.memory --chats 5 --seconds 60   a short look
    python -m bench.memory --only collection        how long a garbage collection stops the app; a minute

Each chat is a tab of a browser of its own that asks once, waits for the whole answer and closes. Streamlit keeps a
closed session for two minutes, in case its tab comes back.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from bench.collection import collection
from bench.gateway_process import GatewayProcess
from bench.measures import nonce, resident_mb, say, say_limit
from bench.one_chat import one_answer
from bench.pages import APP
from bench.script_text import Script
from tests.live.app_process import AppProcess

_LIMIT_MB = 250.0
_GONE_SECONDS = 140.0
_PATIENCE_SECONDS = 120.0
_SAMPLE_SECONDS = 2.0


async def _chats(app: AppProcess, until: float, tokens: int) -> int:
    """One chat after the other; how many there were."""
    count = 0
    while time.monotonic() < until:
        script = Script(tokens=tokens, rate=100, nonce=nonce())
        async with APP.tab(app) as tab:
            chat = await APP.open(tab)
            tab.look_for(script.marker)
            await tab.submit_chat(script.prompt(), chat)
            await tab.wait_seen(script.marker, _PATIENCE_SECONDS)
        count += 1
    return count


async def _sample(pid: int, most: list[float]) -> None:
    while True:
        most.append(resident_mb(pid))
        await asyncio.sleep(_SAMPLE_SECONDS)


async def _measure(gateway: GatewayProcess, chats: int, seconds: float, tokens: int) -> bool:
    with APP.serve(gateway) as app:
        await one_answer(APP, app, gateway, tokens)
        before, meanwhile = resident_mb(app.pid), [0.0]
        sampler = asyncio.create_task(_sample(app.pid, meanwhile))
        until = time.monotonic() + seconds
        counts = await asyncio.gather(*(_chats(app, until, tokens) for _chat in range(chats)))
        await asyncio.sleep(_GONE_SECONDS)
        sampler.cancel()
        say(f"{sum(counts):,} chats of {tokens} tokens in {seconds:g} s, {chats} at a time")
        say(f"memory: {before:.0f} MB before, {max(meanwhile):.0f} MB at most")
        return say_limit(f"memory {_GONE_SECONDS:g} s after the last tab closed, MB", resident_mb(app.pid), _LIMIT_MB)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--chats", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=780)
    parser.add_argument("--tokens", type=int, default=400)
    parser.add_argument("--sessions", type=int, default=160, help="that a collection walks")
    parser.add_argument("--only", choices=("chats", "collection"), help="measure one of both")
    given = parser.parse_args()
    held = True
    with GatewayProcess() as gateway:
        if given.only != "chats":
            held &= asyncio.run(collection(gateway, given.sessions))
        if given.only != "collection":
            held &= asyncio.run(_measure(gateway, given.chats, given.seconds, given.tokens))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
