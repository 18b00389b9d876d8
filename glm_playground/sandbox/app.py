"""The routes of the sandbox."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glm_playground.sandbox.accounts import Account
from glm_playground.sandbox.body import read_json
from glm_playground.sandbox.chat import ChatEndpoint
from glm_playground.sandbox.engines import TextEngine
from glm_playground.sandbox.engines.scripted import REDIRECTED_PATH
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.gate import Gate, check_key, entry_of
from glm_playground.sandbox.log import RequestLog
from glm_playground.sandbox.prices import ACTION, MODEL_IDS, SERVICE, quote, schedules
from glm_playground.sandbox.tasks import TaskStore

if TYPE_CHECKING:
    from glm_playground.sandbox.callbacks import CallbackSender

_MODELS_CREATED = 1_763_856_000


@dataclass(frozen=True, slots=True)
class _Endpoints:
    engine: TextEngine
    account: Account
    tasks: TaskStore
    log: RequestLog | None
    key: str

    async def healthz(self, request: Request) -> Response:
        identity = self.engine.identity
        return JSONResponse({"status": "ok", "engine": identity.engine, "model": identity.model})

    async def models(self, request: Request) -> Response:
        check_key(request, self.key)
        return JSONResponse({"object": "list", "data": [self._model(model) for model in MODEL_IDS]})

    async def model(self, request: Request) -> Response:
        check_key(request, self.key)
        model = request.path_params["model"].rstrip("/")
        if not model:
            return await self.models(request)
        if model not in MODEL_IDS:
            raise ApiError(404, "model_not_found", f"The model '{model[:80]}' does not exist.")
        return JSONResponse(self._model(model))

    def _model(self, model: str) -> dict[str, Any]:
        served_by = self.engine.identity.served_by
        return {
            "id": model,
            "object": "model",
            "created": _MODELS_CREATED,
            "owned_by": "sandbox",
            "served_by": served_by,
        }

    async def price_schedules(self, request: Request) -> Response:
        query = request.query_params
        listing, etag = schedules(query.get("service"), query.get("action"), query.get("model"))
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if etag in known or "*" in known:
            return Response(status_code=304, headers=headers)
        return JSONResponse(listing, headers=headers)

    async def price_quotes(self, request: Request) -> Response:
        body, _ = await read_json(request)
        asked = body if isinstance(body, dict) else {}
        wrong = {
            name: [f"must be '{only}'"]
            for name, only in (("service", SERVICE), ("action", ACTION))
            if asked.get(name) != only
        }
        if wrong:
            raise ApiError.invalid(wrong)
        model = asked.get("model")
        if model not in MODEL_IDS:
            raise ApiError.of_status(404)
        params = asked.get("params") or {}
        if not isinstance(params, dict):
            raise ApiError.invalid({"params": ["must be an object"]})
        max_tokens = params.get("max_tokens")
        if max_tokens is not None and (type(max_tokens) is not int or max_tokens < 1):
            raise ApiError.invalid({"params.max_tokens": ["must be an integer of at least 1"]})
        prompt_tokens = (len(str(params.get("messages", "")).encode()) + 3) // 4
        return JSONResponse({"price_quote": quote(model, prompt_tokens, max_tokens)})

    async def me(self, request: Request) -> Response:
        check_key(request, self.key)
        account = {"id": 1, "name": "Sandbox"}
        return JSONResponse({"id": 1, "name": "Sandbox user", "email": "sandbox@localhost", "account": account})

    async def balance(self, request: Request) -> Response:
        check_key(request, self.key)
        return JSONResponse(self.account.to_json())

    async def task(self, request: Request) -> Response:
        check_key(request, self.key)
        task = self.tasks.get(request.path_params["task_id"])
        if task is None:
            raise ApiError(404, "task_not_found", "The task does not exist.")
        return JSONResponse(task)

    async def redirected(self, request: Request) -> Response:
        """Where a scripted redirect leads; tells whether the key came along, which no client may let happen."""
        return JSONResponse({"redirected": True, "authorization_sent": entry_of(request.scope).authorization_sent})

    async def request_log(self, request: Request) -> Response:
        check_key(request, self.key)
        if self.log is None:
            raise ApiError(404, "log_is_off", "The sandbox was started without --log.")
        if request.method == "DELETE":
            self.log.clear()
            return Response(status_code=204)
        return JSONResponse({"requests": self.log.to_json()})


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return ApiError(error.status_code, code, error.detail, headers=error.headers or {}).response()


async def _server_error(request: Request, error: Exception) -> Response:
    return ApiError.of_status(500).response()


def create_app(
    engine: TextEngine,
    key: str,
    *,
    keep_log: bool = False,
    balance_usd: Decimal | None = None,
    callbacks: "CallbackSender | None" = None,
) -> Starlette:
    """The sandbox as an ASGI application.

    `balance_usd` None starts with the usual play money; `callbacks` None refuses requests with a `callback_url`.
    """
    account = Account() if balance_usd is None else Account(balance_usd)
    tasks = TaskStore()
    log = RequestLog() if keep_log else None
    at = _Endpoints(engine, account, tasks, log, key)
    errors: dict[Any, Any] = {ApiError: _api_error, HTTPException: _http_error, Exception: _server_error}
    return Starlette(
        routes=[
            Route("/v1/chat/completions", ChatEndpoint(engine, account, tasks, key, callbacks), methods=["POST"]),
            Route("/v1/models", at.models),
            # An id may hold a maker's name and a slash.
            Route("/v1/models/{model:path}", at.model),
            Route("/api/v1/price_schedules", at.price_schedules),
            Route("/api/v1/price_quotes", at.price_quotes, methods=["POST"]),
            Route("/api/v1/me", at.me),
            Route("/api/v1/me/balance", at.balance),
            Route("/api/v1/tasks/{task_id}", at.task),
            Route("/healthz", at.healthz),
            Route("/sandbox/log", at.request_log, methods=["GET", "DELETE"]),
            Route(REDIRECTED_PATH, at.redirected, methods=["GET", "POST"]),
        ],
        middleware=[
            Middleware(Gate, identity=engine.identity, log=log),
            # A web page whose name was pointed at 127.0.0.1 is not to reach the sandbox.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
        ],
        exception_handlers=errors,
    )
