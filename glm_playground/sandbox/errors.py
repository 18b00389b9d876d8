"""Errors the sandbox answers with: RunAPI's statuses and its three body shapes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.responses import Response

ErrorShape = Literal[1, 2, 3]
"""1: {"error": text, "code"}; 2: {"error": text, "errors": {field: [..]}}; 3: {"error": {code, message, type}}."""

STATUS_ERRORS: dict[int, tuple[str, str]] = {
    400: ("invalid_request", "The request is not valid."),
    401: ("invalid_api_key", "The API key is missing or wrong."),
    402: ("insufficient_credits", "The account has no credits left; nothing was generated."),
    403: ("permission_denied", "This key may not use this model."),
    404: ("model_not_found", "The model does not exist."),
    408: ("request_timeout", "The request took too long to arrive."),
    409: ("request_conflict", "The same idempotency key was used with another input."),
    410: ("model_retired", "This model has been retired."),
    413: ("payload_too_large", "The request body is too large."),
    415: ("unsupported_media_type", "The request body must be application/json."),
    422: ("validation_failed", "The request has invalid fields."),
    429: ("rate_limited", "Too many requests for this key; wait and try again."),
    500: ("server_error", "The server failed."),
    502: ("bad_gateway", "The upstream answered with garbage."),
    503: ("service_unavailable", "The service is unavailable; try again later."),
    504: ("gateway_timeout", "The upstream did not answer in time."),
    529: ("overloaded", "The model is overloaded; try again later."),
}
"""Status -> (code, message), the statuses a gateway is known to answer with."""


@dataclass
class ApiError(Exception):
    """An answer that is not a success.

    `shape` None takes the shape the status usually has: 3 for 401, 2 for 422, else 1. `html` answers with a proxy's
    page instead of JSON.
    """

    status: int
    code: str
    message: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    shape: ErrorShape | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    html: bool = False

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    @classmethod
    def of_status(cls, status: int) -> "ApiError":
        """The usual error of a status in STATUS_ERRORS."""
        code, message = STATUS_ERRORS[status]
        return cls(status, code, message)

    @classmethod
    def invalid(cls, fields: Mapping[str, list[str]]) -> "ApiError":
        """422 with the words of each field."""
        words = "; ".join(f"{name} {problem}" for name, problems in fields.items() for problem in problems)
        return cls(422, "validation_failed", words, fields=fields)

    def body(self) -> dict[str, object]:
        """The JSON body, in this error's shape."""
        shape = self.shape or {401: 3, 422: 2}.get(self.status, 1)
        if shape == 3:
            return {"error": {"code": self.code, "message": self.message, "type": self.code}}
        if shape == 2:
            return {"error": self.message, "errors": dict(self.fields) or {"base": [self.message]}}
        return {"error": self.message, "code": self.code}

    def response(self) -> Response:
        """The HTTP response."""
        if self.html:
            title = f"{self.status} {self.code.replace('_', ' ').title()}"
            page = (
                f"<html>\r\n<head><title>{title}</title></head>\r\n"
                f"<body><center><h1>{title}</h1></center><hr><center>proxy</center></body>\r\n</html>\r\n"
            )
            return Response(page, self.status, dict(self.headers), media_type="text/html")
        content = json.dumps(self.body(), ensure_ascii=False)
        return Response(content, self.status, dict(self.headers), media_type="application/json")
