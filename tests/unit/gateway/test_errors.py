"""What an error is: every shape of body that servers send, as real bytes over loopback, and what it means."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_playground.gateway import Gateway, GatewayError, errors
from glm_playground.gateway.error_meanings import error_class
from glm_playground.gateway.error_shapes import error_in_chunk, read_error_body, read_error_value
from tests.loopback import CannedServer, answer
from tests.unit.gateway.exchange import PLAIN, streamed


def error_of(status: int, body: object, **headers: str) -> tuple[GatewayError, int]:
    """What a chat request ends with, and how often it was sent."""
    with CannedServer(answer(status, body, **headers)) as server:
        told = streamed(Gateway("x", server.url), PLAIN)
    assert told.error is not None
    return told.error, len(server.asked)


def openai(message: str, type_: str | None = None, code: object = None, param: object = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


LOC = [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]
NOT_FOUND = b"<html>\r\n<head><title>404 Not Found</title></head><body><h1>404 Not Found</h1><hr>nginx</body></html>"

SHAPES: dict[str, tuple[int, object, str, str | None]] = {
    "FastAPI, a text": (400, {"detail": "the words"}, "the words", None),
    "transformers serve": (
        422,
        {"detail": "Unexpected fields in the request: {'thinking'}"},
        "Unexpected fields in the request: {'thinking'}",
        None,
    ),
    "LiteLLM": (400, openai("the words", "BadRequestError", "400", None), "the words", "BadRequestError"),
    "llama.cpp": (
        400,
        {"error": {"code": 400, "message": "the words", "type": "invalid_request_error"}},
        "the words",
        "invalid_request_error",
    ),
    "vLLM": (
        400,
        {"object": "error", "message": "the words", "type": "BadRequestError", "param": None, "code": 400},
        "the words",
        "BadRequestError",
    ),
    "vLLM from 0.9": (400, openai("the words", "BadRequestError", 400), "the words", "BadRequestError"),
    "Z.ai": (400, {"error": {"code": "1214", "message": "the words"}}, "the words", "1214"),
    "Google": (
        400,
        [{"error": {"code": 400, "message": "the words", "status": "INVALID_ARGUMENT"}}],
        "the words",
        "INVALID_ARGUMENT",
    ),
    "OpenRouter": (
        502,
        {
            "error": {
                "code": 502,
                "message": "Provider returned error",
                "metadata": {"raw": '{"error":{"message":"w"}}'},
            }
        },
        "Provider returned error: w",
        None,
    ),
    "OpenAI names the parameter": (400, openai("the words", None, "c", "top_p"), "the words (top_p)", "c"),
    "Azure": (401, {"statusCode": 401, "message": "the words"}, "the words", None),
    "Cloudflare": (400, {"success": False, "errors": [{"code": 7003, "message": "the words"}]}, "the words", "7003"),
    "AWS": (400, {"Message": "the words"}, "the words", None),
    "AWS, typed": (400, {"__type": "ValidationException", "message": "the words"}, "the words", "ValidationException"),
    "Spring": (
        404,
        {"timestamp": 1, "status": 404, "error": "Not Found", "path": "/v1/v1"},
        "Not Found",
        None,
    ),
    "problem details": (
        400,
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "the words"},
        "the words",
        None,
    ),
    "Ollama": (400, {"error": "the words"}, "the words", None),
    "an OAuth front door": (
        401,
        {"error": "invalid_token", "error_description": "the words"},
        "the words",
        "invalid_token",
    ),
    "an OAuth front door with its status": (
        401,
        {"error": "invalid_token", "error_description": "the words", "status": 401},
        "the words",
        "invalid_token",
    ),
    "a code with its detail": (403, {"error": "forbidden", "detail": "the words"}, "the words", "forbidden"),
    "CouchDB": (404, {"error": "not_found", "reason": "no such document"}, "no such document", "not_found"),
    "a reason that is none": (400, {"error": "the words", "error_description": ""}, "the words", None),
    "Hugging Face": (400, {"error": ["the words", "and more"]}, "the words; and more", None),
    "MiniMax": (400, {"base_resp": {"status_code": 2013, "status_msg": "the words"}}, "the words", "2013"),
    "SiliconFlow": (400, {"code": 20012, "message": "the words", "data": None}, "the words", "20012"),
    "JSON in JSON": (400, json.dumps(json.dumps(openai("the words", "t"))).encode(), "the words", "t"),
    "a stream of events": (400, b'event: error\ndata: {"error": {"message": "the words"}}\n\n', "the words", None),
    "a byte order mark": (400, b'\xef\xbb\xbf{"error": "the words"}', "the words", None),
    "a page without a title": (502, b"<html><body><h1>502 Bad\nGateway</h1></body></html>", "502 Bad Gateway", None),
    "an object that nobody knows": (
        400,
        {"outcome": {"Reason": "the words"}},
        '{"outcome": {"Reason": "the words"}}',
        None,
    ),
    "an empty object": (400, {}, "Said", None),
    "null": (400, b"null", "Said", None),
    "bytes that are no text": (500, b"\xff\xfe\x00", "\ufffd\ufffd\x00", None),
}


class TestShapes:
    @pytest.mark.parametrize("name", SHAPES)
    def test_the_servers_words_are_found(self, name: str) -> None:
        status, body, words, code = SHAPES[name]
        error, _ = error_of(status, body)
        assert (error.message, error.code, error.speaker) == (words, code, errors.Speaker.SERVER)

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({"detail": LOC}, {"stream_options": ("Extra inputs are not permitted",)}),
            (
                {
                    "detail": [
                        {"loc": ["body", "messages", 0, "content"], "msg": "a"},
                        {"loc": ["body", "n"], "msg": "b"},
                    ]
                },
                {"messages.0.content": ("a",), "n": ("b",)},
            ),
            (
                {"object": "error", "message": {"detail": LOC}, "type": "invalid_request_error", "code": None},
                {"stream_options": ("Extra inputs are not permitted",)},
            ),
            ({"errors": {"top_p": ["too high", "odd"]}}, {"top_p": ("too high", "odd")}),
            ({"errors": [{"field": "top_p", "message": "too high"}]}, {"top_p": ("too high",)}),
            ({"error": "m", "errors": {"a": "b"}}, {"a": ("b",)}),
        ],
    )
    def test_words_by_field(self, body: object, fields: dict[str, tuple[str, ...]]) -> None:
        error, _ = error_of(422, body)
        assert error.fields == fields
        assert error.message


MEANINGS: dict[str, tuple[int, object, type[GatewayError]]] = {
    "LiteLLM's spent quota": (429, openai("m", "insufficient_quota", "429"), errors.CreditsExhausted),
    "LiteLLM's spent budget": (
        400,
        openai("Budget has been exceeded! Current cost: 2.1, Max budget: 2.0", "budget_exceeded", "400"),
        errors.CreditsExhausted,
    ),
    "LiteLLM's wrong key, without a database": (
        400,
        openai("No connected db.", "no_db_connection", "400"),
        errors.AuthenticationFailed,
    ),
    "LiteLLM's wrong key before 1.60": (
        400,
        openai("Authentication Error, Invalid proxy server token passed", None, "400"),
        errors.AuthenticationFailed,
    ),
    "Google's wrong key": (
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        errors.AuthenticationFailed,
    ),
    "xAI's wrong key": (
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: sk***ey."},
        errors.AuthenticationFailed,
    ),
    "llama.cpp's model without eyes": (
        500,
        openai("image input is not supported - hint: you may need to provide the mmproj", "server_error", 500),
        errors.CapabilityUnsupported,
    ),
    "a field named api_key": (
        400,
        openai("tools.0.function.parameters: api_key is required", "invalid_request_error", "400"),
        errors.RequestRejected,
    ),
    "LiteLLM's budget as 429": (
        429,
        openai("ExceededBudget: User is over budget", None, "429"),
        errors.CreditsExhausted,
    ),
    "OpenAI's quota": (
        429,
        openai("You exceeded your current quota, please check", "t", None),
        errors.CreditsExhausted,
    ),
    "Anthropic's balance": (400, openai("Your credit balance is too low to access", "t"), errors.CreditsExhausted),
    "Z.ai's empty account": (
        429,
        {"error": {"code": "1113", "message": "余额不足或无可用资源包"}},
        errors.CreditsExhausted,
    ),
    "OpenAI's context": (400, openai("m", "invalid_request_error", "context_length_exceeded"), errors.LimitExceeded),
    "llama.cpp's context": (
        400,
        {"error": {"code": 400, "message": "m", "type": "exceed_context_size_error", "n_ctx": 8192}},
        errors.LimitExceeded,
    ),
    "LiteLLM's context": (400, openai("litellm.ContextWindowExceededError: m", None, "400"), errors.LimitExceeded),
    "vLLM's context": (
        400,
        {"object": "error", "message": "This model's maximum context length is 4096 tokens. However,", "code": 400},
        errors.LimitExceeded,
    ),
    "SGLang's context": (
        400,
        {"object": "error", "message": "The input (12 tokens) is longer than the model's context length (10 tokens)."},
        errors.LimitExceeded,
    ),
    "OpenAI's largest answer": (
        400,
        openai("max_tokens is too large: 9. This model supports at most 4 completion tokens", "t"),
        errors.LimitExceeded,
    ),
    "text-generation-inference's context": (
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096",
            "error_type": "validation",
        },
        errors.LimitExceeded,
    ),
    "LiteLLM's unknown model": (
        400,
        openai("/chat/completions: Invalid model name passed in model=glm-9. Call `/v1/models`", None, "400"),
        errors.ModelNotFound,
    ),
    "vLLM's unknown model": (
        404,
        {"object": "error", "message": "The model `glm-9` does not exist.", "type": "NotFoundError", "code": 404},
        errors.ModelNotFound,
    ),
    "OpenRouter's unknown model": (400, openai("glm-9 is not a valid model ID", None, 400), errors.ModelNotFound),
    "DeepSeek's unknown model": (400, openai("Model Not Exist", "invalid_request_error"), errors.ModelNotFound),
    "Ollama's unknown model": (
        404,
        openai('model "glm-9" not found, try pulling it first', "api_error"),
        errors.ModelNotFound,
    ),
    "Z.ai's unknown model": (400, {"error": {"code": "1211", "message": "m"}}, errors.ModelNotFound),
    "FastAPI's unknown path": (404, {"detail": "Not Found"}, errors.PathNotFound),
    "nginx's unknown path": (404, NOT_FOUND, errors.PathNotFound),
    "Go's unknown path": (404, b"404 page not found\n", errors.PathNotFound),
    "llama.cpp's unknown path": (
        404,
        {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}},
        errors.PathNotFound,
    ),
    "OpenAI's unknown path": (404, openai("Invalid URL (POST /v1/v1/chat/completions)", "t"), errors.PathNotFound),
    "Express's unknown path": (
        404,
        b"<title>Error</title><pre>Cannot POST /v1/chat/completions</pre>",
        errors.PathNotFound,
    ),
    "a 404 without words": (404, b"", errors.NotFound),
    "a method that is not allowed": (405, {"detail": "Method Not Allowed"}, errors.PathNotFound),
    "transformers serve's unexpected field": (
        422,
        {"detail": "Unexpected fields in the request: {'thinking'}"},
        errors.CapabilityUnsupported,
    ),
    "FastAPI's unexpected field": (422, {"detail": LOC}, errors.CapabilityUnsupported),
    "OpenAI's unexpected field": (
        400,
        openai("Unrecognized request argument supplied: x"),
        errors.CapabilityUnsupported,
    ),
    "LiteLLM's unexpected field": (
        400,
        openai("litellm.UnsupportedParamsError: openai does not support parameters: ['thinking']", None, "400"),
        errors.CapabilityUnsupported,
    ),
    "Google's unexpected field": (
        400,
        [{"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "seed"', "status": "S"}}],
        errors.CapabilityUnsupported,
    ),
    "Azure's filter": (400, openai("m", None, "content_filter"), errors.ContentRefused),
    "Z.ai's filter": (400, {"error": {"code": "1301", "message": "m"}}, errors.ContentRefused),
    "LiteLLM's filter": (400, openai("litellm.ContentPolicyViolationError: m", None, "400"), errors.ContentRefused),
    "a field that is out of range": (400, openai("temperature must be at most 1", "t"), errors.RequestRejected),
    "OpenAI's rate limit": (
        429,
        openai("Rate limit reached for tokens per min", "tokens", "rate_limit_exceeded"),
        errors.RateLimited,
    ),
    "LiteLLM's rate limit": (429, openai("m", "throttling_error", "429"), errors.RateLimited),
    "a proxy that wants a password": (407, b"", errors.ProxyRefused),
}


class TestMeanings:
    @pytest.mark.parametrize("name", MEANINGS)
    def test_an_error_means_what_the_server_means(self, name: str) -> None:
        status, body, expected = MEANINGS[name]
        error, sent = error_of(status, body, retry_after="0")
        assert type(error) is expected
        assert sent == (3 if expected is errors.RateLimited else 1)

    def test_a_code_that_only_repeats_the_status_is_none(self) -> None:
        error, _ = error_of(429, openai("m", None, "429"), retry_after="0")
        assert (error.status, error.code) == (429, None)


KEYS = (
    *("error", "errors", "message", "msg", "detail", "details", "code", "type", "object", "param", "metadata", "raw"),
    *("loc", "field", "base_resp", "status_code", "success", "status", "choices", "event"),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(values, st.integers(300, 599))
def test_any_json_is_an_error_with_words(value: object, status: int) -> None:
    told = read_error_body(json.dumps(value).encode(), "", status)
    assert told.message.strip()
    assert issubclass(error_class(status, told), GatewayError)
    assert all(isinstance(text, str) for texts in told.fields.values() for text in texts)
    if isinstance(value, dict) and (error := error_in_chunk(value)):
        read_error_value(json.loads(json.dumps(error)))


@given(st.binary(max_size=200), st.integers(300, 599))
def test_any_bytes_are_an_error_with_words(body: bytes, status: int) -> None:
    assert read_error_body(body, "", status).message.strip()
