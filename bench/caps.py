"""What it costs to count a request against the caps, beside a bare transaction that writes one row.

    python -m bench.caps
    python -m bench.caps --url postgresql://user:password@host/database

Both are asked from an event loop and answered by another thread, as the engine asks: alone, and 160 at once.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from statistics import median

from bench.measures import number, ratio, ratio_header, table
from glm_playground.ledger import Ledger
from glm_playground.ledger.cap_counter import CapCounter
from glm_playground.runs.caps import Amount, Key, Limits, Scope, UsageClaim

_ALONE, _AT_ONCE = 300, 160
_MANY = 10**9
_LIMITS = Limits(_MANY, _MANY, _MANY**2, Decimal(_MANY))

Ask = Callable[[], Awaitable[None]]


def _claim() -> UsageClaim:
    keys = (Key(Scope.OWNER, uuid.uuid4().hex), Key(Scope.ADDRESS, "192.0.2.1"), Key(Scope.TOTAL))
    return UsageClaim(keys, 1000, 1000, Decimal(1), Decimal(4))


async def _times(ask: Ask) -> list[float]:
    """Milliseconds: the median alone, and until the last of many that are asked at once."""
    await ask()
    alone = []
    for _time in range(_ALONE):
        begun = time.perf_counter()
        await ask()
        alone.append((time.perf_counter() - begun) * 1e3)
    begun = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
    return [median(alone), (time.perf_counter() - begun) * 1e3]


def _counted(ledger: Ledger) -> list[float]:
    counter = CapCounter(lambda: ledger, {Scope.OWNER: _LIMITS, Scope.ADDRESS: _LIMITS, Scope.TOTAL: _LIMITS})

    async def ask() -> None:
        run_id = uuid.uuid4().hex
        if await counter.reserve(run_id, _claim()):
            raise RuntimeError("a cap was reached")
        counter.settle(run_id, Amount(100, 100))

    try:
        return asyncio.run(_times(ask))
    finally:
        counter.close()


def _bare(ledger: Ledger) -> list[float]:
    with ThreadPoolExecutor(1) as thread:

        async def ask() -> None:
            written = thread.submit(ledger.workbenches.rename, "nobody", uuid.uuid4().hex, "a name")
            await asyncio.wrap_future(written)

        return asyncio.run(_times(ask))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.caps", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", help="a database; by default a new SQLite file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(given.url or f"sqlite:///{folder}/runs.sqlite3")
        columns = [_counted(ledger), _bare(ledger)]
        ledger.close()
    names = ["counted", "bare"]
    rows = [
        (f"alone, median of {_ALONE}, ms", [column[0] for column in columns]),
        (f"{_AT_ONCE} at once, the last, ms", [column[1] for column in columns]),
    ]
    cells = [[label, *map(number, values), *ratio(values)] for label, values in rows]
    table("reserve and settle beside a bare transaction", ["", *names, *ratio_header(names)], cells)
    return 0


if __name__ == "__main__":
    sys.exit(main())
