"""What a steady load costs on each model, with the prices it was computed from and whose they are."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import streamlit as st

from glm_playground.catalog import Fact, ModelCard, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.running_cost import DAYS, Load, RunningCost, cheapest_first, running_cost
from glm_playground.catalog.sellers import SellerOffer
from glm_playground.ui.compare.filters import MODELS_A_PAGE
from glm_playground.ui.shared.facts.fact_values import money, published
from glm_playground.ui.shared.facts.fact_view import source_link
from glm_playground.ui.shared.facts.price_basis import Prices, Rate, amount_text, draw_basis, load_line, prices_now
from glm_playground.ui.shared.i18n import _, day, number
from glm_playground.ui.shared.text.answer_markdown import literal


@st.fragment
def draw_calculator(cards: tuple[ModelCard, ...], sources: Mapping[str, Source], over: LaidOver, own_name: str) -> None:
    """Draws the load to enter and a line a model."""
    prices = prices_now(over, own_name)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        draw_basis(prices, unfolded=True)
    load = prices.basis.load
    offers = {card.id: prices.offer(card) for card in cards}
    costs = cheapest_first([running_cost(card, offers[card.id].price, load) for card in cards])
    pages = -(-len(costs) // MODELS_A_PAGE)
    page = min(st.pagination(pages, key="cost_page"), pages) if pages > 1 else 1
    first = (page - 1) * MODELS_A_PAGE
    shown = costs[first : first + MODELS_A_PAGE]
    st.markdown(_table(shown, [offers[cost.card.id] for cost in shown], prices, sources))
    st.caption(f"{_basis(load, prices.seller_names)} {load_line(prices.basis)}.")


def _table(
    costs: Sequence[RunningCost], offers: Sequence[SellerOffer], prices: Prices, sources: Mapping[str, Source]
) -> str:
    rates = prices.basis.rates
    head = (
        _("Model"),
        _("Sold by"),
        _("Per day"),
        _("Per {days} days").format(days=DAYS),
        _("Blended / 1M"),
        _("Input / 1M"),
        _("Cached input / 1M"),
        _("Output / 1M"),
        _("Source of the prices"),
    )
    lines = [f"| {' | '.join(head)} |", "|---|---|--:|--:|--:|--:|--:|--:|---|"]
    for cost, offered in zip(costs, offers, strict=True):
        classes = {term.token_class: term.price for term in cost.terms}
        cells = (
            literal(cost.card.name),
            literal(prices.seller(offered) or prices.seller_names),
            _amount(cost.per_day, rates),
            _amount(cost.per_30_days, rates),
            _amount(offered.cost.per_million, rates),
            *(_price(classes[token_class]) for token_class in ("input", "cache_read", "output")),
            f":small[{_source(cost, sources)}]",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _amount(amount: Decimal | None, rates: Sequence[Rate]) -> str:
    return _unknown() if amount is None else f"**{amount_text(amount, rates)}**"


def _price(price: Fact[Decimal]) -> str:
    return _unknown() if price.value is None else money(price.value)


def _unknown() -> str:
    word = _("unknown")
    return f":gray[{word}]"


def _source(cost: RunningCost, sources: Mapping[str, Source]) -> str:
    """Whose prices were used and when they were read; for an unknown cost, which price is missing and why."""
    if cost.missing:
        classes = {"input": _("input"), "cache_read": _("cached input"), "output": _("output")}
        missing = ", ".join(classes[term.token_class] for term in cost.missing)
        text = _("no price for {classes}").format(classes=missing)
        why = cost.missing[0].price.why
        return f":gray[{text}" + (f": {published(why)}]" if why else "]")
    used = dict.fromkeys(
        (term.price.source or "", term.price.read) for term in cost.terms if term.tokens_a_day and term.price.known
    )
    pieces = []
    for source_id, read in used:
        source = sources.get(source_id)
        name = source_link(source) if source else literal(source_id)
        pieces.append(f"{name}, {day(read)}" if read else name)
    return "; ".join(pieces)


def _basis(load: Load, gateway: str) -> str:
    tokens = load.tokens_a_day
    return " ".join(
        (
            _(
                "A day is {input} tokens of new input, {cached} from cache and {output} of output, each times its "
                "price by {gateway} / {million}."
            ).format(
                input=_whole(tokens["input"]),
                cached=_whole(tokens["cache_read"]),
                output=_whole(tokens["output"]),
                gateway=literal(gateway),
                million=number(1_000_000),
            ),
            _("Writing and storing a cache is not counted, and no failed or repeated request is."),
            _("Tokens are each model's own: the same text may be more of them on one than on another."),
        )
    )


def _whole(tokens: Decimal) -> str:
    return number(tokens, 0 if tokens == tokens.to_integral_value() else 2)
