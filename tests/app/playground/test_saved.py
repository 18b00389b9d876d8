"""What stands under Saved: workbenches and presets are renamed, deleted, and brought back."""

import json
import uuid
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.chat.setup import MAX_PRESETS, PRESET_KIND, PRESET_VERSION, Preset, Setup
from glm_playground.ledger import Ledger, LedgerFull
from glm_playground.ledger.workbenches import Workbenches
from glm_playground.service import moves, presets, storage
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

    def test_one_that_is_not_deleted_is_open_and_goes_on(
        self, page: Playground, monkeypatch: pytest.MonkeyPatch, open_page: Callable[..., AppTest], owner: str
    ) -> None:
        page.say("kept")
        assert stored(owner)
        bench = page.bench

        def full(*_: object) -> None:
            raise LedgerFull("no space")

        with monkeypatch.context() as patched:
            patched.setattr(Workbenches, "delete", full)
            page.open("saved")
            page.click(f"workbench-delete-{bench.id}")
            assert "The workbench was not deleted." in page.text
        assert Playground(open_page("pages/playground.py", owner=owner)).bench is bench

    def test_what_another_tab_asked_in_a_deleted_one_comes_back_with_it(
        self, page: Playground, open_page: Callable[..., AppTest], owner: str
    ) -> None:
        page.say("first")
        two = Playground(open_page("pages/playground.py", owner=owner))
        assert stored(owner)
        page.open("saved")
        id = page.bench.id
        page.click(f"workbench-delete-{id}")
        two.say("second")
        page.click("workbench_undo")
        assert id in stored(owner)
        ledger = storage.ledger(10)
        assert isinstance(ledger, Ledger)
        found = ledger.workbenches.read(owner, id)
        assert found
        assert "second" in found.body

    def test_one_whose_room_was_taken_is_said_not_to_come_back_until_there_is_room(
        self, page: Playground, monkeypatch: pytest.MonkeyPatch, owner: str
    ) -> None:
        page.say("first")
        assert stored(owner)
        id = page.bench.id
        with monkeypatch.context() as patched:
            patched.setattr(bounds, "OWN_WORKBENCHES", 1)
            page.open("saved")
            page.click(f"workbench-delete-{id}")
            page.say("second")
            assert list(stored(owner)) == [page.bench.id]
            page.click("workbench_undo")
            assert "The workbench was not restored." in page.text
        page.click("workbench_undo")
        assert id in stored(owner)


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

    def test_one_whose_name_was_given_away_is_brought_back_beside_it(self, page: Playground, owner: str) -> None:
        page.open("saved")
        for prompt in ("the old prompt", "the new prompt"):
            page.at.text_input(key="preset_name").set_value("mine")
            page.at.text_area(key="preset_prompt").set_value(prompt)
            page.click("preset_keep")
            if prompt == "the old prompt":
                page.click("preset-delete-0")
        page.click("preset_restore")
        found = {name: preset.prompt for name, preset in presets.presets(owner).items()}
        assert found == {"mine": "the new prompt", "mine (2)": "the old prompt"}

    def test_those_of_a_later_version_stay_until_the_user_deletes_them(self, page: Playground, owner: str) -> None:
        body = json.dumps({"kind": PRESET_KIND, "version": PRESET_VERSION + 1, "presets": [{"name": "precious"}]})
        ledger = storage.ledger(10)
        assert isinstance(ledger, Ledger)
        ledger.workbenches.save_presets(owner, body, 0)
        page.open("saved")
        assert "a later version" in page.text
        with pytest.raises(presets.PresetsUnreadable):
            presets.add(owner, [Preset(name="mine", lanes=(Setup(model="glm-5.1"),))], replace=True)
        assert ledger.workbenches.presets(owner)[0] == body
        page.click("preset_clear")
        assert presets.presets(owner) == {}

    def test_more_than_fit_together_are_said(self, page: Playground, owner: str) -> None:
        large = "x" * (bounds.PROMPT_CHARACTERS - 10)
        count = bounds.PRESET_FILE_BYTES // len(large)
        lanes = (Setup(model="glm-5.1"),)
        kept = [Preset(name=f"p{number}", prompt=large, lanes=lanes) for number in range(count)]
        presets.add(owner, kept, replace=True)
        page.open("saved")
        page.at.text_input(key="preset_name").set_value("one more")
        page.at.text_area(key="preset_prompt").set_value(large)
        page.click("preset_keep")
        assert "Your presets may have 1 MB together." in page.text
        assert page.at.text_area(key="preset_prompt").value == large

    def test_those_of_two_owners_that_are_too_many_together_stay_where_they_are(
        self, page: Playground, owner: str
    ) -> None:
        other, lanes = uuid.uuid4().hex, (Setup(model="glm-5.1"),)
        for whose in (owner, other):
            presets.add(
                whose, [Preset(name=f"{whose} {n}"[-80:], lanes=lanes) for n in range(MAX_PRESETS)], replace=True
            )
        ledger = storage.ledger(10)
        assert isinstance(ledger, Ledger)
        assert moves.take_over(ledger, ledger.offer_move(owner).code, other) is not None
        assert len(presets.presets(owner)) == len(presets.presets(other)) == MAX_PRESETS
