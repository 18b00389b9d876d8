"""For whoever runs the server: `GET /healthz`, the process answers; `GET /readyz`, it can do its work, or why not.

Both answer in JSON without asking anything: what they say was found by those whose work it is. Nothing in it names a
host, a path or a person; an error's id leads to its line in the log.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glm_playground.ledger import LedgerError
from glm_playground.ledger.recorder import MOST_WAITING
from glm_playground.service import runtime, storage

ALIVE, READY = "/healthz", "/readyz"
MOST_BACKLOG = MOST_WAITING // 2
"""So much may wait to be stored; above it runs are in danger of being lost."""
_NOT_KEPT = {"Cache-Control": "no-store"}


def health_routes(base_path: str) -> list[Route]:
    """The two routes under the server's base path, such as `/glm`; empty where it has none."""
    return [
        Route(base_path + ALIVE, _alive, methods=["GET"], name="alive"),
        Route(base_path + READY, _ready, methods=["GET"], name="ready"),
    ]


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True}, headers=_NOT_KEPT)


async def _ready(_request: Request) -> Response:
    found = readiness()
    return JSONResponse(found, 200 if found["ready"] else 503, headers=_NOT_KEPT)


def readiness() -> dict[str, Any]:
    """Whether new visitors should be sent here, and what is in the way."""
    parts = {"database": _database(), "recorder": _recorder(), "sandbox": _sandbox()}
    draining = runtime.engine().draining
    return {"ready": not draining and all(part["ok"] for part in parts.values()), "draining": draining, **parts}


def _database() -> dict[str, Any]:
    problem = storage.problem()
    if problem is None and isinstance(opened := storage.ledger(0), LedgerError):
        problem = opened
    return {"ok": True} if problem is None else {"ok": False, "why": type(problem).__name__, "log_id": problem.id}


def _recorder() -> dict[str, Any]:
    waiting = storage.waiting()
    return {"ok": waiting <= MOST_BACKLOG, "waiting": waiting, "most": MOST_BACKLOG}


def _sandbox() -> dict[str, Any]:
    state = runtime.sandbox_state()
    return {"ok": state in {"unused", "ready"}, "state": state}
