"""The errors of a gateway.

GatewayError
  RequestUnsendable             nothing was sent: the request holds what JSON or HTTP cannot carry
  ConnectionFailed              nothing was sent: no network, no such host, no TLS
    ConnectionRefused           the host is there, nobody listens
    ConnectTimeout              no connection in the time allowed
    NetworkUnusable             a proxy or a certificate of the environment cannot be used
    ProxyUnreachable            no connection to the proxy
    ProxyRefused                the proxy did not open a connection to the gateway
  RequestUnanswered             the connection ended after the request was written, before any answer: nobody knows
                                whether it was received, so it may have been charged
  ResponseError                 the gateway answered with a status that is no success
    RequestRejected             400, 422
      CapabilityUnsupported     the model or the server does not take something in the request
      LimitExceeded             above a limit, such as the context
      ContentRefused            a content filter refused the prompt
    AuthenticationFailed        401
    CreditsExhausted            402, and 429 where a budget is spent
    PermissionDenied            403
    NotFound                    404
      ModelNotFound             the model is not known; some servers say so with 400
      PathNotFound              the address is not known
    GatewayTimeout              408, 504
    RequestConflict             409
    ModelRetired                410
    PayloadRejected             413, 415
    RateLimited                 429
    ServerFailed                500, 502 and any other 5xx
    ServiceUnavailable          503
    Overloaded                  529
    RedirectRefused             3xx: a key is never sent to another address
  ResponseUnreadable            a success, but not a chat completion
  StreamError                   the answer had begun
    StreamFailed                the gateway sent an error in the stream, or in a body of status 200
    StreamBroken                the connection ended before the answer did
    StreamSilent                no byte for longer than the read timeout
    StreamLineTooLong           one line of the stream is above the limit

`error_meanings` says which status, code or words mean which class.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar


class Speaker(StrEnum):
    """Whose words the message of an error is."""

    SERVER = "server"
    PROXY = "proxy"
    APP = "app"
    """This app's, or those of the libraries under it."""


class GatewayError(Exception):
    """What went wrong between the app and a gateway.

    Attributes:
        message: never empty, without the key; `speaker` says whose words they are.
        status: HTTP status, where there was one.
        code: the gateway's code, such as `model_retired`, where it sent one.
        fields: messages by field of the request, where the gateway named fields.
        request_id: `x-request-id` of the response.
        task_id: `X-RunAPI-Task-Id` of the response.
        retry_after: seconds the gateway asked to wait.
    """

    safe_to_repeat: ClassVar[bool] = False
    """True where nothing was charged and no token came, so the same request may be sent again."""
    speaker: ClassVar[Speaker] = Speaker.APP

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


class RequestUnsendable(GatewayError): ...


class ConnectionFailed(GatewayError): ...


class ConnectionRefused(ConnectionFailed):
    safe_to_repeat = True


class ConnectTimeout(ConnectionFailed): ...


class NetworkUnusable(ConnectionFailed): ...


class ProxyUnreachable(ConnectionFailed): ...


class ProxyRefused(ConnectionFailed):
    speaker = Speaker.PROXY


class RequestUnanswered(GatewayError): ...


class ResponseError(GatewayError):
    speaker = Speaker.SERVER


class RequestRejected(ResponseError): ...


class CapabilityUnsupported(RequestRejected): ...


class LimitExceeded(RequestRejected): ...


class ContentRefused(RequestRejected): ...


class AuthenticationFailed(ResponseError): ...


class CreditsExhausted(ResponseError): ...


class PermissionDenied(ResponseError): ...


class NotFound(ResponseError): ...


class ModelNotFound(NotFound): ...


class PathNotFound(NotFound): ...


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


class StreamFailed(StreamError):
    speaker = Speaker.SERVER


class StreamBroken(StreamError): ...


class StreamSilent(StreamError): ...


class StreamLineTooLong(StreamError): ...


def speaker_of(kind: str) -> Speaker:
    """Whose words the message of an error of the class named `kind` is; a class that is gone was this app's."""
    found = _BY_NAME.get(kind)
    return found.speaker if found else Speaker.APP


def _with_subclasses(error: type[GatewayError]) -> list[type[GatewayError]]:
    return [error, *(found for child in error.__subclasses__() for found in _with_subclasses(child))]


_BY_NAME = {error.__name__: error for error in _with_subclasses(GatewayError)}
