"""A report as one HTML page, which loads nothing, runs nothing and prints."""

from glm_playground.reports.chart_svg import chart_svg
from glm_playground.reports.report import Report
from glm_playground.reports.shown_text import shown_text
from glm_playground.reports.transcript import TEMPLATES
from glm_playground.reports.transcript_words import Words


def _is_kind(part: object, *names: str) -> bool:
    return type(part).__name__ in names


TEMPLATES.tests["kind"] = _is_kind


def to_html(report: Report, words: Words) -> str:
    """The page, on the report's paper when it is printed; `words` write the numbers of the charts."""
    template = TEMPLATES.get_template("report.html.jinja")
    return shown_text(template.render(report=report, chart=lambda chart, number: chart_svg(chart, words, number)))
