"""What several tabs of an owner store at once: both changes count, or the one that is lost says so."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glm_playground.bundles.bundle import RecordedRun
from glm_playground.bundles.running_order import Scenario
from glm_playground.chat.setup import Preset, Setup, write_presets
from glm_playground.ledger import RUNNING_ORDER, LedgerLocked
from glm_playground.ledger.workbenches import Workbenches
from glm_playground.service import presets, running_orders, storage
from glm_playground.settings import settings
from tests.bundles import recorded_run

ANA, EVA = "ana", "eva"


@pytest.fixture(autouse=True)
def _ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process of its own."""
    storage.close()
    monkeypatch.setenv("GLM_PLAYGROUND_DATA_FOLDER", str(tmp_path))
    settings.cache_clear()
    yield
    storage.close()
    settings.cache_clear()


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Lets another tab of an owner store the same anew right before each of so many of their own tries."""

    def stores_first(owner: str, times: int) -> None:
        save_workbench, save_presets = Workbenches.save, Workbenches.save_presets
        left = [times, times]

        def over_workbench(benches: Workbenches, mine: str, id: str, *rest: Any) -> int | None:
            name, _body, revision = rest
            if mine == owner and left[0]:
                left[0] -= 1
                stored = benches.read(mine, id)
                save_workbench(benches, mine, id, name, stored.body if stored else "", revision)
            return save_workbench(benches, mine, id, *rest)

        def over_presets(benches: Workbenches, mine: str, body: str, revision: int) -> int | None:
            if mine == owner and left[1]:
                left[1] -= 1
                save_presets(benches, mine, benches.presets(mine)[0] or write_presets([]), revision)
            return save_presets(benches, mine, body, revision)

        monkeypatch.setattr(Workbenches, "save", over_workbench)
        monkeypatch.setattr(Workbenches, "save_presets", over_presets)

    return stores_first


def scenario(title: str) -> Scenario:
    return Scenario(title, (RecordedRun(recorded_run(uuid.uuid4().hex, title)),))


def put(owner: str, title: str) -> None:
    one = scenario(title)
    running_orders.change(owner, lambda order: order.put(one))


def titles(owner: str) -> list[str]:
    return [one.title for one in running_orders.running_order(owner).scenarios]


def preset(name: str) -> Preset:
    return Preset(name=name, lanes=(Setup(model="glm-5.1"),))


def test_a_change_is_made_again_on_what_another_tab_stored(rival: Callable[[str, int], None]) -> None:
    put(ANA, "one")
    rival(ANA, 2)
    put(ANA, "two")
    assert titles(ANA) == ["one", "two"]
    presets.add(ANA, [preset("p")], replace=True)
    assert list(presets.presets(ANA)) == ["p"]


def test_a_change_that_is_not_stored_says_so(rival: Callable[[str, int], None]) -> None:
    put(ANA, "one")
    rival(ANA, 3)
    with pytest.raises(LedgerLocked, match="running order"):
        put(ANA, "two")
    assert titles(ANA) == ["one"]
    with pytest.raises(LedgerLocked, match="presets"):
        presets.add(ANA, [preset("p")], replace=True)


def test_nothing_is_taken_from_an_owner_before_the_other_has_it(rival: Callable[[str, int], None]) -> None:
    put(ANA, "mine")
    put(EVA, "theirs")
    presets.add(ANA, [preset("p")], replace=True)
    rival(EVA, 3)
    with pytest.raises(LedgerLocked):
        running_orders.join(ANA, EVA)
    with pytest.raises(LedgerLocked):
        presets.join(ANA, EVA)
    assert (titles(ANA), list(presets.presets(ANA))) == (["mine"], ["p"])
    running_orders.join(ANA, EVA)
    assert (titles(ANA), titles(EVA)) == ([], ["theirs", "mine"])


def test_an_order_that_another_tab_changes_is_removed_or_said_to_stay(rival: Callable[[str, int], None]) -> None:
    put(ANA, "mine")
    rival(ANA, 4)
    with pytest.raises(LedgerLocked):
        running_orders.forget(ANA)
    running_orders.forget(ANA)
    assert titles(ANA) == []


def test_an_order_is_read_from_the_ledger_once_while_somebody_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    put(ANA, "one")
    bodies: list[str] = []
    whole = Workbenches.read
    monkeypatch.setattr(Workbenches, "read", lambda stored, owner, id: bodies.append(id) or whole(stored, owner, id))
    shown = running_orders.running_order(ANA)
    assert running_orders.running_order(ANA) is shown
    assert bodies == [RUNNING_ORDER]
    put(ANA, "two")
    assert titles(ANA) == ["one", "two"]
