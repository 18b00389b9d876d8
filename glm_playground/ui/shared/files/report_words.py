"""The words of transcripts and reports in the session's language."""

from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sentences import said
from glm_playground.reports.transcript_words import Words, words_in
from glm_playground.ui.shared.i18n import _, locale


def transcript_words() -> Words:
    """Every label and sentence of a transcript."""
    signs = locale().number_symbols["latn"]
    return words_in(_, signs["decimal"], signs["group"])


def report_words() -> ReportWords:
    """Every label and sentence of a report that is handed on, those of a transcript included."""
    return said(ReportWords(), _, words=transcript_words())
