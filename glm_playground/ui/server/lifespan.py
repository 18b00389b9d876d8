"""The server's start and end."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit import config
from streamlit.web.server.server_util import get_display_address, get_url

from glm_playground import logs
from glm_playground.catalog import load_catalog
from glm_playground.chat.pdf import pdf_processes
from glm_playground.chat.schema_pool import checks
from glm_playground.confinement import permission
from glm_playground.evals import background
from glm_playground.gateway.configured import configured_gateways
from glm_playground.ledger.database import Database
from glm_playground.service import runtime, storage
from glm_playground.settings import settings
from glm_playground.ui.server.closed_sessions import gone, reap_closed_sessions
from glm_playground.ui.server.drain import drain_on_terminate
from glm_playground.ui.server.memory import keep_memory_small, return_free_memory
from glm_playground.ui.server.open_files import allow_many_files
from glm_playground.ui.server.operator import why_no_code
from glm_playground.ui.server.request_heads import bound_request_heads
from glm_playground.ui.server.scheduler import reading, released

_SWITCH_INTERVAL_S = 0.001
_FULL_COLLECTION_AFTER = 10
"""So many collections of the middle generation, as Python has it, where no answer is being written."""
_FULL_COLLECTION_AT_LAST = 500
_MANY_SESSIONS = 100
"""So many that are gone leave 3 MB; a collection is then worth the pause, also where answers are being written."""
_LOOKS_UP_EVERY_S = 2.0
_REAPS_EVERY_S = 10.0
_TIDY_EVERY_S = 3600.0


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Starts what the first page would otherwise wait for, and ends it with the server."""
    allow_many_files()
    keep_memory_small()
    configured = settings()
    gateways = configured_gateways(configured)
    secrets = [secret.get_secret_value() for one in (gateways.all if gateways else ()) for secret in one.secrets]
    logs.configure(configured.log_format, configured.log_level, [*configured.secrets, *secrets])
    bound_request_heads()
    drain_on_terminate(configured.drain_seconds)
    permission.refused = why_no_code()
    load_catalog()
    runtime.engine()
    # A script that waits for the check of a schema holds up no other one.
    checks.while_waiting = released
    # Nor does one that waits for the database.
    Database.while_waiting = staticmethod(reading)
    starting = asyncio.gather(asyncio.to_thread(runtime.sandbox), asyncio.to_thread(storage.open_and_tidy))
    # What is loaded by now stays; the collector need not walk it after every script run.
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _FULL_COLLECTION_AT_LAST)
    tidying = [asyncio.create_task(tidy) for tidy in (_collect(), _let_sessions_go(), _tidy_the_ledger())]
    # The thread that reads the streams waits so long at most for a script that computes; with Python's 5 ms the last
    # tokens of 160 chats come two to three times as late (`python -m bench.load many --chats 160`).
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    _say_where()
    try:
        yield {}
    finally:
        for task in tidying:
            task.cancel()
        await starting
        await asyncio.to_thread(background.close)
        await asyncio.to_thread(runtime.close)
        await asyncio.to_thread(checks.close)
        await asyncio.to_thread(pdf_processes.close)


def _say_where() -> None:
    """In place of Streamlit's welcome, for which it may ask an outside address."""
    address = config.get_option("browser.serverAddress")
    if not config.is_manually_set("browser.serverAddress"):
        address = get_display_address(config.get_option("server.address") or "0.0.0.0")  # noqa: S104
    print(f"\n  GLM Playground: {get_url(address)}\n", flush=True)


async def _collect() -> None:
    # The pages of 160 sessions take the collector 80 ms to walk (`python -m bench.memory --only collection`), 200 ms
    # while answers are being written, in which every stream stands still: it does so between answers, and only at
    # last where there always is (`python -m bench.load many --chats 160`). What many sessions left does not wait: where
    # one script run after the other is new memory, Python's heap grows with them, and what lives among them keeps it
    # from shrinking (`python -m bench.memory`).
    quiet, before = False, 0
    while True:
        await asyncio.sleep(_LOOKS_UP_EVERY_S)
        # Last tokens are still on their way to the browsers a moment after the last answer ended.
        was_quiet, quiet = quiet, not runtime.engine().running
        left = gone.sessions - before
        due = left or gc.get_count()[2] > _FULL_COLLECTION_AFTER
        if left >= _MANY_SESSIONS or (was_quiet and quiet and due):
            before = gone.sessions
            gc.collect()
            await asyncio.to_thread(return_free_memory)


async def _let_sessions_go() -> None:
    while True:
        await asyncio.sleep(_REAPS_EVERY_S)
        reap_closed_sessions()


async def _tidy_the_ledger() -> None:
    # A server that runs for weeks removes what was deleted, too.
    while True:
        await asyncio.sleep(_TIDY_EVERY_S)
        await asyncio.to_thread(storage.open_and_tidy)
