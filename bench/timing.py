"""How exact the recorded times are: TTFT and TPOT of the engine's runs beside the gateway's own times of writing.

    uv run python -m bench.timing [--lanes 1 8] [--repeats 9]

The gateway is a process of its own that keeps a schedule and notes when it wrote each answer's first and last token. A
run's error is what it recorded less what happened at the gateway: TTFT is held against first token - request received,
so that the way of the request and of the token count as errors too; TPOT against (last - first) / (tokens - 1). Of
those that go on at once the worst counts, and of the repeats the median, since a busy machine delays a few of them by
more. Ends with status 1 when that is above the limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from statistics import median

from pydantic import SecretStr

from bench.gateway import Entry
from bench.gateway_process import GatewayProcess
from bench.measures import nonce, number, table
from bench.script_text import Script
from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.run import Outcome

LIMIT_MS = 5.0
_MODEL = "glm-5.1"
_PATIENCE_SECONDS = 60.0
# By the schedule the first token comes after this, and the others at this rate.
_DELAY_MS, _RATE, _TOKENS = 250.0, 50.0, 50
_ROWS = {
    "ttft": ("TTFT", LIMIT_MS),
    "tpot": ("TPOT", LIMIT_MS),
    "e2e": ("E2E", None),
    "late": ("the gateway's first token beside its schedule", None),
}


@dataclass(frozen=True, slots=True)
class Errors:
    """What one run recorded less what the gateway did, ms; ``late`` is the gateway's first token beside its plan."""

    ttft: float
    tpot: float
    e2e: float
    late: float


def as_gateway(process: GatewayProcess) -> Gateway:
    """The benchmark's gateway as the engine asks it."""
    return Gateway("bench", f"http://127.0.0.1:{process.port}", SecretStr("bench-key"))


def ask(engine: Engine, gateway: Gateway, script: Script) -> LiveRun:
    """Begins the run that asks for a script."""
    message = Message(role="user", content=script.prompt())
    return engine.start(ChatRequest(model=_MODEL, messages=(message,)), gateway)


def wait_whole(engine: Engine, runs: list[LiveRun]) -> list[Metrics]:
    """The figures of the runs, once each was answered to its end."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left := [run for run in runs if not run.ended]:
        assert engine.wait_end(left, max(deadline - time.monotonic(), 0.0)), "an answer did not end"
    assert all(run.outcome is Outcome.COMPLETED for run in runs), [run.error or run.outcome for run in runs]
    return [metrics_of(run) for run in runs]


def _errors(found: Metrics, entry: Entry) -> Errors:
    assert found.ttft is not None
    assert found.tpot is not None
    assert found.e2e is not None
    assert entry.first is not None
    assert entry.last is not None
    waited = entry.first - entry.received
    tpot = (entry.last - entry.first) / (entry.tokens - 1)
    e2e = entry.last - entry.received
    return Errors(
        (found.ttft - waited) / 1e6, (found.tpot - tpot) / 1e6, (found.e2e - e2e) / 1e6, waited / 1e6 - _DELAY_MS
    )


def _measure(engine: Engine, gateway: GatewayProcess, lanes: int, repeats: int) -> list[list[Errors]]:
    """The errors of the runs that went on at once, by repeat."""
    errors = []
    for _ in range(repeats):
        scripts = [Script(_TOKENS, _RATE, _DELAY_MS, nonce()) for _ in range(lanes)]
        figures = wait_whole(engine, [ask(engine, as_gateway(gateway), script) for script in scripts])
        entries = gateway.entries()
        errors.append([_errors(found, entries[script.nonce]) for found, script in zip(figures, scripts, strict=True)])
    return errors


def _print(lanes: int, repeats: list[list[Errors]]) -> bool:
    rows, held = [], True
    for field, (label, limit) in _ROWS.items():
        sizes = [[abs(getattr(one, field)) for one in together] for together in repeats]
        every = [size for together in sizes for size in together]
        judged = median(map(max, sizes))
        row = [label, number(median(every)), number(judged), number(max(every))]
        if limit is None:
            row += ["", ""]
        else:
            row += [f"{limit:g}", "held" if judged <= limit else "MISSED"]
            held = held and judged <= limit
        rows.append(row)
    title = f"{lanes} at once, {len(repeats)} times, {_TOKENS} tokens at {_RATE:g} tokens/s; errors without sign, ms"
    table(title, ["", "median", "worst at once, median", "largest", "limit", ""], rows)
    return held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.timing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 8], help="how many runs go on at once")
    parser.add_argument("--repeats", type=int, default=9)
    given = parser.parse_args()
    engine = Engine()
    try:
        with GatewayProcess() as gateway:
            wait_whole(engine, [ask(engine, as_gateway(gateway), Script(2, nonce=nonce()))])
            held = [_print(lanes, _measure(engine, gateway, lanes, given.repeats)) for lanes in given.lanes]
    finally:
        engine.close()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
