"""Several lanes on a live server: each is its own, whatever happens to the others or to the connection."""

import asyncio
from typing import Any

import pytest

from glm_playground.sandbox.script_text import markdown_tokens
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import Act, AskedLog, problems

pytestmark = pytest.mark.slow

MODELS = ("glm-5.1", "glm-4.5", "glm-4.6")
LANES = "&".join(f"lane={model}" for model in MODELS)


def in_lanes(app: AppProcess, act: Act, query: str = LANES) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground", query_string=query) as tab:
            await tab.run()
            await act(tab)
            assert not problems(tab)

    asyncio.run(visit())


def models_of(entries: list[dict[str, Any]]) -> list[str]:
    return sorted(str(entry["body"]["model"]) for entry in entries)


async def choose(tab: BrowserSession, menu: str, option: str) -> None:
    await tab.set_value(tab.find_widget("menu_button", menu), option)


def test_one_prompt_goes_to_every_lane_with_its_own_model(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.submit_chat("@script tokens=50 rate=100\nto-all")
        await tab.wait_finished()
        assert tab.text.count(":green-badge[completed]") == 3
        assert models_of(asked.entries("to-all")) == sorted(MODELS)
        assert "finished first" in tab.text

    in_lanes(app, act)


def test_stopping_one_lane_leaves_the_others_alone(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.submit_chat("@script tokens=150 rate=60\none-stops")
        await tab.wait_for(lambda: tab.text.count("Section 1") == 3)
        # The lanes' menus were drawn before the runs began: a rerun draws what can be stopped.
        await tab.rerun()
        menu = await tab.wait_for_widget("menu_button", "lane-2")
        await tab.set_value(menu, "Stop this lane")
        await tab.wait_finished(15)
        closed = {entry["body"]["model"]: entry["closed_by_client_ns"] for entry in asked.entries("one-stops")}
        assert closed["glm-4.5"] is not None
        assert closed["glm-5.1"] is closed["glm-4.6"] is None
        assert tab.text.count(":green-badge[completed]") == 2
        assert tab.text.count(":gray-badge[stopped]") == 1

    in_lanes(app, act)


def test_stop_closes_every_connection(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.submit_chat("@script tokens=3000 rate=60\nall-stop")
        await tab.wait_for(lambda: tab.text.count("Section 1") == 3)
        await tab.click(await tab.wait_for_widget("button", "stop"))
        await tab.wait_finished()
        assert tab.text.count(":gray-badge[stopped]") == 3
        await asyncio.to_thread(asked.wait, "all-stop", "closed_by_client_ns")
        assert all(entry["closed_by_client_ns"] for entry in asked.entries("all-stop"))

    in_lanes(app, act)


def test_a_lane_that_fails_or_is_slow_holds_nobody_up(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.open("settings-2")
        await tab.set_value(tab.find_widget("text_area", "extra-2"), '{"response_format": {"type": "json_object"}}')
        await tab.wait_finished()
        await tab.submit_chat("@script tokens=160 rate=60\nrefused-one")
        # GLM-5.2 refuses structured output: its lane ends at once and says so while the others still write.
        await tab.wait_for(lambda: ":red-badge[failed]" in tab.text)
        assert tab.running
        assert ":green-badge[completed]" not in tab.text
        await tab.wait_finished()
        assert tab.text.count(":green-badge[completed]") == 2
        assert "finding about the model" in tab.text

    in_lanes(app, act, "lane=glm-5.1&lane=glm-5.2&lane=glm-4.6")


def test_a_lost_connection_loses_no_lane(app: AppProcess, asked: AskedLog) -> None:
    last = "".join(markdown_tokens(120)[117:]).strip()

    async def act(tab: BrowserSession) -> None:
        await tab.submit_chat("@script tokens=120 rate=80\ndropped-lanes")
        await tab.wait_for(lambda: tab.text.count("Section 1") == 3)
        await tab.drop()
        await tab.reconnect()
        await tab.wait_finished(15)
        assert tab.text.count(last) == 3
        assert len(asked.entries("dropped-lanes")) == 3

    in_lanes(app, act)


def test_a_click_on_another_lane_does_not_disturb(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.submit_chat("@script tokens=120 rate=80\nundisturbed")
        await tab.wait_for(lambda: tab.text.count("Section 1") == 3)
        await choose(tab, "lane-3", "Move left")
        await tab.wait_for(lambda: tab.running)
        await tab.wait_finished(15)
        assert tab.text.count(":green-badge[completed]") == 3
        assert all(entry["closed_by_client_ns"] is None for entry in asked.entries("undisturbed"))
        boxes = [widget.key for widget in tab.widgets("selectbox") if (widget.key or "").startswith("model-")]
        assert boxes == ["model-1", "model-3", "model-2"]

    in_lanes(app, act)


def test_repeats_come_one_after_the_other_and_the_page_waits_for_all(app: AppProcess, asked: AskedLog) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.open("options")
        await tab.set_value(tab.find_widget("number_input", "repeats"), 3)
        await tab.wait_finished()
        await tab.submit_chat("@script tokens=60 rate=200\nthrice")
        await tab.wait_for(lambda: "3 runs" in tab.text and "still to come" not in tab.text, 15)
        await tab.wait_finished()
        entries = asked.entries("thrice")
        assert len(entries) == 3
        ends = [entry["last_token_ns"] for entry in entries]
        assert all(end <= entry["received_ns"] for end, entry in zip(ends, entries[1:], strict=False))
        assert "Answer 1 of 3" in tab.text

    in_lanes(app, act, "")
