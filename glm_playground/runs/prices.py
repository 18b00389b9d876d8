"""The price of a model: from its gateway's own list, the operator's file, or published by its seller."""

from glm_playground.catalog import load_catalog
from glm_playground.gateway import Gateway
from glm_playground.gateway.live import LivePrices
from glm_playground.runs.cost import Price, TokenClass

OPERATORS_FILE = "the operator's file"


def published_price(model: str, seller: str) -> Price | None:
    """The price of `model` that a seller of the catalog published, with its source; None where it knows none."""
    catalog = load_catalog()
    card = catalog.get(model)
    if card is None:
        return None
    price = card.price(seller)
    facts = {TokenClass.INPUT: price.input, TokenClass.OUTPUT: price.output, TokenClass.CACHE_READ: price.cache_read}
    known = {token_class: fact.value for token_class, fact in facts.items() if fact.value is not None}
    claim = next((fact.chosen for fact in facts.values() if fact.chosen), None)
    if claim is None:
        return None
    source = catalog.sources.get(claim.source)
    return Price(known, (source.url if source and source.url else claim.source), claim.read)


def filed_price(server: Gateway, model: str) -> Price | None:
    """The price of `model` at `server` that the operator's file has; None where it has none."""
    row = server.model(model)
    if row is None or server.prices_as_of is None:
        return None
    rates = {TokenClass.INPUT: row.input, TokenClass.OUTPUT: row.output, TokenClass.CACHE_READ: row.cache_read}
    known = {token_class: rate for token_class, rate in rates.items() if rate is not None}
    return Price(known, OPERATORS_FILE, server.prices_as_of) if known else None


def known_price(server: Gateway, model: str) -> Price | None:
    """The price of `model` at `server` without asking it: of the operator's file, else published by its seller."""
    return filed_price(server, model) or (published_price(model, server.seller) if server.seller else None)


def listed_price(server: Gateway, listed: LivePrices, model: str) -> Price | None:
    """The price of `model` in the list that `server` gave; None where it is not in it."""
    row = listed.prices.schedules.get(model)
    if row is None:
        return None
    rates = {TokenClass.INPUT: row.input, TokenClass.OUTPUT: row.output, TokenClass.CACHE_READ: row.cache_read}
    known = {token_class: rate for token_class, rate in rates.items() if rate is not None}
    source = f"{server.site}/api/v1/price_schedules"
    return Price(known, source, listed.read_at.date(), play_money=server.stand_in is not None) if known else None
