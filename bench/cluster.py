"""How much faster an evaluation runs on two Dask workers than on one.

    python -m bench.cluster                  400 cells; takes a minute

The gateway sleeps for 500 ms before each answer. A worker asks as many at once as it has threads, eight here.
Scheduler, workers and PostgreSQL are processes of their own on this machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bench.evaluation import bench_suite
from bench.gateway_process import GatewayProcess
from bench.measures import number, say, table
from glm_playground.chat.setup import Setup
from glm_playground.evals.cluster_execution import ClusterExecution
from glm_playground.evals.dask_cluster import Cluster
from glm_playground.evals.evaluation import new_evaluation
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Gateway, Parameters
from glm_playground.ledger import Ledger
from tests.condition import wait_until
from tests.dask_processes import dask_processes
from tests.ledger import postgres

_THREADS, _DELAY, _AT_ONCE = 8, 500, 64
_LEAST_RATIO = 1.7


def _asked(ledger: Ledger, work: Work, cluster: Cluster, cells: int) -> float:
    """Seconds that the cells take."""
    setups = [candidate.setup for candidate in work.candidates]
    row = ledger.evaluations.add("bench", new_evaluation(work.suite, setups, 1, name="", dollars=None, tokens=10**12))
    ledger.evaluations.open(row.number, cap_picodollars=None, cap_tokens=10**12)
    begun = time.perf_counter()
    ClusterExecution(ledger.evaluations, row, work, cluster, at_most=_AT_ONCE).run()
    took = time.perf_counter() - begun
    stored = ledger.evaluations.find("bench", row.id)
    if stored is None or stored.cells != {"finished": cells}:
        raise RuntimeError(f"not every cell finished: {stored and (stored.cells, stored.why)}")
    return took


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cells", type=int, default=400)
    cells: int = parser.parse_args().cells
    binaries = postgres.binaries()
    if binaries is None:
        say("PostgreSQL is not installed (Debian's package postgresql)")
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        GatewayProcess() as gateway,
        postgres.new_server(binaries) as server,
        dask_processes(Path(folder)) as dask,
    ):
        server.start()
        # One owner may send 200 requests a minute; here the cluster is measured.
        uncapped = dict.fromkeys(("GLM_PLAYGROUND_OWNER_CAPS", "GLM_PLAYGROUND_TOTAL_CAPS"), "requests=none")
        variables = {**gateway.environment, **uncapped, "GLM_PLAYGROUND_DATABASE_URL": server.url}
        ledger = Ledger.open(server.url)
        name = "127.0.0.1"
        setup = Setup(model="glm-5.1", gateway=name, parameters=Parameters(max_tokens=8))
        asked = Gateway(name, f"http://127.0.0.1:{gateway.port}")
        works = [Work(bench_suite(count, _DELAY), [Candidate(setup, asked)]) for count in (64, cells)]
        cluster = Cluster(dask.address)
        seconds = []
        for workers in (1, 2):
            dask.start_worker(variables, _THREADS)
            wait_until(lambda workers=workers: len(cluster.workers()) == workers, 240)  # type: ignore[misc]
            # What each worker starts once counts for none.
            _asked(ledger, works[0], cluster, 64)
            seconds.append(_asked(ledger, works[1], cluster, cells))
        cluster.close()
        ledger.close()
    one, two = (cells / took for took in seconds)
    title = f"{cells:,} cells, answered after {_DELAY} ms, {_THREADS} at once on each worker"
    table(
        title,
        ["", "two workers", "one", "two : one"],
        [["cells a second", number(two), number(one), number(two / one)]],
    )
    held = two / one >= _LEAST_RATIO
    say(f"two workers beside one: {two / one:.2f} (at least {_LEAST_RATIO}): {'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
