"""What a gateway takes of a model: by its own list, the operator's file, else by what others publish of the model."""

from glm_playground.catalog import ModelCard, load_catalog
from glm_playground.chat.plan import RequestLimits
from glm_playground.gateway import Gateway
from glm_playground.gateway.endpoint import OfferedModel
from glm_playground.gateway.gateways import RUNAPI, ZAI
from glm_playground.service import runtime
from glm_playground.settings import settings

_BINDING = frozenset({RUNAPI, ZAI})


def limits_of(gateway: Gateway, model: str) -> RequestLimits:
    """What a request to `model` may hold there.

    What the gateway lists and what the operator says bind; of both, the smaller. Where neither says anything, what the
    catalog has of the model binds at its seller and at a stand-in, and is advice elsewhere.
    """
    listed = runtime.live_models(gateway).value
    row, said = listed.models.get(model) if listed else None, gateway.model(model)
    context = _least(row and row.context_tokens, said and said.context_tokens)
    output = _least(row and row.max_output_tokens, said and said.max_output_tokens)
    binding = gateway.seller in _BINDING or gateway.stand_in is not None
    card = load_catalog().get(model)
    published = card.limits(gateway.seller or RUNAPI) if card else None
    advice_context = published.context_tokens if published and context is None else None
    advice_output = published.max_output_tokens if published and output is None else None
    return RequestLimits(
        context_tokens=context or advice_context,
        max_output_tokens=output or advice_output,
        fields=settings().allowed_fields,
        context_is_advice=advice_context is not None and not binding,
        output_is_advice=advice_output is not None and not binding,
        glm_ranges=binding,
        images=_takes_images(card, said, gateway),
    )


def _takes_images(card: ModelCard | None, said: OfferedModel | None, gateway: Gateway) -> bool:
    if said and said.images is not None:
        return said.images
    return bool(card and card.takes_images(gateway.seller or RUNAPI))


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
