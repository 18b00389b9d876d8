"""The comparison with the source in each cell, to be read and printed."""

from collections.abc import Mapping

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from glm_playground.catalog import Source
from glm_playground.catalog.comparison_files import mark
from glm_playground.ui.compare.filters import Shown
from glm_playground.ui.shared.facts.sourced import sourced
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal


def draw_reading(shown: Shown, sources: Mapping[str, Source]) -> None:
    """Draws the table folded; it is made once it is opened."""
    fold = st.expander(
        _("The same with a source in each cell"), key="compare_reading", type="compact", on_change="rerun"
    )
    if not fold.open:
        return
    cards, rows = shown.comparison.cards, shown.comparison.rows
    columns = {"≠": [mark(row.difference) for row in rows]}
    for place, card in enumerate(cards):
        columns[literal(card.name)] = [
            sourced(row.facts[place], sources, literal(cells[place]))
            for row, cells in zip(rows, shown.texts, strict=True)
        ]
    frame = pd.DataFrame(columns, index=pd.Index(map(literal, shown.labels), name=_("Fact")))
    with fold:
        st.table(frame, border="horizontal", alt=_("Comparison of {count} models").format(count=len(cards)))
