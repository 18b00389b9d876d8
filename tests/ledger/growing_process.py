"""A process with runs that grow and never end: `python -m tests.ledger.growing_process URL OWNER`; prints their ids."""

import sys
import threading
import time

from glm_playground.gateway import Event, EventKind
from glm_playground.ledger import Ledger, Recorder
from tests.ledger.made import made_run


def main() -> None:
    url, owner = sys.argv[1:]
    ledger = Ledger.open(url)
    recorder = Recorder(lambda: ledger, interval=0.1)
    runs = [made_run(f"prompt {place}", answer=(), outcome=None, usage=None) for place in range(2)]
    for run in runs:
        recorder.watch(run, owner, lambda: None)
    sys.stdout.write(" ".join(run.id for run in runs) + "\n")
    sys.stdout.flush()
    for place in range(100_000):
        for run in runs:
            run.events.append(Event(time.perf_counter_ns(), EventKind.CONTENT, f"word{place} "))
        threading.Event().wait(0.02)


if __name__ == "__main__":
    main()
