"""The wall of cards: every model at a glance, searched and filtered."""

from decimal import Decimal

import streamlit as st

from glm_playground.catalog import Catalog, Fact, ModelCard
from glm_playground.gateway import Gateway
from glm_playground.ui import model_live, services
from glm_playground.ui.answer_markdown import literal
from glm_playground.ui.fact_values import billions, fact_text, money
from glm_playground.ui.i18n import _, day, ngettext, number
from glm_playground.ui.model_filters import CONTEXTS, PRICE_LIMITS, STATUSES, CardPrice, Wanted, fits, licences
from glm_playground.ui.navigation import MODELS
from glm_playground.ui.try_it import draw_try_it

_CARDS_A_PAGE = 24


@st.fragment
def draw_wall(catalog: Catalog, server: Gateway) -> None:
    """Draws the search, the filters and the cards that fit."""
    wanted = _draw_filters(catalog)
    models = services.live_models(server).value
    listed = models.ids if models else None
    prices = {card.id: card_price(card, server) for card in catalog.cards}
    found = [card for card in catalog.cards if fits(card, prices[card.id], listed, wanted)]
    count = ngettext("{count} model", "{count} models", len(found)).format(count=number(len(found)))
    st.caption(" · ".join([count, *_provenance(catalog, server)]))
    if not found:
        st.markdown(_("No model fits. Take a filter away, or search for a part of a name such as 4.5."))
        return
    pages = -(-len(found) // _CARDS_A_PAGE)
    first = 0
    if pages > 1:
        first = (st.pagination(pages, key="wall_page") - 1) * _CARDS_A_PAGE
    grid = st.grid("auto", min_column_width=255, gap="small", border=True)
    for card in found[first : first + _CARDS_A_PAGE]:
        with grid.cell():
            _draw_card(card, prices[card.id])


def card_price(card: ModelCard, server: Gateway) -> CardPrice:
    """The price to show on a card: RunAPI's, read now or published, else Z.ai's."""
    live = model_live.live_facts(card.id, server)
    runapi, zai = card.price("runapi"), card.price("zai")
    found = CardPrice(live.over("input", runapi.input), live.over("output", runapi.output), _("RunAPI"))
    if found.input.known or found.output.known:
        return found
    # A list the model is no longer on says nothing about today.
    if zai.historical or not (zai.input.known or zai.output.known):
        return CardPrice(Fact(), Fact(), "")
    return CardPrice(zai.input, zai.output, _("Z.ai"))


def _draw_filters(catalog: Catalog) -> Wanted:
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="bottom"):
        text = st.text_input(
            _("Search"),
            key="wall_search",
            type="search",
            live="200ms",
            placeholder=_("Name, licence, use"),
            width=210,
            persist_state="session",
        )
        context = st.selectbox(
            _("Context at least"),
            CONTEXTS,
            index=None,
            format_func=lambda tokens: _("{count} tokens").format(count=number(tokens)),
            placeholder=_("Any"),
            key="wall_context",
            width=150,
            persist_state="session",
        )
        licence = st.selectbox(
            _("Licence"),
            licences(catalog.cards),
            index=None,
            placeholder=_("Any"),
            key="wall_licence",
            width=150,
            persist_state="session",
        )
        capabilities = st.multiselect(
            _("Can do"),
            list(_capability_names()),
            format_func=_capability_names().__getitem__,
            placeholder=_("Anything"),
            key="wall_capabilities",
            width=200,
            persist_state="session",
        )
        price = st.selectbox(
            _("Input price up to"),
            PRICE_LIMITS,
            index=None,
            format_func=_price_limit_name,
            placeholder=_("Any"),
            key="wall_price",
            width=150,
            persist_state="session",
        )
        status = st.selectbox(
            _("Status"),
            STATUSES,
            index=None,
            format_func=_status_names().__getitem__,
            placeholder=_("Any"),
            key="wall_status",
            width=160,
            persist_state="session",
        )
    return Wanted(text or "", context, licence, tuple(capabilities), price, status)


def _capability_names() -> dict[str, str]:
    return {
        "thinking": _("thinking"),
        "thinking_off": _("thinking can be off"),
        "tools": _("tools"),
        "structured_output": _("structured output"),
        "caching": _("caching"),
        "images": _("images as input"),
        "open_weights": _("open weights"),
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
    models = services.live_models(server).value
    if models:
        time = f"{models.read_at:%H:%M}"
        pieces.append(_("models of {server} read at {time} UTC").format(server=literal(server.name), time=time))
    return pieces


def _draw_card(card: ModelCard, price: CardPrice) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.page_link(MODELS, label=card.name, query_params={"id": card.id}, width="stretch", help="")
        draw_try_it(card.id, key=f"try-{card.id}", label=_("Try it"), type="tertiary")
    st.markdown("  \n".join(_card_lines(card, price)))


def _card_lines(card: ModelCard, price: CardPrice) -> list[str]:
    facts, limits, runapi = card.facts, card.limits("runapi"), card.gateway("runapi")
    unknown = _unknown()
    incoming = money(price.input.value) if price.input.value is not None else unknown
    outgoing = money(price.output.value) if price.output.value is not None else unknown
    cost = _("{input} in, {output} out / 1M").format(input=incoming, output=outgoing) if price.publisher else unknown
    status = fact_text(runapi.status) if runapi and runapi.status.known else unknown
    return [
        _line(_("Size"), _size(card), _("Z.ai")),
        _line(
            _("Context"), _tokens(limits.context), _("RunAPI") if runapi and runapi.context_tokens.known else _("Z.ai")
        ),
        _line(
            _("Output"),
            _tokens(limits.max_output),
            _("RunAPI") if runapi and runapi.max_output_tokens.known else _("Z.ai"),
        ),
        _line(_("Price"), cost, price.publisher),
        _line(_("Licence"), fact_text(facts.license) if facts.license.known else unknown, ""),
        _line(_("Status"), status if runapi else _("not seen on RunAPI"), _("RunAPI") if runapi else ""),
    ]


def _size(card: ModelCard) -> str:
    total, active = card.facts.size_total.value, card.facts.size_active.value
    if total is None and active is None:
        return _unknown()
    return _("{total}, {active} active").format(
        total=_unknown() if total is None else billions(total),
        active=_unknown() if active is None else billions(active),
    )


def _tokens(fact: Fact[int]) -> str:
    return _unknown() if fact.value is None else fact_text(fact)


def _unknown() -> str:
    return f":gray[{_('unknown')}]"


def _line(label: str, value: str, publisher: str) -> str:
    return f":small[:gray[{label}] {value}" + (f" :gray[{publisher}]]" if publisher else "]")
