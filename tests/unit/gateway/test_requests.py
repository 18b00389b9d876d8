"""What is sent and where, what cannot be sent, what a server refuses, and the figures that come back."""

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.gateway import ChatRequest, Figure, Gateway, Message, Usage, errors, figures_of, usage_of
from glm_playground.gateway.endpoint import api_root_of
from glm_playground.gateway.wire import Parameters, unsendable
from tests.loopback import CannedServer, answer, content, stream
from tests.unit.gateway.exchange import PLAIN, streamed


class TestAddresses:
    @pytest.mark.parametrize(
        ("written", "asked"),
        [
            ("https://runapi.ai", "https://runapi.ai/v1"),
            ("https://runapi.ai/", "https://runapi.ai/v1"),
            ("https://runapi.ai/v1", "https://runapi.ai/v1"),
            ("https://api.z.ai/api/paas/v4/", "https://api.z.ai/api/paas/v4"),
            ("https://api.z.ai/api/coding/paas/v4", "https://api.z.ai/api/coding/paas/v4"),
            ("https://g.test/v1beta/openai/", "https://g.test/v1beta/openai"),
            ("https://api.deepinfra.com/v1/openai", "https://api.deepinfra.com/v1/openai"),
            ("https://api.novita.ai/v3/openai", "https://api.novita.ai/v3/openai"),
            ("https://gateway.ai.cloudflare.com/v1/a/b/compat", "https://gateway.ai.cloudflare.com/v1/a/b/compat"),
            ("https://c.test/compat", "https://c.test/compat"),
            ("https://a.test/openai/v1", "https://a.test/openai/v1"),
            ("https://h.test/v1/chat/completions", "https://h.test/v1"),
            ("https://h.test/v1/chat/completions/", "https://h.test/v1"),
            ("https://api.perplexity.ai/chat/completions", "https://api.perplexity.ai"),
            ("https://h.test/v1/models", "https://h.test/v1"),
            ("https://h.test/proxy", "https://h.test/proxy/v1"),
            ("https://h.test/v1x", "https://h.test/v1x/v1"),
            ("http://v1:8000", "http://v1:8000/v1"),
        ],
    )
    def test_an_address_is_used_as_it_is_written(self, written: str, asked: str) -> None:
        assert api_root_of(written) == asked
        assert api_root_of(asked) == asked or "proxy" in written or "perplexity" in written
        assert Gateway("x", written).chat_url == f"{asked}/chat/completions"

    def test_it_is_what_is_asked(self) -> None:
        with CannedServer(stream(content("a"), b"[DONE]")) as server:
            streamed(Gateway("x", f"{server.url}/v1beta/openai"), PLAIN)
        assert server.asked[0].path == "/v1beta/openai/chat/completions"


class TestUnsendable:
    @pytest.mark.parametrize(
        ("extra", "where"),
        [
            ({"x": math.inf}, "x: "),
            ({"x": [1, {"y": math.nan}]}, "x.1.y: "),
            ({"x": "\ud800"}, "x: "),
            ({"a\udfff": 1}, "a"),
            ({"x": {"y": ["ok", "\udcff"]}}, "x.y.1: "),
        ],
    )
    def test_what_json_cannot_carry_is_refused_with_words_before_anything_is_sent(
        self, extra: dict[str, object], where: str
    ) -> None:
        with CannedServer(stream(content("a"), b"[DONE]")) as server:
            told = streamed(Gateway("x", server.url), PLAIN.model_copy(update={"extra": extra}))
        assert type(told.error) is errors.RequestUnsendable
        assert told.error.message.startswith(where)
        assert server.asked == []
        told.error.message.encode()

    def test_a_prompt_with_half_a_character(self) -> None:
        request = ChatRequest(model="m", messages=(Message(role="user", content="a\ud83d"),))
        with pytest.raises(errors.RequestUnsendable, match=r"^messages\.0\.content: "):
            request.encoded()

    def test_what_nests_without_end(self) -> None:
        nested: list[object] = []
        for _ in range(5000):
            nested = [nested]
        with pytest.raises(errors.RequestUnsendable, match="nested too deeply"):
            PLAIN.model_copy(update={"extra": {"x": nested}}).encoded()

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda i: st.lists(i) | st.dictionaries(st.text(), i),
            max_leaves=8,
        )
    )
    def test_what_is_sendable_is_sent(self, value: object) -> None:
        request = PLAIN.model_copy(update={"extra": {"x": value}})
        if unsendable({"x": value}) is None:
            assert json.loads(request.encoded())["x"] == value
        else:
            with pytest.raises(errors.RequestUnsendable):
                request.encoded()


class TestBodies:
    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            (
                {"temperature": 0.0, "top_p": 1.0, "seed": 0, "do_sample": False},
                {"temperature": 0.0, "top_p": 1.0, "seed": 0, "do_sample": False},
            ),
            ({"stop": "", "tools": (), "extra": {}, "response_format": None}, {}),
            ({"stop": "\n"}, {"stop": ["\n"]}),
            ({"stop": "a", "extra": {"stop": ["b", "c"], "n": 2}}, {"stop": ["b", "c"], "n": 2}),
            (
                {"max_tokens": 5, "extra": {"max_completion_tokens": 8}},
                {"max_tokens": 5, "max_completion_tokens": 8},
            ),
            ({"extra": {"temperature": None}, "temperature": 0.5}, {"temperature": None}),
        ],
    )
    def test_what_is_set_is_sent_and_nothing_else(self, given: dict[str, object], sent: dict[str, object]) -> None:
        with CannedServer(stream(content("a"), b"[DONE]")) as server:
            streamed(Gateway("x", server.url), PLAIN.model_copy(update=given))
        body = json.loads(server.asked[0].body)
        for name in ("model", "messages", "stream", "stream_options"):
            body.pop(name)
        assert body == sent

    def test_messages_as_servers_take_them(self) -> None:
        image = "data:image/png;base64,iVBORw0KGgo="
        messages = (
            Message(role="system", content="你好 \u2028 \x00"),
            Message(role="user", content=" \n", images=(image,)),
            Message(role="assistant", content=""),
            Message(role="user", content="x", images=(image, image)),
        )
        with CannedServer(stream(content("a"), b"[DONE]")) as server:
            streamed(Gateway("x", server.url), ChatRequest(model="模型 1", messages=messages))
        body = json.loads(server.asked[0].body)
        part = {"type": "image_url", "image_url": {"url": image}}
        assert body["model"] == "模型 1"
        assert [message["content"] for message in body["messages"]] == [
            "你好 \u2028 \x00",
            [part],
            "",
            [part, part, {"type": "text", "text": "x"}],
        ]


class TestWithout:
    def test_a_server_that_refuses_stream_options(self) -> None:
        refusal = answer(
            422, {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}
        )
        with CannedServer(refusal, stream(content("a"), b"[DONE]")) as server:
            gateway = Gateway("x", server.url)
            refused = streamed(gateway, PLAIN).error
            assert refused
            (field,) = refused.fields
            told = streamed(gateway, PLAIN.without(field))
        assert told.text == "a"
        assert ["stream_options" in json.loads(request.body) for request in server.asked] == [True, False]

    def test_every_field_of_the_body_can_be_left_out(self) -> None:
        full = ChatRequest(
            model="m",
            messages=PLAIN.messages,
            temperature=0.5,
            top_p=0.5,
            max_tokens=5,
            stop="x",
            seed=1,
            thinking=True,
            clear_thinking=False,
            reasoning_effort="high",
            do_sample=True,
            tools=({"type": "function"},),
            response_format={"type": "json_object"},
            extra={"n": 2, "seed": 7},
        )
        needed = {"model", "messages", "stream"}
        optional = full.body().keys() - needed
        assert {"stream_options", "thinking", "seed", "n", "tools"} <= optional
        for field in optional:
            assert full.body().keys() - full.without(field).body().keys() == {field}
        assert full.without("messages") == full
        assert full.without("never heard of") == full

    def test_settings_of_before_are_read(self) -> None:
        assert Parameters.model_validate({"temperature": 0.5}).stream_usage


class TestFigures:
    @pytest.mark.parametrize(
        ("usage", "expected"),
        [
            ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(9, cached_tokens=4)),
            ({"prompt_tokens": 9, "cached_tokens": 4}, Usage(9, cached_tokens=4)),
            (
                {"prompt_tokens": 9, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5},
                Usage(9, cached_tokens=4),
            ),
            ({"prompt_tokens": 9, "cache_read_input_tokens": 4}, Usage(9, cached_tokens=4)),
            (
                {"input_tokens": 9, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 0}},
                Usage(9, 3, None, 0),
            ),
            ({"completion_tokens": 3, "reasoning_tokens": 2}, Usage(None, 3, reasoning_tokens=2)),
            ({"prompt_tokens": 9, "prompt_tokens_details": None, "cached_tokens": 4}, Usage(9, cached_tokens=4)),
            ({"cost": 0.25}, Usage(cost=Decimal("0.25"))),
            ({"estimated_cost": 1e-05}, Usage(cost=Decimal("0.00001"))),
            ({"cost": {"total_cost": 0.006}}, Usage(cost=Decimal("0.006"))),
            ({"cost": None, "prompt_tokens": [], "cached_tokens": {}}, Usage()),
            ({"prompt_tokens": "12", "completion_tokens": 3.0, "cost": "0.0012"}, Usage(12, 3, cost=Decimal("0.0012"))),
            (
                {"prompt_tokens": " 12.0 ", "completion_tokens": "1e2", "cost": "1e-05"},
                Usage(12, 100, cost=Decimal("0.00001")),
            ),
            ({"prompt_tokens_details": {"cached_tokens": "4"}, "prompt_tokens": "9"}, Usage(9, cached_tokens=4)),
            # What cannot be is not believed, and the next place is.
            ({"prompt_tokens": -1, "input_tokens": 5, "completion_tokens": 2.5, "cost": -0.1}, Usage(5)),
            ({"prompt_tokens": 10**9 + 1, "completion_tokens": "1e99", "cost": 1e7}, Usage()),
            ({"prompt_tokens": "twelve", "completion_tokens": "1_000", "cost": "$0.10"}, Usage()),
            ({"prompt_tokens": "NaN", "completion_tokens": "Infinity", "total_tokens": "", "cost": "-0.1"}, Usage()),
            ({"prompt_tokens": "٣", "completion_tokens": True, "cost": "9" * 40}, Usage()),
        ],
    )
    def test_the_usage_wherever_it_stands(self, usage: object, expected: Usage) -> None:
        assert usage_of(json.dumps(usage)) == expected

    def test_the_servers_own_figures_keep_its_names(self) -> None:
        texts = [
            '{"prompt_progress": {"total": 9, "processed": 4}}',
            '{"prompt_progress": {"total": 9, "processed": 9}}',
            '{"timings": {"predicted_per_second": 41.5, "cache_n": 3, "a": {"b": {"c": {"d": 1}}}, "x": null}}',
            '{"x_groq": {"id": "req", "usage": {"queue_time": 0.02}}}',
        ]
        assert figures_of(texts, [("x-litellm-call-id", "c1")]) == (
            Figure("prompt_progress", "total", 9),
            Figure("prompt_progress", "processed", 9),
            Figure("timings", "predicted_per_second", 41.5),
            Figure("timings", "cache_n", 3),
            Figure("x_groq", "id", "req"),
            Figure("x_groq", "usage.queue_time", 0.02),
            Figure("header", "x-litellm-call-id", "c1"),
        )
