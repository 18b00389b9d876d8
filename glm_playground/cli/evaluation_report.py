"""An evaluation as a report that the command line writes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from babel import Locale
from babel.dates import format_date

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.evals.findings import examples_of, findings_of
from glm_playground.evals.judged import judge_verdict
from glm_playground.evals.results import results_of
from glm_playground.evals.suite import Suite
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import EvaluationRow
from glm_playground.reports.evaluation_report import evaluation_report
from glm_playground.reports.report import Cover, Paper
from glm_playground.reports.report_files import REPORT_WRITERS
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sentences import said
from glm_playground.reports.transcript_words import words_in
from glm_playground.translations import translations


def report_file(
    kind: str,
    ledger: Ledger,
    row: EvaluationRow,
    suite: Suite,
    setups: Sequence[Setup],
    *,
    title: str,
    author: str,
    purpose: str,
    conclusion: str,
    paper: Paper,
    language: str,
) -> bytes:
    """The report of an evaluation as a file.

    Args:
        kind: one of `REPORT_WRITERS`.
        ledger: with its runs.
        row: the evaluation.
        suite: what was asked.
        setups: of whom.
        title: of the report; empty for one by the evaluation's name.
        author: may be empty.
        purpose: may be empty.
        conclusion: Markdown; may be empty.
        paper: what it is printed on.
        language: one of `translations.LANGUAGES`.
    """
    say, locale = translations(language).gettext, Locale.parse(language)
    signs = locale.number_symbols["latn"]
    words = said(ReportWords(), say, words=words_in(say, signs["decimal"], signs["group"]))
    now = datetime.now(UTC)
    cover = Cover(
        title[: bounds.REPORT_TITLE_CHARACTERS] or words.evaluation.title.format(name=row.name),
        now.date(),
        author=author[: bounds.REPORT_TITLE_CHARACTERS],
        purpose=purpose[: bounds.REPORT_PURPOSE_CHARACTERS],
        conclusion=conclusion[: bounds.REPORT_CONCLUSION_CHARACTERS],
    )
    findings = findings_of(results_of(ledger, row, suite, setups))
    report = evaluation_report(
        row,
        suite,
        findings,
        examples_of(ledger, row, suite, setups, findings),
        cover,
        words=words,
        language=language,
        day_text=format_date(cover.day, format="long", locale=locale),
        written_at=now,
        paper=paper,
        judge=judge_verdict(ledger, row, suite, setups),
    )
    return REPORT_WRITERS[kind](report, words.words)
