"""`glm-playground doctor`: what the app needs of its surroundings, what is wrong with it, and what to do."""

import json

import click

from glm_playground.cli.terminal import line
from glm_playground.service.doctor import Diagnosis, Level, examine
from glm_playground.settings import SettingsError, read_settings

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}


@click.command(short_help="Check the settings, database, gateway and limits.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check what the app needs, with the settings it would start with; nothing is started, changed or spent.

    The exit status is 1 where something does not work, else 0.
    """
    problems = 0
    try:
        for finding in examine(read_settings()):
            problems += finding.level is Level.PROBLEM
            _show(finding, as_json=as_json)
    except SettingsError as error:
        problems += 1
        _show(Diagnosis("settings", Level.PROBLEM, str(error)), as_json=as_json)
    ctx.exit(1 if problems else 0)


def _show(finding: Diagnosis, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(vars(finding)))
        return
    level = click.style(f"{finding.level.value:8}", fg=_COLOURS[finding.level])
    click.echo(f"{level} {finding.about:12} {line(finding.said, 1000)}")
    if finding.todo:
        click.echo(f"{'':21} -> {line(finding.todo, 1000)}")
