"""The models that a gateway offers, and the gateway that offers a model."""

import re

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.gateway import Gateway, Gateways
from glm_playground.gateway.gateways import RUNAPI, ZAI
from glm_playground.service import runtime

_ID = re.compile(rf"[!-~]{{1,{bounds.MODEL_CHARACTERS}}}")


def models_at(gateway: Gateway) -> list[str]:
    """Ids of models: first those that the gateway lists, then those of the operator's file, then the catalog's.

    RunAPI, Z.ai and the sandbox have GLM in the catalog's order, and behind it what it does not know.
    """
    listed = runtime.live_models(gateway).value
    theirs = [id for id in listed.models if _ID.fullmatch(id)][: bounds.LISTED_MODELS] if listed else []
    said = [model.id for model in gateway.models]
    sold = [card.id for card in load_catalog().cards if card.gateway(gateway.seller or RUNAPI)]
    sells_glm = gateway.seller in {RUNAPI, ZAI} or gateway.stand_in is not None
    found = [*sold, *theirs, *said] if sells_glm else [*theirs, *said, *sold]
    return list(dict.fromkeys(found))


def gateway_for(gateways: Gateways, model: str) -> Gateway:
    """The first gateway that lists `model`, else RunAPI, else the first."""
    for gateway in gateways.all:
        listed = runtime.live_models(gateway).value
        if gateway.model(model) or (listed and model in listed.models):
            return gateway
    return gateways.runapi
