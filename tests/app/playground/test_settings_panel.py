"""The panel of a lane's settings: how much differs is counted and taken back, and an example gets one going."""

import json
from collections.abc import Callable
from typing import Any

from glm_playground.runs.run import Run
from tests.app.playground_page import Playground

BodyOf = Callable[[Run], dict[str, Any]]


def label(page: Playground) -> str:
    """What the button says that opens the first lane's settings."""
    return str(page.at.button(key="settings-1").label)


def keys(page: Playground) -> list[str | None]:
    return [button.key for button in page.at.button]


def test_the_badge_counts_what_differs_and_reset_takes_it_back(page: Playground, body_of: BodyOf) -> None:
    page.open("settings-1")
    assert label(page) == "Settings"
    assert "All at the server's defaults" in page.text
    assert page.at.button(key="reset-1").disabled

    page.at.number_input(key="temperature-1").set_value(0.25)
    page.at.text_area(key="system-1").set_value("Be brief.")
    page.run()
    assert label(page) == "Settings :blue-badge[2]"
    assert "2 changed" in page.text

    page.click("reset-1")
    assert label(page) == "Settings"
    assert page.at.number_input(key="temperature-1").value is None
    assert page.at.text_area(key="system-1").value == ""
    page.say("plain")
    body = body_of(page.last_run)
    assert "temperature" not in body
    assert [message["role"] for message in body["messages"]] == ["user"]

    page.click("undo")
    assert label(page) == "Settings :blue-badge[2]"
    assert page.at.number_input(key="temperature-1").value == 0.25
    assert page.at.text_area(key="system-1").value == "Be brief."


def test_the_model_is_no_setting_that_differs(page: Playground) -> None:
    page.at.selectbox(key="model-1").set_value("glm-4.6")
    page.run()
    assert label(page) == "Settings"


def test_an_example_of_tools_is_inserted_where_none_are_written_and_can_be_sent(
    page: Playground, body_of: BodyOf
) -> None:
    page.open("settings-1")
    page.click("template-tools-1")
    written = json.loads(page.at.text_area(key="tools-1").value or "")
    assert "template-tools-1" not in keys(page)
    page.say("fine")
    assert body_of(page.last_run)["tools"] == [{"type": "function", "function": written}]
    page.at.text_area(key="tools-1").set_value("")
    page.run()
    assert "template-tools-1" in keys(page)


def test_an_example_of_a_schema_is_inserted_where_none_is_written_and_can_be_sent(
    page: Playground, body_of: BodyOf
) -> None:
    page.open("settings-1")
    assert "template-schema-1" not in keys(page)
    page.at.segmented_control(key="format-1").set_value("json_schema")
    page.run()
    page.click("template-schema-1")
    written = json.loads(page.at.text_area(key="schema-1").value or "")
    assert "template-schema-1" not in keys(page)
    page.say("{}")
    assert body_of(page.last_run)["response_format"]["json_schema"]["schema"] == written
    page.at.text_area(key="schema-1").set_value("")
    page.run()
    assert "template-schema-1" in keys(page)
