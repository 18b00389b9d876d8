"""The menu with the report of an evaluation."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from glm_playground.chat.setup import Setup
from glm_playground.evals.suite import Suite
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import EvaluationRow
from glm_playground.ui.shared.facts.price_basis import kept_basis
from glm_playground.ui.shared.i18n import _, language, long_day
from glm_playground.ui.shared.page.own_key import asked_gateways


def draw_report_menu(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup]) -> None:
    """Draws the menu with the form, once it is opened; the answers are graded when a file is asked for."""
    popover = st.popover(_("Report"), icon=":material/article:", key="evaluate_report", on_change="rerun")
    if not popover.open:
        return
    # Jinja is loaded once somebody wants a report.
    from glm_playground.evals.findings import examples_of, findings_of  # noqa: PLC0415
    from glm_playground.evals.judged import judge_verdict  # noqa: PLC0415
    from glm_playground.evals.results import results_of  # noqa: PLC0415
    from glm_playground.reports.evaluation_report import evaluation_report  # noqa: PLC0415
    from glm_playground.reports.report import Cover, Paper, Report  # noqa: PLC0415
    from glm_playground.ui.shared.facts.published_facts import published_of  # noqa: PLC0415
    from glm_playground.ui.shared.files.report_form import draw_report  # noqa: PLC0415
    from glm_playground.ui.shared.files.report_words import report_words  # noqa: PLC0415

    server, basis = asked_gateways().runapi, kept_basis()

    def make(cover: Cover, paper: Paper) -> Report:
        found = findings_of(results_of(ledger, row, suite, setups))
        return evaluation_report(
            row,
            suite,
            found,
            examples_of(ledger, row, suite, setups, found),
            cover,
            words=report_words(),
            language=language(),
            day_text=long_day(cover.day),
            written_at=datetime.now(UTC),
            paper=paper,
            judge=judge_verdict(ledger, row, suite, setups),
            published=published_of([setup.model for setup in setups], server, basis),
        )

    def title() -> str:
        return _("Evaluation of GLM models: {name}").format(name=row.name or suite.name)

    with popover:
        draw_report(make, title, "evaluation", stem="glm-evaluation")
