"""How fast an evaluation asks, beside a bare asyncio loop over httpx in the same run.

    python -m bench.evaluation                  1,500 cells; takes a minute
    python -m bench.evaluation --cells 10000

A gateway that answers in 500 ms is asked 64 at once, where waiting dominates, and then without a delay as fast as the
processor allows. The evaluation claims each cell in a SQLite file before it is sent, and stores its run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

import httpx
import uvloop

from bench.gateway_process import GatewayProcess
from bench.measures import number, ratio, ratio_header, say, say_limit, table
from bench.script_text import Script
from glm_playground.chat.setup import Setup
from glm_playground.evals.evaluation import new_evaluation
from glm_playground.evals.execution import Execution
from glm_playground.evals.suite import Case, Check, CheckKind, PromptTemplate, Suite
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Gateway, Message, Parameters
from glm_playground.ledger import Ledger
from glm_playground.runs.drive import AskPrice, no_price
from glm_playground.runs.engine import Engine

_AT_ONCE = 64
_TOKENS = 8
_LEAST_RATIO, _MOST_BYTES = 0.85, 2048
_FEW, _MANY = 200, 1_000


class Figures(NamedTuple):
    """What one way of asking took."""

    seconds: float
    cpu_seconds: float


def _prompt(delay: float, case: int) -> str:
    return Script(tokens=_TOKENS, delay=delay, nonce=f"{case:06}").prompt()


async def _bare(root: str, cells: int, delay: float) -> None:
    """Posts and reads whole answers, `_AT_ONCE` at a time; nothing is parsed or kept."""
    waiting = iter(range(cells))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=40)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:

        async def ask_some() -> None:
            for case in waiting:
                message = {"role": "user", "content": _prompt(delay, case)}
                body = {"model": "glm-5.1", "messages": [message], "stream": True}
                async with client.stream("POST", f"{root}/v1/chat/completions", json=body) as response:
                    async for _bytes in response.aiter_raw():
                        pass

        await asyncio.gather(*(ask_some() for _ in range(_AT_ONCE)))


def bench_suite(cells: int, delay: float) -> Suite:
    """A case a cell, each answered after so many milliseconds."""
    prompt = PromptTemplate(label="", messages=(Message(role="user", content="{{prompt}}"),))
    check = Check(kind=CheckKind.CONTAINS, value="END")
    cases = (Case(id=f"{case}", variables={"prompt": _prompt(delay, case)}, checks=(check,)) for case in range(cells))
    return Suite(name="bench", prompts=(prompt,), cases=tuple(cases))


def _question(_gateway: Gateway, _model: str) -> AskPrice:
    return no_price


def _evaluated(root: str, cells: int, delay: float, kept: list[object] | None = None) -> Figures:
    """Asks all cells; what the evaluation holds at its end goes into `kept`."""
    gateway = Gateway("Bench", root)
    setup = Setup(model="glm-5.1", gateway="Bench", parameters=Parameters(max_tokens=_TOKENS))
    work = Work(bench_suite(cells, delay), [Candidate(setup, gateway)])
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(f"sqlite:///{folder}/runs.sqlite3")
        new = new_evaluation(work.suite, [setup], 1, name="bench", dollars=None, tokens=10**12)
        row = ledger.evaluations.add("bench", new)
        ledger.evaluations.open(row.number, cap_picodollars=None, cap_tokens=new.cap_tokens)
        engine = Engine()
        execution = Execution(ledger.evaluations, row, work, engine, _question, at_most=_AT_ONCE)
        found = _measured(execution.run)
        stored = ledger.evaluations.find("bench", row.id)
        if stored is None or set(stored.cells) != {"finished"}:
            raise RuntimeError(f"not every cell finished: {stored and stored.cells}")
        engine.close()
        ledger.close()
        if kept is not None:
            kept += [work, execution]
    return found


def _measured(act: Callable[[], object]) -> Figures:
    begun, cpu = time.perf_counter(), time.process_time()
    act()
    return Figures(time.perf_counter() - begun, time.process_time() - cpu)


def _held(root: str) -> float:
    """Bytes that each further cell holds while an evaluation runs, its suite included: each is a case of its own."""
    _evaluated(root, _FEW, 0)
    few, many = (_traced(root, cells) for cells in (_FEW, _MANY))
    return (many - few) / (_MANY - _FEW)


def _traced(root: str, cells: int) -> int:
    gc.collect()
    tracemalloc.start()
    kept: list[object] = []
    _evaluated(root, cells, 0, kept)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cells", type=int, default=1_500)
    given = parser.parse_args()
    held = True
    with GatewayProcess() as gateway:
        root = f"http://127.0.0.1:{gateway.port}"
        # What is made once, such as tables, statements and connections, counts for neither.
        uvloop.run(_bare(root, _AT_ONCE, 0))
        _evaluated(root, _AT_ONCE, 0)
        for delay in (500, 0):
            bare = _measured(lambda delay=delay: uvloop.run(_bare(root, given.cells, delay)))  # type: ignore[misc]
            gateway.clear()
            asked = _evaluated(root, given.cells, delay)
            gateway.clear()
            columns = [asked, bare]
            rows = [
                ("cells a second", [given.cells / column.seconds for column in columns]),
                ("processor time a cell, ms", [column.cpu_seconds / given.cells * 1e3 for column in columns]),
            ]
            names = ["evaluation", "bare httpx"]
            cells = [[label, *map(number, values), *ratio(values)] for label, values in rows]
            title = f"{given.cells:,} cells, {_AT_ONCE} at once, answered after {delay} ms"
            table(title, ["", *names, *ratio_header(names)], cells)
            if delay:
                share = bare.seconds / asked.seconds
                held &= share >= _LEAST_RATIO
                say(f"share of bare httpx: {share:.2f} (at least {_LEAST_RATIO}): {'held' if held else 'MISSED'}")
        held &= say_limit("\nmemory held a cell, bytes", _held(root), _MOST_BYTES)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
