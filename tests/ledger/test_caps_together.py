"""Eight processes that ask one gateway as fast as they may, some of them killed: never more than the caps allow."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from glm_playground.ledger import Ledger
from glm_playground.runs.caps import Key, Scope, Tally
from tests.ledger.asking_process import DOLLARS_A_TOKEN, OUTPUT_TOKENS
from tests.loopback import CannedServer, content, stream

PROCESSES, KILLED = 8, 3
_USAGE = {"prompt_tokens": 10, "completion_tokens": OUTPUT_TOKENS, "total_tokens": 10 + OUTPUT_TOKENS}
_ANSWER = stream(content("hello"), {"choices": [], "usage": _USAGE})


class Gateway:
    """Counts what it is asked, and how much of it at once; each answer takes a moment."""

    def __init__(self) -> None:
        self.requests = self.running = self.most_running = 0
        self.changed = threading.Condition()

    def answer(self, connection: socket.socket) -> None:
        with self.changed:
            self.requests += 1
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            self.changed.notify_all()
            self.changed.wait_for(lambda: False, 0.05)
        # It counts as ended before its client can know that it has.
        with self.changed:
            self.running -= 1
        connection.sendall(_ANSWER)


@contextmanager
def _processes(url: str, gateway: str, caps: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.ledger.asking_process", url, gateway, json.dumps(caps), "12"]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(PROCESSES)
        ]
        for process in processes:
            stack.callback(process.kill)
        yield processes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("caps", "most_requests", "most_running"),
    [
        ({"requests": "60", "running": "7"}, 60, 7),
        ({"dollars": str(25 * OUTPUT_TOKENS * DOLLARS_A_TOKEN)}, 25, 25),
        ({"tokens": str(30 * (10 + OUTPUT_TOKENS))}, 30, 30),
    ],
    ids=["requests", "dollars", "tokens"],
)
def test_eight_processes_never_exceed_a_cap_also_where_some_are_killed(
    url: str, caps: dict[str, str], most_requests: int, most_running: int
) -> None:
    Ledger.open(url).close()
    gateway = Gateway()
    began = datetime.now(UTC)
    with CannedServer(gateway.answer) as server, _processes(url, server.url, caps) as processes:
        with gateway.changed:
            assert gateway.changed.wait_for(lambda: gateway.requests >= most_requests // 3, 60)
        for process in processes[:KILLED]:
            process.send_signal(signal.SIGKILL)
        sent = [int(process.communicate(timeout=90)[0]) for process in processes[KILLED:]]
    assert [process.returncode for process in processes[KILLED:]] == [0] * (PROCESSES - KILLED)
    assert sum(sent) <= gateway.requests <= most_requests
    assert gateway.most_running <= most_running
    # What was refused was refused for a reason: all that the caps allow was used, but for what the killed ones hold.
    assert gateway.requests >= most_requests - 5 * KILLED
    assert (datetime.now(UTC) - began).total_seconds() < 60 or "requests" not in caps
    ledger = Ledger.open(url)
    tally = ledger.tallies((Key(Scope.TOTAL),)).get(Key(Scope.TOTAL), Tally())
    ledger.close()
    assert gateway.requests * OUTPUT_TOKENS * DOLLARS_A_TOKEN <= tally.used.dollars
    assert tally.used.dollars <= most_requests * Decimal(OUTPUT_TOKENS) * DOLLARS_A_TOKEN
