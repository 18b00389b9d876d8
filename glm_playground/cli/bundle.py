"""`glm-playground bundle`: read, check, replay or repeat the recorded runs of a file."""

import json
from datetime import UTC
from typing import Any

import click

from glm_playground.bundles.bundle import RecordedRun, stand_in_notice
from glm_playground.cli import replay, rerun
from glm_playground.cli.bundle_file import FILE, BundleFile, chosen
from glm_playground.cli.figures import answered_by, cost_text, count, figures
from glm_playground.cli.terminal import line, plain
from glm_playground.runs.marks import prompt_of
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.thinking import answer_of


@click.group(short_help="Read, check, replay or repeat recorded runs.")
def bundle() -> None:
    """A .glmrun file with recorded runs. Only `run` sends anything, after asking."""


@bundle.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, unshortened.")
def show(file: BundleFile, as_json: bool) -> None:
    """Say what is in it; nothing is sent."""
    held = file.bundle
    if as_json:
        runs = [_as_json(number, one) for number, one in chosen(held, None)]
        written = held.created_at.isoformat()
        head = {"title": held.title, "created_at": written, "note": held.note, "versions": held.versions}
        # In ASCII, so that no character of a text reaches the terminal as itself.
        click.echo(json.dumps(head | {"models": sorted(held.cards), "runs": runs}, indent=2))
        return
    click.echo(line(held.title))
    click.echo(f"written {held.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {count(len(held.runs), 'run')}")
    if held.note:
        click.echo(plain(held.note))
    for number, one in chosen(held, None):
        click.echo(f"\nRun {number}: {line(one.run.request.model)}, lane {one.lane + 1}")
        rows = {"answered by": answered_by(one.run), **figures(one.run), "cost": cost_text(one.cost)}
        rows |= {"prompt": line(prompt_of(one.run.request)), "answer": line(answer_of(one.run)) or "none"}
        for name, text in rows.items():
            click.echo(f"  {name:<12} {text}")


def _as_json(number: int, one: RecordedRun) -> dict[str, Any]:
    run, cost, metrics = one.run, one.cost, metrics_of(one.run)
    return {
        "number": number,
        "lane": one.lane,
        "model": run.request.model,
        "server": run.server.name,
        "origin": run.server.origin,
        "stand_in": run.server.stand_in,
        "notice": stand_in_notice(run),
        "started_at": run.started_at.isoformat(),
        "outcome": run.outcome,
        "finish_reason": run.finish_reason,
        "prompt_tokens": run.usage.prompt_tokens if run.usage else None,
        "completion_tokens": run.usage.completion_tokens if run.usage else None,
        "ttft_ms": None if metrics.ttft is None else metrics.ttft / 1e6,
        "output_speed": metrics.output_speed,
        "cost_state": cost.state if cost else None,
        "cost_usd": str(cost.amount) if cost and cost.amount is not None else None,
        "messages": [message.model_dump(exclude_defaults=True) for message in run.request.messages],
        "answer": answer_of(run),
        "error": run.error.message if run.error else None,
    }


@bundle.command()
@click.argument("file", type=FILE)
def verify(file: BundleFile) -> None:
    """Check that it is whole and as it was written; nothing is sent."""
    held = file.bundle
    events = sum(len(one.run.events) for one in held.runs)
    click.echo(f"{line(str(file.path))} is a whole bundle of version 1, {file.size:,} bytes.")
    click.echo(
        f"Checked: paths, sizes and checksums of every part against the manifest, "
        f"{count(len(held.runs), 'run')} with {count(events, 'event')} "
        f"and the facts of {count(len(held.cards), 'model')} field by field."
    )
    click.echo("A checksum shows damage, not who wrote the file.")


bundle.add_command(replay.replay)
bundle.add_command(rerun.run)
