"""The words of transcripts and reports in the session's language."""

from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sentences import said
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome
from glm_playground.ui.shared.i18n import _, locale
from glm_playground.ui.shared.run_footer import cost_state_name, outcome_name


def transcript_words() -> Words:
    """Every label and sentence of a transcript."""
    signs = locale().number_symbols["latn"]
    return said(
        Words(),
        _,
        outcomes={outcome: outcome_name(outcome) for outcome in Outcome},
        cost_states={state: cost_state_name(state) for state in CostState},
        decimal_point=signs["decimal"],
        thousands_separator=signs["group"],
    )


def report_words() -> ReportWords:
    """Every label and sentence of a report that is handed on, those of a transcript included."""
    return said(ReportWords(), _, words=transcript_words())
