"""How soon the facts for other programs are answered, beside the health check of the same process.

    uv run python -m bench.models_api [--requests 200]

One connection asks for each document in turn; the first answer, which writes the document, is given by itself. Ends
with status 1 when the median of `/api/models.json` is above 5 ms.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median

import httpx

from bench.measures import number, quantile, say, say_limit, table
from bench.pages import APP
from tests.live.app_process import AppProcess

_LIMIT_MS = 5.0
_BASELINE = "/healthz"
_PATHS = (_BASELINE, "/api/models.json", "/api/models/glm-5.1.json", "/api/changes.atom", "/llms.txt")


def main() -> int:
    """Measures and prints; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200, help="of each document")
    given = parser.parse_args()
    environment = {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}
    with AppProcess(APP.script, env=environment) as app, httpx.Client(base_url=app.base_url, trust_env=False) as client:
        first = _ask(client, "/api/models.json", {})
        tags = {path: client.head(path).headers.get("etag", "") for path in _PATHS}
        plain: dict[str, list[float]] = {path: [] for path in _PATHS}
        again: dict[str, list[float]] = {path: [] for path in _PATHS}
        for _ in range(given.requests):
            for path in _PATHS:
                plain[path].append(_ask(client, path, {}))
                again[path].append(_ask(client, path, {"If-None-Match": tags[path]}))
        size = {path: len(client.get(path).content) for path in _PATHS}
    say(f"first request, which writes it: {number(first)} ms")
    base = median(plain[_BASELINE])
    rows = [
        [
            path,
            f"{size[path] / 1000:.1f}",
            number(median(plain[path])),
            number(quantile(plain[path], 0.95)),
            number(median(plain[path]) / base),
            number(median(again[path])) if tags[path] else "-",
        ]
        for path in _PATHS
    ]
    table(f"{given.requests} requests each, ms", ["path", "kB", "median", "p95", ": /healthz", "with its ETag"], rows)
    return 0 if say_limit("median of /api/models.json, ms", median(plain["/api/models.json"]), _LIMIT_MS) else 1


def _ask(client: httpx.Client, path: str, headers: dict[str, str]) -> float:
    start = time.perf_counter()
    status = client.get(path, headers=headers).status_code
    taken = (time.perf_counter() - start) * 1e3
    if status not in {200, 304}:
        raise RuntimeError(f"{path}: {status}")
    return taken


if __name__ == "__main__":
    sys.exit(main())
