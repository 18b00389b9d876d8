"""Moves of a history from one browser to another."""

from contextlib import suppress

from glm_playground.bundles.bundle import BundleError
from glm_playground.ledger import Ledger, LedgerNoRoom
from glm_playground.ledger.moves import Movable
from glm_playground.service import presets, running_orders, storage, workbenches


def take_over(ledger: Ledger, code: str, to: str) -> Movable | None:
    """Makes what the code stands for `to`'s; None where the code is of no use.

    Runs that are still running stay where they are. Of presets with the same name `to`'s own stay.

    Raises:
        LedgerError: it could not be stored; the same code moves the rest.
    """
    storage.catch_up()
    found = ledger.find_move(code, to)
    if found is None:
        return None
    # What cannot be read, or is too much together, moves only where `to` has none.
    with suppress(presets.PresetsUnreadable, LedgerNoRoom):
        presets.join(found.owner, to)
    with suppress(BundleError, LedgerNoRoom):
        running_orders.join(found.owner, to)
    moved = ledger.move(code, to)
    workbenches.forget(found.owner)
    return moved
