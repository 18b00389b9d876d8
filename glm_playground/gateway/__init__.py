"""All that speaks HTTP to a gateway: the client, the values on the wire, the errors."""

from glm_playground.gateway.client import Attempt, ConnectionPool, GatewayClient, connection_pool
from glm_playground.gateway.endpoint import Gateway
from glm_playground.gateway.errors import GatewayError
from glm_playground.gateway.prices import PriceList, PriceSchedule
from glm_playground.gateway.stream import ChatStream, ResponseIds
from glm_playground.gateway.wire import (
    ChatCompletion,
    ChatRequest,
    Event,
    EventKind,
    Identity,
    Message,
    ModelListing,
    Parameters,
    ToolCall,
    Usage,
    usage_of,
)

__all__ = [
    "Attempt",
    "ChatCompletion",
    "ChatRequest",
    "ChatStream",
    "ConnectionPool",
    "Event",
    "EventKind",
    "Gateway",
    "GatewayClient",
    "GatewayError",
    "Identity",
    "Message",
    "ModelListing",
    "Parameters",
    "PriceList",
    "PriceSchedule",
    "ResponseIds",
    "ToolCall",
    "Usage",
    "connection_pool",
    "usage_of",
]
