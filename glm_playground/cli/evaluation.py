"""`glm-playground eval`: ask the cases of a suite of several models, and say which of them passes more."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import click

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.cli.evaluation_lines import cap_lines, outlook_lines, show, show_difference, status_line
from glm_playground.cli.evaluation_place import WorkPlace, work_place
from glm_playground.cli.failure import Failure
from glm_playground.cli.figures import dollars_of
from glm_playground.cli.judge_lines import judge_lines
from glm_playground.cli.opened_ledger import opened_ledger
from glm_playground.cli.suite_file import SUITE
from glm_playground.cli.terminal import line
from glm_playground.cli.written import written
from glm_playground.evals.candidates import read_candidates, stored_candidates
from glm_playground.evals.evaluation import (
    JudgeOf,
    check_caps,
    judge_for,
    named,
    named_judge,
    new_evaluation,
    outlook,
    with_caps,
    work_of,
)
from glm_playground.evals.execution import STOPPED
from glm_playground.evals.judge import Judge, judge_of, stored_judge, write_judge
from glm_playground.evals.judged import judge_verdict
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.result_files import PAIRS_WRITERS, WRITERS
from glm_playground.evals.results import results_of
from glm_playground.evals.suite import Suite
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import RETRIED, CellState, EvaluationRow
from glm_playground.service import runtime
from glm_playground.translations import LANGUAGES

OWNER = "command-line"
"""Whose evaluations and runs those of the command line are, unless another owner is named."""
_REPORTS = ("html", "markdown", "docx", "pptx")

_owner = click.option("--owner", default=OWNER, metavar="OWNER", help="Whose they are, as the ledger names owners.")
_cap = click.option("--cap", "dollars", type=str, metavar="DOLLARS", help="US dollars that it may cost at most.")
_cap_tokens = click.option("--cap-tokens", "tokens", type=click.IntRange(0), metavar="N", help="The same in tokens.")
_at_once = click.option(
    "--concurrency",
    "at_once",
    type=click.IntRange(1, bounds.EVALUATION_MOST_AT_ONCE),
    default=bounds.EVALUATION_AT_ONCE,
    show_default=True,
    metavar="N",
    help="Requests at once at each gateway, at most.",
)
_scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Of a Dask scheduler whose workers ask in place of this process, such as tcp://10.0.0.5:8786.",
)


_judge = click.option("--judge", metavar="MODEL", help="Who judges, such as glm-5.1;thinking=off; see docs/suites.md.")
_judge_pairs = click.option(
    "--judge-pairs/--no-judge-pairs", default=True, help="Whether the judge compares the candidates' answers, too."
)


@click.group("eval", short_help="Ask the cases of a suite of several models, and compare.")
def evaluation() -> None:
    """Evaluations: a suite, asked of candidates, several times where wanted (docs/evaluations.md)."""


@evaluation.command()
@click.argument("opened", type=SUITE, metavar="SUITE")
@click.option("--models", required=True, metavar="A,B", help="Candidates, such as glm-5.1,glm-4.6;temperature=0")
@click.option("--gateway", default="", metavar="NAME", help="Who is asked; the first gateway where it is left out.")
@click.option("--repeats", type=click.IntRange(1, bounds.EVALUATION_REPEATS), default=1, show_default=True, metavar="N")
@_cap
@_cap_tokens
@_judge
@_judge_pairs
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Of each answer, where a candidate has none.")
@_at_once
@_scheduler
@click.option("--name", default="", metavar="TEXT", help="The suite's name where it is left out.")
@click.option("--difference", default=5.0, show_default=True, metavar="POINTS", help="Of pass rates, to plan for.")
@click.option("--dry-run", is_flag=True, help="Say what it would cost; nothing is sent.")
@_owner
@click.pass_context
def run(
    ctx: click.Context,
    opened: Opened,
    *,
    models: str,
    gateway: str,
    repeats: int,
    dollars: str | None,
    tokens: int | None,
    judge: str | None,
    judge_pairs: bool,
    max_tokens: int | None,
    at_once: int,
    scheduler: str | None,
    name: str,
    difference: float,
    dry_run: bool,
    owner: str,
) -> None:
    """Ask each case of SUITE of each candidate, and say which of them passes more."""
    for problem in opened.unsupported:
        click.echo(f"not supported: {line(str(problem))}", err=True)
    cap = dollars_of(dollars)
    with opened_ledger() as ledger:
        gateways = runtime.gateways()
        asked = [_bounded(setup, max_tokens) for setup in read_candidates(models.split(","), gateway)]
        setups = named(asked, gateways)
        who = _judge_of(judge, gateway, in_pairs=judge_pairs)
        work = work_of(opened.suite, setups, gateways, owner, JudgeOf(who, ledger, 0) if who else None)
        found = outlook(work, repeats, ledger, owner)
        for said in (*outlook_lines(found, work, repeats, difference), *cap_lines(found, cap, tokens)):
            click.echo(said)
        check_caps(work, cap, tokens)
        new = new_evaluation(opened.suite, setups, repeats, name=name, dollars=cap, tokens=tokens, judge=who)
        if dry_run:
            return
        with work_place(scheduler, at_once) as place:
            row = ledger.evaluations.add(owner, new)
            click.echo(f"Evaluation {row.id}")
            work = work_of(opened.suite, setups, gateways, owner, judge_for(ledger, row))
            row = place.worked(ledger, row, work)
        ctx.exit(_shown(ledger, row, work.suite, setups))


@evaluation.command("list")
@_owner
def list_all(owner: str) -> None:
    """List the evaluations, newest first."""
    with opened_ledger() as ledger:
        for row in ledger.evaluations.all(owner):
            click.echo(status_line(row))


@evaluation.command("show")
@click.argument("id")
@_owner
def show_one(id: str, owner: str) -> None:
    """Show what the evaluation ID says: pass rates, differences, cost, and what failed."""
    with opened_ledger() as ledger:
        row = _found(ledger, owner, id)
        _show(ledger, row, *_stored(ledger, row))


@evaluation.command()
@click.argument("id")
@_cap
@_cap_tokens
@_at_once
@_scheduler
@_owner
@click.pass_context
def resume(
    ctx: click.Context,
    id: str,
    *,
    dollars: str | None,
    tokens: int | None,
    at_once: int,
    scheduler: str | None,
    owner: str,
) -> None:
    """Ask the cells of the evaluation ID that still wait, under another cap where one is given."""
    with opened_ledger() as ledger:
        row = _found(ledger, owner, id)
        with work_place(scheduler, at_once) as place:
            ctx.exit(_resumed(ledger, row, dollars_of(dollars), tokens, place))


@evaluation.command()
@click.argument("id")
@click.option(
    "--failed",
    is_flag=True,
    help="Cells without an answer: failed, above a cap of the operator, or with an image that was not taken.",
)
@click.option("--interrupted", is_flag=True, help="Cells that were under way; what they cost may be paid again.")
@_cap
@_cap_tokens
@_at_once
@_scheduler
@_owner
@click.pass_context
def retry(
    ctx: click.Context,
    id: str,
    *,
    failed: bool,
    interrupted: bool,
    dollars: str | None,
    tokens: int | None,
    at_once: int,
    scheduler: str | None,
    owner: str,
) -> None:
    """Ask cells of the evaluation ID again, and those that still wait."""
    states = list(RETRIED) if failed else []
    states += [CellState.INTERRUPTED] if interrupted else []
    if not states:
        raise click.UsageError("say which: --failed, --interrupted, or both")
    with opened_ledger() as ledger:
        row = _found(ledger, owner, id)
        with work_place(scheduler, at_once) as place:
            count = ledger.evaluations.retry(row.number, states)
            click.echo(f"{count:,} cells are asked again")
            ctx.exit(_resumed(ledger, _found(ledger, owner, id), dollars_of(dollars), tokens, place))


@evaluation.command()
@click.argument("id")
@click.option("--judge", "name", required=True, metavar="MODEL", help="Who judges, such as glm-5.1;thinking=off")
@click.option("--gateway", default="", metavar="NAME", help="Who is asked; the first gateway where it is left out.")
@_judge_pairs
@_cap
@_cap_tokens
@_at_once
@_scheduler
@_owner
@click.pass_context
def judge(
    ctx: click.Context,
    id: str,
    *,
    name: str,
    gateway: str,
    judge_pairs: bool,
    dollars: str | None,
    tokens: int | None,
    at_once: int,
    scheduler: str | None,
    owner: str,
) -> None:
    """Have a model judge the answers of the evaluation ID, within its caps, and ask what still waits."""
    with opened_ledger() as ledger:
        row = _found(ledger, owner, id)
        who = _judge_of(name, gateway, in_pairs=judge_pairs)
        assert who
        with work_place(scheduler, at_once) as place:
            if not ledger.evaluations.judge(row.number, write_judge(who)):
                raise Failure(f"{row.id} has another judge already; an evaluation has one")
            ctx.exit(_resumed(ledger, _found(ledger, owner, id), dollars_of(dollars), tokens, place))


@evaluation.command()
@click.argument("id")
@_owner
def stop(id: str, owner: str) -> None:
    """Send nothing more of the evaluation ID, in any process; what is under way continues."""
    with opened_ledger() as ledger:
        row = _found(ledger, owner, id)
        ledger.evaluations.stop(row.number, STOPPED)
        click.echo(status_line(_found(ledger, owner, id)))


@evaluation.command()
@click.argument("id")
@_owner
def delete(id: str, owner: str) -> None:
    """Remove the evaluation ID with its suite for good; its runs stay in the history."""
    with opened_ledger() as ledger:
        if not ledger.evaluations.delete(owner, id):
            raise Failure(f"there is no evaluation {line(id)}")


@evaluation.command()
@click.argument("first")
@click.argument("second")
@_owner
def diff(first: str, second: str, owner: str) -> None:
    """Compare the evaluations FIRST and SECOND: of each candidate in both, what has changed, case by case."""
    with opened_ledger() as ledger:
        rows = [_found(ledger, owner, id) for id in (first, second)]
        if rows[0].digest != rows[1].digest:
            click.echo("their suites differ: cases of the same name are compared", err=True)
        before, after = (results_of(ledger, row, *_stored(ledger, row)) for row in rows)
        show_difference(rows[0], before, rows[1], after)


@evaluation.command()
@click.argument("id")
@click.option(
    "--as",
    "--format",
    "kind",
    type=click.Choice([*sorted(WRITERS), *PAIRS_WRITERS, *_REPORTS]),
    required=True,
    help="What to write.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE")
@click.option("--title", default="", metavar="TEXT", help="Of a report; the evaluation's name where it is left out.")
@click.option("--author", default="", metavar="TEXT", help="Of a report.")
@click.option("--purpose", default="", metavar="TEXT", help="Of a report.")
@click.option("--conclusion", default="", metavar="MARKDOWN", help="Of a report.")
@click.option("--paper", type=click.Choice(["A4", "Letter"]), default="A4", show_default=True, help="Of a report.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True, help="Of a report.")
@_owner
def export(id: str, kind: str, out: Path, paper: str, owner: str, **said: str) -> None:
    """Write what the cells of the evaluation ID came to: a row a cell, promptfoo's results, a bundle of its runs, what
    the judge said of each pair of answers (pairs, pairs-jsonl), or a report to hand on (html, markdown, docx, pptx)."""
    with opened_ledger() as ledger:
        row = _found(ledger, owner, id)
        suite, setups = _stored(ledger, row)
        try:
            with written(out) as file:
                if kind in _REPORTS:
                    # What writes a report takes a moment to load.
                    from glm_playground.cli.evaluation_report import report_file  # noqa: PLC0415
                    from glm_playground.reports.report import Paper  # noqa: PLC0415

                    file.write(report_file(kind, ledger, row, suite, setups, paper=Paper(paper), **said))
                elif kind in PAIRS_WRITERS:
                    judged = judge_verdict(ledger, row, suite, setups)
                    if judged is None or not judged.pairs:
                        raise ValueError("no pair of answers was judged")
                    PAIRS_WRITERS[kind](file, row, judged)
                else:
                    WRITERS[kind](file, row, results_of(ledger, row, suite, setups))
        except ValueError as error:
            raise Failure(error) from None
        click.echo(f"Saved in {line(str(out))}, {out.stat().st_size:,} bytes.")


def _found(ledger: Ledger, owner: str, id: str) -> EvaluationRow:
    row = ledger.evaluations.find(owner, id)
    if row is None:
        raise Failure(f"there is no evaluation {line(id)}; `glm-playground eval list` names them")
    return row


def _stored(ledger: Ledger, row: EvaluationRow) -> tuple[Suite, tuple[Setup, ...]]:
    try:
        stored_judge(row.judge)
        return Suite.model_validate_json(ledger.evaluations.suite(row.number)), stored_candidates(row.candidates)
    except ValueError:
        raise Failure(f"the suite of {row.id} cannot be read: a later version may have written it") from None


def _resumed(ledger: Ledger, row: EvaluationRow, dollars: Decimal | None, tokens: int | None, place: WorkPlace) -> int:
    suite, setups = _stored(ledger, row)
    work = work_of(suite, setups, runtime.gateways(), row.owner, judge_for(ledger, row))
    row = replace(row, spending=with_caps(row.spending, dollars, tokens))
    check_caps(work, row.spending.cap_dollars, row.spending.cap_tokens)
    row = place.worked(ledger, row, work)
    return _shown(ledger, row, suite, setups)


def _shown(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: tuple[Setup, ...]) -> int:
    """Shows how it stands now; the status of the command."""
    _show(ledger, row, suite, setups)
    done = row.cells.get(CellState.FINISHED, 0) + row.cells.get(CellState.UNSUPPORTED, 0)
    return 0 if done == row.total else 1


def _show(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: tuple[Setup, ...]) -> None:
    show(row, results_of(ledger, row, suite, setups))
    if found := judge_verdict(ledger, row, suite, setups):
        for said in judge_lines(found):
            click.echo(said)


def _judge_of(text: str | None, gateway: str, *, in_pairs: bool) -> Judge | None:
    if text is None:
        return None
    (setup,) = read_candidates([text], gateway)
    return named_judge(judge_of(setup, in_pairs=in_pairs), runtime.gateways())


def _bounded(setup: Setup, max_tokens: int | None) -> Setup:
    if max_tokens is None or setup.parameters.max_tokens is not None:
        return setup
    return setup.model_copy(update={"parameters": setup.parameters.model_copy(update={"max_tokens": max_tokens})})
