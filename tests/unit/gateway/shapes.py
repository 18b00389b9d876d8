"""The shapes that servers stream: answers, errors, heartbeats."""

import json

from glm_playground.gateway import EventKind
from tests.loopback import content

CONTENT, REASONING, FINISH = EventKind.CONTENT, EventKind.REASONING, EventKind.FINISH


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def choice(delta: object = None, finish: object = None, **fields: object) -> dict[str, object]:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **fields}


HI = event(content("a")) + event(content("b")) + event(choice({}, "stop"))
DONE_EVENT = b"data: [DONE]\n\n"

ERRORS = {
    "llama.cpp before 2025: a line error:": (b'error: {"code":400,"message":"x"}\n\n', "x", "400"),
    "a line error: that is no JSON": (b"error: out of memory\n\n", "out of memory", None),
    "vLLM before 0.9": (event({"object": "error", "message": "x", "code": 400}), "x", "400"),
    "SGLang": (event({"object": "error", "message": "x", "type": "Abort", "param": None, "code": 500}), "x", "Abort"),
    "OpenAI": (event({"error": {"message": "x", "type": "server_error", "code": None}}), "x", "server_error"),
    "Ollama": (event({"error": "x"}), "x", None),
    "an OAuth front door": (event({"error": "e", "error_description": "x of it"}), "x of it", "e"),
    "text-generation-inference": (event({"error": "x", "error_type": "overloaded"}), "x", "overloaded"),
    "Anthropic": (
        b"event: error\n" + event({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}),
        "x",
        "overloaded_error",
    ),
    "an event called error, whatever its shape": (b"event: error\n" + event({"message": "x"}), "x", None),
    "an event called error without JSON": (
        b"event: error\r\ndata: Internal Server Error\r\n\r\n",
        "Internal Server E",
        None,
    ),
    "an event called error that says nothing": (b"event: error\ndata: null\n\n", "an error without words", None),
    "an event called error with an empty list": (b"event: error\ndata: []\n\n", "an error without words", None),
    "an event called error with a heartbeat's word": (b"event: error\ndata: ping\n\n", "ping", None),
    "OpenRouter, beside a choice": (
        event(choice({"content": ""}, "error", error={"code": 502, "message": "x", "metadata": {"raw": "y"}})),
        "x: y",
        "502",
    ),
    "an error inside the choice": (
        event({"choices": [{"index": 0, "delta": {}, "error": {"code": "c", "message": "x"}}]}),
        "x",
        "c",
    ),
    "LiteLLM": (event({"error": {"message": "x", "type": "None", "param": "None", "code": "500"}}), "x", "500"),
    "Z.ai": (event({"error": {"code": "1305", "message": "x"}}), "x", "1305"),
    "Z.ai, flat": (event({"code": "1234", "message": "x"}), "x", "1234"),
    "DashScope": (event({"code": "InvalidParameter", "message": "x", "request_id": "r"}), "x", "InvalidParameter"),
    "MiniMax": (event({"choices": [], "base_resp": {"status_code": 1004, "status_msg": "x"}}), "x", "1004"),
    "Baidu": (event({"error_code": 336, "error_msg": "x"}), "x", "336"),
    "FastAPI": (event({"detail": "x"}), "x", None),
    "an event called error, in several lines": (
        b'event: error\ndata: {\ndata:   "message": "x"\ndata: }\n\n',
        "x",
        None,
    ),
    "Google, in a list": (
        b"data: " + json.dumps([{"error": {"code": 429, "message": "x"}}]).encode() + b"\n\n",
        "x",
        "429",
    ),
    "a line without data:": (b'{"error": {"message": "x"}}\n', "x", None),
}


HEARTBEATS = {
    "a comment": b": ping\n\n",
    "OpenRouter": b": OPENROUTER PROCESSING\n\n",
    "Anthropic": b'event: ping\ndata: {"type": "ping"}\n\n',
    "an event called heartbeat": b"event: heartbeat\r\ndata: {}\r\n\r\n",
    "a bare word": b"data: ping\n\n",
    "an empty event": b"data:\n\n",
    "an empty event with a name": b"event: ping\ndata:\n\n",
    "a quoted word": b'data: "keep-alive"\n\n',
    "a word in capitals": b"data: PING\n\n",
    "null": b"data: null\n\n",
    "an empty list": b"data: []\n\n",
    "a comment that a proxy made data of": b"data: : OPENROUTER PROCESSING\n\n",
    "a line of spaces": b"  \n\n",
    "retry and id": b"id: 7\nretry: 3000\n\n",
}


def parts(*items: object) -> dict[str, object]:
    return choice({"content": list(items)})


ANSWERS: dict[str, tuple[bytes, list[tuple[EventKind, str]]]] = {
    "the last chunk repeats the whole as message": (
        HI.replace(b'"delta": {}', b'"delta": {}, "message": {"role": "assistant", "content": "ab"}'),
        [(CONTENT, "a"), (CONTENT, "b"), (FINISH, "stop")],
    ),
    "a message beside a null delta, behind the answer": (
        event(content("ab"))
        + event({"choices": [{"delta": None, "message": {"content": "ab"}, "finish_reason": "stop"}]}),
        [(CONTENT, "ab"), (FINISH, "stop")],
    ),
    "a whole answer as the only chunk of a stream": (
        event({"choices": [{"message": {"role": "assistant", "content": "ab"}, "finish_reason": "stop"}]}),
        [(CONTENT, "ab"), (FINISH, "stop")],
    ),
    "reasoning, then the whole as message": (
        event(choice({"reasoning": "r"})) + event({"choices": [{"message": {"content": "ab", "reasoning": "r"}}]}),
        [(REASONING, "r"), (CONTENT, "ab")],
    ),
    "Perplexity repeats the whole beside every delta": (
        event({"choices": [{"delta": {"content": "a"}, "message": {"content": "a"}}]})
        + event({"choices": [{"delta": {"content": "b"}, "message": {"content": "ab"}}]}),
        [(CONTENT, "a"), (CONTENT, "b")],
    ),
    "Perplexity ends with an event of another name that holds the whole": (
        event({"object": "chat.completion.chunk", **content("a")})
        + event({"object": "chat.completion.chunk", **content("b")})
        + event({"object": "chat.completion.done", **choice({"role": "assistant", "content": "ab"}, "stop")}),
        [(CONTENT, "a"), (CONTENT, "b"), (FINISH, "stop")],
    ),
    "the whole as a last event calls it a completion, with calls that no delta had": (
        event({"object": "chat.completion.chunk", **content("a")})
        + event({"object": "chat.completion", **choice({"content": "a", "tool_calls": [{"index": 0}]}, "stop")}),
        [(CONTENT, "a"), (EventKind.TOOL_CALLS, '[{"index": 0}]'), (FINISH, "stop")],
    ),
    "a server that calls every chunk but the first a completion": (
        event({"object": "chat.completion.chunk", **content("a")})
        + event({"object": "chat.completion", **content("b")})
        + event({"object": "chat.completion", **choice({"content": "c"}, "stop")}),
        [(CONTENT, "a"), (CONTENT, "b"), (CONTENT, "c"), (FINISH, "stop")],
    ),
    "the whole as a last event that says not why it ended": (
        event({"object": "chat.completion.chunk", **content("a")})
        + event({"object": "chat.completion.done", **content("a")}),
        [(CONTENT, "a"), (EventKind.EMPTY, "")],
    ),
    "a server that calls every chunk a completion": (
        event({"object": "chat.completion", **content("ha")}) * 2,
        [(CONTENT, "ha"), (CONTENT, "ha")],
    ),
    "a last delta that says the same again is a delta": (
        event(content("ha")) + event(choice({"content": "ha"}, "stop")),
        [(CONTENT, "ha"), (CONTENT, "ha"), (FINISH, "stop")],
    ),
    "the shape of completions without chat": (
        event({"object": "text_completion", "choices": [{"index": 0, "text": "a", "finish_reason": None}]})
        + event({"object": "text_completion", "choices": [{"index": 0, "text": "b", "finish_reason": "stop"}]}),
        [(CONTENT, "a"), (CONTENT, "b"), (FINISH, "stop")],
    ),
    "a text beside a delta without one": (
        event({"choices": [{"index": 0, "text": "a", "delta": None}]}),
        [(CONTENT, "a")],
    ),
    "Together says each delta as text too": (
        event({"choices": [{"index": 0, "text": "a", "delta": {"content": "a"}}]})
        + event({"choices": [{"index": 0, "text": "", "delta": {"content": "b"}}]}),
        [(CONTENT, "a"), (CONTENT, "b")],
    ),
    "OpenRouter's details of reasoning": (
        event(choice({"reasoning_details": [{"type": "reasoning.text", "text": "r", "signature": "s"}]}))
        + event(choice({"reasoning_details": [{"type": "reasoning.summary", "summary": "t"}], "content": ""}))
        + event(choice({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]})),
        [(REASONING, "r"), (REASONING, "t"), (EventKind.EMPTY, "")],
    ),
    "OpenRouter says them beside the reasoning": (
        event(choice({"reasoning": "r", "reasoning_details": [{"type": "reasoning.text", "text": "r"}]})),
        [(REASONING, "r")],
    ),
    "LiteLLM's thinking blocks": (
        event(choice({"thinking_blocks": [{"type": "thinking", "thinking": "r", "signature": "s"}]})),
        [(REASONING, "r")],
    ),
    "reasoning as an object": (
        event(choice({"reasoning": {"content": "r"}}))
        + event(choice({"reasoning": {"effort": "low", "summary": [{"type": "summary_text", "text": "t"}]}}))
        + event(choice({"reasoning": {"effort": "low", "summary": None}, "content": "a"})),
        [(REASONING, "r"), (REASONING, "t"), (CONTENT, "a")],
    ),
    "one value in several lines of data": (
        b"".join(b"data: %b\n" % line for line in json.dumps(content("a"), indent=2).encode().splitlines())
        + b"\n"
        + event(content("b")),
        [(CONTENT, "a"), (CONTENT, "b")],
    ),
    "a broken event, without an empty line behind it": (
        b'data: {"choi\n' + event(content("a"))[:-1] + event(content("b")),
        [(EventKind.UNREADABLE, '{"choi'), (CONTENT, "a"), (CONTENT, "b")],
    ),
    "a proxy that wraps events in events": (b"data: " + event(content("a")), [(CONTENT, "a")]),
    "a chunk in a list": (b"data: [" + event(content("a"))[6:-2] + b"]\n\n", [(CONTENT, "a")]),
    "control characters as they are": (
        b'data: {"choices": [{"delta": {"content": "a\tb\x01"}}]}\n\n',
        [(CONTENT, "a\tb\x01")],
    ),
    "content as one part": (event(choice({"content": {"type": "text", "text": "a"}})), [(CONTENT, "a")]),
    "two answers side by side": (
        event({"choices": [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "x"}}]})
        + event({"choices": [{"index": 1, "delta": {"content": "y"}}]})
        + event({"choices": [{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]}),
        [(CONTENT, "a"), (EventKind.EMPTY, ""), (CONTENT, "b"), (FINISH, "stop")],
    ),
    "two answers, the second first": (
        event({"choices": [{"index": 1, "delta": {"content": "y"}}]})
        + event({"choices": [{"index": 0, "delta": {"content": "a"}}]})
        + event({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}),
        [(CONTENT, "y"), (EventKind.EMPTY, ""), (FINISH, "stop")],
    ),
    "two choices without an index": (
        event({"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "x"}}]}),
        [(CONTENT, "a")],
    ),
    "null where something should be": (
        event({"choices": None}) + event(choice(None)) + event({"choices": [], "usage": None}) + event(content("a")),
        [(EventKind.EMPTY, "")] * 3 + [(CONTENT, "a")],
    ),
    "Ollama calls reasoning thinking": (event(choice({"thinking": "r", "content": ""})), [(REASONING, "r")]),
    "Mistral has reasoning among the parts": (
        event(parts({"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}))
        + event(parts({"type": "text", "text": "a"})),
        [(REASONING, "r"), (CONTENT, "a")],
    ),
    "OpenAI refuses in a field of its own": (event(choice({"refusal": "I cannot."})), [(CONTENT, "I cannot.")]),
    "a function call of the older kind": (
        event(choice({"function_call": {"name": "f", "arguments": "{}"}}, "function_call")),
        [
            (
                EventKind.TOOL_CALLS,
                '[{"index": 0, "type": "function", "function": {"name": "f", "arguments": "{}"}}]',
            ),
            (FINISH, "function_call"),
        ],
    ),
    "Moonshot has the usage in the choice": (
        event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": {"completion_tokens": 1}}]}),
        [(FINISH, "stop"), (EventKind.USAGE, '{"completion_tokens": 1}')],
    ),
    "llama.cpp's timings": (
        event(choice({}, "stop", timings={"predicted_ms": 1.5})),
        [(FINISH, "stop"), (EventKind.FIGURES, '{"timings": {"predicted_ms": 1.5}}')],
    ),
    "llama.cpp's progress": (
        event({"choices": [], "prompt_progress": {"total": 9, "processed": 4}}),
        [(EventKind.FIGURES, '{"prompt_progress": {"total": 9, "processed": 4}}')],
    ),
}
