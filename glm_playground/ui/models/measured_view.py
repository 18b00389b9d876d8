"""A model's page: what the user's own runs measured of it, beside what is advertised."""

import streamlit as st

from glm_playground.ledger import LedgerError
from glm_playground.ledger.measurements import Measured
from glm_playground.ui.shared.facts.fact_values import aside, table_head, title
from glm_playground.ui.shared.facts.measured import DAYS, gateway_names, measured_figures, read_measured
from glm_playground.ui.shared.i18n import _, day
from glm_playground.ui.shared.page.ledger_notice import draw_error
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_DAYS = 14


def draw_measured(model: str) -> None:
    """Draws a table a gateway: all runs together, then day by day."""
    found = read_measured(model)
    if isinstance(found, LedgerError):
        draw_error(found)
        return
    parts = [title(_("Measured by your own runs"))]
    names = gateway_names(found)
    for one in found:
        parts += [f"**{literal(names[one.origin])}**", _table(one)]
    if not found:
        parts.append(_("No run of yours on a gateway is stored; ask the model in the playground to measure it."))
    parts.append(aside(_notes()))
    st.markdown("\n\n".join(parts))


def _table(one: Measured) -> str:
    shown = [
        (_("{days} days").format(days=DAYS), one.total),
        *((day(when), found) for when, found in one.days[:_MOST_DAYS]),
    ]
    head = (_("Day, UTC"), *(figure.label for figure in measured_figures(None)))
    lines = table_head(head, ("---", *("--:" for _figure in head[1:])))
    for name, figures in shown:
        cells = (literal(figure.text) for figure in measured_figures(figures))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _notes() -> str:
    return _(
        "Only your own runs count, without warm-ups and without answers of a stand-in. Answered is of the runs that "
        "were answered or failed; failed is of all runs. A p95 needs 20 runs."
    )
