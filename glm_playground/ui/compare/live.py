"""What RunAPI says of its prices now, laid over the published facts of a comparison."""

from collections import ChainMap
from collections.abc import Mapping, Sequence

from glm_playground.catalog import Catalog, ModelCard, PriceFacts, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.gateway import Gateway
from glm_playground.ui.shared import live_facts


def laid_over(cards: Sequence[ModelCard], server: Gateway) -> LaidOver:
    """The prices that stand in place of published ones, by model id and key of the fact."""
    found = {}
    for card in cards:
        live = live_facts.live_facts(card.id, server)
        if live.is_runapi:
            published = card.price("runapi")
            for token_class in live.prices:
                fact = live.over(token_class, getattr(published, token_class))
                found[card.id, f"gateways.runapi.price.{token_class}"] = fact
    return found


def price_now(card: ModelCard, gateway: str, over: LaidOver) -> PriceFacts:
    """The gateway's prices for the model, with what was read now."""
    price = card.price(gateway)
    now = {key: over.get((card.id, f"gateways.{gateway}.price.{key}")) for key, _fact in price.classes}
    update = {key: fact for key, fact in now.items() if fact is not None}
    return price.model_copy(update=update) if update else price


def sources_of(catalog: Catalog, server: Gateway) -> Mapping[str, Source]:
    """Every source that a fact may name, those read now included."""
    return ChainMap(dict(live_facts.sources(server)), dict(catalog.sources))
