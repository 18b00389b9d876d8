"""What the configured gateway says of its prices now, laid over the published facts."""

from collections import ChainMap
from collections.abc import Mapping, Sequence

from glm_playground.catalog import AnyFact, Catalog, ModelCard, Source
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.sellers import OWN
from glm_playground.gateway import Gateway
from glm_playground.ui.shared import live_facts


def laid_over(cards: Sequence[ModelCard], server: Gateway) -> LaidOver:
    """The prices that stand in place of published ones, by model id and key of the fact.

    RunAPI's are laid over RunAPI's; another gateway's stand under `sellers.OWN`. A stand-in's are play money and are no
    prices of anybody.
    """
    found: dict[tuple[str, str], AnyFact] = {}
    priced = live_facts.priced_models(server)
    for card in cards:
        if card.id not in priced:
            continue
        live = live_facts.live_facts(card.id, server)
        for token_class, price in live.prices.items():
            if live.is_runapi:
                fact = live.over(token_class, getattr(card.price("runapi"), token_class))
                found[card.id, f"gateways.runapi.price.{token_class}"] = fact
            else:
                found[card.id, f"gateways.{OWN}.price.{token_class}"] = price
    return found


def has_own_list(over: LaidOver) -> bool:
    """Whether the configured gateway, which is none of the published sellers, has prices of its own."""
    return any(key.startswith(f"gateways.{OWN}.") for _model, key in over)


def sources_of(catalog: Catalog, server: Gateway) -> Mapping[str, Source]:
    """Every source that a fact may name, those read now included."""
    return ChainMap(dict(live_facts.sources(server)), dict(catalog.sources))
