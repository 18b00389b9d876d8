"""`glm-playground caps`: what is used of the caps, and the operator's stop."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from glm_playground.cli.failure import Failure
from glm_playground.cli.figures import dollars
from glm_playground.cli.terminal import line
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.runs.caps import Key, Limits, Measure, Tally
from glm_playground.service import storage
from glm_playground.service.caps import configured_caps
from glm_playground.settings import SettingsError, settings

_MOST_SHOWN = 10
_PERIODS = {Measure.RUNNING: "at once", Measure.REQUESTS: "a minute", Measure.TOKENS: "a day", Measure.DOLLARS: "a day"}


@click.group(short_help="What is used of the caps; stop and resume sending.")
def caps() -> None:
    """The caps on what is sent at your cost, over all processes that share the database."""


@caps.command()
def show() -> None:
    """Show the caps, what is used of them today, and by whom most."""
    with _ledger() as ledger:
        stop = ledger.caps.stop()
        if stop:
            reason = f": {line(stop.reason)}" if stop.reason else ""
            click.echo(f"Sending is stopped since {stop.stopped_at:%Y-%m-%d %H:%M:%S} UTC{reason}")
        else:
            click.echo("Requests are sent." if settings().sending else "GLM_PLAYGROUND_SENDING=off: nothing is sent.")
        for scope, limits in configured_caps(settings()).items():
            click.echo(f"\n{scope.value}: {_limits_text(limits)}")
            keys = ledger.caps.most_used(scope, _MOST_SHOWN)
            tallies = ledger.caps.tallies(keys)
            for key in keys:
                _show(key, tallies.get(key, Tally()))


@caps.command()
@click.option("--reason", default="", metavar="TEXT", help="Shown by `caps show`.")
def stop(reason: str) -> None:
    """Send nothing more at your cost, in every process; answers that are running go on."""
    with _ledger() as ledger:
        ledger.caps.stop_sending(reason[:500])
    click.echo("Sending is stopped, in every process with this database. `glm-playground caps resume` sends again.")


@caps.command()
def resume() -> None:
    """Send again."""
    with _ledger() as ledger:
        stopped = ledger.caps.resume_sending()
    click.echo("Requests are sent again." if stopped else "Nothing was stopped.")


@contextmanager
def _ledger() -> Iterator[Ledger]:
    try:
        with closing(Ledger.open(storage.database_url())) as opened:
            yield opened
    except SettingsError as error:
        raise Failure(error) from None
    except LedgerError as error:
        raise Failure(f"the database cannot be used: {error}") from None


def _limits_text(limits: Limits) -> str:
    found = [(measure, limits.of(measure)) for measure in Measure]
    parts = [
        f"{dollars(limit) if measure is Measure.DOLLARS else f'{limit:,} {measure.value}'} {_PERIODS[measure]}"
        for measure, limit in found
        if limit is not None
    ]
    return ", ".join(parts) or "no cap"


def _show(key: Key, tally: Tally) -> None:
    who = line(key.of) or "everybody"
    used = f"{tally.used.tokens:,} tokens, {dollars(tally.used.dollars)} today"
    click.echo(f"  {who:<32}  {used}; {tally.running:,} running, {tally.requests:,} within the last minute")
