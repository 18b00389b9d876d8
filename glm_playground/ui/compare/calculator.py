"""What a steady load costs on each model, with the prices it was computed from and whose they are."""

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from glm_playground.catalog import Fact, ModelCard, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.running_cost import DAYS, Load, RunningCost, cheapest_first, running_cost
from glm_playground.ui.compare.filters import MODELS_A_PAGE
from glm_playground.ui.compare.live import price_now
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_values import money, published
from glm_playground.ui.shared.fact_view import source_link
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _, day, number

_MOST_REQUESTS = 1_000_000_000
_MOST_TOKENS = 10_000_000


@st.fragment
def draw_calculator(cards: tuple[ModelCard, ...], sources: Mapping[str, Source], over: LaidOver) -> None:
    """Draws the load to enter and a line a model."""
    names = {"runapi": _("RunAPI"), "zai": _("Z.ai")}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        load = _draw_load()
        gateway = st.segmented_control(
            _("Prices of"),
            list(names),
            format_func=names.__getitem__,
            default="runapi",
            key="cost_gateway",
            required=True,
            persist_state="session",
        )
    costs = cheapest_first([running_cost(card, price_now(card, gateway, over), load) for card in cards])
    pages = -(-len(costs) // MODELS_A_PAGE)
    page = min(st.pagination(pages, key="cost_page"), pages) if pages > 1 else 1
    first = (page - 1) * MODELS_A_PAGE
    st.markdown(_table(costs[first : first + MODELS_A_PAGE], sources))
    st.caption(_basis(load, names[gateway]))


def _draw_load() -> Load:
    fields = (
        (_("Requests a day"), "cost_requests", 1_000, _MOST_REQUESTS),
        (_("Tokens in, each"), "cost_in", 2_000, _MOST_TOKENS),
        (_("Tokens out, each"), "cost_out", 500, _MOST_TOKENS),
        (_("Input from cache, %"), "cost_cached", 0, 100),
    )
    values = [
        st.number_input(
            label, min_value=0, max_value=most, value=start, step=1, key=key, width=170, persist_state="session"
        )
        for label, key, start, most in fields
    ]
    requests, tokens_in, tokens_out, cached = values
    return Load(requests, tokens_in, tokens_out, Decimal(cached))


def _table(costs: list[RunningCost], sources: Mapping[str, Source]) -> str:
    head = (
        _("Model"),
        _("Per day"),
        _("Per {days} days").format(days=DAYS),
        _("Input / 1M"),
        _("Cached input / 1M"),
        _("Output / 1M"),
        _("Source of the prices"),
    )
    lines = [f"| {' | '.join(head)} |", "|---|--:|--:|--:|--:|--:|---|"]
    for cost in costs:
        prices = {term.token_class: term.price for term in cost.terms}
        cells = (
            literal(cost.card.name),
            _amount(cost.per_day),
            _amount(cost.per_30_days),
            *(_price(prices[token_class]) for token_class in ("input", "cache_read", "output")),
            f":small[{_source(cost, sources)}]",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _amount(amount: Decimal | None) -> str:
    return _unknown() if amount is None else f"**{literal(dollars(amount))}**"


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
