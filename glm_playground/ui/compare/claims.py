"""The drawer with who says what of a fact: the address names the fact, and one model where a cell was clicked."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from glm_playground.catalog import ModelCard, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.ui.compare.compared_models import IDS
from glm_playground.ui.compare.filters import WantedRows, shown_rows
from glm_playground.ui.compare.own_rows import own_rows
from glm_playground.ui.shared.facts.fact_view import claims_text
from glm_playground.ui.shared.facts.price_basis import address_of, price_basis, prices_now
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal

_FACT = "claims"
_MODEL = "of"
"""As `ui/server/first_page.py` names it."""


def claims_address(cards: Sequence[ModelCard]) -> Callable[[str], str]:
    """The address, below the app's, of this page with the claims of a row, by the row's key."""
    page = urlencode({IDS: ",".join(card.id for card in cards), **address_of(price_basis())})
    return lambda key: f"/compare?{page}&{urlencode({_FACT: key})}"


def draw_claims(cards: Sequence[ModelCard], sources: Mapping[str, Source], over: LaidOver, own_name: str) -> None:
    """Opens the drawer where the address asks for the claims of a fact that is compared."""
    key, model = st.query_params.get(_FACT), st.query_params.get(_MODEL)
    if not key:
        return
    everything = WantedRows("all", "all", "", None, by_model=False)
    shown = shown_rows(cards, everything, over, own_rows(cards, everything.group, prices_now(over, own_name)))
    found = [(label, row) for label, row in zip(shown.labels, shown.comparison.rows, strict=True) if row.key == key]
    if not found:
        return
    label, row = found[0]
    said = [
        "\n\n".join(claims_text(literal(card.name), fact, sources))
        for card, fact in zip(cards, row.facts, strict=True)
        if model in {None, card.id}
    ]
    # Streamlit's own Markdown: a drawer lies outside of what our HTML takes its colours from.
    st.dialog(literal(label), width="medium", position="right", on_dismiss=_close)(st.markdown)(
        "\n\n".join(said) or _("This model is not compared here.")
    )


def _close() -> None:
    for name in (_FACT, _MODEL):
        st.query_params.pop(name, None)
