"""Further fields of a request: which are sent, and which never."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.chat.checks import Problem, check_request
from glm_playground.chat.extra import refused_fields
from glm_playground.chat.notice import NoticeKind
from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Preset, PresetProblem, Setup, read_presets, setup_of, write_presets
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import from_json, to_json
from glm_playground.gateway import ChatRequest, Message, Parameters
from tests.bundles import recorded_run
from tests.unit.chat.fake_runner import FakeRunner

HELLO = (Message(role="user", content="hello"),)


def problem_of(extra: dict[str, Any], allowed: frozenset[str] | None = None) -> tuple[Problem, tuple[str, ...]] | None:
    found = check_request(
        ChatRequest(model="m", messages=HELLO, extra=extra),
        context_tokens=None,
        max_output_tokens=1000,
        allowed_fields=allowed,
    )
    return found and (found.problem, found.names)


@pytest.mark.parametrize(
    "name",
    [
        *("api_base", "api_key", "user", "callback_url", "base_url", "headers", "extra_headers", "authorization"),
        *("webhook", "safety_identifier", "organization", "API_BASE", "Base-URL", "apiBase", "baseUrl", "X-Api-Key"),
        *(
            "callback",
            "webhook_url",
            "proxy",
            "api.base",
            "model",
            "messages",
            "stream",
            "models",
            "fallbacks",
            "cookie",
        ),
        *("end_user_id", "customer", "aws_secret_access_key", "vertex_credentials", "litellm_params", "token"),
        *("OpenAI-Organization", "project", "ａｐｉ＿ｋｅｙ", "session_id", "client_secret", "access_token"),
    ],
)
def test_what_redirects_authenticates_or_identifies_is_refused(name: str) -> None:
    assert problem_of({"top_k": 3, name: "x"}) == (Problem.FIELDS_REFUSED, (name,))


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        ({"metadata": {"user_id": "u"}}, ("metadata.user_id",)),
        ({"extra_body": {"api_base": "http://evil.example"}}, ("extra_body.api_base",)),
        ({"a": [{"b": {"Authorization": "x"}}]}, ("a.b.Authorization",)),
    ],
)
def test_nested_ones_are_found(extra: dict[str, Any], names: Sequence[str]) -> None:
    assert problem_of(extra) == (Problem.FIELDS_REFUSED, names)


@pytest.mark.parametrize(
    "extra",
    [
        {"top_k": 3, "seed": 1, "repetition_penalty": 1.1, "request_id": "r", "logit_bias": {"user": 1}},
        {"tools": [{"type": "web_search", "function": {"parameters": {"properties": {"user": {}, "url": {}}}}}]},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {"key": {}}}}}},
        {"chat_template_kwargs": {"enable_thinking": False}, "prompt_cache_key": "a", "user_tier": "gold"},
    ],
)
def test_what_shapes_the_answer_is_sent(extra: dict[str, Any]) -> None:
    assert problem_of(extra) is None


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ({"max_tokens": 999_999_999}, Problem.MAX_TOKENS_TOO_HIGH),
        ({"max_completion_tokens": 999_999_999}, Problem.MAX_TOKENS_TOO_HIGH),
        ({"max_tokens": 0}, Problem.MAX_TOKENS_TOO_LOW),
        ({"temperature": 5}, Problem.TEMPERATURE_OUT_OF_RANGE),
        ({"top_p": 2}, Problem.TOP_P_OUT_OF_RANGE),
        ({"n": 50}, Problem.TOO_MANY_ANSWERS),
        ({"best_of": 50}, Problem.TOO_MANY_ANSWERS),
        ({"max_tokens": "999999999"}, Problem.NOT_A_NUMBER),
        ({"n": [50]}, Problem.NOT_A_NUMBER),
        ({"temperature": True}, Problem.NOT_A_NUMBER),
    ],
)
def test_fields_with_a_control_are_checked_as_it_is(extra: dict[str, Any], problem: Problem) -> None:
    found = problem_of(extra)
    assert found
    assert found[0] is problem


def test_the_operator_s_list_holds_whatever_the_names() -> None:
    allowed = frozenset({"user", "top_k", "messages"})
    assert problem_of({"user": "u", "top_k": 3}, allowed) is None
    assert problem_of({"seed": 1, "messages": [], "user": "u"}, allowed) == (
        Problem.FIELDS_REFUSED,
        ("seed", "messages"),
    )
    assert problem_of({"top_k": 3}, frozenset()) == (Problem.FIELDS_REFUSED, ("top_k",))


@pytest.mark.slow
@given(st.recursive(st.dictionaries(st.text(max_size=9), st.none()), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_object_can_be_looked_through(extra: dict[str, Any]) -> None:
    assert len(refused_fields(extra)) <= 10


def test_a_deep_object_is_looked_through() -> None:
    extra: dict[str, Any] = {"user": 1}
    for _level in range(5_000):
        extra = {"a": extra}
    assert len(refused_fields(extra)) == 1


EVIL = Setup(model="glm-5.1", parameters=Parameters(extra={"api_base": "http://evil.example"}))


def session_with(how: str) -> tuple[Session, FakeRunner]:
    """A session whose first lane carries a refused field that came in this way."""
    runner, bench = FakeRunner(), Workbench()
    session = Session(bench, runner)
    match how:
        case "preset":
            presets = read_presets(write_presets([Preset(name="a", lanes=(EVIL,))]).encode())
            assert not isinstance(presets, PresetProblem)
            session.use_setups(presets[0].lanes)
        case "bundle":
            request = ChatRequest(**EVIL.parameters.model_dump(), model="glm-5.1", messages=HELLO)
            run = recorded_run("1", "hi", request=request)
            session.use_conversations([(setup_of(run.request), conversation_of([run]))])
        case "stored workbench":
            session.use_setups([EVIL])
            stored = to_json(bench, lambda _run: False)
            session = Session(from_json(stored, {}, id="1", name=""), runner)
        case "another lane":
            session.edit(bench.lanes[0], "extra", '{"api_base": "http://evil.example"}')
            session.duplicate(bench.lanes[0])
            session.remove(bench.lanes[0])
    return session, runner


@pytest.mark.parametrize("how", ["preset", "bundle", "stored workbench", "another lane"])
def test_they_are_refused_whatever_way_they_came(how: str) -> None:
    session, runner = session_with(how)
    session.submit("hello")
    assert not runner.runs
    notice = session.bench.drafts[-1].notice
    assert notice
    assert notice.kind is NoticeKind.CHECK
    assert notice.finding
    assert notice.finding.names == ("api_base",)
