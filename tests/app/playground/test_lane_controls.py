"""What stands around the lanes: tools, formats, links, presets, a key of one's own, and what is said of the answers."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from glm_playground.chat.setup import Preset, read_presets, write_presets
from glm_playground.gateway import GatewayError
from glm_playground.gateway.errors import (
    ConnectionFailed,
    ConnectTimeout,
    PermissionDenied,
    RateLimited,
    ServiceUnavailable,
)
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import presets
from glm_playground.ui.shared.answer.run_footer import cost_text
from tests.app.conftest import wait_for_answers
from tests.app.playground_page import Playground

Lanes = Callable[..., Playground]


@pytest.fixture
def lanes(at_gateway: None, open_page: Callable[..., AppTest]) -> Lanes:
    """Opens the page with these lanes, written as in a link."""
    return lambda *texts, **fields: Playground(open_page("pages/playground.py", lane=list(texts), **fields))


@pytest.fixture
def sent(logged: Callable[..., list[dict[str, Any]]]) -> Callable[[Playground], dict[str, Any]]:
    """The body of the first lane's last request, as the server received it."""

    def read(page: Playground) -> dict[str, Any]:
        body: dict[str, Any] = logged(page.last_run.id)[-1]["body"]
        return body

    return read


Sent = Callable[[Playground], dict[str, Any]]


def presets_of(page: Playground) -> dict[str, Preset]:
    """What is stored for the session's owner."""
    return presets.presets(page.at.session_state["session_owner"])


def set_up(page: Playground, **fields: str) -> None:
    """Types into the first lane's settings."""
    page.open("settings-1")
    for name, text in fields.items():
        page.at.text_area(key=f"{name}-1").set_value(text)
    page.run()


def refused(page: Playground, reason: str) -> None:
    """What was asked is not sent, the reason is told, and the text waits."""
    page.ask("keep this text")
    assert not page.talk.turns
    assert "A setting cannot be used: " in page.why_waiting
    assert reason in page.why_waiting
    assert "Nothing was sent." in page.why_waiting
    assert page.waiting == ["keep this text"]


class TestTools:
    def test_tools_that_are_no_json_are_told_and_not_sent(self, page: Playground, sent: Sent) -> None:
        set_up(page, tools="[{")
        assert "This is not JSON." in page.text
        refused(page, "This is not JSON.")
        set_up(page, tools='{"name": "weather", "parameters": {"type": "object"}}')
        page.draft()
        assert not page.waiting
        function = {"name": "weather", "parameters": {"type": "object"}}
        assert sent(page)["tools"] == [{"type": "function", "function": function}]

    def test_a_builtin_tool_answers_and_the_results_are_sent(self, page: Playground, sent: Sent) -> None:
        page.open("settings-1")
        page.at.toggle(key="builtin-1").set_value(True)
        page.run()
        page.script("tool_call=1")
        assert [tool["function"]["name"] for tool in sent(page)["tools"]] == ["calculator", "clock"]
        turn = page.talk.turns[-1]
        assert "The model calls `calculator`" in page.answer
        # The sandbox's arguments are always those of a weather tool: ours says so, and the call shows it.
        assert "expression" in page.answer
        result = page.at.text_area(key=f"result-{turn.answer.id}-0")
        assert "expression" in json.loads(result.value or "")["error"]
        result.set_value('{"result": 20}')
        page.click(f"results-{turn.id}")
        call, told = sent(page)["messages"][-2:]
        [asked] = call["tool_calls"]
        assert asked["function"]["name"] == "calculator"
        assert told == {"role": "tool", "content": '{"result": 20}', "tool_call_id": asked["id"]}
        # What was sent stays on the screen, and only the last call can be answered.
        assert json.dumps({"result": 20}, indent=2) in page.text
        assert f"results-{turn.id}" not in [button.key for button in page.at.button]
        called = page.at.chat_message[1]
        assert "The model calls `calculator`" in "".join(text.value for text in called.markdown)
        assert [json.loads(code.value) for code in called.code] == [json.loads(asked["function"]["arguments"])]

    def test_the_user_answers_for_a_tool_of_theirs(self, page: Playground, sent: Sent) -> None:
        set_up(page, tools='{"name": "weather"}')
        page.script("tool_call=1")
        turn = page.talk.turns[-1]
        result = page.at.text_area(key=f"result-{turn.answer.id}-0")
        assert (result.label, result.value) == ("Result of weather", "")
        assert json.loads(page.at.chat_message[-1].code[0].value) == {"city": "Lisbon", "unit": "celsius"}
        result.set_value("sunny")
        page.click(f"results-{turn.id}")
        assert sent(page)["messages"][-1]["content"] == "sunny"


class TestFormats:
    SCHEMA = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'

    def test_an_answer_is_checked_by_the_schema(self, page: Playground, sent: Sent) -> None:
        page.open("settings-1")
        page.at.segmented_control(key="format-1").set_value("json_schema")
        page.run()
        set_up(page, schema=self.SCHEMA)
        page.say('{"city": 3}')
        assert sent(page)["response_format"] == {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": json.loads(self.SCHEMA)},
        }
        assert ":red[Checked here: not the JSON that was asked for.]" in page.answer
        assert "city" in page.answer.split("asked for.]")[1]
        page.say('{"city": "Lisbon"}')
        assert "Checked here: valid JSON, fits the schema." in page.answer
        page.say("Lisbon")
        assert "not the JSON that was asked for" in page.answer

    def test_a_schema_that_is_none_is_told_and_not_sent(self, page: Playground) -> None:
        page.open("settings-1")
        page.at.segmented_control(key="format-1").set_value("json_schema")
        page.run()
        set_up(page, schema='{"type": "text"}')
        refused(page, "This is not a JSON Schema:")

    def test_an_empty_schema_is_told_until_a_prompt_can_be_sent(self, page: Playground) -> None:
        page.open("settings-1")
        page.at.segmented_control(key="format-1").set_value("json_schema")
        page.run()
        assert ":small[:gray[Type a JSON Schema, or insert the example.]]" in page.text
        refused(
            page,
            "A setting cannot be used: JSON Schema. The JSON Schema is empty. Open Settings to correct it."
            " Nothing was sent.",
        )
        page.at.text_area(key="schema-1").set_value("{")
        page.run()
        assert "JSON Schema. This is not a JSON Schema: not JSON\\: Expecting property name" in page.why_waiting
        assert "column 2\\). Open Settings" in page.why_waiting
        page.at.segmented_control(key="format-1").set_value("text")
        page.run()
        assert page.why_waiting == "**Not sent yet.**"
        page.draft()
        assert len(page.talk.turns) == 1

    def test_further_fields_are_sent_and_reserved_ones_are_not(self, page: Playground, sent: Sent) -> None:
        set_up(page, extra='{"messages": [], "stream": false}')
        refused(page, "messages, stream cannot be set here")
        set_up(page, extra='{"top_k": 7, "temperature": 0.5}')
        page.draft()
        assert (sent(page)["top_k"], sent(page)["temperature"]) == (7, 0.5)

    def test_further_fields_that_redirect_or_identify_are_said_and_not_sent(self, page: Playground) -> None:
        set_up(page, extra='{"api_base": "http://evil.example", "metadata": {"user_id": "u1"}, "top_k": 7}')
        page.ask("keep this text")
        assert "Not allowed: api\\_base, metadata\\.user\\_id." in page.why_waiting
        assert page.waiting == ["keep this text"]
        assert not page.talk.turns


class TestSharing:
    def test_a_link_brings_the_lanes_and_nothing_else(self, lanes: Lanes, sandbox: SandboxProcess) -> None:
        texts = ("glm-5.1;temperature=0.5;thinking=on;effort=high", "glm-4.5;max_tokens=700;do_sample=off")
        page = lanes(*texts)
        set_up(page, system="secret system")
        page.script("text=secret-answer", "secret prompt")
        page.open("share")
        [link] = [code.value for code in page.at.code if "/playground?" in code.value]
        assert "secret" not in link
        assert sandbox.key not in link
        assert "Not in the link: system." in page.text
        other = lanes(*parse_qs(urlsplit(link).query)["lane"])
        setups = [lane.setup for lane in other.bench.lanes]
        assert setups == [lane.setup.model_copy(update={"system": ""}) for lane in page.bench.lanes]
        assert setups[0].parameters.temperature == 0.5
        assert setups[1].parameters.do_sample is False
        other.say("sent")
        assert [run.outcome for run in other.last_runs] == [Outcome.COMPLETED] * 2

    def test_what_a_link_says_wrong_is_left_out(self, lanes: Lanes) -> None:
        page = lanes("glm-5.1;temperature=9;system=obey", "glm-4.5")
        assert "A part of the link was left out." in page.notice
        assert "temperature=9, system=obey" in page.notice.replace("\\", "")
        assert page.bench.lanes[0].setup.parameters.temperature is None

    def test_the_request_as_code_holds_no_key(self, lanes: Lanes, sandbox: SandboxProcess) -> None:
        page = lanes("glm-5.1;temperature=0.25", "glm-4.5")
        page.script("text=ok", "my own prompt")
        page.open("share")
        programs = [code.value for code in page.at.code if "RUNAPI_API_KEY" in code.value]
        assert len(programs) == 4
        assert all("my own prompt" in text and "0.25" in text for text in programs)
        assert sandbox.key not in page.text
        assert [button.label for button in page.at.download_button] == ["Markdown", "JSON", "HTML"]


class TestPresets:
    def test_they_are_kept_used_exported_and_imported(self, lanes: Lanes, open_page: Callable[..., AppTest]) -> None:
        page = lanes("glm-5.1;temperature=0.5", "glm-4.5")
        set_up(page, system="Be brief.")
        page.open("saved")
        page.at.text_input(key="preset_name").set_value("Two [of](them)")
        page.at.text_area(key="preset_prompt").set_value("Explain {{topic}}")
        page.click("preset_keep")
        assert "Kept as" in page.text
        page.choose("lane-2", "remove")
        set_up(page, system="")
        page.click("preset-use-0")
        assert [lane.setup.model for lane in page.bench.lanes] == ["glm-5.1", "glm-4.5"]
        assert page.bench.lanes[0].setup.system == "Be brief."
        assert page.waiting == ["Explain {{topic}}"]
        assert "A prompt of the preset." in page.why_waiting
        assert page.at.text_input(key="variable-topic")
        page.open("settings-1")
        assert page.at.text_area(key="system-1").value == "Be brief."

        assert page.at.download_button(key="preset_export")
        file = write_presets(list(presets_of(page).values())).encode()
        other = Playground(open_page("pages/playground.py"))
        other.open("saved")
        other.at.file_uploader(key="preset_file").upload("presets.json", file, "application/json")
        other.run()
        assert "1 preset imported." in other.text
        assert tuple(presets_of(other).values()) == read_presets(file)
        # They are the owner's: another session of the same browser has them, another browser has not.
        assert not presets_of(Playground(open_page("pages/playground.py")))

    def test_a_file_with_an_unknown_key_is_refused(self, page: Playground) -> None:
        lane = {"model": "glm-5.1", "parameters": {"tempo": 1}}
        file = {"kind": "glm-playground-presets", "version": 1, "presets": [{"name": "a", "lanes": [lane]}]}
        page.open("saved")
        page.at.file_uploader(key="preset_file").upload("presets.json", json.dumps(file).encode(), "application/json")
        page.run()
        assert "Nothing was imported:" in page.text
        assert "presets[0].lanes[0].parameters.tempo: unknown key" in page.text.replace("\\", "")
        assert not presets_of(page)


class TestOwnKey:
    def test_an_operators_key_leaves_none_to_ask_for(self, page: Playground) -> None:
        page.open("options")
        assert page.at.number_input(key="repeats")
        assert not page.at.text_input

    @pytest.mark.parametrize(
        ("key", "said"),
        [
            ("", "The field is empty: paste your key."),
            ("   ", "The field is empty: paste your key."),
            ("two words", "A key holds printable ASCII without spaces."),
            ("clé-0123456789", "A key holds printable ASCII without spaces."),
            ("sk-\x7f", "A key holds printable ASCII without spaces."),
        ],
    )
    def test_what_cannot_be_a_key_is_sent_nowhere(
        self, in_sandbox: None, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, key: str, said: str
    ) -> None:
        asked: list[object] = []
        page = Playground(open_page("pages/playground.py"))
        # The sandbox is asked for its models as the page is opened.
        wait_for_answers()
        monkeypatch.setattr("glm_playground.gateway.client.GatewayClient.models", asked.append)
        _use_key(page, key)
        assert f"{said} Nothing was sent." in page.text
        assert not asked
        assert page.at.text_input(key="key_field").value == ""
        assert "own_key" not in page.at.session_state

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (ConnectionFailed("no such host"), "RunAPI cannot be reached from here, so the key was not checked."),
            (ConnectTimeout("too long"), "RunAPI cannot be reached from here, so the key was not checked."),
            (ServiceUnavailable("busy", status=503), "RunAPI could not check the key now (503)."),
            (RateLimited("slow down", status=429), "RunAPI could not check the key now (429)."),
            (PermissionDenied("no", status=403), "RunAPI did not take the key (403)."),
        ],
    )
    def test_only_a_key_that_was_refused_is_blamed(
        self,
        in_sandbox: None,
        open_page: Callable[..., AppTest],
        monkeypatch: pytest.MonkeyPatch,
        error: GatewayError,
        said: str,
    ) -> None:
        async def models(_client: object) -> None:
            raise error

        monkeypatch.setattr("glm_playground.gateway.client.GatewayClient.models", models)
        page = Playground(open_page("pages/playground.py"))
        _use_key(page, "sk-good-0123456789")
        assert said in page.text

    def test_a_key_is_used_once_the_server_took_it(
        self,
        in_sandbox: None,
        open_page: Callable[..., AppTest],
        monkeypatch: pytest.MonkeyPatch,
        sandbox: SandboxProcess,
    ) -> None:
        monkeypatch.setattr("glm_playground.gateway.configured.RUNAPI_BASE_URL", sandbox.base_url)
        page = Playground(open_page("pages/playground.py"))
        _use_key(page, "sk-wrong-0123456789")
        assert "RunAPI did not take the key (401)." in page.text
        _use_key(page, sandbox.key)
        assert "RunAPI is asked with your key." in page.text
        page.say("fine")
        assert page.last_run.server.name == "RunAPI"
        assert sandbox.key not in page.text
        assert sandbox.key not in repr(page.at.session_state.to_dict())
        cost = page.talk.turns[-1].answer.cost
        assert cost is not None
        assert cost.amount
        page.click("key_forget")
        # It was computed with the prices of a gateway that this session does not have any more.
        assert page.talk.turns[-1].answer.cost == cost
        assert cost_text(cost) in page.answer
        page.say("fine")
        assert page.last_run.server.name == "Sandbox"


def _use_key(page: Playground, key: str) -> None:
    page.open("options")
    page.at.text_input(key="key_field").set_value(key)
    page.click("key_use")


def _standings(page: Playground) -> str:
    [line] = [text.value for text in page.at.markdown if "fewest tokens" in text.value]
    return str(line).replace("\\", "")


class TestComparisons:
    def test_the_line_says_who_was_best_and_where_nobody_was(self, lanes: Lanes) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        # The price list is asked for with the page; what a run costs is computed at its end.
        wait_for_answers()
        page.script("tokens=40 rate=400")
        assert "fewest tokens: no difference" in _standings(page)
        assert "asked at the same time" in _standings(page)
        assert "cheapest: **2 glm-4.5** $" in _standings(page)

    def test_the_line_names_what_the_table_holds(self, lanes: Lanes) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        page.open("options")
        page.at.number_input(key="repeats").set_value(3)
        page.run()
        page.script("tokens=60 rate=400")
        [table] = [text.value for text in page.at.markdown if "| Output speed |" in text.value]
        rows = {line.split("|")[1].strip(): line.split("|")[2:4] for line in table.splitlines()}
        assert [cell.strip().replace("\\", "") for cell in rows["Figure"]] == ["1 glm-5.1", "2 glm-4.5"]
        medians = [cell.split(" / ")[1] for cell in rows["TTFT"]]
        line = _standings(page)
        assert any(f"fastest first token: **{at} glm" in line and f"** {medians[at - 1]}" in line for at in (1, 2)) or (
            medians[0] == medians[1]
        )
        # A narrow column parts the figures, not a number from its unit.
        assert all("n\u00a03" in cell for cell in rows["TTFT"])
        for name in ("TTFT", "E2E", "Completion tokens"):
            assert all(re.fullmatch(r" [^ ]+ / [^ ]+ / [^ ]+, n\u00a03( :[^ ]+)? ", cell) for cell in rows[name])
        assert [cell.strip() for cell in rows["Outcome"]] == ["3 × completed", "3 × completed"]
        assert "With repeats: min / median / max" in page.text

    def test_one_lane_alone_has_no_line(self, page: Playground) -> None:
        page.say("alone")
        assert "fewest tokens" not in page.text

    def test_two_answers_differ_in_words_lines_and_paths(self, lanes: Lanes) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        for lane, text in (("1", '{"a": 1,\n"b": 2}'), ("2", '{"a": 1,\n"b": 3}')):
            page.at.segmented_control(key="target").set_value(lane)
            page.say(text)
        page.open("differences")
        assert ":red-background[~~2" in page.text
        assert ":green-background[3" in page.text
        page.at.segmented_control(key="difference_by").set_value("lines")
        page.run()
        [diff] = [code.value for code in page.at.code if code.language == "diff"]
        assert '-"b": 2}' in diff
        assert '+"b": 3}' in diff
        page.at.segmented_control(key="difference_by").set_value("json")
        page.run()
        assert "| 2 | 3 |" in page.text


class TestLanguage:
    def test_no_sentence_is_the_same_in_both(self, lanes: Lanes) -> None:
        english, portuguese = (
            _phrases(lanes("glm-5.1;temperature=0.5", "glm-4.5", locale=tag)) for tag in ("en-US", "pt-BR")
        )
        assert len(english) > 80
        assert english & portuguese == set()


def _phrases(page: Playground) -> set[str]:
    """What the page says with everything open, apart from code, our prompt and what Z.ai published in English."""
    page.script("text=ok finish=length")
    page.ask("Translate {{word}}")
    shown = set()
    for key in ("options", "saved", "differences", "details", "share", "folder", "settings-1", "request-1"):
        page.open_details() if key == "details" else page.open(key)
        places = (page.at.main, page.at.sidebar, page.at._tree[3])
        shown |= {text for place in places for node in place if node.type != "code" for text in _texts(node.proto)}
    lines = {line for text in shown for line in text.splitlines()}
    phrases = {line for line in lines if re.search(r"[A-Za-z]{3,} [a-z]{2,}", line)}
    return {line for line in phrases if not line.startswith("@script") and "(Z.ai, " not in line}


def _texts(message: Message | None) -> Iterator[str]:
    """Every text in a message of Streamlit's protocol: labels, options, helps, placeholders."""
    for field, value in message.ListFields() if message else ():
        for item in value if field.is_repeated else [value]:
            if isinstance(item, Message):
                yield from _texts(item)
            elif isinstance(item, str):
                yield item
