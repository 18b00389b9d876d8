"""What the configured gateways say of their prices now, laid over the published facts."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from decimal import Decimal

from glm_playground.catalog import AnyFact, Catalog, Claim, Fact, ModelCard, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.sellers import OWN, Basis, gateway_of, seller_at
from glm_playground.gateway import Gateway
from glm_playground.gateway.gateways import RUNAPI
from glm_playground.runs.cost import TokenClass
from glm_playground.runs.prices import filed_price
from glm_playground.service import runtime
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_key import asked_gateways

FILED = "filed_prices"
"""Begins the ids of sources that are the operator's file."""
_CLASSES = {TokenClass.INPUT: "input", TokenClass.OUTPUT: "output", TokenClass.CACHE_READ: "cache_read"}


def laid_over(cards: Sequence[ModelCard], server: Gateway) -> LaidOver:
    """The prices that stand in place of published ones, by model id and key of the fact.

    RunAPI's are laid over RunAPI's; another gateway's stand under `sellers.OWN`, and those of further gateways under
    `sellers.seller_at`: its own list, else the operator's file. A stand-in's are play money and are no prices of
    anybody.
    """
    found: dict[tuple[str, str], AnyFact] = {}
    for gateway in _gateways(server):
        first = gateway.name == server.name
        listed = live_facts.priced_models(gateway)
        for card in cards:
            live = live_facts.live_facts(card.id, gateway) if card.id in listed else None
            asked = live.server if live else gateway
            seller = seller_at(gateway.name) if not first else RUNAPI if asked.seller == RUNAPI else OWN
            prices = _listed(live.prices, gateway, first) if live else _filed(gateway, card.id)
            for name, price in prices.items():
                published = getattr(card.price(seller), name)
                fact = live.over(name, published) if live and seller == RUNAPI else _over(price, published)
                found[card.id, f"gateways.{seller}.price.{name}"] = fact
    return found


def own_sellers(over: LaidOver) -> Basis:
    """The configured gateways, none of them a published seller, that have prices of their own."""
    sellers = (key.removeprefix("gateways.").rpartition(".price.")[0] for _model, key in over)
    return tuple(dict.fromkeys(seller for seller in sellers if seller == OWN or gateway_of(seller) is not None))


def sources_of(catalog: Catalog, server: Gateway) -> Mapping[str, Source]:
    """Every source that a fact may name, those read now included."""
    found = dict(live_facts.sources(server))
    for gateway in _gateways(server):
        if (live := live_facts.sources(gateway).get(live_facts.PRICES)) and gateway.name != server.name:
            found[_source_id(live_facts.PRICES, gateway)] = live.model_copy(
                update={"id": _source_id(live_facts.PRICES, gateway)}
            )
        if gateway.prices_as_of:
            id = _source_id(FILED, gateway)
            said = _("{gateway} (the operator's file)").format(gateway=gateway.name)
            found[id] = Source(id=id, publisher=said, kind="gateway", read=gateway.prices_as_of)
    return ChainMap(found, dict(catalog.sources))


def _gateways(server: Gateway) -> list[Gateway]:
    """`server`, and the others that may be asked; where they have a price list, it is read in the background."""
    others = [gateway for gateway in asked_gateways().all if gateway.name != server.name]
    for gateway in others:
        if gateway.has_prices:
            runtime.ask_prices(gateway)
    return [server, *others]


def _source_id(kind: str, gateway: Gateway) -> str:
    return f"{kind}:{gateway.name}"


def _over(price: Fact[Decimal], published: Fact[Decimal]) -> Fact[Decimal]:
    """The price with the claims about it that were published, where there are any."""
    if not published.claims:
        return price
    why = _("of the operator's file, which goes before what was published")
    return Fact[Decimal](value=price.value, unit=published.unit, claims=price.claims + published.claims, why=why)


def _listed(prices: Mapping[str, Fact[Decimal]], gateway: Gateway, first: bool) -> Mapping[str, Fact[Decimal]]:
    """The prices of a list; those of a further gateway name its list and not the first one's."""
    if first:
        return prices
    source = {"source": _source_id(live_facts.PRICES, gateway)}
    return {
        name: fact.model_copy(update={"claims": tuple(claim.model_copy(update=source) for claim in fact.claims)})
        for name, fact in prices.items()
    }


def _filed(gateway: Gateway, model: str) -> dict[str, Fact[Decimal]]:
    """The prices that the operator's file has of a model."""
    price = filed_price(gateway, model)
    found: dict[str, Fact[Decimal]] = {}
    for token_class, name in _CLASSES.items():
        value = price.per_million.get(token_class) if price else None
        if price and value is not None:
            source = _source_id(FILED, gateway)
            claim = Claim[Decimal](value=value, source=source, read=price.as_of, kind="gateway")
            found[name] = Fact[Decimal](value=value, unit="USD / 1M tokens", claims=(claim,))
    return found
