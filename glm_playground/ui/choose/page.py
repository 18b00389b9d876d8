"""The page Choose: what is asked, and the shortlist with the reason for each place and each exclusion."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from glm_playground.catalog import Catalog, Fact, Source
from glm_playground.catalog.choice import (
    MEASURED,
    Aspect,
    ChoiceQuestion,
    Known,
    OnGateways,
    Shortlist,
    choose,
)
from glm_playground.catalog.needs import Need
from glm_playground.catalog.sellers import OWN, gateway_of
from glm_playground.gateway import Gateway
from glm_playground.gateway.gateways import RUNAPI
from glm_playground.ledger import LedgerError
from glm_playground.service import runtime
from glm_playground.ui.choose.address import Requirements
from glm_playground.ui.choose.controls import asked_now, draw_examples, draw_needs, draw_weights
from glm_playground.ui.choose.features import features_of
from glm_playground.ui.choose.record import draw_record
from glm_playground.ui.choose.shortlist_view import draw_places, draw_reasons
from glm_playground.ui.choose.unmeasured import draw_unmeasured
from glm_playground.ui.choose.words import method
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.fact_values import aside
from glm_playground.ui.shared.facts.live_prices import laid_over, sources_of
from glm_playground.ui.shared.facts.measured import on_gateways, read_measured, with_own_runs
from glm_playground.ui.shared.facts.price_basis import PriceBasis, draw_basis, load_line, prices_now
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import draw_error
from glm_playground.ui.shared.page.navigation import COMPARE
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_COMPARED = 6


@st.fragment
def draw_choose(catalog: Catalog, server: Gateway) -> None:
    """Draws the questions and the answer."""
    asked, misspelt = asked_now()
    prices = prices_now(laid_over(catalog.cards, server), server.name)
    draw_examples()
    if misspelt:
        names = ", ".join(misspelt)
        st.warning(_("Not understood in the address, and left out: {names}.").format(names=literal(names)))
    draw_needs(asked, None if server.stand_in or server.seller == RUNAPI else server.name, _others(server))
    draw_weights(asked)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        draw_basis(prices)
    features = features_of(catalog.cards, asked.need, prices, server)
    known = Known(prices.over, _listed(catalog, asked.need, server), features, _measured(asked), server.name)
    question = ChoiceQuestion(asked.need, asked.weights, prices.basis.load, prices.sellers, asked.unstated)
    shortlist = choose(catalog, question, known)
    sources = with_own_runs(sources_of(catalog, server))
    _draw_answer(shortlist, catalog, sources, prices.basis)


def _others(server: Gateway) -> tuple[str, ...]:
    """The names of the other gateways that may be asked."""
    return tuple(gateway.name for gateway in asked_gateways().all if gateway.name != server.name)


def _listed(catalog: Catalog, need: Need, server: Gateway) -> Mapping[str, Mapping[str, Fact[bool]]]:
    """Whether the gateway that must offer the models lists each now; a stand-in lists every id and tells nothing."""
    gateway = _gateway_at(need.seller or "", server)
    if need.seller is None or gateway is None or gateway.stand_in:
        return {}
    runtime.ask_models(gateway)
    return {need.seller: {card.id: live_facts.live_facts(card.id, gateway).listed for card in catalog.cards}}


def _gateway_at(seller: str, server: Gateway) -> Gateway | None:
    """The configured gateway that is this seller; None where it is none of them."""
    if seller == (RUNAPI if server.seller == RUNAPI else OWN):
        return server
    name = gateway_of(seller)
    return asked_gateways().find(name) if name else None


def _measured(asked: Requirements) -> Mapping[Aspect, OnGateways]:
    """What the user's runs measured, read where it matters."""
    weighted = [aspect for aspect in MEASURED if asked.weights.get(aspect)]
    if not weighted:
        return {}
    found = read_measured()
    if isinstance(found, LedgerError):
        draw_error(found)
        return {}
    return {aspect: on_gateways(found, aspect) for aspect in weighted}


def _hint(shortlist: Shortlist, catalog: Catalog) -> str:
    """How many more models had a place if scores without stated conditions were compared."""
    if shortlist.question.unstated or not shortlist.unplaced:
        return ""
    unstated = choose(catalog, replace(shortlist.question, unstated=True), shortlist.known)
    more = len(unstated.placed) - len(shortlist.placed)
    if more <= 0:
        return ""
    text = ngettext(
        "{count} more model gets a place if scores without stated conditions are compared too.",
        "{count} more models get a place if scores without stated conditions are compared too.",
        more,
    )
    return text.format(count=number(more))


def _draw_answer(shortlist: Shortlist, catalog: Catalog, sources: Mapping[str, Source], basis: PriceBasis) -> None:
    draw_unmeasured(shortlist)
    draw_places(shortlist, basis)
    draw_reasons(shortlist, catalog, sources)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if shortlist.fitting:
            ids = [one.card.id for one in shortlist.fitting[:_MOST_COMPARED]]
            st.page_link(COMPARE, label=_("Compare these"), query_params={"ids": ",".join(ids)}, help="")
        draw_record(shortlist, catalog, sources, basis)
    draw_text(aside(" · ".join(filter(None, (load_line(basis), _hint(shortlist, catalog))))))
    fold = st.expander(_("How the places are made"), key="choose_method", type="compact", on_change="rerun")
    if fold.open:
        with fold:
            st.markdown("\n\n".join(map(literal, method())))
