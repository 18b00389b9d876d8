"""How each gateway is spoken to: as the operator says, without what it refused in this process."""

import threading

from glm_playground.gateway import Dialect, Gateway
from glm_playground.gateway.wire import ADDED
from glm_playground.runs.refusals import refused_fields
from glm_playground.runs.run import Run

_refused: dict[tuple[str, str], frozenset[str]] = {}
_lock = threading.Lock()


def dialect_of(gateway: Gateway) -> Dialect:
    """How the gateway is spoken to now."""
    return Dialect(gateway.thinking, _refused.get(_place(gateway), frozenset()))


def leave_out(gateway: Gateway, run: Run, field: str) -> bool:
    """Leaves `field` out of all later requests to the gateway; False where that is not for the app to decide.

    It must be one that the app adds by itself, and the server's own words in `run` must refuse it: what one user
    clicks holds for all.
    """
    if field not in ADDED or run.server.origin != gateway.origin or field not in refused_fields(run):
        return False
    with _lock:
        _refused[_place(gateway)] = _refused.get(_place(gateway), frozenset()) | {field}
    return True


def forget() -> None:
    """Forgets what every gateway refused."""
    with _lock:
        _refused.clear()


def _place(gateway: Gateway) -> tuple[str, str]:
    return gateway.name, gateway.api_root
