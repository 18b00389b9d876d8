"""`glm-playground suite`: open suites of cases, write them otherwise, and grade recorded runs by them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from glm_playground.cli.bundle_file import FILE, BundleFile
from glm_playground.cli.failure import Failure
from glm_playground.cli.figures import count
from glm_playground.cli.suite_file import SUITE
from glm_playground.cli.terminal import line
from glm_playground.cli.verdict_lines import difference_sentence, rate_line
from glm_playground.cli.written import written
from glm_playground.evals.grade import Grade, reasons_of
from glm_playground.evals.inspect_log import inspect_logs
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.recorded import GradedRun, graded_runs
from glm_playground.evals.starter import LANGUAGES, starter_text
from glm_playground.evals.suite_file import WRITERS, left_out
from glm_playground.evals.verdict import differences, pass_rates

_MOST_SHOWN = 20


@click.group(short_help="Open suites of cases; grade recorded runs by them.")
def suite() -> None:
    """Suites: promptfoo's YAML, CSV with a column a variable, or JSONL with input and ideal (docs/suites.md)."""


@suite.command()
@click.argument("opened", type=SUITE, metavar="FILE")
def check(opened: Opened) -> None:
    """Say what FILE holds, and what of it is not supported; nothing is sent."""
    found = opened.suite
    checks = sum(len(case.checks) for case in found.cases)
    attached = sum(len(case.attachments) for case in found.cases)
    click.echo(
        f"{line(found.name) or 'a suite'}: {count(len(found.prompts), 'prompt')}, "
        f"{count(len(found.cases), 'case')}, {count(checks, 'check')}"
        + (f", {count(attached, 'attachment')}" if attached else "")
    )
    for problem in opened.unsupported:
        click.echo(f"not supported: {line(str(problem))}")


@suite.command()
@click.argument("opened", type=SUITE, metavar="FILE")
@click.option("--to", "kind", type=click.Choice(sorted(WRITERS)), required=True, help="What to write.")
def convert(opened: Opened, kind: str) -> None:
    """Write the suite in FILE to the standard output in another format."""
    for problem in opened.unsupported:
        click.echo(f"left out: {line(str(problem))}", err=True)
    missing = left_out(opened.suite, kind)
    for what, cases in (("tools", missing.tools), ("attachments", missing.attachments)):
        if cases:
            click.echo(f"left out: the {what} of {count(cases, 'case')}", err=True)
    click.echo(WRITERS[kind](opened.suite), nl=False)


@suite.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of its cases.")
def starter(file: Path, language: str) -> None:
    """Write the starter suite to FILE: 30 cases of chat, code and automation that need no judge."""
    with written(file) as opened:
        opened.write(starter_text(language).encode())
    click.echo(f"{line(str(file))}: glm-playground suite check {line(str(file))} says what it holds")


@suite.command()
@click.argument("opened", type=SUITE, metavar="FILE")
@click.argument("bundles", type=FILE, nargs=-1, required=True, metavar="BUNDLE...")
@click.option(
    "--inspect",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a log of Inspect for each candidate into this folder, too.",
)
def grade(opened: Opened, bundles: Sequence[BundleFile], folder: Path | None) -> None:
    """Grade the runs in each BUNDLE by the suite in FILE; nothing is sent.

    A run counts where its messages are those of a case. Each model at its server, with its settings, is a candidate:
    its share of passed answers stands with a 95% interval, and each pair of candidates with its paired difference.
    """
    for problem in opened.unsupported:
        click.echo(f"not supported: {line(str(problem))}", err=True)
    runs = [(one.run, one.cost) for bundle in bundles for one in bundle.bundle.runs]
    found = graded_runs(opened.suite, runs)
    if not found:
        raise Failure("no run asks a case of the suite: the messages have to be the same")
    points = [one.point for one in found]
    for rate in pass_rates(points):
        click.echo(rate_line(rate))
    for difference in differences(points):
        click.echo(difference_sentence(difference))
    _show_failures([one for one in found if one.grade is not Grade.PASSED])
    if folder is not None:
        _write_logs(folder, inspect_logs(opened.suite, found))


def _write_logs(folder: Path, logs: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in logs.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror}") from None
    click.echo(f"{count(len(logs), 'log')} in {line(str(folder))}: inspect view --log-dir {line(str(folder))}")


def _show_failures(found: Sequence[GradedRun]) -> None:
    for one in found[:_MOST_SHOWN]:
        said = reasons_of(one.checks) or (
            f"no answer ({one.run.outcome})" if one.asked.case.checks else "it has no check"
        )
        click.echo(f"{one.grade.value}  {line(one.asked.case.id)}  {line(one.candidate)}  {line(said)}")
    if len(found) > _MOST_SHOWN:
        click.echo(f"and {len(found) - _MOST_SHOWN:,} more")
