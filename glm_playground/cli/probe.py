"""`glm-playground probe`: measure whether a model on a gateway does what its card claims."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import click

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.cli.evaluation import OWNER
from glm_playground.cli.evaluation_lines import money
from glm_playground.cli.evaluation_run import watched
from glm_playground.cli.failure import Failure
from glm_playground.cli.figures import dollars_of
from glm_playground.cli.opened_ledger import opened_ledger
from glm_playground.cli.terminal import line
from glm_playground.evals.probe_claims import Advertised, advertised, agrees
from glm_playground.evals.probe_findings import ProbeFinding, ProbeOutcome
from glm_playground.evals.probe_suite import REPEATS, Probe
from glm_playground.evals.probes import (
    MeasuredTodayError,
    ProbeError,
    ProbePlan,
    UnderWayError,
    begin,
    plan,
    stored_findings,
)
from glm_playground.gateway import Gateway
from glm_playground.ledger import Ledger
from glm_playground.service import runtime

_CAP = "0.05"


@click.command()
@click.option("--model", required=True, metavar="ID", help="Whose claims are measured, such as glm-5.1.")
@click.option("--gateway", default="", metavar="NAME", help="Who is asked; the first gateway where it is left out.")
@click.option("--cap", "cap", default=_CAP, show_default=True, metavar="DOLLARS", help="That it may cost at most.")
@click.option("--cap-tokens", "tokens", type=click.IntRange(0), metavar="N", help="The same in tokens.")
@click.option(
    "--repeats", type=click.IntRange(1, bounds.EVALUATION_REPEATS), default=REPEATS, show_default=True, metavar="N"
)
@click.option("--context", is_flag=True, help="Fill the context once, in place of the others; see its cost first.")
@click.option("--again", is_flag=True, help="Measure once more what was measured today.")
@click.option("--dry-run", is_flag=True, help="Say what it would cost; nothing is sent.")
@click.option("--owner", default=OWNER, metavar="OWNER", help="Whose they are, as the ledger names owners.")
@click.pass_context
def probe(
    ctx: click.Context,
    *,
    model: str,
    gateway: str,
    cap: str,
    tokens: int | None,
    repeats: int,
    context: bool,
    again: bool,
    dry_run: bool,
    owner: str,
) -> None:
    """Measure whether a model on a gateway does what its card claims (docs/probes.md)."""
    dollars = dollars_of(cap)
    try:
        with opened_ledger() as ledger:
            found = plan(ledger, owner, runtime.gateways(), model, gateway, repeats=repeats, context=context)
            for said in _plan_lines(found):
                click.echo(said)
            if dry_run:
                return
            ctx.exit(_asked(ledger, found, dollars, tokens, again=again))
    except ProbeError as error:
        raise Failure(error) from None


def _asked(ledger: Ledger, found: ProbePlan, dollars: Decimal | None, tokens: int | None, *, again: bool) -> int:
    """Asks, and shows what is known then; the status of the command."""
    try:
        row, execution = begin(ledger, found, dollars, tokens, again=again)
    except UnderWayError:
        raise
    except MeasuredTodayError as error:
        click.echo(f"Nothing is sent: {line(str(error))}; --again measures once more.")
    else:
        click.echo(f"Evaluation {row.id}")
        row = watched(execution, ledger, row)
    (setup,) = found.setups
    shown = [one for one in stored_findings(ledger, found.owner, setup.model) if one.origin == found.gateway.origin]
    if stand_in := found.gateway.stand_in:
        click.echo(f"Measured of a stand-in model, not GLM: {line(stand_in)}")
    for said in finding_lines(shown, found.gateway):
        click.echo(said)
    return 0 if shown else 1


def _plan_lines(found: ProbePlan) -> Iterator[str]:
    cells, most = found.outlook.cells, found.outlook.most
    yield f"{line(found.work.candidates[0].name)}: {cells:,} requests"
    priced = f"{money(most.dollars)} at most{' (play money)' if found.outlook.play_money else ''}; "
    yield f"Cost: {'no price is known; ' if found.outlook.unpriced else priced}{most.tokens:,} tokens at most"


def finding_lines(found: Sequence[ProbeFinding], gateway: Gateway) -> Iterator[str]:
    """A line a probe: what was measured, beside what is advertised; never of a stand-in as of the model."""
    for one in sorted(found, key=lambda one: list(Probe).index(one.probe)):
        card = load_catalog().get(one.model)
        claimed = advertised(card, one.probe, gateway.seller) if card and not one.stand_in else None
        parts = [f"{one.probe.value:<13}", f"measured {_measured_text(one)} on {one.day}, n={one.counted}"]
        if claimed:
            parts.append(_claimed_text(claimed, one))
        if one.answer is not ProbeOutcome.YES:
            parts.append(f"runs {', '.join(one.run_ids[:3])}")
        yield "  ".join(parts)


def _measured_text(one: ProbeFinding) -> str:
    if one.tokens is not None:
        return f"{one.answer.value} ({one.tokens:,} tokens read)"
    return f"{one.answer.value} ({one.why.value})" if one.why else one.answer.value


def _claimed_text(claimed: Advertised, one: ProbeFinding) -> str:
    verdict = {True: "agrees", False: "DISAGREES", None: "open"}[agrees(claimed, one)]
    return f"advertised {'yes' if claimed.holds else 'no'} by {claimed.fact.source}: {verdict}"
