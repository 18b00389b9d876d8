"""Changes to what several tabs of an owner may store: each is made anew on what another tab stored meanwhile."""

from collections.abc import Callable
from typing import Final

from glm_playground.ledger import LedgerLocked

_TRIES: Final = 3


def try_to_store(store: Callable[[], bool], what: str) -> None:
    """Calls `store`, which reads, changes and stores `what`, until no other tab was faster.

    Raises:
        LedgerLocked: another one was at each try.
    """
    if not any(store() for _try in range(_TRIES)):
        raise LedgerLocked(f"another tab keeps changing {what}")
