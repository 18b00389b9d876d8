"""What a check against a schema costs, and that a hostile one costs nobody else.

    uv run python -m bench.schema_checks

A check is made by a process of its own: its start, a check by a running one beside the same check in this process, a
check whose reply is kept, and how long others wait while a hostile pattern takes its time.
"""

import json
import statistics
import threading
import time
from collections.abc import Callable
from functools import partial

from glm_playground.chat.schema_pool import DEADLINE_S, SchemaPool, Unchecked
from glm_playground.chat.schema_process import check_text

_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}},
    "required": ["name"],
}
_HOSTILE = {"type": "string", "pattern": "(((a{0,30}){0,30}){0,30}){0,3}z"}
_LIMIT_OTHERS_S = 1.0


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _texts(count: int, first: int = 0) -> list[str]:
    return [json.dumps({"name": f"n{number}", "tags": list(range(100))}) for number in range(first, first + count)]


def main() -> None:
    pool = SchemaPool()
    texts = _texts(200)
    start = _seconds(lambda: pool.ask("text", "1", {}))
    here = statistics.median(_seconds(partial(check_text, text, _SCHEMA)) for text in texts)
    there = statistics.median(_seconds(partial(pool.ask, "text", text, _SCHEMA)) for text in texts)
    kept = statistics.median(_seconds(partial(pool.ask, "text", text, _SCHEMA)) for text in texts)
    print(f"start of a process: {start * 1e3:.0f} ms, once")
    print(f"a check: {there * 1e3:.2f} ms, in this process {here * 1e3:.2f} ms; its reply again: {kept * 1e3:.3f} ms")

    replies = []
    hostile = threading.Thread(target=lambda: replies.append(pool.ask("text", json.dumps("a" * 9_998), _HOSTILE)))
    begun = time.perf_counter()
    hostile.start()
    others = [_seconds(partial(pool.ask, "text", text, _SCHEMA)) for text in _texts(50, 1000)]
    hostile.join()
    print(
        f"a hostile pattern: {replies[0].unchecked} after {time.perf_counter() - begun:.2f} s (deadline {DEADLINE_S} s)"
    )
    print(f"others meanwhile: median {statistics.median(others) * 1e3:.1f} ms, longest {max(others) * 1e3:.0f} ms")
    print(f"longest of the others: {max(others):.2f} s (limit {_LIMIT_OTHERS_S} s)")
    assert replies[0].unchecked is Unchecked.COSTLY
    pool.close()


if __name__ == "__main__":
    main()
