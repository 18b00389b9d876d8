"""The playground page: what a user sends, reads and is told, against the scripted sandbox."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.runs.run import Outcome, Run
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import DEFAULT_TEXT, markdown_tokens
from glm_playground.service import runtime
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.starters import QUICKSTART
from tests import loopback
from tests.app.conftest import wait_for_answers
from tests.app.playground_page import Playground
from tests.loopback import CannedServer

Logged = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def page(at_gateway: None, open_page: Callable[..., AppTest]) -> Playground:
    return Playground(open_page("pages/playground.py"))


@pytest.fixture
def body_of(logged: Logged) -> Callable[[Run], dict[str, Any]]:
    """The body of a run's request, as the server received it."""

    def read(run: Run) -> dict[str, Any]:
        [entry] = logged(run.id)
        body: dict[str, Any] = entry["body"]
        return body

    return read


@pytest.fixture
def refused_port() -> Iterator[int]:
    """A port of loopback at which nobody listens, and which nobody else takes meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


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


REFUSALS = {
    400: ("refused the request as not valid", "Change what it names"),
    401: ("The key was not accepted.", "Set RUNAPI_API_KEY"),
    402: ("no credits left", "Top up"),
    403: ("This key may not use glm", "Choose another model"),
    404: ("does not know glm", "Check the model's id"),
    408: ("gave up waiting", "Try again"),
    409: ("another request under the same id", "Send again"),
    410: ("no longer served", "Choose a newer model"),
    413: ("too large", "Shorten the prompt"),
    415: ("too large", "Shorten the prompt"),
    422: ("refused the request as not valid", "Change what it names"),
    429: ("Too many requests for this key.", "asks to wait 60.0 s"),
    500: ("The server failed.", "Try again"),
    502: ("The server failed.", "Try again"),
    503: ("not available right now", "Try again"),
    504: ("gave up waiting", "Try again"),
    529: ("overloaded", "choose another model"),
}


class TestFailures:
    @pytest.mark.parametrize("status", REFUSALS)
    def test_a_refusal_is_explained(self, page: Playground, status: int) -> None:
        # A pause this long is not waited for, so 429 and 503 are not tried again.
        page.script(f"status={status} retry_after=60")
        what, remedy = REFUSALS[status]
        assert what in page.error
        assert remedy in page.error
        assert str(status) in page.error
        assert ":red-badge[failed]" in page.answer
        assert "$" not in page.answer
        assert page.last_run.request_id
        assert f"request id `{page.last_run.request_id}` · client request id `{page.last_run.id}`" in page.error

    def test_all_forms_of_an_error_are_read(self, page: Playground) -> None:
        for shape in (1, 2, 3):
            page.script(f"status=403 error_shape={shape}")
            assert "This key may not use this model" in page.error
        page.script("html=1")
        assert "502 Bad Gateway" in page.error
        assert "<html" not in page.text

    def test_the_sandbox_charges_nothing_for_a_failure_and_says_so(
        self, in_sandbox: None, open_page: Callable[..., AppTest]
    ) -> None:
        page = Playground(open_page("pages/playground.py"))
        page.script("status=500")
        assert "not charged, by the server's policy for failed generations" in page.answer

    def test_a_short_shortage_is_waited_out(self, page: Playground, logged: Logged) -> None:
        page.script("status=503 retry_after=0 fail_times=2 key=shortage text=Back")
        assert "Back" in page.answer
        assert not page.at.error
        assert len(logged(page.last_run.id)) == 3
        told = "The server is not available right now. Nothing was charged; sent again after 0 ms."
        assert page.answer.count(told) == 2

    def test_an_unknown_model(self, at_gateway: None, open_page: Callable[..., AppTest]) -> None:
        page = Playground(open_page("pages/playground.py", model="glm-99"))
        page.ask("Hello")
        assert f"The server does not know {literal('glm-99')}." in page.error

    def test_a_capability_the_model_lacks(self, page: Playground) -> None:
        page.open("settings-1")
        page.at.selectbox(key="model-1").set_value("glm-5.2")
        page.at.segmented_control(key="thinking-1").set_value("on")
        page.ask("Hello")
        assert "doesn't support part of this request" in page.error
        assert "finding about the model" in page.error

    def test_a_redirect_is_not_followed(self, page: Playground, logged: Logged) -> None:
        page.script("redirect=1")
        assert "points to another address" in page.error
        assert len(logged(page.last_run.id)) == 1

    def test_a_wrong_key(
        self, configure: Callable[..., None], sandbox: SandboxProcess, open_page: Callable[..., AppTest]
    ) -> None:
        key = "sk-wrong-0123456789"
        configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=key)
        page = Playground(open_page("pages/playground.py"))
        page.ask("Hello")
        assert "The key was not accepted." in page.error
        assert key not in page.text

    def test_no_key_where_one_is_needed(
        self, configure: Callable[..., None], sandbox: SandboxProcess, open_page: Callable[..., AppTest]
    ) -> None:
        configure(RUNAPI_BASE_URL=sandbox.base_url)
        page = Playground(open_page("pages/playground.py"))
        assert "without a key" in page.text
        page.ask("Hello")
        assert "The key was not accepted." in page.error

    def test_nobody_listens(
        self, configure: Callable[..., None], refused_port: int, open_page: Callable[..., AppTest]
    ) -> None:
        configure(RUNAPI_BASE_URL=f"http://127.0.0.1:{refused_port}", RUNAPI_API_KEY="sk-any")
        page = Playground(open_page("pages/playground.py"))
        page.ask("Hello")
        assert f"Can't connect to {literal(f'http://127.0.0.1:{refused_port}')}" in page.error
        assert "nothing is charged" in page.error
        assert not page.last_run.events or all(event.kind == "retry" for event in page.last_run.events)

    def test_no_such_host(self, configure: Callable[..., None], open_page: Callable[..., AppTest]) -> None:
        configure(RUNAPI_BASE_URL="http://gateway.invalid", RUNAPI_API_KEY="sk-any")
        page = Playground(open_page("pages/playground.py"))
        page.ask("Hello")
        assert "cannot be reached" in page.error

    def test_another_kind_of_server(self, configure: Callable[..., None], open_page: Callable[..., AppTest]) -> None:
        said = loopback.answer(200, b"<html><title>Welcome</title></html>", content_type="text/html")
        with CannedServer(said) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY="sk-any")
            page = Playground(open_page("pages/playground.py"))
            page.ask("Hello")
            assert "not a chat completion" in page.error

    def test_a_server_that_hangs(
        self, configure: Callable[..., None], sandbox: SandboxProcess, open_page: Callable[..., AppTest]
    ) -> None:
        configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, GLM_PLAYGROUND_READ_TIMEOUT="0.5")
        page = Playground(open_page("pages/playground.py"))
        page.script("tokens=20 fault=hang@6")
        assert "silent for too long" in page.error
        assert "GLM_PLAYGROUND_READ_TIMEOUT" in page.error
        assert "".join(markdown_tokens(5)) == page.last_run.content
        assert markdown_tokens(5)[2].strip() in page.answer
        page.script("tokens=20 fault=hang@0")
        assert "silent for too long" in page.error
        page.say("and on")
        assert "and on" in page.answer

    def test_the_next_prompt_works_and_leaves_the_failed_turn_out(
        self, page: Playground, body_of: Callable[[Run], dict[str, Any]]
    ) -> None:
        page.say("good")
        page.script("status=500")
        page.script("tokens=20 fault=drop@0")
        page.say("again")
        assert "again" in page.answer
        sent = body_of(page.last_run)["messages"]
        assert [message["role"] for message in sent] == ["user", "assistant", "user"]
        assert len(page.at.error) == 2

    def test_a_failed_turn_can_be_asked_again(self, page: Playground) -> None:
        page.script("status=500 fail_times=1 key=again text=Fine")
        assert page.error
        page.click("regenerate-1")
        assert "Fine" in page.answer
        assert not page.at.error

    def test_a_mistake_of_ours_is_a_sentence(self, page: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr("glm_playground.runs.engine._conclude", fail)
        page.say("partial")
        assert "Something went wrong in this app." in page.error
        assert page.last_run.id in page.error
        assert "secret detail" not in page.text
        assert "partial" in page.answer


TEN = "".join(markdown_tokens(10))

# What was sent in pieces of another form than usual arrives whole all the same.
SURVIVED = {
    "crlf": "crlf=1",
    "comments": "comments=1",
    "null content": "fault=null_content@4",
    "content as a list of parts": "fault=list_content@4",
    "usage with the finish_reason": "usage_in_finish=1",
    "[DONE] twice": "done=2",
}


class TestFaultsOfTheStream:
    @pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED)
    def test_it_arrives_whole(self, page: Playground, fault: str) -> None:
        page.script(f"tokens=10 {fault}")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.last_run.content == TEN
        assert "10 tokens" in page.answer
        assert not page.at.error

    @pytest.mark.parametrize("fault", ["truncated_json", "glued_json", "invalid_utf8"])
    def test_a_damaged_line_costs_no_more_than_itself(self, page: Playground, fault: str) -> None:
        page.script(f"tokens=10 fault={fault}@5")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.last_run.content.startswith("".join(markdown_tokens(4)))
        assert page.last_run.content.endswith("".join(markdown_tokens(10)[5:]))
        assert not page.at.error

    def test_no_usage(self, page: Playground) -> None:
        wait_for_answers()
        page.script("tokens=10 usage=0")
        assert "tokens not reported" in page.answer
        estimate = r" · cost not reported · :orange\[\\\$0\\?\.\d+ estimated from 10 chunks received\]"
        assert re.search(estimate, page.answer)
        assert "$" not in re.sub(estimate, "", page.answer)

    def test_no_done(self, page: Playground) -> None:
        page.script("tokens=10 done=0")
        assert "ended without [DONE]" in page.answer
        assert ":green-badge[completed]" in page.answer

    def test_a_line_of_two_megabytes(self, page: Playground) -> None:
        page.script("tokens=10 long_line=2000000")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.last_run.content.startswith("".join(markdown_tokens(4)))

    def test_a_line_above_the_limit(self, page: Playground) -> None:
        page.script("tokens=10 long_line=9000000 fault=long_line@6")
        assert "sent more in one piece than this app reads" in page.error
        assert page.last_run.content == "".join(markdown_tokens(5))
        assert markdown_tokens(5)[2].strip() in page.answer

    def test_an_error_in_the_middle(self, page: Playground) -> None:
        page.script("tokens=10 fault=error_midstream@6")
        assert "reported an error while it answered" in page.error
        assert "The model stopped in the middle of the answer" in page.error
        assert page.last_run.content == "".join(markdown_tokens(5))
        assert markdown_tokens(5)[2].strip() in page.answer
        assert "cost not reported" in page.answer
        assert "5 chunks received" in page.answer

    @pytest.mark.parametrize("at", [0, 6])
    def test_a_broken_connection(self, page: Playground, at: int) -> None:
        page.script(f"tokens=10 fault=drop@{at}")
        assert "The connection broke before the answer was complete." in page.error
        assert page.last_run.content == "".join(markdown_tokens(max(at - 1, 0)))

    @pytest.mark.parametrize(
        ("finish", "words"),
        [
            ("sensitive", "content filter ended this answer"),
            ("length", "stopped at the token limit"),
            ("model_context_window_exceeded", "stopped at the token limit"),
            ("network_error", "reported an error while it answered"),
            ("something_new", "something"),
        ],
    )
    def test_a_finish_reason_is_kept_and_explained(self, page: Playground, finish: str, words: str) -> None:
        page.script(f"tokens=10 finish={finish}")
        assert words in page.answer
        assert page.last_run.finish_reason == finish
        assert page.last_run.content == TEN
        # In the line only where the outcome does not say it.
        assert (f"finish_reason {finish}" in page.answer.replace("\\", "")) == (finish != "length")
        page.open_details()
        assert f"| Finish reason | {literal(finish)} |" in page.answer

    def test_tool_calls_do_no_harm(self, page: Playground) -> None:
        page.script("tool_call=1")
        assert page.last_run.outcome is Outcome.TOOL_CALLS
        assert "tool calls" in page.answer

    def test_an_answer_of_nothing(self, page: Playground) -> None:
        page.script("tokens=0")
        assert page.last_run.content == ""
        assert "0 tokens" in page.answer
        page.say("and on")
        assert "and on" in page.answer

    @pytest.mark.parametrize(
        "script",
        [
            "reasoning=8 text=Yes.",
            "reasoning=8 think_tags=1 text=Yes.",
            f"text={quote('I think so.</think>Yes.')}",
        ],
        ids=["apart", "think tags", "a lone closing tag"],
    )
    def test_reasoning_is_folded_apart(self, page: Playground, script: str) -> None:
        page.script(script)
        assert "think>" not in page.answer
        page.run()
        [fold] = page.at.chat_message[-1].expander
        assert fold.label.startswith(("Thought for", "Reasoning"))
        assert not fold.markdown
        page.open(f"thinking-{page.talk.turns[-1].answer.id}")
        [fold] = page.at.chat_message[-1].expander
        assert fold.markdown
        shown = [markdown.value for markdown in page.at.chat_message[-1].markdown]
        assert "Yes." in shown
        assert "Yes." not in [markdown.value for markdown in fold.markdown]


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
        assert literal("127.0.0.1") in page.text
        assert "with a key" in page.text
        assert "stand-in" not in page.text
        assert "No key is set" not in page.text

    def test_the_key_is_nowhere_in_the_session(self, page: Playground, sandbox: SandboxProcess) -> None:
        page.script("reasoning=3 tokens=5")
        page.script("status=422")
        page.open_details()
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
