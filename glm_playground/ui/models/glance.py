"""A model at a glance: the figures of its card on the wall and of the top of its page."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from glm_playground.catalog import AnyFact, Fact, ModelCard, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.sellers import SELLERS, Basis, price_now
from glm_playground.ui.models.filters import CardPrice
from glm_playground.ui.shared.facts.fact_values import billions, fact_text, money
from glm_playground.ui.shared.facts.fact_view import short_name
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal


class GlanceFigure(NamedTuple):
    """A figure as Markdown, with the facts it was made of."""

    label: str
    text: str
    facts: tuple[AnyFact, ...]


def card_price(card: ModelCard, over: LaidOver, sellers: Basis) -> CardPrice:
    """The price to show on a card: of the first that is asked and has one, else of whoever sells it.

    Args:
        card: the model.
        over: prices read now, and the operator's.
        sellers: who is asked, in this order.
    """
    for seller in dict.fromkeys((*sellers, *SELLERS)):
        price = price_now(card, seller, over)
        # A list the model is no longer on says nothing about today.
        if price.known and not price.historical:
            return CardPrice(price.input, price.output)
    return CardPrice(Fact(), Fact())


def glance(card: ModelCard, price: CardPrice) -> list[GlanceFigure]:
    """Size, context, output, price, licence and status, in this order."""
    facts, limits, runapi = card.facts, card.limits("runapi"), card.gateway("runapi")
    cost = _("{input} in, {output} out / 1M").format(input=_amount(price.input), output=_amount(price.output))
    status = runapi.status if runapi else Fact[str]()
    return [
        GlanceFigure(_("Size"), _size(card), (facts.size_total, facts.size_active)),
        GlanceFigure(_("Context"), fact_text(limits.context), (limits.context,)),
        GlanceFigure(_("Output"), fact_text(limits.max_output), (limits.max_output,)),
        GlanceFigure(
            _("Price"), cost if price.input.known or price.output.known else _("unknown"), (price.input, price.output)
        ),
        GlanceFigure(_("Licence"), fact_text(facts.license), (facts.license,)),
        GlanceFigure(_("Status"), fact_text(status) if runapi else _("not seen on RunAPI"), (status,)),
    ]


def _size(card: ModelCard) -> str:
    total, active = card.facts.size_total.value, card.facts.size_active.value
    if total is None and active is None:
        return _("unknown")
    return _("{total}, {active} active").format(
        total=_("unknown") if total is None else billions(total),
        active=_("unknown") if active is None else billions(active),
    )


def _amount(fact: Fact[Decimal]) -> str:
    return _("unknown") if fact.value is None else money(fact.value)


def said_by(facts: tuple[AnyFact, ...], sources: Mapping[str, Source]) -> str:
    """The publishers of the chosen values."""
    found = (sources.get(fact.source) for fact in facts if fact.source)
    return ", ".join(dict.fromkeys(literal(short_name(source)) for source in found if source))
