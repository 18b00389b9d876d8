"""The page's workbench: what waits is never lost, undo takes back one act at a time, each owner has their own."""

import gc
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.chat.attachments import MAX_ATTACHMENT_BYTES, Attachment
from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import MAX_LANES
from glm_playground.chat.workbench import MAX_REPEATS, Draft
from glm_playground.ledger import Ledger
from glm_playground.runs.run import Run
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import storage, workbenches
from glm_playground.service.workbenches import OpenWorkbench
from tests.app.conftest import Configure, forget
from tests.app.playground_page import Playground

BodyOf = Callable[[Run], dict[str, Any]]


@pytest.fixture
def body_of(logged: Callable[..., list[dict[str, Any]]]) -> BodyOf:
    """The body of a run's request, as the server received it."""

    def read(run: Run) -> dict[str, Any]:
        body: dict[str, Any] = logged(run.id)[-1]["body"]
        return body

    return read


@pytest.fixture
def owner() -> str:
    """Whose tabs the test opens: nobody has anything yet."""
    return uuid.uuid4().hex


@pytest.fixture
def tab(at_gateway: None, open_page: Callable[..., AppTest], owner: str) -> Callable[..., Playground]:
    """Opens the playground in a tab of the owner, or of somebody else; `query` is that of the address."""
    return lambda whose=owner, **query: Playground(open_page("pages/playground.py", owner=whose, **query))


@pytest.fixture
def page(tab: Callable[..., Playground]) -> Playground:
    return tab()


@pytest.fixture
def lanes(tab: Callable[..., Playground]) -> Callable[..., Playground]:
    """Opens the page with these lanes, written as in a link."""
    return lambda *texts: tab(lane=list(texts))


def ledger() -> Ledger:
    opened = storage.ledger(10)
    assert isinstance(opened, Ledger)
    return opened


def restart(owner: str) -> None:
    """Ends what the process holds of `owner`, whose tabs are gone: what is not stored is gone too."""
    forget()
    gc.collect()
    assert not [id for whose, id in workbenches._open if whose == owner]


def contents(page: Playground) -> list[list[str]]:
    """Of each lane, left to right, the answers on the screen."""
    return [[turn.answer.content for turn in lane.conversation.turns] for lane in page.bench.lanes]


def count_runs(page: Playground) -> int:
    return sum(1 for lane in page.bench.lanes for _run in lane.conversation.all_runs())


def models(page: Playground) -> list[str]:
    return [lane.setup.model for lane in page.bench.lanes]


class TestWaiting:
    def test_a_prompt_waits_on_while_something_else_is_asked_again_or_deleted(
        self, page: Playground, body_of: BodyOf
    ) -> None:
        page.say("first")
        page.script("text=about", "{{topic}}")
        waiting = page.waiting
        assert len(waiting) == 1
        page.click("regenerate-1")
        assert len(page.talk.turns[0].runs) == 2
        page.choose(f"turn-{page.talk.turns[0].id}", "delete")
        assert not page.talk.turns
        assert page.waiting == waiting
        page.click("undo")
        assert page.waiting == waiting
        page.at.text_input(key="variable-topic").set_value("herons")
        page.draft()
        assert not page.waiting
        assert body_of(page.last_run)["messages"][-1]["content"].endswith("\nherons")
        assert contents(page) == [["first", "about"]]

    def test_an_edited_prompt_waits_on_after_its_turn_is_deleted(self, page: Playground) -> None:
        page.say("kept")
        page.say("edited")
        turn = page.talk.turns[1]
        page.choose(f"turn-{turn.id}", "edit_prompt")
        page.editor.set_value("@script text=anew rate=0\n{{topic}}")
        page.keep_edited()
        assert len(page.waiting) == 1
        page.choose(f"turn-{turn.id}", "delete")
        assert len(page.waiting) == 1
        page.at.text_input(key="variable-topic").set_value("herons")
        page.draft()
        assert not page.waiting
        assert contents(page) == [["kept", "anew"]]

    def test_an_answer_asked_for_again_waits_for_the_settings(self, page: Playground) -> None:
        page.say("first")
        page.open("settings-1")
        page.at.text_area(key="extra-1").set_value("{")
        page.run()
        page.click("regenerate-1")
        assert len(page.talk.turns[0].runs) == 1
        assert "A setting cannot be used" in page.why_waiting
        page.choose(f"turn-{page.talk.turns[0].id}", "delete")
        assert "A setting cannot be used" in page.why_waiting
        page.at.text_area(key="extra-1").set_value("")
        page.run()
        page.draft()
        assert contents(page) == [["first"]]

    def test_what_looks_like_a_variable_can_be_sent_as_it_is(self, page: Playground, body_of: BodyOf) -> None:
        text = "{% for item in items %}<li>{{ item }}</li>{% endfor %}"
        page.script("text=ok", text)
        assert page.at.text_input(key="variable-item")
        page.draft("literal")
        assert not page.waiting
        assert body_of(page.last_run)["messages"][-1]["content"].endswith(f"\n{text}")

    def test_a_prompt_that_a_rule_of_thumb_finds_too_long_can_be_sent_anyway(
        self, page: Playground, body_of: BodyOf
    ) -> None:
        text = "a " * 160_000
        page.script("text=taken", text)
        assert "The prompt is longer than the model's context." in page.why_waiting
        page.draft()
        assert not page.talk.turns
        page.draft("anyway")
        assert not page.waiting
        assert contents(page) == [["taken"]]
        assert page.last_run.request.messages[-1].content.endswith(f"\n{text}")

    def test_what_waits_is_there_again_with_its_files_after_a_restart(
        self, tab: Callable[..., Playground], owner: str, body_of: BodyOf
    ) -> None:
        page = tab()
        page.at.chat_input(key="prompt").upload("table.csv", b"a,b\n1,2\n")
        page.script("text=summed", "Sum {{what}} up")
        texts, id = page.waiting, page.bench.id
        del page
        restart(owner)
        page = tab()
        assert page.bench.id == id
        assert page.waiting == texts
        assert "With: table\\.csv" in page.text
        page.at.text_input(key="variable-what").set_value("it")
        page.draft()
        assert body_of(page.last_run)["messages"][-1]["content"] == (
            "```table.csv\na,b\n1,2\n```\n\n@script text=summed rate=0\nSum it up"
        )

    def test_what_is_typed_in_an_editor_or_as_a_result_is_there_on_another_page_and_after_a_restart(
        self, tab: Callable[..., Playground], owner: str
    ) -> None:
        page = tab()
        page.say("first")
        page.script("tool_call=1", "Call it")
        first, last = page.talk.turns
        page.choose(f"turn-{first.id}", "edit_prompt")
        page.editor.set_value("a long new prompt")
        page.run()
        result = f"result-{last.answer.id}-0"
        page.at.text_area(key=result).set_value("it rains")
        page.run()
        page.at.switch_page("pages/models.py").run()
        page.at.switch_page("pages/playground.py").run()
        assert (page.editor.value, page.at.text_area(key=result).value) == ("a long new prompt", "it rains")
        del page
        restart(owner)
        page = tab()
        assert (page.editor.value, page.at.text_area(key=result).value) == ("a long new prompt", "it rains")
        page.click(f"cancel-prompt-{first.id}")
        assert not [area for area in page.at.text_area if (area.key or "").startswith("edited-")]


class TestUndo:
    def test_a_lane_that_is_put_back_leaves_the_one_that_came_since(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        page.say("both")
        page.choose("lane-2", "remove")
        page.click("add_lane")
        page.at.segmented_control(key="target").set_value("3")
        page.say("new")
        since = models(page)[1]
        page.click("undo")
        assert models(page) == ["glm-5.1", "glm-4.5", since]
        assert contents(page) == [["both"], ["both"], ["new"]]
        assert [box.value for box in page.at.selectbox if str(box.key).startswith("model-")] == models(page)

    def test_three_acts_are_undone_one_by_one(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        page.say("one")
        page.click("clear")
        page.say("two")
        page.say("three")
        page.choose(f"turn-{page.bench.lanes[0].conversation.turns[1].id}", "delete")
        assert contents(page) == [["two"], ["two", "three"]]
        page.choose("lane-2", "remove")
        assert contents(page) == [["two"]]
        page.click("undo")
        assert contents(page) == [["two"], ["two", "three"]]
        page.click("undo")
        assert contents(page) == [["two", "three"]] * 2
        page.click("undo")
        assert contents(page) == [["one"]] * 2
        with pytest.raises(KeyError):
            page.at.button(key="undo")


def test_earlier_turns_open_in_steps(
    configure: Configure, sandbox: SandboxProcess, open_page: Callable[..., AppTest]
) -> None:
    configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, GLM_PLAYGROUND_SHOWN_TURNS="1")
    page = Playground(open_page("pages/playground.py"))
    for number in range(45):
        page.talk.end.add(Turn(Prompt(f"prompt {number}"), [Answer(text=f"answer {number}")]))
    page.run()
    seen = []
    for label in ("Show 20 of 44 earlier turns", "Show 20 of 24 earlier turns", "Show 4 earlier turns"):
        assert page.at.button(key="show_earlier-1").label == label
        seen.append(len(page.at.chat_message))
        page.click("show_earlier-1")
    assert [*seen, len(page.at.chat_message)] == [2, 42, 82, 90]
    with pytest.raises(KeyError):
        page.at.button(key="show_earlier-1")


class TestSettings:
    @pytest.mark.parametrize(
        ("model", "drawn"),
        [("glm-5.1", False), ("glm-5", False), ("glm-4.6", False), ("glm-5.2", True), ("somebody/unknown", True)],
    )
    def test_reasoning_effort_is_drawn_where_there_is_a_choice(
        self, tab: Callable[..., Playground], model: str, drawn: bool
    ) -> None:
        page = tab(model=model)
        page.open("settings-1")
        assert ("reasoning_effort-1" in [box.key for box in page.at.selectbox]) == drawn

    @pytest.mark.parametrize("stop", ["\n", "END\n\n", "---"])
    def test_a_stop_sequence_reaches_the_request_as_it_is(self, page: Playground, body_of: BodyOf, stop: str) -> None:
        page.open("settings-1")
        page.at.text_area(key="stop-1").set_value(stop)
        page.say("fine")
        assert body_of(page.last_run)["stop"] in (stop, [stop])


class TestOwners:
    def test_the_last_workbench_is_there_again_and_a_new_one_leaves_it_in_the_list(
        self, tab: Callable[..., Playground]
    ) -> None:
        page = tab()
        page.say("mine")
        first = page.bench.id
        assert page.at.query_params["w"] in (first, [first])
        other = tab()
        assert other.bench is page.bench
        other.click("workbench_new")
        assert other.bench.id != first
        assert not other.at.chat_message
        other.say("another")
        other.open("saved")
        other.click(f"workbench-open-{first}")
        assert contents(other) == [["mine"]]
        # A tab whose address names one shows that one, whichever was used last.
        assert contents(tab(w=first)) == [["mine"]]

    def test_a_link_with_a_model_leaves_what_was_asked_alone(self, tab: Callable[..., Playground]) -> None:
        page = tab()
        page.say("mine")
        other = tab(model="glm-4.5")
        assert other.bench is not page.bench
        assert models(other) == ["glm-4.5"]
        assert set(other.at.query_params) == {"w", "empty"}
        assert models(page) == ["glm-5.1"]

    def test_somebody_elses_workbench_is_not_opened(self, tab: Callable[..., Playground], owner: str) -> None:
        theirs = tab("somebody else")
        theirs.say("secret answer")
        id = theirs.bench.id
        for named in (id, id.upper(), "'; drop table workbenches; --", ""):
            mine = tab(w=named)
            assert mine.bench is not theirs.bench
            assert mine.bench.id != id
            assert "secret" not in mine.text
            assert not mine.at.chat_message
            assert ("There is no such workbench of yours." in mine.text) == bool(named)
        # One that held nothing is not missed.
        assert not tab(w=id, empty="1").at.warning
        mine.say("mine")
        assert not mine.at.warning
        assert "empty" not in mine.at.query_params
        assert contents(theirs) == [["secret answer"]]
        # Nor what is stored of it, once nobody has it open.
        del theirs, mine
        restart(owner)
        mine = tab(w=id)
        assert contents(mine) == [["mine"]]
        assert "secret" not in mine.text

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ('{"version": 99}', "A later version of this app wrote it."),
            ("{", "What is stored of it cannot be read: "),
            ('{"version": 1, "lanes": 3}', "What is stored of it cannot be read: "),
            ('{"version": "2", "lanes": [], "next_lane": 2}', "its version is no whole number"),
            ('{"version": 2.5, "lanes": [], "next_lane": 2}', "its version is no whole number"),
        ],
    )
    def test_one_that_cannot_be_read_is_said_and_another_is_begun(
        self, tab: Callable[..., Playground], owner: str, body: str, said: str
    ) -> None:
        ledger().workbenches.save(owner, "w1", "Of tomorrow", body, 0)
        page = tab()
        assert "The workbench was not opened." in page.notice
        assert said in page.notice
        assert page.bench.id != "w1"
        page.say("on")
        assert not page.at.warning
        stored = ledger().workbenches.read(owner, "w1")
        assert stored
        assert stored.body == body
        again = tab(w="w1")
        assert said in again.notice
        assert not again.at.chat_message


def _changed(stored: dict[str, Any], change: str) -> None:
    """Makes what a broken version may have stored of what this one stored."""
    lane = stored["lanes"][0]
    match change:
        case "format of nothing":
            lane["parameters"] = {"response_format": {"type": "json_schema", "json_schema": 5}}
        case "format of another server":
            lane["parameters"] = {"response_format": {"type": {"grammar": 5}}}
        case "chosen format":
            lane["format"] = "zz"
        case "typed field":
            lane["typed"] = {"temperature": "warm", "zz": "", "tools": "[]"}
        case "one turn in two lanes":
            stored["lanes"].append({**lane, "id": "2"})
        case "a prompt that waits twice":
            stored["drafts"] = [{"id": "d", "text": text, "lane_ids": ["1"]} for text in ("one", "two")]
        case "no repeat" | "many repeats":
            stored["repeats"] = -3 if change == "no repeat" else 40
        case "sixty lanes":
            stored["lanes"] += [{**lane, "id": str(id), "turns": []} for id in range(2, 60)]
        case "a run inside":
            turn = {"id": "t", "after": "", "prompt": {"text": "and"}, "answers": [{"id": "a", "run": "r"}]}
            lane["turns"].append(turn)
            lane["shown"] = {"": 0}
            stored["runs"] = {"r": {"run": {"id": "r", "from_tomorrow": 1}}}


@pytest.mark.parametrize(
    "change",
    [
        "format of nothing",
        "format of another server",
        "chosen format",
        "typed field",
        "one turn in two lanes",
        "a prompt that waits twice",
        "no repeat",
        "many repeats",
        "sixty lanes",
        "a run inside",
    ],
)
def test_what_a_broken_version_stored_is_drawn_and_asks_no_more_than_it_may(
    tab: Callable[..., Playground], owner: str, change: str
) -> None:
    page = tab()
    page.say("kept")
    id = page.bench.id
    storage.catch_up()
    row = ledger().workbenches.read(owner, id)
    assert row
    stored = json.loads(row.body)
    _changed(stored, change)
    ledger().workbenches.save(owner, id, row.name, json.dumps(stored), row.revision)
    del page
    restart(owner)
    for _visit in range(2):
        page = tab(w=id)
        assert contents(page)[0] == ["kept"]
        page.open("settings-1")
        page.open("options")
        assert len(page.bench.lanes) <= MAX_LANES
    before = count_runs(page)
    page.say("again")
    assert 0 < count_runs(page) - before <= MAX_LANES * MAX_REPEATS
    storage.catch_up()
    row = ledger().workbenches.read(owner, id)
    assert row
    # Another version may read what this one cannot.
    assert json.loads(row.body).get("runs") == stored.get("runs")


def test_a_change_that_is_not_stored_is_said(at_gateway: None, open_page: Callable[..., AppTest]) -> None:
    page = Playground(open_page("pages/playground.py"))
    # Nine of the largest files that may be attached are more than a stored workbench holds.
    text = "x" * (MAX_ATTACHMENT_BYTES - 1)
    files = tuple(Attachment(f"{number}.txt", text) for number in range(9))
    opened: OpenWorkbench = page.at.session_state["open_workbench"]
    opened.bench.drafts.append(Draft("large", files, ("1",)))
    opened.bench.changes += 1
    page.run()
    assert storage.recorder().flush(20)
    page.run()
    assert "The last change of this workbench is not stored." in page.text


def test_where_a_history_is_full_answers_stay_in_the_workbench(
    tab: Callable[..., Playground], owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tab()
    page.say("stored")
    storage.recorder().flush(20)
    monkeypatch.setattr(bounds, "OWN_RUNS_BYTES", 1)
    page.say("not stored")
    assert storage.recorder().flush(20)
    page.run()
    assert "There is no room for more." in [one.title for one in page.at.warning]
    assert ledger().run(owner, page.last_run.id) is None
    assert storage.recorder().flush(20)
    del page
    restart(owner)
    again = tab()
    assert contents(again) == [["stored", "not stored"]]
    # Somebody else has room.
    other = tab(uuid.uuid4().hex)
    assert not [one for one in other.at.warning if one.title == "There is no room for more."]


def test_a_workbench_without_room_is_stored_once_another_is_deleted(
    tab: Callable[..., Playground], owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger().workbenches.save(owner, "old", "old", "{}", 0)
    monkeypatch.setattr(bounds, "OWN_WORKBENCHES", 1)
    page = tab(new="1")
    page.say("typed")
    assert storage.recorder().flush(20)
    page.run()
    assert "The last change of this workbench is not stored." in page.text
    assert "You may have 1 workbenches, of 256 MB together" in page.text
    workbenches.delete(owner, "old")
    assert storage.recorder().flush(20)
    page.run()
    assert "is not stored" not in page.text
    assert [row.id for row in ledger().workbenches.rows(owner)] == [page.bench.id]
