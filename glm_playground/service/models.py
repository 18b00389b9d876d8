"""The models that a gateway offers, and the gateway that offers a model."""

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.chat.lane import DEFAULT_MODEL
from glm_playground.chat.setup import asked_of
from glm_playground.gateway import Gateway, Gateways
from glm_playground.gateway.gateways import RUNAPI
from glm_playground.service import runtime


def models_at(gateway: Gateway) -> list[str]:
    """Ids of models: first those that the gateway lists, then those of the operator's file, then the catalog's.

    Of what it lists the catalog's models come first, in the catalog's order.
    """
    listed = runtime.live_models(gateway).value
    cards = [card for card in load_catalog().cards if card.gateway(gateway.seller or RUNAPI)]
    order = {card.id: place for place, card in enumerate(cards)}
    # What stands between a model and its gateway in the model box is in no id.
    theirs = [id for id in listed.models if asked_of(id) == (id, "")] if listed else []
    theirs.sort(key=lambda id: order.get(id, len(order)))
    said = [model.id for model in gateway.models]
    return list(dict.fromkeys([*theirs[: bounds.LISTED_MODELS], *said, *order]))


def first_model(gateway: Gateway) -> str | None:
    """The model that a new lane asks there; None for as long as the gateway has not said what it has.

    That is the usual one where the gateway lists it, else the first of the operator's file, else the first listed one
    that the catalog knows, else the first listed one; and the usual one where nobody says anything.
    """
    asked = runtime.live_models(gateway)
    if asked.value is None and asked.problem is None:
        return None
    listed = asked.value.ids if asked.value else frozenset()
    if DEFAULT_MODEL in listed:
        return DEFAULT_MODEL
    if gateway.models:
        return gateway.models[0].id
    return models_at(gateway)[0] if listed else DEFAULT_MODEL


def gateway_for(gateways: Gateways, model: str) -> Gateway:
    """The first gateway that lists `model`, else RunAPI, else the first."""
    for gateway in gateways.all:
        listed = runtime.live_models(gateway).value
        if gateway.model(model) or (listed and model in listed.models):
            return gateway
    return gateways.runapi
