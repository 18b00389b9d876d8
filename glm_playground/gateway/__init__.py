"""All that speaks HTTP to a gateway: the client, the values on the wire, the errors."""

from glm_playground.gateway.client import Attempt, GatewayClient
from glm_playground.gateway.endpoint import Gateway
from glm_playground.gateway.errors import GatewayError
from glm_playground.gateway.figures import Figure, Usage, figures_of, usage_of
from glm_playground.gateway.gateways import Gateways
from glm_playground.gateway.pool import ConnectionPool, connection_pool
from glm_playground.gateway.prices import PriceList, PriceSchedule
from glm_playground.gateway.stream import ChatStream, ResponseIds
from glm_playground.gateway.wire import (
    ChatCompletion,
    ChatRequest,
    Dialect,
    Event,
    EventKind,
    Identity,
    Message,
    ModelListing,
    Parameters,
    ThinkingSwitch,
    ToolCall,
    unsendable,
)

__all__ = [
    "Attempt",
    "ChatCompletion",
    "ChatRequest",
    "ChatStream",
    "ConnectionPool",
    "Dialect",
    "Event",
    "EventKind",
    "Figure",
    "Gateway",
    "GatewayClient",
    "GatewayError",
    "Gateways",
    "Identity",
    "Message",
    "ModelListing",
    "Parameters",
    "PriceList",
    "PriceSchedule",
    "ResponseIds",
    "ThinkingSwitch",
    "ToolCall",
    "Usage",
    "connection_pool",
    "figures_of",
    "unsendable",
    "usage_of",
]
