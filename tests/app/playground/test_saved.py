"""What stands under Saved: workbenches and presets are renamed, deleted, and brought back."""

import uuid
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.ledger import Ledger
from glm_playground.service import presets, storage
from tests.app.playground_page import Playground


@pytest.fixture
def owner() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def page(at_gateway: None, open_page: Callable[..., AppTest], owner: str) -> Playground:
    """A tab of an owner who has nothing yet."""
    return Playground(open_page("pages/playground.py", owner=owner))


def listed(page: Playground) -> dict[str, str]:
    """The workbenches in the list under Saved: their names by their ids."""
    found = [(str(button.key), str(button.label)) for button in page.at.button]
    begin = "workbench-open-"
    return {key.removeprefix(begin): label for key, label in found if key.startswith(begin)}


def stored(owner: str) -> dict[str, str]:
    """The same as they are stored."""
    assert storage.recorder().flush(20)
    ledger = storage.ledger(10)
    assert isinstance(ledger, Ledger)
    return {row.id: row.name for row in ledger.workbenches.rows(owner)}


def answers(page: Playground) -> list[str]:
    return [turn.answer.content for turn in page.talk.turns]


class TestWorkbenches:
    def test_one_is_renamed(self, page: Playground, owner: str) -> None:
        page.say("mine")
        id = page.bench.id
        page.open("saved")
        field = page.at.text_input(key=f"workbench_name-{id}")
        assert field.value == page.bench.name
        field.set_value("  Herons   and *egrets* ")
        page.run()
        assert listed(page) == {id: "Herons and \\*egrets\\*"}
        assert stored(owner) == {id: "Herons and *egrets*"}

    def test_the_one_that_is_open_is_deleted_and_brought_back(self, page: Playground, owner: str) -> None:
        page.say("mine")
        id = page.bench.id
        page.open("saved")
        page.click(f"workbench-delete-{id}")
        assert page.bench.id != id
        assert not page.at.chat_message
        assert not listed(page)
        assert not stored(owner)
        page.click("workbench_undo")
        assert list(listed(page)) == [id] == list(stored(owner))
        assert "workbench_undo" not in [button.key for button in page.at.button]
        page.click(f"workbench-open-{id}")
        assert answers(page) == ["mine"]

    def test_another_is_deleted_and_brought_back_while_one_goes_on(self, page: Playground, owner: str) -> None:
        page.say("first")
        first = page.bench.id
        page.click("workbench_new")
        page.say("second")
        second = page.bench.id
        page.open("saved")
        page.click(f"workbench-delete-{first}")
        assert (page.bench.id, answers(page)) == (second, ["second"])
        assert set(listed(page)) == {second} == set(stored(owner))
        page.say("third")
        page.click("workbench_undo")
        assert answers(page) == ["second", "third"]
        assert set(listed(page)) == {first, second} == set(stored(owner))
        page.click(f"workbench-open-{first}")
        assert answers(page) == ["first"]


class TestPresets:
    def test_one_is_deleted_and_brought_back(self, page: Playground, owner: str) -> None:
        page.at.selectbox(key="model-1").set_value("glm-4.6")
        page.open("saved")
        for name in ("brief", "verbose"):
            page.at.text_input(key="preset_name").set_value(name)
            page.click("preset_keep")
        before = presets.presets(owner)
        assert list(before) == ["brief", "verbose"]
        page.click("preset-delete-0")
        assert list(presets.presets(owner)) == ["verbose"]
        assert page.at.button(key="preset_restore").label == "Restore brief"
        page.click("preset_restore")
        assert presets.presets(owner) == before
        assert "preset_restore" not in [button.key for button in page.at.button]
