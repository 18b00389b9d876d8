"""The wall of cards: every model at a glance, searched and filtered."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache

import streamlit as st

from glm_playground.catalog import Catalog, ModelCard, Source
from glm_playground.gateway import Gateway
from glm_playground.service import runtime
from glm_playground.ui.models.card import card_html
from glm_playground.ui.models.filters import (
    CONTEXTS,
    ORDERS,
    PRICE_LIMITS,
    STATUSES,
    CardPrice,
    Order,
    WantedModels,
    capability_names,
    fits,
    in_order,
    licences,
)
from glm_playground.ui.models.for_programs import catalog_links
from glm_playground.ui.models.glance import card_price
from glm_playground.ui.shared.facts.fact_values import aside
from glm_playground.ui.shared.facts.live_prices import laid_over, own_sellers, sources_of
from glm_playground.ui.shared.facts.price_basis import asked_sellers, kept_basis
from glm_playground.ui.shared.i18n import _, clock, day, ngettext, number
from glm_playground.ui.shared.page.filter_count import draw_filter_count
from glm_playground.ui.shared.page.first_screen import draw_rest_soon, first_screen_only
from glm_playground.ui.shared.page.navigation import COMPARE
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.text.answer_markdown import literal

_CARDS_A_PAGE = 24
_CARDS_SEEN_AT_ONCE = 8
"""Two rows of four at a width of 1280 pixels."""
_PAGE = "models"
_ORDER, _PICKS = "wall_order", "wall_picks"
_FILTERS = (_CONTEXT, _LICENCE, _CAPABILITIES, _PRICE, _STATUS) = tuple(
    f"wall_{name}" for name in ("context", "licence", "capabilities", "price", "status")
)


@st.fragment
def draw_wall(catalog: Catalog, server: Gateway) -> None:
    """Draws the search, the filters and the cards that fit."""
    wanted, order, picks = _draw_filters(catalog)
    models = runtime.live_models(server).value
    listed = models.ids if models else None

    over = laid_over(catalog.cards, server)
    sellers = asked_sellers(kept_basis(), own_sellers(over))

    @cache
    def price_of(model: str) -> CardPrice:
        return card_price(catalog[model], over, sellers)

    fitting = [card for card in catalog.cards if fits(card, lambda one: price_of(one.id), listed, wanted)]
    found = in_order(fitting, order, lambda one: price_of(one.id))
    count = ngettext("{count} model", "{count} models", len(found)).format(count=number(len(found)))
    draw_text(aside(" · ".join([count, _order_names()[order], *_provenance(catalog, server)])))
    if picks:
        _draw_picked(catalog)
    if not found:
        st.markdown(_("No model fits. Take a filter away, or search for a part of a name such as 4.5."))
        return
    pages = -(-len(found) // _CARDS_A_PAGE)
    first = 0
    if pages > 1:
        first = (st.pagination(pages, key="wall_page") - 1) * _CARDS_A_PAGE
    part = first_screen_only(_PAGE)
    shown = found[first : first + (_CARDS_SEEN_AT_ONCE if part else _CARDS_A_PAGE)]
    sources = sources_of(catalog, server)
    _draw_cards(shown, {card.id: price_of(card.id) for card in shown}, sources, picks=picks)
    if part:
        draw_rest_soon(_PAGE)
    else:
        st.markdown(aside(catalog_links()))


def _draw_cards(
    cards: Sequence[ModelCard], prices: Mapping[str, CardPrice], sources: Mapping[str, Source], *, picks: bool
) -> None:
    texts = [card_html(card, prices[card.id], sources) for card in cards]
    if not picks:
        # One element for all of them: each one takes the browser some milliseconds.
        st.html(f'<div class="cards">{"".join(f"<article>{text}</article>" for text in texts)}</div>')
        return
    grid = st.grid("auto", min_column_width=255, gap="small", border=True)
    for card, text in zip(cards, texts, strict=True):
        # A container of a grid is a cell of it.
        with grid.container(gap="xsmall"):
            st.html(text)
            name = _("Compare {name}").format(name=literal(card.name))
            st.checkbox(name, key=_pick_key(card.id), persist_state="session")


def _draw_picked(catalog: Catalog) -> None:
    """Draws the way to compare the models that are picked."""
    picked = [card.id for card in catalog.cards if st.session_state.get(_pick_key(card.id))]
    if picked:
        label = _("Compare selected ({count})").format(count=number(len(picked)))
        st.page_link(
            COMPARE, label=label, query_params={"ids": ",".join(picked)}, icon=":material/compare_arrows:", help=""
        )
    else:
        st.markdown(aside(_("Tick the models to compare.")))


def _pick_key(model: str) -> str:
    return f"wall_pick-{model}"


def _draw_filters(catalog: Catalog) -> tuple[WantedModels, Order, bool]:
    """Draws the search, the filters and the order; what they say, and whether cards can be picked."""
    state = st.session_state
    used = sum(bool(state.get(key)) or state.get(key) == 0 for key in _FILTERS)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.text_input(
            _("Search"),
            key="wall_search",
            type="search",
            # A duration would load pandas.
            live=True,
            placeholder=_("Name, licence, use"),
            width=260,
            persist_state="session",
        )
        # A list and a switch here would be drawn a tenth of a second later than the buttons that are here anyway.
        popover = st.popover(
            _("Filters and order"), icon=":material/filter_list:", key="wall_filters", on_change="rerun"
        )
        if popover.open:
            with popover:
                _draw_more(catalog)
        draw_filter_count(used)
        picks = bool(state.get(_PICKS))
        label = _("Stop selecting") if picks else _("Select to compare")
        st.button(label, key="wall_pick", icon=":material/checklist:", type="tertiary", on_click=_change_picks)
    wanted = WantedModels(
        text or "",
        state.get(_CONTEXT),
        state.get(_LICENCE),
        tuple(state.get(_CAPABILITIES) or ()),
        state.get(_PRICE),
        state.get(_STATUS),
    )
    return wanted, state.get(_ORDER) or ORDERS[0], picks


def _change_picks() -> None:
    st.session_state[_PICKS] = not st.session_state.get(_PICKS)


def _draw_more(catalog: Catalog) -> None:
    names = _order_names()
    st.selectbox(_("Order"), ORDERS, format_func=names.__getitem__, key=_ORDER, persist_state="session")
    st.selectbox(
        _("Context at least"),
        CONTEXTS,
        index=None,
        format_func=lambda tokens: _("{count} tokens").format(count=number(tokens)),
        placeholder=_("Any"),
        key=_CONTEXT,
        persist_state="session",
    )
    st.selectbox(
        _("Licence"),
        licences(catalog.cards),
        index=None,
        placeholder=_("Any"),
        key=_LICENCE,
        persist_state="session",
    )
    st.multiselect(
        _("Capabilities"),
        list(capability_names()),
        format_func=capability_names().__getitem__,
        placeholder=_("Anything"),
        key=_CAPABILITIES,
        persist_state="session",
    )
    st.selectbox(
        _("Input price up to"),
        PRICE_LIMITS,
        index=None,
        format_func=_price_limit_name,
        placeholder=_("Any"),
        key=_PRICE,
        persist_state="session",
    )
    st.selectbox(
        _("Status"),
        STATUSES,
        index=None,
        format_func=_status_names().__getitem__,
        placeholder=_("Any"),
        key=_STATUS,
        persist_state="session",
    )


def _order_names() -> dict[Order, str]:
    return {
        "release": _("Newest first"),
        "price": _("Cheapest first"),
        "context": _("Longest context first"),
        "name": _("By name"),
    }


def _status_names() -> dict[str, str]:
    return {
        "on_runapi": _("on RunAPI"),
        "operational": _("operational, by its page"),
        "listed": _("listed now"),
        "unknown": _("unknown"),
    }


def _price_limit_name(limit: Decimal) -> str:
    return _("free") if limit == 0 else _("{amount} / 1M").format(amount=f"${number(limit, 2)}")


def _provenance(catalog: Catalog, server: Gateway) -> list[str]:
    """From when the figures on the cards are."""
    dates = [source.read for source in catalog.sources.values()]
    pieces = [_("published facts read on {date}").format(date=day(max(dates)))] if dates else []
    models = runtime.live_models(server).value
    if models:
        time = clock(models.read_at)
        pieces.append(_("models of {server} read at {time}").format(server=literal(server.name), time=time))
    return pieces
