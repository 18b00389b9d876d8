"""The errors of a gateway.

GatewayError
  ConnectionFailed              nothing was reached: no network, no such host, no TLS
    ConnectionRefused           the host is there, nobody listens
    ConnectTimeout              no connection in the time allowed
  ResponseError                 the gateway answered with a status other than 200
    RequestRejected             400, 422
      CapabilityUnsupported     code unsupported_model_capability
      LimitExceeded             code model_limit_exceeded
    AuthenticationFailed        401
    CreditsExhausted            402
    PermissionDenied            403
    NotFound                    404
    GatewayTimeout              408, 504
    RequestConflict             409
    ModelRetired                410
    PayloadRejected             413, 415
    RateLimited                 429
    ServerFailed                500, 502 and any other 5xx
    ServiceUnavailable          503
    Overloaded                  529
    RedirectRefused             3xx: a key is never sent to another address
  ResponseUnreadable            200, but not a chat completion
  StreamError                   the answer had begun
    StreamFailed                the gateway sent an error in the stream, or in a body of status 200
    StreamBroken                the connection ended before the answer did
    StreamSilent                no byte for longer than the read timeout
    StreamLineTooLong           one line of the stream is above the limit

The table of statuses is RunAPI's; its SDK (`runapi-core`) maps them the same way.
"""

from collections.abc import Mapping
from typing import ClassVar


class GatewayError(Exception):
    """What went wrong between the app and a gateway.

    Attributes:
        message: the gateway's or the network's own words, without the key.
        status: HTTP status, where there was one.
        code: the gateway's code, such as `model_retired`, where it sent one.
        fields: messages by field of the request, where the gateway named fields.
        request_id: `x-request-id` of the response.
        task_id: `X-RunAPI-Task-Id` of the response.
        retry_after: seconds the gateway asked to wait.
    """

    safe_to_repeat: ClassVar[bool] = False
    """True where nothing was charged and no token came, so the same request may be sent again."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        fields: Mapping[str, tuple[str, ...]] | None = None,
        request_id: str | None = None,
        task_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.fields = dict(fields or {})
        self.request_id = request_id
        self.task_id = task_id
        self.retry_after = retry_after


class ConnectionFailed(GatewayError): ...


class ConnectionRefused(ConnectionFailed):
    safe_to_repeat = True


class ConnectTimeout(ConnectionFailed): ...


class ResponseError(GatewayError): ...


class RequestRejected(ResponseError): ...


class CapabilityUnsupported(RequestRejected): ...


class LimitExceeded(RequestRejected): ...


class AuthenticationFailed(ResponseError): ...


class CreditsExhausted(ResponseError): ...


class PermissionDenied(ResponseError): ...


class NotFound(ResponseError): ...


class GatewayTimeout(ResponseError): ...


class RequestConflict(ResponseError): ...


class ModelRetired(ResponseError): ...


class PayloadRejected(ResponseError): ...


class RateLimited(ResponseError):
    safe_to_repeat = True


class ServerFailed(ResponseError): ...


class ServiceUnavailable(ResponseError):
    safe_to_repeat = True


class Overloaded(ResponseError): ...


class RedirectRefused(ResponseError): ...


class ResponseUnreadable(GatewayError): ...


class StreamError(GatewayError): ...


class StreamFailed(StreamError): ...


class StreamBroken(StreamError): ...


class StreamSilent(StreamError): ...


class StreamLineTooLong(StreamError): ...


_BY_STATUS: dict[int, type[ResponseError]] = {
    400: RequestRejected,
    401: AuthenticationFailed,
    402: CreditsExhausted,
    403: PermissionDenied,
    404: NotFound,
    408: GatewayTimeout,
    409: RequestConflict,
    410: ModelRetired,
    413: PayloadRejected,
    415: PayloadRejected,
    422: RequestRejected,
    429: RateLimited,
    503: ServiceUnavailable,
    504: GatewayTimeout,
    529: Overloaded,
}

_BY_CODE: dict[str, type[ResponseError]] = {
    "unsupported_model_capability": CapabilityUnsupported,
    "model_limit_exceeded": LimitExceeded,
    "model_retired": ModelRetired,
    "rate_limited": RateLimited,
    "request_conflict": RequestConflict,
    # Z.ai answers an empty account with 429; asking again would not help. docs.z.ai/api-reference/api-code
    "1113": CreditsExhausted,
}


def error_class(status: int, code: str | None) -> type[ResponseError]:
    """The class of an error answer; a named code is more exact than its status."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return RedirectRefused
    return ServerFailed if status >= 500 else RequestRejected
