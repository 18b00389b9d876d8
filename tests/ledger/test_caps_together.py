"""Eight processes that ask one gateway as fast as they may, some of them killed: never more than the caps allow."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from bisect import bisect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest

from glm_playground.ledger import Ledger
from glm_playground.runs.caps import Key, Scope
from tests.ledger.asking_process import DOLLARS_A_TOKEN, OUTPUT_TOKENS
from tests.loopback import CannedServer, content, stream

PROCESSES, KILLED, AT_ONCE = 8, 3, 5
_MINUTE_S = 55
_USAGE = {"prompt_tokens": 10, "completion_tokens": OUTPUT_TOKENS, "total_tokens": 10 + OUTPUT_TOKENS}
_ANSWER = stream(content("hello"), {"choices": [], "usage": _USAGE})


class Gateway:
    """Notes when it is asked, and how often at once; each answer takes a moment."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.running = self.most_running = 0
        self.changed = threading.Condition()

    def answer(self, connection: socket.socket) -> None:
        with self.changed:
            self.arrivals.append(time.monotonic())
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            self.changed.notify_all()
            self.changed.wait_for(lambda: False, 0.05)
        # It counts as ended before its client can know that it has.
        with self.changed:
            self.running -= 1
        connection.sendall(_ANSWER)

    @property
    def requests(self) -> int:
        return len(self.arrivals)

    @property
    def most_within_a_minute(self) -> int:
        """Less the seconds that a request may be on its way on a busy machine."""
        times = sorted(self.arrivals)
        return max(bisect(times, begun + _MINUTE_S) - place for place, begun in enumerate(times))


@contextmanager
def _processes(url: str, gateway: str, caps: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.ledger.asking_process", url, gateway, json.dumps(caps), "30"]
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
        # Those that are killed may hold 15 places, and keep them for the test's time.
        ({"requests": "60", "running": "18"}, 60, 18),
        ({"dollars": str(25 * OUTPUT_TOKENS * DOLLARS_A_TOKEN)}, 25, 25),
    ],
    ids=["requests", "dollars"],
)
def test_eight_processes_never_exceed_a_cap_also_where_some_are_killed(
    url: str, caps: dict[str, str], most_requests: int, most_running: int
) -> None:
    Ledger.open(url).close()
    gateway = Gateway()
    first_day = datetime.now(UTC).date()
    with CannedServer(gateway.answer) as server, _processes(url, server.url, caps) as processes:
        with gateway.changed:
            assert gateway.changed.wait_for(lambda: gateway.requests >= most_requests // 3, 90)
        for process in processes[:KILLED]:
            process.send_signal(signal.SIGKILL)
        sent = [int(process.communicate(timeout=120)[0]) for process in processes[KILLED:]]
    assert [process.returncode for process in processes[KILLED:]] == [0] * (PROCESSES - KILLED)
    # At midnight a day's caps begin anew, in a minute those of a minute.
    days = 1 + (datetime.now(UTC).date() - first_day).days
    if "requests" in caps:
        assert gateway.most_within_a_minute <= most_requests
    else:
        assert gateway.requests <= most_requests * days
    assert gateway.most_running <= most_running
    # All that the caps allow was used, but for what the killed ones hold.
    assert gateway.requests >= max(sum(sent), most_requests - AT_ONCE * KILLED)
    if days == 1:
        ledger = Ledger.open(url)
        tally = ledger.caps.tallies((Key(Scope.TOTAL),))[Key(Scope.TOTAL)]
        ledger.close()
        assert gateway.requests * OUTPUT_TOKENS * DOLLARS_A_TOKEN <= tally.used.dollars
