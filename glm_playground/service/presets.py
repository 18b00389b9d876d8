"""The presets of an owner, stored in the ledger; where that is away, in this process."""

from collections.abc import Callable, Sequence

from glm_playground.chat.setup import Preset, PresetProblem, read_presets, write_presets
from glm_playground.ledger import Ledger, LedgerNoRoom, Stored
from glm_playground.service import storage
from glm_playground.service.conflicts import try_to_store


class PresetsUnreadable(ValueError):
    """What is stored as an owner's presets is broken, or a later version of the app stored it; it stays as it is."""


def presets(owner: str) -> dict[str, Preset]:
    """The owner's presets by name; none where the ledger is away.

    Raises:
        PresetsUnreadable: they cannot be read.
    """
    ledger = storage.ledger()
    return _read(*ledger.workbenches.presets(owner)) if isinstance(ledger, Ledger) else {}


def add(owner: str, new: Sequence[Preset], *, replace: bool) -> None:
    """Stores presets; one whose name is taken takes its place, or is left out.

    Raises:
        LedgerError: they could not be stored, or are too many or too much.
        PresetsUnreadable: what is stored cannot be read.
    """

    def change(kept: dict[str, Preset]) -> None:
        kept.update({preset.name: preset for preset in new if replace or preset.name not in kept})

    _change(owner, change)


def remove(owner: str, name: str) -> None:
    """Removes a preset.

    Raises:
        LedgerError: it could not be removed.
        PresetsUnreadable: what is stored cannot be read.
    """
    _change(owner, lambda kept: kept.pop(name, None))


def clear(owner: str) -> None:
    """Removes all presets, also those that cannot be read.

    Raises:
        LedgerError: they could not be removed.
    """
    _replace(owner, lambda _body, _revision: write_presets([]))


def join(owner: str, to: str) -> None:
    """Gives an owner's presets to another one, who keeps their own where a name is taken.

    Raises:
        LedgerError: they could not be stored, or are too many or too much together; each keeps their own.
        PresetsUnreadable: those of one of the two cannot be read.
    """
    if mine := presets(owner):
        add(to, tuple(mine.values()), replace=False)
        clear(owner)


def _change(owner: str, change: Callable[[dict[str, Preset]], object]) -> None:
    def changed(body: str, revision: int) -> str:
        kept = _read(body, revision)
        change(kept)
        try:
            return write_presets(list(kept.values()))
        except ValueError:
            # Each can be stored alone: together they pass a limit.
            raise LedgerNoRoom(Stored.PRESETS) from None

    _replace(owner, changed)


def _replace(owner: str, made: Callable[[str, int], str]) -> None:
    """Stores what `made` makes of what is stored and its revision."""
    ledger = storage.needed_ledger()

    def store() -> bool:
        body, revision = ledger.workbenches.presets(owner)
        return ledger.workbenches.save_presets(owner, made(body, revision), revision) is not None

    try_to_store(store, "the presets")


def _read(body: str, revision: int) -> dict[str, Preset]:
    # Bytes that are broken give no text either.
    found = read_presets(body.encode()) if body or revision else ()
    if isinstance(found, PresetProblem):
        raise PresetsUnreadable(": ".join(filter(None, found)))
    return {preset.name: preset for preset in found}
