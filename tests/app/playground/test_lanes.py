"""Lanes side by side: whom a prompt goes to and what with, what each history keeps, and fair times."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.runs.run import Outcome, Run
from glm_playground.sandbox.process import SandboxProcess
from tests.app.playground.asked_lanes import BodyOf, contents
from tests.app.playground_page import Playground


@pytest.fixture
def lanes(at_gateway: None, open_page: Callable[..., AppTest]) -> Callable[..., Playground]:
    """Opens the page with these lanes, written as in a link."""
    return lambda *texts, **fields: Playground(open_page("pages/playground.py", lane=list(texts), **fields))


@pytest.fixture
def body_of(logged: Callable[..., list[dict[str, Any]]]) -> BodyOf:
    """The body of a run's last request, as the server received it."""

    def read(run: Run) -> dict[str, Any]:
        body: dict[str, Any] = logged(run.id)[-1]["body"]
        return body

    return read


@pytest.fixture
def asked(sandbox: SandboxProcess) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The chat requests that the sandbox got since the test began, oldest first."""
    begin = time.perf_counter_ns()
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10) as client:

        def entries() -> list[dict[str, Any]]:
            requests = client.get("/sandbox/log").json()["requests"]
            return [entry for entry in requests if entry["received_ns"] > begin and "/chat/" in entry["path"]]

        yield entries


def models(page: Playground) -> list[str]:
    return [str(page.at.selectbox(key=f"model-{lane.id}").value) for lane in page.bench.lanes]


class TestSeveralLanes:
    def test_a_duplicate_goes_its_own_way(self, lanes: Callable[..., Playground], body_of: BodyOf) -> None:
        page = lanes("glm-5.1;temperature=0.5", "glm-4.5")
        page.say("before")
        page.choose("lane-1", "duplicate")
        assert models(page) == ["glm-5.1", "glm-5.1", "glm-4.5"]
        page.at.segmented_control(key="target").set_value("3")
        page.say("aside")
        page.at.segmented_control(key="target").set_value("all")
        page.say("after")
        first, copy, _other = (body_of(run) for run in page.last_runs)
        assert first["temperature"] == copy["temperature"] == 0.5
        assert ["before" in contents(first), "aside" in contents(first)] == [True, False]
        assert ["before" in contents(copy), "aside" in contents(copy)] == [True, True]

    def test_six_lanes_ask_each_its_own_model_with_its_own_history(self, page: Playground, body_of: BodyOf) -> None:
        for _ in range(5):
            page.click("add_lane")
        assert page.at.button(key="add_lane").disabled
        page.say("one")
        page.say("two")
        bodies = [body_of(run) for run in page.last_runs]
        assert [body["model"] for body in bodies] == models(page)
        assert len(set(models(page))) == 6
        prompts = ["@script text=one rate=0\n", "one", "@script text=two rate=0\n"]
        assert all(contents(body) == prompts for body in bodies)

    def test_a_prompt_to_one_lane_is_in_no_other_history(
        self, lanes: Callable[..., Playground], body_of: BodyOf
    ) -> None:
        page = lanes("glm-5.1", "glm-4.5", "glm-4.6")
        page.at.segmented_control(key="target").set_value("2")
        page.say("aside")
        assert [len(lane.conversation.turns) for lane in page.bench.lanes] == [0, 1, 0]
        page.at.segmented_control(key="target").set_value("all")
        page.say("together")
        assert ["aside" in contents(body_of(run)) for run in page.last_runs] == [False, True, False]

    def test_move_and_remove_and_undo(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1", "glm-4.5", "glm-4.6")
        page.say("kept")
        page.choose("lane-3", "left")
        assert models(page) == ["glm-5.1", "glm-4.6", "glm-4.5"]
        page.choose("lane-1", "right")
        page.choose("lane-1", "remove")
        assert models(page) == ["glm-4.6", "glm-4.5"]
        page.click("undo")
        assert models(page) == ["glm-4.6", "glm-5.1", "glm-4.5"]
        assert [run.content for run in page.last_runs] == ["kept"] * 3
        with pytest.raises(KeyError):
            page.at.button(key="undo")

    def test_the_badge_names_what_differs(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1;temperature=0.5", "glm-4.5;temperature=0.9;max_tokens=7", "glm-4.6;temperature=0.5")
        page.open("settings-3")
        page.at.text_area(key="system-3").set_value("Be brief.")
        page.run()
        badges = [text.value for text in page.at.markdown if "differs: " in text.value]
        assert [badge.replace("\\", "") for badge in badges] == [
            ":small[:gray-badge[differs: temperature, max_tokens]]",
            ":small[:gray-badge[differs: system]]",
        ]

    def test_with_same_settings_all_ask_with_the_first_ones_settings(
        self, lanes: Callable[..., Playground], body_of: BodyOf
    ) -> None:
        page = lanes("glm-5.1;temperature=0.5;thinking=off", "glm-4.5;temperature=0.9")
        page.open("options")
        page.at.toggle(key="same_settings").set_value(True)
        page.run()
        assert "differs" not in page.text
        page.open("settings-2")
        assert "Using lane 1's settings." in page.text
        with pytest.raises(KeyError):
            page.at.number_input(key="temperature-2")
        page.say("both")
        first, second = (body_of(run) for run in page.last_runs)
        assert (first.pop("model"), second.pop("model")) == ("glm-5.1", "glm-4.5")
        assert first == second
        assert second["temperature"] == 0.5
        page.at.toggle(key="same_settings").set_value(False)
        page.run()
        page.say("apart")
        assert [body_of(run)["temperature"] for run in page.last_runs] == [0.5, 0.9]


class TestOneLaneFails:
    def test_the_others_are_untouched_and_it_can_ask_without_the_tools(
        self, lanes: Callable[..., Playground], body_of: BodyOf
    ) -> None:
        page = lanes("glm-5.1", "glm-5.2")
        for lane in ("1", "2"):
            page.open(f"settings-{lane}")
            page.at.toggle(key=f"builtin-{lane}").set_value(True)
            page.run()
        page.say("fine")
        good = page.last_runs[0]
        turn = page.bench.lanes[1].conversation.turns[-1]
        page.click(f"without-tools-{turn.id}")
        good_now, asked_again = page.last_runs
        assert good_now is good
        assert "tools" not in body_of(asked_again)
        assert asked_again.content == "fine"
        assert not page.bench.lanes[1].setup.parameters.tools
        assert page.bench.lanes[0].setup.parameters.tools
        page.open("settings-2")
        assert not page.at.toggle(key="builtin-2").value
        page.say("next")
        assert [run.outcome for run in page.last_runs] == [Outcome.COMPLETED] * 2

    def test_the_others_are_untouched(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1", "glm-5.2")
        for lane in ("1", "2"):
            page.open(f"settings-{lane}")
            page.at.toggle(key=f"builtin-{lane}").set_value(True)
            page.run()
        page.say("fine")
        good, refused = page.last_runs
        assert (good.outcome, good.content) == (Outcome.COMPLETED, "fine")
        assert refused.error
        assert refused.error.code == "unsupported_model_capability"
        assert "doesn't support part of this request" in page.error
        [remedy] = [button.label for button in page.at.button if button.label.startswith("Send without")]
        assert remedy == "Send without tools"

    def test_a_setting_of_one_that_cannot_be_used_keeps_no_other_from_asking(
        self, lanes: Callable[..., Playground]
    ) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        page.open("settings-2")
        page.at.text_area(key="extra-2").set_value("{")
        page.say("fine")
        assert [len(lane.conversation.turns) for lane in page.bench.lanes] == [1, 0]
        assert "A setting cannot be used: Extra request fields (JSON)" in page.notice
        assert not page.waiting


class TestFairTimes:
    def test_one_by_one(self, lanes: Callable[..., Playground], asked: Callable[[], list[dict[str, Any]]]) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        # The mark goes before the first message: the directive in the last one stays whole.
        page.say("before")
        page.open("options")
        page.at.segmented_control(key="order").set_value("one")
        page.at.number_input(key="repeats").set_value(2)
        page.run()
        page.script("tokens=45 rate=450")
        entries = asked()[2:]
        assert all(ahead["last_token_ns"] <= behind["received_ns"] for ahead, behind in pairwise(entries))
        warm_ups, measured = entries[:2], entries[2:]
        assert [(entry["model"], contents(entry["body"]), entry["body"]["max_tokens"]) for entry in warm_ups] == [
            ("glm-4.5", ["Hi"], 1),
            ("glm-5.1", ["Hi"], 1),
        ]
        assert Counter(entry["model"] for entry in measured) == {"glm-4.5": 2, "glm-5.1": 2}
        first_lines = [contents(entry["body"])[0].splitlines()[0] for entry in measured]
        marks = [re.fullmatch(r"\[([0-9a-f]{8})\] @script text=before rate=0", line) for line in first_lines]
        assert len({mark[1] for mark in marks if mark}) == 4
        shown = [message for message in page.at.chat_message if message.name == "assistant"]
        for message in shown[-2:]:
            assert any(caption.value.startswith("2 runs · TTFT ") for caption in message.caption)
        for lane, run in zip(page.bench.lanes, page.last_runs, strict=True):
            page.at.session_state[f"details-{lane.id}-{run.id}"] = True
        page.run()
        assert page.text.count("Asked alone, in random order, after a warm-up of the model") == 2
        assert "asked at the same time" not in page.text

    def test_repeats_show_their_spread(self, page: Playground) -> None:
        page.open("options")
        page.at.number_input(key="repeats").set_value(3)
        page.run()
        page.script("tokens=100 rate=400")
        assert "Answer 1 of 3" in page.answer
        time, speed = r"[\d.]+ m?s", r"[\d.]+"
        line = rf"3 runs · TTFT {time} / {time} / {time} · {speed} / {speed} / {speed} tokens/s · min / median / max"
        assert re.search(line, page.answer)
