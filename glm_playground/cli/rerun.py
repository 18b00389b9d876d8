"""`glm-playground bundle run`: send the requests of a bundle again and compare the answers."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import click

from glm_playground.bundles.bundle import Bundle, RecordedRun, write_bundle
from glm_playground.bundles.secrets import find_secrets, without_secrets
from glm_playground.bundles.snapshot import snapshot
from glm_playground.chat.extra import refused_fields
from glm_playground.cli.bundle_file import FILE, BundleFile, chosen
from glm_playground.cli.failure import Failure
from glm_playground.cli.figures import answered_by, cost_text, count, dollars, figures
from glm_playground.cli.terminal import line
from glm_playground.cli.written import written
from glm_playground.gateway import Dialect, Gateway, Gateways
from glm_playground.gateway.configured import configured_gateways, sandbox_gateway
from glm_playground.gateway.gateways import GatewaysError
from glm_playground.runs.cost import Price, cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.prices import known_price
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.settings import Settings, SettingsError, read_settings


@click.command()
@click.argument("file", type=FILE)
@click.option("--run", "number", type=int, metavar="N", help="Only this run.")
@click.option("--gateway", "name", metavar="NAME", help="The gateway to ask; the recorded one where it is left out.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--out", type=click.Path(path_type=Path), metavar="NEW.glmrun", help="Save the new runs in this file.")
@click.pass_context
def run(
    ctx: click.Context, file: BundleFile, *, number: int | None, name: str | None, yes: bool, out: Path | None
) -> None:
    """Send the same requests to the configured server and compare; asks before."""
    old = chosen(file.bundle, number)
    if out and out.exists():
        raise Failure(f"{out} is there already; nothing was sent")
    settings = _settings()
    for place, one in old:
        if names := refused_fields(one.run.request.extra, settings.allowed_fields):
            raise Failure(f"run {place} has fields that are not sent: {line(', '.join(names))}; nothing was sent")
    engine = Engine(connect_timeout=settings.connect_timeout, read_timeout=settings.read_timeout)
    with closing(engine), _gateways(settings) as gateways:
        asked = [(place, one, _gateway_of(gateways, one.run, name)) for place, one in old]
        for gateway in dict.fromkeys(gateway for _place, _one, gateway in asked):
            _say_what_is_sent([one.run for _place, one, theirs in asked if theirs == gateway], gateway)
        if not yes and not _agreed():
            raise Failure("nothing was sent")
        new = [_ask_again(engine, gateway, place, one) for place, one, gateway in asked]
        if out:
            known = [secret.get_secret_value() for gateway in gateways.all for secret in gateway.secrets]
            when = f"{file.bundle.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            note = f"The requests of the bundle of {when}, sent again."
            _save(out, snapshot(new, file.bundle.title, note), known)
    if any(one.run.outcome is Outcome.FAILED for one in new):
        ctx.exit(1)


def _gateway_of(gateways: Gateways, run: Run, name: str | None) -> Gateway:
    """The gateway that is asked for `run`: the one that was named, else the only one, else the recorded one."""
    wanted = name or (run.server.name if gateways.several else "")
    found = gateways.find(wanted)
    if found is None:
        there = ", ".join(gateways.names)
        raise Failure(f"there is no gateway named {line(wanted)}; choose with --gateway: {there}; nothing was sent")
    return found


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        raise Failure(error) from None


@contextmanager
def _gateways(settings: Settings) -> Iterator[Gateways]:
    """The configured servers, or a sandbox that lives as long as the command."""
    try:
        configured = configured_gateways(settings)
    except GatewaysError as error:
        raise Failure(error) from None
    if configured:
        yield configured
        return
    try:
        process = SandboxProcess.start(settings.sandbox_engine)
    except SandboxFailed as error:
        raise Failure(error) from None
    with process:
        yield Gateways((sandbox_gateway(process.base_url, process.key, process.model),))


def _say_what_is_sent(old: Sequence[Run], gateway: Gateway) -> None:
    models = ", ".join(dict.fromkeys(line(run.request.model) for run in old))
    notice = f" (stand-in, not GLM: {gateway.stand_in})" if gateway.stand_in else ""
    key = "with a key" if gateway.key else "without a key"
    click.echo(f"This sends {count(len(old), 'request')} to {gateway.name}{notice}, {gateway.origin}, {key}.")
    click.echo(f"Models: {models}")
    click.echo(f"Cost: {_estimate(old, gateway)}")


def _estimate(runs: Sequence[Run], gateway: Gateway) -> str:
    """What the runs would cost if they used as many tokens again; a bundle's own prices are not believed."""
    if gateway.stand_in:
        return "nothing, the sandbox charges nothing"
    if not gateway.seller and not gateway.models:
        return f"unknown, no price of {gateway.name} is known"
    total = Decimal(0)
    for run in runs:
        usage = run.usage._replace(cost=None) if run.usage else None
        cost = cost_of(replace(run, usage=usage, outcome=Outcome.COMPLETED), known_price(gateway, run.request.model))
        if cost.amount is None:
            return f"unknown: for {line(run.request.model)}, {cost_text(cost)}"
        total += cost.amount
    return f"about {dollars(total)}, with the tokens of the recording and known prices of {gateway.name}"


def _agreed() -> bool:
    try:
        return click.confirm("Send?")
    except click.Abort:
        click.echo()
        return False


def _ask_again(engine: Engine, gateway: Gateway, place: int, one: RecordedRun) -> RecordedRun:
    """Send the request of a run once more, and print both beside each other."""

    async def price() -> Price | None:
        return known_price(gateway, one.run.request.model)

    request = one.run.request.said_in(Dialect(gateway.thinking))
    run = engine.start(request, gateway, price=price)
    try:
        while not run.ended:
            engine.wait_end([run], timeout=0.5)
    except KeyboardInterrupt:
        engine.stop(run)
        raise
    old, new = figures(one.run), figures(run)
    click.echo(f"\nRun {place}: {line(run.request.model)}")
    click.echo(f"  {'':<10} {'recorded':<28} new")
    for name in old:
        click.echo(f"  {name:<10} {old[name]:<28} {new[name]}")
    same = answer_of(one.run) == answer_of(run)
    click.echo(f"  {'by':<10} {answered_by(one.run)}; new: {answered_by(run)}")
    click.echo(f"  {'answer':<10} {'the same' if same else 'not the same'}")
    if run.error:
        click.echo(f"  {'error':<10} {line(run.error.message)}")
    return RecordedRun(run.recorded(), run.cost, one.lane)


def _save(path: Path, bundle: Bundle, known: Sequence[str]) -> None:
    # What is certainly our own key never leaves; what merely looks like a key is named.
    bundle = without_secrets(bundle, known, only_known=True)
    for finding in find_secrets(bundle):
        click.echo(f"Look at it before you pass it on: {line(finding.where)}: {finding.kind}, {line(finding.excerpt)}")
    data = write_bundle(bundle)
    with written(path) as file:
        file.write(data)
    click.echo(f"\nSaved in {line(str(path))}, {len(data):,} bytes.")
