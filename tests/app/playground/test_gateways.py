"""Several gateways on the playground: two scripted sandboxes, each with a key of its own."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.chat.workbench_json import from_json, to_json
from glm_playground.runs.cost import TokenClass
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime, storage
from glm_playground.service.limits import limits_of
from tests.app.conftest import Configure, wait_for_answers
from tests.app.playground_page import Playground
from tests.loopback import CannedServer, answer, content, stream

FILE = """
[[gateway]]
name = "One"
address = "{one.base_url}"
key_env = "KEY_OF_ONE"
thinking = "thinking.type"

[[gateway.model]]
id = "glm-5.1"
input = 2
output = 9

[[gateway]]
name = "Two"
address = "{two.base_url}"
key_env = "KEY_OF_TWO"

[[gateway.model]]
id = "glm-5.1"
input = 0.5
output = 1.5
"""


@pytest.fixture(scope="module")
def other() -> Iterator[SandboxProcess]:
    """A second scripted sandbox."""
    with SandboxProcess.start("scripted", keep_log=True) as process:
        yield process


@pytest.fixture
def open_playground(open_page: Callable[..., AppTest]) -> Callable[..., Playground]:
    """Opens the playground, and draws it again once each gateway has said what it has."""

    def open_at(**query: str) -> Playground:
        page = Playground(open_page("pages/playground.py", **query))
        wait_for_answers()
        page.run()
        return page

    return open_at


@pytest.fixture
def write(configure: Configure, tmp_path: Path) -> Callable[[str], None]:
    """Makes the app ask the gateways of a file with this text."""

    def apply(text: str) -> None:
        path = tmp_path / "gateways.toml"
        path.write_text(text)
        configure(GLM_PLAYGROUND_GATEWAYS=str(path))

    return apply


@pytest.fixture
def both(
    write: Callable[[str], None], sandbox: SandboxProcess, other: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sandboxes are the gateways."""
    monkeypatch.setenv("KEY_OF_ONE", sandbox.key)
    monkeypatch.setenv("KEY_OF_TWO", other.key)
    write(FILE.format(one=sandbox, two=other))


def bodies(sandbox: SandboxProcess, word: str) -> list[dict[str, object]]:
    """What a sandbox was sent with `word` in it."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    found = httpx.get(f"{sandbox.base_url}/sandbox/log", headers=headers, trust_env=False).json()["requests"]
    return [entry["body"] for entry in found if entry["body"] and word in json.dumps(entry["body"])]


def choose(page: Playground, lane: str, asked: str) -> None:
    page.at.selectbox(key=f"model-{lane}").set_value(asked)
    page.run()


def test_the_same_model_on_two_gateways_stands_side_by_side(
    both: None,
    open_playground: Callable[..., Playground],
    open_page: Callable[..., AppTest],
    sandbox: SandboxProcess,
    other: SandboxProcess,
) -> None:
    page = open_playground()
    box = page.at.selectbox(key="model-1")
    assert box.value == "glm-5.1 @ One"
    assert {"glm-5.1 @ One", "glm-5.1 @ Two", "glm-4.5-air @ Two"} <= set(box.options)
    page.click("add_lane")
    second = page.bench.lanes[1].id
    choose(page, second, "glm-5.1 @ Two")
    page.script("tokens=20", "beside-each-other")
    first, last = page.last_runs
    assert (first.server.name, last.server.name) == ("One", "Two")
    assert (first.outcome, last.outcome) == (Outcome.COMPLETED, Outcome.COMPLETED)
    assert (len(bodies(sandbox, "beside-each-other")), len(bodies(other, "beside-each-other"))) == (1, 1)
    costs = [lane.conversation.turns[-1].answer.cost for lane in page.bench.lanes]
    prices = [cost.price for cost in costs if cost and cost.price]
    assert {price.source for price in prices} == {"the operator's file"}
    assert [price.per_million[TokenClass.OUTPUT] for price in prices] == [Decimal(9), Decimal("1.5")]
    assert r"1 glm\-5\.1 @ One" in page.text
    assert r"2 glm\-5\.1 @ Two" in page.text
    owner = page.at.session_state["session_owner"]
    storage.catch_up()
    assert storage.needed_ledger().servers(owner) == ("One", "Two")
    # The stored workbench keeps the names.
    stored = from_json(to_json(page.bench, lambda run: False), {}, id="1", name="")
    assert [lane.setup.asked for lane in stored.lanes] == ["glm-5.1 @ One", "glm-5.1 @ Two"]
    # What continues is asked of the gateway that answered.
    history = open_page("pages/history.py", owner=owner, run=last.id)
    history.button(key="history_continue").click().run()
    again = Playground(history.switch_page("pages/playground.py"))
    again.run()
    assert again.bench.lanes[0].setup.asked == "glm-5.1 @ Two"


def test_thinking_is_switched_as_each_gateway_takes_it(
    both: None, open_playground: Callable[..., Playground], sandbox: SandboxProcess, other: SandboxProcess
) -> None:
    page = open_playground()
    page.open("settings-1")
    page.at.segmented_control(key="thinking-1").set_value("off")
    page.run()
    page.script("tokens=3", "switch-at-one")
    choose(page, "1", "glm-5.1 @ Two")
    page.script("tokens=3", "switch-at-two")
    [first], [second] = bodies(sandbox, "switch-at-one"), bodies(other, "switch-at-two")
    assert (first["thinking"], "chat_template_kwargs" in first) == ({"type": "disabled"}, False)
    assert (second["chat_template_kwargs"], "thinking" in second) == ({"enable_thinking": False}, False)


def test_a_gateway_that_is_gone_is_said_and_nothing_is_sent(
    both: None, open_playground: Callable[..., Playground], sandbox: SandboxProcess, other: SandboxProcess
) -> None:
    page = open_playground(lane="glm-5.1;gateway=Three")
    assert page.bench.lanes[0].setup.gateway == "Three"
    page.script("tokens=3", "to-nobody-else")
    assert "no gateway named Three" in page.text
    assert not page.talk.turns
    assert bodies(sandbox, "to-nobody-else") == bodies(other, "to-nobody-else") == []
    choose(page, "1", "glm-5.1 @ Two")
    page.draft()
    assert page.last_run.server.name == "Two"


def test_a_link_names_the_gateway(both: None, open_playground: Callable[..., Playground]) -> None:
    page = open_playground(lane="my/own-model;gateway=Two")
    page.script("tokens=3", "linked")
    assert (page.last_run.request.model, page.last_run.server.name) == ("my/own-model", "Two")
    page.open("share")
    assert any("lane=my%2Fown-model%3Bgateway%3DTwo" in code.value for code in page.at.code)
    # The code for one gateway reads the key of no other.
    codes = "".join(code.value for code in page.at.code)
    assert "GATEWAY_API_KEY" in codes
    assert "RUNAPI_API_KEY" not in codes


def test_what_a_server_refuses_once_is_left_out_for_all(
    write: Callable[[str], None], open_playground: Callable[..., Playground], open_page: Callable[..., AppTest]
) -> None:
    refusal = answer(400, {"error": {"message": "Unexpected fields in the request: {'stream_options'}"}})
    whole = stream(content("Hi"), b"[DONE]")

    with CannedServer(answer(404), refusal, whole) as strict:
        write(f'[[gateway]]\nname = "Strict"\naddress = "{strict.url}"\n')
        page = open_playground()
        page.ask("Hello")
        assert page.last_run.outcome is Outcome.FAILED
        turn = page.talk.turns[-1]
        page.click(f"without-stream_options-{turn.id}")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.bench.lanes[0].setup.parameters.stream_usage
        assert "This server refused `stream_options`" in page.text
        # Another person's first request leaves it out, too.
        stranger = Playground(open_page("pages/playground.py"))
        stranger.ask("Hello")
        assert stranger.last_run.outcome is Outcome.COMPLETED
        sent = [json.loads(one.body) for one in strict.asked if one.method == "POST"]
        assert ["stream_options" in body for body in sent] == [True, False, False]


def test_limits_of_the_server_bind_and_those_of_the_catalog_are_advice(
    write: Callable[[str], None], open_playground: Callable[..., Playground], open_page: Callable[..., AppTest]
) -> None:
    listing = answer(200, {"data": [{"id": "glm-5.1", "max_model_len": 2048}, {"id": "glm-5"}]})
    with CannedServer(listing, stream(content("Hi"), b"[DONE]")) as server:
        write(f'[[gateway]]\nname = "vLLM"\naddress = "{server.url}"\n')
        page = open_playground()
        gateway = runtime.gateways().first
        bound, advice = limits_of(gateway, "glm-5.1"), limits_of(gateway, "glm-5")
        assert (bound.most_context, advice.most_context, advice.most_output) == (2048, None, None)
        assert advice.max_output_tokens
        assert not bound.glm_ranges
        options = page.at.selectbox(key="model-1").options
        assert options[:2] == ["glm-5.1", "glm-5"]
        assert "glm-4.5-air" in options
        choose(page, "1", "glm-5")
        page.open("settings-1")
        page.at.number_input(key="max_tokens-1").set_value(advice.max_output_tokens + 1)
        page.at.number_input(key="temperature-1").set_value(1.5)
        page.run()
        page.ask("Hello")
        assert "send it anyway" in page.why_waiting
        page.draft("anyway")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert json.loads(server.asked[-1].body)["temperature"] == 1.5


class TestANewWorkbench:
    """A server that lists a model of its own and not the usual one."""

    @pytest.fixture(autouse=True)
    def _server(self, write: Callable[[str], None]) -> Iterator[None]:
        with CannedServer(answer(200, {"data": [{"id": "own.gguf"}]})) as server:
            write(f'[[gateway]]\nname = "llama"\naddress = "{server.url}"\n')
            yield

    def test_begins_with_a_model_that_the_server_has(self, open_playground: Callable[..., Playground]) -> None:
        assert open_playground().bench.lanes[0].setup.model == "own.gguf"

    def test_keeps_the_model_that_its_address_names(self, open_playground: Callable[..., Playground]) -> None:
        assert open_playground(model="glm-5.1").bench.lanes[0].setup.model == "glm-5.1"

    def test_keeps_the_model_that_was_chosen(self, open_playground: Callable[..., Playground]) -> None:
        page = open_playground()
        choose(page, "1", "glm-5.1")
        page.run()
        assert page.bench.lanes[0].setup.model == "glm-5.1"
