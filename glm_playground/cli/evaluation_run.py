"""Watching an evaluation that runs in this process: one line on a terminal, lines elsewhere; Ctrl-C stops it."""

import logging
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

import click

from glm_playground.cli.evaluation_lines import hints, money, status_line
from glm_playground.cli.failure import Failure
from glm_playground.cli.figures import count
from glm_playground.cli.terminal import line
from glm_playground.evals.execution import Progress
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState

_log = logging.getLogger(__name__)
_REDRAWN_S, _SAID_S = 0.2, 10.0
_ERASE = "\r\x1b[2K"


INTERRUPTS = "Stopping: what is under way ends as interrupted."
"""What Ctrl-C does where this process asks."""
LEAVES = "Stopping: nothing more is sent; what is under way ends on the workers. Ctrl-C again leaves them to it."
"""What it does where workers elsewhere ask."""


class Working(Protocol):
    """What works on an evaluation, here or on a cluster."""

    @property
    def progress(self) -> Progress:
        """How far it is, from any thread."""

    def stop(self) -> None:
        """Claims nothing more, from any thread; `run` returns soon."""

    def run(self) -> EvaluationState:
        """Works until nothing can be done any more; how the evaluation stands then."""


def watched(execution: Working, ledger: Ledger, row: EvaluationRow, stopping: str = INTERRUPTS) -> EvaluationRow:
    """Runs it to its end and says how far it is, and `stopping` on Ctrl-C; the evaluation as it stands then.

    Raises:
        Failure: what ended last could not be stored, or it ended in the middle.
        click.Abort: somebody stopped it with Ctrl-C; how to go on is said.
        LedgerError: the database cannot be used.
    """
    problem: list[str] = []
    # Not the thread itself: a join that Ctrl-C interrupts takes the thread for ended (bpo-45274).
    done = threading.Event()

    def work() -> None:
        try:
            execution.run()
        except LedgerError as error:
            problem.append(f"the last answers are not stored: {error}")
        except Exception as error:  # noqa: BLE001 - it is said where the command ends
            _log.exception("evaluation %s ends in the middle", row.id)
            execution.stop()
            problem.append(f"it ends in the middle: {error}")
        finally:
            done.set()

    threading.Thread(target=work, name="evaluation", daemon=True).start()
    stopped = False
    with _terminated():
        try:
            _watch(execution, done)
        except KeyboardInterrupt:
            stopped = True
            click.echo(f"{_ERASE if sys.stdout.isatty() else ''}{stopping}")
            execution.stop()
            done.wait()
    if problem:
        raise Failure(problem[0])
    found = ledger.evaluations.find(row.owner, row.id)
    if found is None:
        raise Failure(f"the evaluation {row.id} is not there any more")
    if stopped:
        click.echo(status_line(found))
        for said in hints(found):
            click.echo(said)
        raise click.Abort
    return found


def progress_text(found: Progress) -> str:
    """How far it is, in a line."""
    done = found.total - found.left
    parts = [f"{done:,} of {found.total:,}"]
    if found.rate:
        parts.append(f"{found.rate:.1f}/s")
    if found.seconds_left is not None and found.left:
        parts.append(f"{_duration(found.seconds_left)} left")
    parts.append(f"{money(found.spending.spent.dollars)} spent, {money(found.spending.reserved.dollars)} reserved")
    parts += [f"{found.cells[state]:,} {state.value}" for state in _NOTABLE if found.cells.get(state)]
    parts += [f"{line(name)} is asked no more: {line(why)}" for name, why in found.given_up.items()]
    if found.problem:
        parts.append("waiting for the database")
    if found.workers is not None:
        parts.append(count(found.workers, "worker") if found.workers else "waiting for a worker")
    return "  ".join(parts)


_NOTABLE = (CellState.FAILED, CellState.INTERRUPTED, CellState.REFUSED, CellState.UNSUPPORTED)


def _watch(execution: Working, done: threading.Event) -> None:
    terminal = sys.stdout.isatty()
    said_at = time.monotonic()
    while not done.wait(_REDRAWN_S):
        if terminal:
            width = shutil.get_terminal_size().columns
            click.echo(_ERASE + progress_text(execution.progress)[: width - 1], nl=False)
        elif time.monotonic() - said_at >= _SAID_S:
            said_at = time.monotonic()
            click.echo(progress_text(execution.progress))
    click.echo((_ERASE if terminal else "") + progress_text(execution.progress))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def _terminated() -> Iterator[None]:
    """Takes SIGTERM for Ctrl-C meanwhile."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
