"""A model's prices, a seller a column: the configured gateways' own, RunAPI's and Z.ai's, and others' that sell it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from glm_playground.catalog import Fact, ModelCard, PriceFacts
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.sellers import SELLERS, offer, price_now
from glm_playground.ui.shared.facts.fact_values import aside, money, table_head
from glm_playground.ui.shared.facts.fact_view import Row
from glm_playground.ui.shared.facts.live_facts import PRICES, LiveFacts
from glm_playground.ui.shared.facts.live_prices import FILED, own_sellers
from glm_playground.ui.shared.facts.price_basis import PriceBasis, amount_text, load_line, seller_name
from glm_playground.ui.shared.i18n import _, clock
from glm_playground.ui.shared.text.answer_markdown import literal

_ALWAYS = ("runapi", "zai")


class _Seller(NamedTuple):
    """A column."""

    name: str
    """Markdown."""
    head: str
    """The name with the month its prices were read, or the time where they were read now; Markdown."""
    price: PriceFacts
    blended: str
    """Of the workload; Markdown."""


class Offers(NamedTuple):
    """What a model costs at everybody who sells it."""

    card: ModelCard
    live: LiveFacts
    over: LaidOver
    """The configured gateways' own prices."""
    basis: PriceBasis

    @property
    def sellers(self) -> list[_Seller]:
        """The configured gateways first; play money, which is nobody's price, last."""
        known = [seller for seller in SELLERS if seller in _ALWAYS or self.card.gateway(seller)]
        return [*map(self._seller, (*own_sellers(self.over), *known)), *self._play_money()]

    def _seller(self, seller: str) -> _Seller:
        price = price_now(self.card, seller, self.over)
        cost = offer(self.card, (seller,), self.basis.load, self.over).cost
        name = literal(seller_name(seller, self.live.server.name))
        blended = amount_text(cost.per_million, self.basis.rates)
        return _Seller(name, _dated(name, price, self.live), price, blended)

    def _play_money(self) -> list[_Seller]:
        if not self.live.server.stand_in or not self.live.prices:
            return []
        play_money = _("play money")
        return [_Seller(play_money, f":orange[{play_money}]", PriceFacts(**self.live.prices), "")]


def price_rows(offers: Offers) -> list[Row]:
    """One row a price: what is paid for, and at whom."""
    sellers = offers.sellers
    return [
        Row(f"price.{key}.{place}", f"{label}, {seller.name}", _amount(fact), ((label, fact),))
        for key, label in _labels().items()
        for place, (seller, fact) in enumerate((seller, getattr(seller.price, key)) for seller in sellers)
    ]


def prices_table(offers: Offers) -> str:
    """One line a token class, the headline and the blended price, figures to the right, as Markdown."""
    sellers = offers.sellers
    lines = table_head((_("USD / 1M tokens"), *(one.head for one in sellers)), ("---", *("--:" for _one in sellers)))
    for key, label in _labels().items():
        lines.append(_line(label, [_amount(getattr(seller.price, key)) for seller in sellers]))
    lines.append(_line(_("Price at my workload"), [seller.blended for seller in sellers]))
    return "\n".join(lines)


def _line(label: str, cells: Sequence[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def _amount(fact: Fact[Decimal]) -> str:
    return _("unknown") if fact.value is None else money(fact.value)


def _dated(name: str, price: PriceFacts, live: LiveFacts) -> str:
    """The seller with the month its prices were read, or the time where they were read now."""
    facts = [fact for _key, fact in price.classes if fact.read]
    if live.prices_read_at and any(fact.source == PRICES for fact in facts):
        return f"{name} {clock(live.prices_read_at)}"
    dates = [fact.read for fact in facts if fact.read]
    return f"{name} {max(dates):%Y-%m}" if dates else name


def _labels() -> dict[str, str]:
    return {
        "input": _("Input"),
        "output": _("Output"),
        "cache_read": _("Cached input"),
        "cache_write_5m": _("Cache write, 5 min"),
        "cache_write_1h": _("Cache write, 1 h"),
        "headline": _("Headline, per 1K"),
    }


def price_notes(offers: Offers) -> list[str]:
    """What must be said beside the figures, as Markdown."""
    card = offers.card
    runapi, zai = card.price("runapi"), card.price("zai")
    notes = [aside(_("Workload: {load}").format(load=load_line(offers.basis)))]
    if runapi.headline.known:
        notes.append(
            _(
                "RunAPI's headline per 1K tokens is never used for a cost: where its pages print both, they "
                "disagree 10 to 100 times."
            )
        )
    if zai.historical:
        notes.append(_("Z.ai no longer lists this model; its prices are the last ones it published."))
    if card.gateway("runapi") is None:
        notes.append(_("RunAPI was not seen to serve this model."))
    if zai.cache_storage.known:
        notes.append(_("Z.ai stores a cached prompt free for a limited time."))
    filed = [seller.name for seller in offers.sellers if _is_filed(seller.price)]
    if filed:
        notes.append(_("Of the operator's file: {sellers}.").format(sellers=", ".join(filed)))
    if offers.live.prices or not filed:
        notes.append(_live_note(offers.live))
    return notes


def _is_filed(price: PriceFacts) -> bool:
    return any((fact.source or "").startswith(FILED) for _key, fact in price.classes)


def _live_note(live: LiveFacts) -> str:
    server = literal(live.server.name)
    if live.prices and live.prices_read_at:
        time = clock(live.prices_read_at)
        return _("{server}'s own list was read at {time}.").format(server=server, time=time)
    if live.waiting:
        return _("{server} is being asked for its prices.").format(server=server)
    if live.prices_read_at:
        return _("{server}'s own list has no price for this model.").format(server=server)
    return _("{server}'s own list was not read; these are the published prices with their dates.").format(server=server)
