"""The comparison as a plain HTML table with the source in each cell, for screen readers, keyboards and paper."""

from collections.abc import Mapping

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from glm_playground.catalog import AnyFact, Source
from glm_playground.catalog.comparison_files import mark
from glm_playground.ui.answer_markdown import literal
from glm_playground.ui.compare_filters import Shown
from glm_playground.ui.fact_values import fact_text
from glm_playground.ui.fact_view import source_link
from glm_playground.ui.i18n import _, number

_MOST_MODELS = 50


def draw_reading(shown: Shown, sources: Mapping[str, Source]) -> None:
    """Draws the table folded; it is made once it is opened."""
    fold = st.expander(_("As a plain table, with sources"), key="compare_reading", type="compact", on_change="rerun")
    if not fold.open:
        return
    cards, rows = shown.comparison.cards[:_MOST_MODELS], shown.comparison.rows
    columns = {"≠": [mark(row.difference) for row in rows]}
    for place, card in enumerate(cards):
        columns[literal(card.name)] = [_cell(row.facts[place], sources) for row in rows]
    frame = pd.DataFrame(columns, index=[literal(label) for label in shown.labels])
    with fold:
        if len(shown.comparison.cards) > len(cards):
            st.caption(
                _("The first {shown} of {count} models; choose fewer to read the others.").format(
                    shown=number(len(cards)), count=number(len(shown.comparison.cards))
                )
            )
        st.table(frame, border="horizontal", alt=_("Comparison of {count} models").format(count=len(cards)))


def _cell(fact: AnyFact, sources: Mapping[str, Source]) -> str:
    """The value with a link to its source and the month it was read in."""
    if not fact.known:
        return f":gray[{fact_text(fact)}]"
    source = sources.get(fact.source or "")
    named = source_link(source, short=True) if source else literal(fact.source or "")
    dated = f" {fact.read:%Y-%m}" if fact.read else ""
    return f"{fact_text(fact)} :small[{named}{dated}]"
