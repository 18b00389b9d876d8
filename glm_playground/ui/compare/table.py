"""The comparison as a table: a click on a cell or on a fact's name opens the claims behind it."""

from collections.abc import Mapping
from urllib.parse import quote

import streamlit as st

from glm_playground.catalog import ModelCard, Source
from glm_playground.catalog.comparison import Comparison, LaidOver
from glm_playground.ui.compare.claims import claims_address
from glm_playground.ui.compare.compared_models import ordered
from glm_playground.ui.compare.exports import draw_downloads
from glm_playground.ui.compare.filters import MODELS_A_PAGE, draw_filters, shown_rows
from glm_playground.ui.compare.html_table import html_table, is_tinted
from glm_playground.ui.compare.own_rows import own_rows
from glm_playground.ui.compare.reading_table import draw_reading
from glm_playground.ui.shared.facts.fact_values import aside
from glm_playground.ui.shared.facts.price_basis import prices_now
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.text.answer_markdown import literal


@st.fragment
def draw_table(cards: tuple[ModelCard, ...], sources: Mapping[str, Source], laid_over: LaidOver, own_name: str) -> None:
    """Draws the filters, the table, the downloads, and the same table with sources in its cells."""
    wanted = draw_filters(len(cards))
    cards = ordered(cards, wanted.order)
    shown = shown_rows(cards, wanted, laid_over, own_rows(cards, wanted.group, prices_now(laid_over, own_name)))
    if not shown.comparison.rows:
        st.markdown(_("No row fits. Take a filter away, or search for a part of a name such as price."))
        return
    pages = -(-len(cards) // MODELS_A_PAGE)
    page = shown
    if pages > 1:
        page = shown.page(st.pagination(pages, key="compare_page"))
    st.html(
        html_table(
            page,
            by_model=wanted.by_model,
            name=_("Comparison of {count} models").format(count=len(page.comparison.cards)),
            corner=_("Model") if wanted.by_model else _("Fact"),
            sign_help=_sign_help(),
            fact_address=claims_address(cards),
            model_address=lambda name: f"/?id={quote(name)}",
        )
    )
    _draw_caption(page.comparison)
    draw_downloads(shown, sources)
    draw_reading(page, sources)


def _sign_help() -> str:
    return _("≠ published values differ, = all are known and the same, ? what is known agrees and something is unknown")


def _draw_caption(comparison: Comparison) -> None:
    count = len(comparison.rows)
    parts = [ngettext("{count} row", "{count} rows", count).format(count=number(count)), _sign_help()]
    if is_tinted(comparison):
        name = comparison.cards[0].name
        parts.append(_("tinted: another value than {model}'s").format(model=name))
    parts.append(_("click a cell or a fact's name for its sources"))
    parts.append(_("$/1M: US dollars for a million tokens"))
    lines = [literal("; ".join(parts)), *_price_notes(comparison)]
    draw_text("  \n".join(map(aside, lines)))


def _price_notes(comparison: Comparison) -> list[str]:
    """What must be said of the prices in the table."""
    notes = []
    headline = comparison.row("gateways.runapi.price.headline")
    if headline and any(fact.known for fact in headline.facts):
        notes.append(
            _(
                "RunAPI's headline per 1K tokens is never used for a cost: where its pages print both, they "
                "disagree 10 to 100 times."
            )
        )
    dropped = [literal(card.name) for card in comparison.cards if card.price("zai").historical]
    if dropped and any(row.key.startswith("gateways.zai.price.") for row in comparison.rows):
        names = ", ".join(dropped)
        notes.append(_("No longer listed by Z.ai, whose last prices stand here: {models}.").format(models=names))
    return notes
