"""`glm-playground bundle replay`: print recorded answers at the pace they came at."""

import os
import sys
from contextlib import closing
from datetime import UTC

import click

from glm_playground.cli.bundle_file import FILE, BundleFile, chosen
from glm_playground.cli.figures import answered_by, cost_text, figures
from glm_playground.cli.terminal import line, plain
from glm_playground.gateway import EventKind
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.replay import FASTEST


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--speed",
    type=click.FloatRange(0, FASTEST, min_open=True),
    default=1.0,
    show_default=True,
    help="Times as fast as it was recorded.",
)
@click.option("--run", "number", type=int, metavar="N", help="Only this run.")
def replay(file: BundleFile, speed: float, number: int | None) -> None:
    """Print the answers at the pace they came at; nothing is sent."""
    with closing(Engine()) as engine:
        for place, one in chosen(file.bundle, number):
            run = one.run
            click.echo(
                f"REPLAY of run {place}: {line(run.request.model)} at {speed:g} times the pace of "
                f"{run.started_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC; nothing is sent."
            )
            click.echo(f"Answered by {answered_by(run)}.\n")
            _print_while_it_grows(engine, engine.replay(run, speed=speed))
            words = ", ".join(f"{name} {text}" for name, text in figures(run).items())
            click.echo(f"{words}, cost {cost_text(one.cost)}\n")


def _print_while_it_grows(engine: Engine, run: LiveRun) -> None:
    """Print the text of `run` as it comes; its reasoning is dim on a terminal, and marked elsewhere."""
    dim = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    seen, last, ended = 0, None, False
    while not ended:
        engine.wait_changed(run, seen, timeout=0.2)
        # Read first: what came before the end is then printed in any case.
        ended = run.ended
        events = run.events[seen:]
        seen += len(events)
        for event in events:
            if event.kind not in {EventKind.REASONING, EventKind.CONTENT}:
                continue
            if event.kind is not last:
                click.echo(_heading(event.kind, first=last is None, dim=dim), nl=False)
                last = event.kind
            text = plain(event.text)
            click.echo(click.style(text, dim=True) if dim and event.kind is EventKind.REASONING else text, nl=False)
    click.echo("\n")


def _heading(kind: EventKind, *, first: bool, dim: bool) -> str:
    gap = "" if first else "\n\n"
    if dim or (first and kind is EventKind.CONTENT):
        return gap
    return f"{gap}[{'reasoning' if kind is EventKind.REASONING else 'answer'}]\n"
