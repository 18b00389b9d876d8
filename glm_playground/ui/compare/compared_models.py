"""Which models are compared: the address, the list to choose from, and the cards of RunAPI's page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import streamlit as st

from glm_playground.catalog import AnyFact, Catalog, ModelCard, Source
from glm_playground.catalog.comparison import CARDS_OF_RUNAPI, fact_at, in_order
from glm_playground.ui.compare.words import fact_labels
from glm_playground.ui.shared.facts.fact_values import published
from glm_playground.ui.shared.facts.fact_view import short_name
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.page.own_html import own_html, page_link
from glm_playground.ui.shared.text.answer_markdown import literal

IDS = "ids"
_CHOSEN = "compare_models"
_KEPT = "compare_kept"
_ORDER = "compare_order"
_MOST_NAMED = 10
_LONGEST_SHOWN_ID = 80
_MOST_CARDS = 6
_MOST_PILLS = 24
_ORDERS = (
    ("facts.release", True),
    ("facts.size_total", True),
    ("facts.context_tokens", True),
    ("facts.max_output_tokens", True),
    ("gateways.runapi.price.input", False),
    ("gateways.runapi.price.output", False),
    ("gateways.zai.price.input", False),
    ("gateways.zai.price.output", False),
)


class RequestedModels(NamedTuple):
    """What an address asks to compare."""

    known: tuple[str, ...]
    unknown: tuple[str, ...]


def asked_for(ids: str, catalog: Catalog) -> RequestedModels:
    """The ids of an address, each once: those that have a card, and the others."""
    names = dict.fromkeys(name for part in ids.split(",") if (name := part.strip()))
    known = dict.fromkeys(name.lower() for name in names if name.lower() in catalog)
    return RequestedModels(tuple(known), tuple(name for name in names if name.lower() not in catalog))


def first_view(catalog: Catalog) -> tuple[str, ...]:
    """What is compared where nothing was chosen: the models that RunAPI's page puts side by side."""
    found = tuple(name for name in CARDS_OF_RUNAPI if name in catalog)
    return found or catalog.order[: len(CARDS_OF_RUNAPI)]


def draw_choice(catalog: Catalog) -> tuple[ModelCard, ...]:
    """Draws the list of models and what the address got wrong; the chosen models, in the order chosen."""
    ids = st.query_params.get(IDS)
    if ids is not None:
        asked = asked_for(ids, catalog)
        chosen = asked.known
        st.session_state[_KEPT] = chosen
    else:
        asked = RequestedModels((), ())
        kept = st.session_state.get(_KEPT)
        chosen = first_view(catalog) if kept is None else tuple(name for name in kept if name in catalog)
    st.session_state[_CHOSEN] = list(chosen)
    _draw_list(catalog)
    if asked.unknown:
        _draw_unknown(asked.unknown, catalog)
    return tuple(catalog[name] for name in chosen)


def _draw_list(catalog: Catalog) -> None:
    """Draws every model as a pill; where there are too many for that, a list to search in."""
    names = {card.id: card.name for card in catalog.cards}
    if len(names) <= _MOST_PILLS:
        st.pills(
            _("Models"),
            list(names),
            selection_mode="multi",
            format_func=names.__getitem__,
            key=_CHOSEN,
            on_change=_take_over,
            label_visibility="collapsed",
        )
    else:
        st.multiselect(
            _("Models"),
            list(names),
            format_func=names.__getitem__,
            key=_CHOSEN,
            on_change=_take_over,
            placeholder=_("Choose models"),
            label_visibility="collapsed",
        )


def _take_over() -> None:
    """Says the choice in the address, so that it can be shared, and keeps it for the session."""
    chosen = st.session_state[_CHOSEN]
    st.session_state[_KEPT] = tuple(chosen)
    st.query_params[IDS] = ",".join(chosen)


def _draw_unknown(names: Sequence[str], catalog: Catalog) -> None:
    lines = []
    for name in names[:_MOST_NAMED]:
        near = ", ".join(literal(other) for other in catalog.near_names(name[:_LONGEST_SHOWN_ID]))
        shown = literal(name[:_LONGEST_SHOWN_ID])
        lines.append(
            f"- {shown}: " + (_("near names are {names}").format(names=near) if near else _("no name is near"))
        )
    if len(names) > _MOST_NAMED:
        rest = _("and more")
        lines.append(f"- {rest}")
    title = ngettext(
        "{count} id in the address has no card here and is left out.",
        "{count} ids in the address have no card here and are left out.",
        len(names),
    )
    st.warning("\n".join(lines), title=title.format(count=len(names)))


def draw_cards(cards: Sequence[ModelCard], sources: Mapping[str, Source]) -> None:
    """Draws what RunAPI's page says of each model, for a few models of which it says something."""
    texts = [fact_at(card, "gateways.runapi.card_text") for card in cards]
    if len(cards) > _MOST_CARDS or not any(fact.known for fact in texts):
        return
    # One element for all of them: each one takes the browser some milliseconds.
    parts = [_card(card, fact, sources) for card, fact in zip(cards, texts, strict=True)]
    st.html(f'<div class="cards">{"".join(parts)}</div>')


def _card(card: ModelCard, fact: AnyFact, sources: Mapping[str, Source]) -> str:
    source = sources.get(fact.source or "")
    tag = f" ({literal(short_name(source))}\u00a0{fact.read:%Y-%m})" if source and fact.read else ""
    text = published(str(fact.value)) if fact.value else _("unknown: RunAPI publishes no summary")
    link = page_link(f"/?id={quote(card.id)}", card.name, "open")
    return f"<article><p>{link}</p>{own_html(f':small[{text}{tag}]')}</article>"


def draw_order() -> None:
    """Draws the list of orders."""
    labels = fact_labels()
    names = {key: labels[key] for key, _descending in _ORDERS}
    st.selectbox(
        _("Order of models"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder=_("As chosen"),
        key=_ORDER,
        persist_state="session",
    )


def chosen_order() -> tuple[str, bool] | None:
    """The fact that the models are ordered by, and whether the greatest comes first."""
    return next((order for order in _ORDERS if order[0] == st.session_state.get(_ORDER)), None)


def ordered(cards: Sequence[ModelCard], order: tuple[str, bool] | None) -> tuple[ModelCard, ...]:
    """The cards in that order; as they were chosen for None."""
    return tuple(in_order(cards, order[0], descending=order[1])) if order else tuple(cards)
