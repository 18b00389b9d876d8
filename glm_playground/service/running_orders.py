"""The running order of an owner: what they put on stage, stored in the ledger as the bundle that it is.

It lies among the owner's workbenches under a name that none of those has, so that it moves, expires and is deleted with
them.
"""

import base64
import binascii
import threading
from collections.abc import Callable
from datetime import datetime
from weakref import WeakValueDictionary

from glm_playground.bundles.bundle import NotABundle, write_bundle
from glm_playground.bundles.running_order import RunningOrder, bundle_of, read_order
from glm_playground.ledger import RUNNING_ORDER, StoredWorkbench
from glm_playground.service import storage
from glm_playground.service.conflicts import try_to_store

_read: "WeakValueDictionary[tuple[str, datetime], RunningOrder]" = WeakValueDictionary()
_lock = threading.Lock()


def running_order(owner: str) -> RunningOrder:
    """The owner's running order; tabs that show the same share it, and it is read anew only after a change.

    Raises:
        LedgerError: it could not be read.
        BundleError: it is broken, or a later version of the app stored it.
    """
    ledger = storage.needed_ledger()
    saved_at = ledger.workbenches.saved_at(owner, RUNNING_ORDER)
    with _lock:
        found = _read.get((owner, saved_at)) if saved_at else RunningOrder()
    return _of(owner, ledger.workbenches.read(owner, RUNNING_ORDER)) if found is None else found


def change(owner: str, changed: Callable[[RunningOrder], RunningOrder]) -> None:
    """Stores the owner's running order as `changed` makes it.

    Raises:
        LedgerError: it could not be stored.
        BundleError: it would be too large, or what is stored cannot be read.
    """
    _store(owner, lambda stored: changed(_of(owner, stored)))


def join(owner: str, to: str) -> None:
    """Puts an owner's scenarios behind those of another one.

    Raises:
        LedgerError: they could not be stored.
        BundleError: they would be too large together, or one of the two orders cannot be read.
    """
    if mine := running_order(owner).scenarios:
        change(to, lambda order: order.joined(mine))
        forget(owner)


def forget(owner: str) -> None:
    """Removes the owner's running order, whatever is stored.

    Raises:
        LedgerError: it could not be removed.
    """
    _store(owner, lambda _stored: RunningOrder())


def _store(owner: str, made: Callable[[StoredWorkbench | None], RunningOrder]) -> None:
    ledger = storage.needed_ledger()

    def store() -> bool:
        stored = ledger.workbenches.read(owner, RUNNING_ORDER)
        order = made(stored)
        if stored is None and not order.scenarios:
            return True
        body = base64.b64encode(write_bundle(bundle_of(order))).decode() if order.scenarios else ""
        revision = stored.revision if stored else 0
        return ledger.workbenches.save(owner, RUNNING_ORDER, order.title, body, revision) is not None

    try_to_store(store, "the running order")


def _of(owner: str, stored: StoredWorkbench | None) -> RunningOrder:
    if stored is None or not stored.body:
        return RunningOrder()
    key = owner, stored.updated_at
    with _lock:
        found = _read.get(key)
    if found is None:
        # Not within the lock, which all owners share: reading a long one takes a while.
        try:
            data = base64.b64decode(stored.body, validate=True)
        except (binascii.Error, ValueError):
            raise NotABundle("what is stored is no file") from None
        found = read_order(data)
        with _lock:
            found = _read.setdefault(key, found)
    return found
