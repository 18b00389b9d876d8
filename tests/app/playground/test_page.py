"""The playground page: what a user sends, reads and is told, against the scripted sandbox."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.runs.run import Run
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import DEFAULT_TEXT, markdown_tokens
from glm_playground.service import runtime
from glm_playground.ui.shared.answer.starters import QUICKSTART
from glm_playground.ui.shared.text.answer_markdown import literal
from tests import loopback
from tests.app.conftest import wait_for_answers
from tests.app.playground_page import Playground
from tests.loopback import CannedServer


class TestSending:
    def test_the_starter_sends_the_quickstart_prompt(
        self, page: Playground, body_of: Callable[[Run], dict[str, Any]]
    ) -> None:
        assert page.at.button(key="starter").label == f":gray[Code] {QUICKSTART}"
        page.click("starter")
        assert DEFAULT_TEXT.splitlines()[0] in page.answer
        assert page.at.chat_message[0].text[0].value == QUICKSTART
        # What is left to the server is not in the body.
        body = body_of(page.last_run)
        [message] = body["messages"]
        # Its repository is sent with it.
        assert message["content"].startswith("```orders/README.md\n")
        assert message["content"].endswith(f"\n\n{QUICKSTART}")
        assert body == {
            "model": "glm-5.1",
            "messages": [message],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        with pytest.raises(KeyError):
            page.at.button(key="starter")

    def test_a_prompt_that_begins_like_a_mark_is_shown_as_it_was_typed(self, page: Playground) -> None:
        page.ask("[530909f5] is a colour")
        assert page.at.chat_message[0].text[0].value == "[530909f5] is a colour"

    def test_figures_ids_and_cost_stand_under_the_answer(self, page: Playground, sandbox: SandboxProcess) -> None:
        # The price list is asked for with the page and may come behind the first answer, which then has no cost.
        wait_for_answers()
        assert runtime.live_prices(runtime.gateways().first).value is not None
        page.script("tokens=60 rate=60")
        figures = page.at.chat_message[-1].markdown[-1].value
        assert ":green-badge[completed]" in figures
        assert "60 tokens" in figures
        assert re.search(r"TTFT \d+ ms", figures)
        assert re.search(r" \d+\.\d tokens/s", figures)
        # The outcome says it already.
        assert "finish" not in figures
        assert re.search(r"\\\$0\\?\.\d+ :orange\[estimated\]", figures)
        assert "stand-in" not in figures
        run = page.last_run
        assert (run.request_id or "").startswith("req_")
        assert (run.task_id or "").startswith("task_")
        assert not [one for one in (run.request_id, run.task_id, run.id) if one and one in page.answer]

        page.open_details()
        details = page.answer
        for row in ("Model asked", "Server", "TTFT: first token", "Cost of the output", "Price from"):
            assert f"| {row}" in details
        ids = {"Request id": run.request_id, "Task id": run.task_id, "Client request id": run.id}
        for row, value in {"Finish reason": "stop", **{name: f"`{one}`" for name, one in ids.items()}}.items():
            assert f"| {row} | {value} |" in details
        assert "api/v1/price\\_schedules" in details
        assert json.loads(page.at.chat_message[-1].code[0].value) == run.request.body()

    def test_a_short_answer_has_no_speed(self, page: Playground) -> None:
        page.script("tokens=3")
        assert "speed: too little to measure" in page.answer

    def test_every_setting_reaches_the_request(
        self, page: Playground, body_of: Callable[[Run], dict[str, Any]]
    ) -> None:
        page.open("settings-1")
        page.at.selectbox(key="model-1").set_value("glm-4.6")
        page.at.text_area(key="system-1").set_value("Answer in one word.")
        page.at.number_input(key="temperature-1").set_value(0.25)
        page.at.number_input(key="top_p-1").set_value(0.9)
        page.at.number_input(key="max_tokens-1").set_value(7)
        page.at.segmented_control(key="thinking-1").set_value("on")
        page.run()
        page.script("tokens=20")
        body = body_of(page.last_run)
        assert {name: value for name, value in body.items() if name not in {"messages", "stream_options"}} == {
            "model": "glm-4.6",
            "stream": True,
            "temperature": 0.25,
            "top_p": 0.9,
            "max_tokens": 7,
            "chat_template_kwargs": {"enable_thinking": True},
        }
        assert body["messages"][0] == {"role": "system", "content": "Answer in one word."}
        assert ":gray-badge[stopped at the token limit]" in page.answer
        assert "The answer stopped at the token limit. Raise max tokens for a longer one." in page.answer

        page.at.segmented_control(key="thinking-1").set_value("off")
        for name in ("temperature", "top_p", "max_tokens"):
            page.at.number_input(key=f"{name}-1").set_value(None)
        page.script("tokens=1")
        body = body_of(page.last_run)
        assert body["chat_template_kwargs"] == {"enable_thinking": False}
        assert not {"temperature", "top_p", "max_tokens"} & set(body)

    def test_the_settings_outlive_a_visit_to_another_page(self, page: Playground) -> None:
        page.open("settings-1")
        page.at.text_area(key="system-1").set_value("Be brief.")
        page.at.number_input(key="temperature-1").set_value(0.5)
        page.at.segmented_control(key="thinking-1").set_value("off")
        page.script("tokens=3")
        page.at.switch_page("pages/models.py").run()
        assert not page.at.exception
        page.at.switch_page("pages/playground.py").run()
        assert not page.at.exception
        page.open("settings-1")
        assert page.at.text_area(key="system-1").value == "Be brief."
        assert page.at.number_input(key="temperature-1").value == 0.5
        assert page.at.segmented_control(key="thinking-1").value == "off"
        assert literal(markdown_tokens(3)[2]) in page.answer

    def test_the_request_can_be_looked_at(self, page: Playground, sandbox: SandboxProcess) -> None:
        page.open("settings-1")
        page.at.text_area(key="system-1").set_value("Be brief.")
        page.say("Bom dia")
        page.open("request-1")
        request = json.loads(page.at.code[0].value)
        assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "user"]
        assert request["messages"][2]["content"] == "Bom dia"
        assert request["model"] == "glm-5.1"
        assert request["stream_options"] == {"include_usage": True}
        assert sandbox.key not in page.text

    def test_several_turns_send_the_history(self, page: Playground, body_of: Callable[[Run], dict[str, Any]]) -> None:
        for text in ("one", "two", "three"):
            page.say(text)
        sent = body_of(page.last_run)["messages"]
        assert [message["role"] for message in sent] == ["user", "assistant"] * 2 + ["user"]
        assert [sent[1]["content"], sent[3]["content"]] == ["one", "two"]
        assert len(page.at.chat_message) == 6

    def test_reasoning_is_not_sent_again(self, page: Playground, body_of: Callable[[Run], dict[str, Any]]) -> None:
        page.script("reasoning=8 think_tags=1 text=Yes.")
        page.say("next")
        assert body_of(page.last_run)["messages"][1] == {"role": "assistant", "content": "Yes."}

    def test_the_address_names_the_model(self, at_gateway: None, open_page: Callable[..., AppTest]) -> None:
        page = Playground(open_page("pages/playground.py", model="glm-4.5-air"))
        assert page.at.chat_input[0].placeholder == "Ask glm-4.5-air"
        page.at.selectbox(key="model-1").set_value("glm-5")
        page.script("tokens=1")
        assert page.last_run.request.model == "glm-5"

    def test_regenerate_keeps_the_earlier_answers(
        self, page: Playground, body_of: Callable[[Run], dict[str, Any]]
    ) -> None:
        page.say("first")
        page.say("second")
        page.click("regenerate-1")
        assert len(page.talk.turns) == 2
        assert len(page.talk.turns[-1].runs) == 2
        first, second = (body_of(run) for run in page.talk.turns[-1].runs)
        assert first == second
        assert "Answer 2 of 2" in page.answer
        assert len(page.at.chat_message) == 4

    def test_clear_begins_anew(self, page: Playground, body_of: Callable[[Run], dict[str, Any]]) -> None:
        with pytest.raises(KeyError):
            page.at.button(key="clear")
        page.say("first")
        page.click("clear")
        assert not page.at.chat_message
        assert page.at.button(key="starter")
        page.say("second")
        assert len(body_of(page.last_run)["messages"]) == 1

    def test_only_the_last_turns_are_drawn(
        self, configure: Callable[..., None], sandbox: SandboxProcess, open_page: Callable[..., AppTest]
    ) -> None:
        configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, GLM_PLAYGROUND_SHOWN_TURNS="1")
        page = Playground(open_page("pages/playground.py"))
        page.say("first")
        page.say("second")
        assert len(page.at.chat_message) == 2
        page.say("third")
        assert page.at.button(key="show_earlier-1").label == "Show 2 earlier turns"
        page.click("show_earlier-1")
        assert len(page.at.chat_message) == 6


class TestNotSent:
    @pytest.mark.parametrize("prompt", ["", "   ", "\n \t\n", "\u00a0"])
    def test_a_blank_prompt(self, page: Playground, prompt: str) -> None:
        page.ask(prompt)
        assert not page.talk.turns
        assert not page.at.chat_message

    def test_a_prompt_above_the_context(self, page: Playground) -> None:
        page.at.selectbox(key="model-1").set_value("glm-4.5")
        prompt = "word " * 150_000
        page.ask(prompt)
        assert not page.talk.turns
        assert "The prompt is longer than the model's context." in page.why_waiting
        assert "200,003" in page.why_waiting
        assert "128,000" in page.why_waiting
        assert "Nothing was sent." in page.why_waiting
        assert page.waiting == [prompt]
        # Another prompt is answered meanwhile, and a model with a longer context takes it.
        page.at.selectbox(key="model-1").set_value("glm-5.2")
        page.say("short")
        assert "short" in page.answer
        assert page.waiting == [prompt]
        page.draft()
        assert not page.waiting
        assert page.last_run.request.messages[-1].content == prompt
        assert "Not sent yet" not in page.text

    def test_the_history_counts_for_the_context(self, page: Playground) -> None:
        page.at.selectbox(key="model-1").set_value("glm-4.5")
        page.script("tokens=1", "word " * 60_000)
        page.script("tokens=1", "word " * 60_000)
        assert len(page.talk.turns) == 1
        assert "longer than the model's context" in page.why_waiting

    def test_max_tokens_above_the_limit(self, page: Playground) -> None:
        page.open("settings-1")
        page.at.number_input(key="max_tokens-1").set_value(120_000)
        page.run()
        # The browser checks a value against the limit it was drawn with, which was that of another model.
        page.at.selectbox(key="model-1").set_value("glm-4.5")
        page.say("never")
        assert not page.talk.turns
        assert "Max tokens is above the model's limit." in page.why_waiting
        assert "120,000" in page.why_waiting
        assert "98,304" in page.why_waiting
        assert "Nothing was sent." in page.why_waiting

    @pytest.mark.parametrize(("setting", "value"), [("max_tokens", 0), ("temperature", 2.5), ("top_p", 1.5)])
    def test_a_value_no_browser_would_give(
        self, page: Playground, body_of: Callable[[Run], dict[str, Any]], setting: str, value: float
    ) -> None:
        page.open("settings-1")
        page.at.number_input(key=f"{setting}-1").set_value(value)
        page.say("without it")
        assert setting not in body_of(page.last_run)

    def test_no_model(self, at_gateway: None, open_page: Callable[..., AppTest]) -> None:
        page = Playground(open_page("pages/playground.py", model=" "))
        page.say("never")
        assert not page.talk.turns
        assert "No model is chosen." in page.why_waiting


class TestWhoAnswers:
    def test_a_stand_in_is_never_taken_for_glm(self, in_sandbox: None, open_page: Callable[..., AppTest]) -> None:
        page = Playground(open_page("pages/playground.py"))
        assert ":orange-badge[scripted text, not GLM]" in page.text
        assert "Set RUNAPI_API_KEY to ask RunAPI." in page.text
        page.script("tokens=5")
        wait_for_answers()
        assert runtime.live_prices(runtime.gateways().first).value is not None
        page.script("tokens=5")
        assert ":orange-badge[scripted text, not GLM]" in page.answer
        assert "in play money" in page.answer

    def test_a_configured_server_is_named_by_its_host(self, page: Playground) -> None:
        assert "127.0.0.1" in page.text
        assert "with a key" in page.text
        assert "stand-in" not in page.text
        assert "No key is set" not in page.text

    def test_the_key_is_nowhere_in_the_session(self, page: Playground, sandbox: SandboxProcess) -> None:
        page.script("reasoning=3 tokens=5")
        page.script("status=422")
        page.open_details()
        page.open("settings-1")
        page.open("request-1")
        assert sandbox.key not in page.text
        assert sandbox.key not in repr(page.at.session_state.to_dict())
        assert sandbox.key not in repr(page.at)

    def test_a_key_that_the_server_repeats_is_not_shown(
        self, configure: Callable[..., None], open_page: Callable[..., AppTest]
    ) -> None:
        key = "sk-repeated-0123456789"
        said = loopback.answer(401, {"error": {"message": f"{key} is not a key", "code": "bad"}})
        with CannedServer(said) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY=key)
            page = Playground(open_page("pages/playground.py"))
            page.ask("Hello")
        assert "is not a key" in page.error
        assert key not in page.text.replace("\\", "")
        assert key not in repr(page.at.session_state.to_dict())


MARKUP = "**bold** ![x](http://evil.invalid/x.png) [here](http://evil.invalid) :material/home: `code` <b>$x^2$"


class TestWordsOfOthers:
    """What a server or an address says inside our own sentences is shown as it is, never drawn."""

    def test_in_an_error(self, configure: Callable[..., None], open_page: Callable[..., AppTest]) -> None:
        body = {"error": MARKUP, "errors": {MARKUP: [MARKUP]}, "code": MARKUP}
        headers = {"x_request_id": "id` **bold**", "x_runapi_task_id": "![x](http://evil.invalid)`"}
        with CannedServer(loopback.answer(422, body, **headers)) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY="sk-any")
            page = Playground(open_page("pages/playground.py"))
            page.ask("Hello")
        *said, ids = page.error.split("  \n")
        words = "\n".join(said).replace(literal(MARKUP), "")
        assert words != "\n".join(said)
        assert "bold" not in words
        assert "evil" not in words
        assert ids == f"request id `id' **bold**` · client request id `{page.last_run.id}`"
        page.open_details()
        assert "| Task id | `![x](http://evil.invalid)'` |" in page.answer

    def test_in_a_model_id(self, at_gateway: None, open_page: Callable[..., AppTest]) -> None:
        model = "[glm-5.1](http://evil.invalid) ![x](http://evil.invalid/x.png)"
        page = Playground(open_page("pages/playground.py", model=model))
        page.ask("Hello")
        assert page.at.chat_message[-1].caption[0].value == literal(model)
        assert literal(model) in page.error
        page.open_details()
        assert f"| Model asked | {literal(model)} |" in page.answer


class TestLanguage:
    def test_the_menu_changes_the_language(self, page: Playground) -> None:
        wait_for_answers()
        assert runtime.live_prices(runtime.gateways().first).value is not None
        page.open("settings-1")
        english = page.text
        assert "131,072" in page.at.number_input(key="max_tokens-1").label
        page.at.button(key="language_button").click()
        page.run()
        page.open("settings-1")
        assert "131.072" in page.at.number_input(key="max_tokens-1").label
        assert page.at.button(key="add_lane").label == "Adicionar modelo"
        page.script("status=401")
        assert "The key was not accepted" not in page.error
        page.at.button(key="language_button").click()
        page.run()
        page.open("settings-1")
        page.click("clear")
        page.bench.undo.clear()
        page.run()
        assert page.text == english

    @pytest.mark.parametrize(("locale", "limit"), [("pt-BR", "131.072"), ("pt-PT", "131.072"), ("fr-FR", "131,072")])
    def test_the_browser_chooses_it_first(
        self, at_gateway: None, open_page: Callable[..., AppTest], locale: str, limit: str
    ) -> None:
        page = Playground(open_page("pages/playground.py", locale=locale))
        page.open("settings-1")
        assert limit in page.at.number_input(key="max_tokens-1").label
