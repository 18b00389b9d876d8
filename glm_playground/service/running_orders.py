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
from glm_playground.ledger import RUNNING_ORDER, Ledger, StoredWorkbench
from glm_playground.service import storage

_TRIES = 3
_read: "WeakValueDictionary[tuple[str, datetime], RunningOrder]" = WeakValueDictionary()
_reading = threading.Lock()


def running_order(owner: str) -> RunningOrder:
    """The owner's running order; tabs that show the same share it.

    Raises:
        LedgerError: it could not be read.
        BundleError: it is broken, or a later version of the app stored it.
    """
    return _of(owner, storage.needed_ledger().workbench(owner, RUNNING_ORDER))


def change(owner: str, changed: Callable[[RunningOrder], RunningOrder]) -> None:
    """Stores the owner's running order as `changed` makes it.

    Raises:
        LedgerError: it could not be stored.
        BundleError: it would be too large, or what is stored cannot be read.
    """
    ledger = storage.needed_ledger()
    # Another tab may store its own meanwhile: then both changes count.
    for _try in range(_TRIES):
        stored = ledger.workbench(owner, RUNNING_ORDER)
        new = changed(_of(owner, stored))
        if _save(ledger, owner, new, stored):
            return


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
    stored = storage.needed_ledger().workbench(owner, RUNNING_ORDER)
    if stored:
        _save(storage.needed_ledger(), owner, RunningOrder(), stored)


def _save(ledger: Ledger, owner: str, order: RunningOrder, stored: StoredWorkbench | None) -> bool:
    body = base64.b64encode(write_bundle(bundle_of(order))).decode() if order.scenarios else ""
    revision = ledger.save_workbench(owner, RUNNING_ORDER, order.title, body, stored.revision if stored else 0)
    return revision is not None


def _of(owner: str, stored: StoredWorkbench | None) -> RunningOrder:
    if stored is None or not stored.body:
        return RunningOrder()
    key = owner, stored.updated_at
    with _reading:
        found = _read.get(key)
        if found is None:
            try:
                data = base64.b64decode(stored.body, validate=True)
            except (binascii.Error, ValueError):
                raise NotABundle("what is stored is no file") from None
            _read[key] = found = read_order(data)
        return found
