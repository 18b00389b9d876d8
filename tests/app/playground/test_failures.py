"""What the playground says of an answer that failed."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.runs.run import Run
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import markdown_tokens
from glm_playground.ui.shared.text.answer_markdown import literal
from tests import loopback
from tests.app.playground_page import Playground
from tests.loopback import CannedServer

Logged = Callable[..., list[dict[str, Any]]]


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
