"""How exact the recorded times are: TTFT and TPOT of the engine's runs beside the gateway's own times of writing.

    uv run python -m bench.timing [--lanes 1 8] [--repeats 6]

The gateway is a process of its own that keeps a schedule and notes when it wrote each answer's first and last token. A
run's error is what it recorded less what happened at the gateway: TTFT is held against first token - request received,
so that the way of the request and of the token count as errors too; TPOT against (last - first) / (tokens - 1). Ends
with status 1 when the error of a TTFT or of a TPOT is above the limit.
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
from bench.measures import nonce, number, say, table
from bench.script_text import Script
from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.run import Outcome, Run

LIMIT_MS = 5.0
_MODEL = "glm-5.1"
_PATIENCE_SECONDS = 60.0
# By the schedule the first token comes after this, and the others at this rate.
_DELAY_MS, _RATE, _TOKENS = 250.0, 50.0, 50


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


def ask(engine: Engine, gateway: Gateway, script: Script) -> Run:
    """Begins the run that asks for a script."""
    message = Message(role="user", content=script.prompt())
    return engine.start(ChatRequest(model=_MODEL, messages=(message,)), gateway)


def wait_whole(engine: Engine, runs: list[Run]) -> list[Metrics]:
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


def _measure(engine: Engine, gateway: GatewayProcess, lanes: int, repeats: int) -> list[Errors]:
    errors = []
    for _ in range(repeats):
        scripts = [Script(_TOKENS, _RATE, _DELAY_MS, nonce()) for _ in range(lanes)]
        figures = wait_whole(engine, [ask(engine, as_gateway(gateway), script) for script in scripts])
        entries = gateway.entries()
        errors += [_errors(found, entries[script.nonce]) for found, script in zip(figures, scripts, strict=True)]
    return errors


def _print(lanes: int, errors: list[Errors]) -> bool:
    def row(label: str, found: list[float], limit: float | None) -> list[str]:
        largest = max(map(abs, found))
        verdict = "" if limit is None else ("held" if largest <= limit else "MISSED")
        middle = median(map(abs, found))
        return [label, number(middle), number(largest), "" if limit is None else f"{limit:g}", verdict]

    rows = [
        row("TTFT", [one.ttft for one in errors], LIMIT_MS),
        row("TPOT", [one.tpot for one in errors], LIMIT_MS),
        row("E2E", [one.e2e for one in errors], None),
        row("the gateway's first token beside its schedule", [one.late for one in errors], None),
    ]
    title = f"{lanes} at once, {len(errors)} runs of {_TOKENS} tokens at {_RATE:g} tokens/s"
    table(title, ["error without its sign, ms", "median", "largest", "limit", ""], rows)
    return all(row[-1] != "MISSED" for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.timing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 8], help="how many runs go on at once")
    parser.add_argument("--repeats", type=int, default=6)
    given = parser.parse_args()
    engine = Engine()
    try:
        with GatewayProcess() as gateway:
            wait_whole(engine, [ask(engine, as_gateway(gateway), Script(2, nonce=nonce()))])
            held = [_print(lanes, _measure(engine, gateway, lanes, given.repeats)) for lanes in given.lanes]
    finally:
        engine.close()
    say("the times stand" if all(held) else "the times do not stand")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
