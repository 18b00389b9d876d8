"""The wall of cards: every model at a glance, searched and filtered."""

from collections import ChainMap
from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from glm_playground.catalog import AnyFact, Catalog, Fact, ModelCard, Source
from glm_playground.gateway import Gateway
from glm_playground.service import runtime
from glm_playground.ui.models.filters import CONTEXTS, PRICE_LIMITS, STATUSES, CardPrice, WantedModels, fits, licences
from glm_playground.ui.shared import live_facts
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_values import aside, billions, fact_text, money
from glm_playground.ui.shared.fact_view import short_name
from glm_playground.ui.shared.i18n import _, day, ngettext, number
from glm_playground.ui.shared.navigation import MODELS
from glm_playground.ui.shared.playground_link import draw_try_it

_CARDS_A_PAGE = 24


@st.fragment
def draw_wall(catalog: Catalog, server: Gateway) -> None:
    """Draws the search, the filters and the cards that fit."""
    wanted = _draw_filters(catalog)
    models = runtime.live_models(server).value
    listed = models.ids if models else None
    prices = {card.id: card_price(card, server) for card in catalog.cards}
    found = [card for card in catalog.cards if fits(card, prices[card.id], listed, wanted)]
    count = ngettext("{count} model", "{count} models", len(found)).format(count=number(len(found)))
    st.markdown(aside(" · ".join([count, *_provenance(catalog, server)])))
    if not found:
        st.markdown(_("No model fits. Take a filter away, or search for a part of a name such as 4.5."))
        return
    pages = -(-len(found) // _CARDS_A_PAGE)
    first = 0
    if pages > 1:
        first = (st.pagination(pages, key="wall_page") - 1) * _CARDS_A_PAGE
    sources = ChainMap(live_facts.sources(server), dict(catalog.sources))
    grid = st.grid("auto", min_column_width=255, gap="small", border=True)
    for card in found[first : first + _CARDS_A_PAGE]:
        with grid.cell():
            _draw_card(card, prices[card.id], sources)


def card_price(card: ModelCard, server: Gateway) -> CardPrice:
    """The price to show on a card: RunAPI's, read now or published, else Z.ai's."""
    live = live_facts.live_facts(card.id, server)
    runapi, zai = card.price("runapi"), card.price("zai")
    found = CardPrice(live.over("input", runapi.input), live.over("output", runapi.output))
    if found.input.known or found.output.known:
        return found
    # A list the model is no longer on says nothing about today.
    if zai.historical or not (zai.input.known or zai.output.known):
        return CardPrice(Fact(), Fact())
    return CardPrice(zai.input, zai.output)


def _draw_filters(catalog: Catalog) -> WantedModels:
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="bottom"):
        text = st.text_input(
            _("Search"),
            key="wall_search",
            type="search",
            # A duration would load pandas.
            live=True,
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
            _("Capabilities"),
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
    return WantedModels(text or "", context, licence, tuple(capabilities), price, status)


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
    models = runtime.live_models(server).value
    if models:
        time = f"{models.read_at:%H:%M}"
        pieces.append(_("models of {server} read at {time} UTC").format(server=literal(server.name), time=time))
    return pieces


def _draw_card(card: ModelCard, price: CardPrice, sources: Mapping[str, Source]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.page_link(MODELS, label=card.name, query_params={"id": card.id}, width="stretch", help="")
        draw_try_it(card.id, key=f"try-{card.id}", label=_("Try it"), type="tertiary")
    lines = [_line(label, text, _said_by(facts, sources)) for label, text, facts in _card_lines(card, price)]
    st.markdown("  \n".join(lines))


def _card_lines(card: ModelCard, price: CardPrice) -> list[tuple[str, str, tuple[AnyFact, ...]]]:
    """Label, value and the facts it was made of, for each line of a card."""
    facts, limits, runapi = card.facts, card.limits("runapi"), card.gateway("runapi")
    cost = _("{input} in, {output} out / 1M").format(input=_amount(price.input), output=_amount(price.output))
    status = runapi.status if runapi else Fact[str]()
    return [
        (_("Size"), _size(card), (facts.size_total, facts.size_active)),
        (_("Context"), _text(limits.context), (limits.context,)),
        (_("Output"), _text(limits.max_output), (limits.max_output,)),
        (_("Price"), cost if price.input.known or price.output.known else _unknown(), (price.input, price.output)),
        (_("Licence"), _text(facts.license), (facts.license,)),
        (_("Status"), _text(status) if runapi else _("not seen on RunAPI"), (status,)),
    ]


def _size(card: ModelCard) -> str:
    total, active = card.facts.size_total.value, card.facts.size_active.value
    if total is None and active is None:
        return _unknown()
    return _("{total}, {active} active").format(
        total=_unknown() if total is None else billions(total),
        active=_unknown() if active is None else billions(active),
    )


def _amount(fact: Fact[Decimal]) -> str:
    return _unknown() if fact.value is None else money(fact.value)


def _text(fact: AnyFact) -> str:
    return fact_text(fact) if fact.known else _unknown()


def _unknown() -> str:
    word = _("unknown")
    return f":gray[{word}]"


def _said_by(facts: tuple[AnyFact, ...], sources: Mapping[str, Source]) -> str:
    """The publishers of the chosen values."""
    found = (sources.get(fact.source) for fact in facts if fact.source)
    return ", ".join(dict.fromkeys(literal(short_name(source)) for source in found if source))


def _line(label: str, value: str, publisher: str) -> str:
    return f":small[:gray[{label}] {value}" + (f" :gray[{publisher}]]" if publisher else "]")
