"""The presets of an owner, stored in the ledger; where that is away, in this process."""

from collections.abc import Callable, Sequence

from glm_playground.chat.setup import Preset, PresetProblem, read_presets, write_presets
from glm_playground.ledger import Ledger
from glm_playground.service import storage
from glm_playground.service.conflicts import try_to_store


def presets(owner: str) -> dict[str, Preset]:
    """The owner's presets by name; none where they cannot be read."""
    ledger = storage.ledger()
    return _read(ledger, owner)[0] if isinstance(ledger, Ledger) else {}


def add(owner: str, new: Sequence[Preset], *, replace: bool) -> None:
    """Stores presets; one whose name is taken takes its place, or is left out.

    Raises:
        LedgerError: they could not be stored.
    """

    def change(kept: dict[str, Preset]) -> None:
        kept.update({preset.name: preset for preset in new if replace or preset.name not in kept})

    _change(owner, change)


def remove(owner: str, name: str) -> None:
    """Removes a preset.

    Raises:
        LedgerError: it could not be removed.
    """
    _change(owner, lambda kept: kept.pop(name, None))


def join(owner: str, to: str) -> None:
    """Gives an owner's presets to another one, who keeps their own where a name is taken.

    Raises:
        LedgerError: they could not be stored.
    """
    if mine := presets(owner):
        add(to, tuple(mine.values()), replace=False)
        _change(owner, lambda kept: kept.clear())


def _change(owner: str, change: Callable[[dict[str, Preset]], object]) -> None:
    ledger = storage.needed_ledger()

    def store() -> bool:
        kept, revision = _read(ledger, owner)
        change(kept)
        return ledger.workbenches.save_presets(owner, write_presets(list(kept.values())), revision) is not None

    try_to_store(store, "the presets")


def _read(ledger: Ledger, owner: str) -> tuple[dict[str, Preset], int]:
    body, revision = ledger.workbenches.presets(owner)
    found = read_presets(body.encode()) if body else ()
    return ({} if isinstance(found, PresetProblem) else {preset.name: preset for preset in found}), revision
