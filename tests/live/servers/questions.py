"""What the real servers are asked."""

import json
from typing import Any

from glm_playground.gateway import ChatRequest, Gateway, Message, ToolCall
from glm_playground.runs.engine import Engine
from glm_playground.runs.run import Run
from tests.asking import finished
from tests.live.servers.llama_server import MODEL

UNTHINKING = {"chat_template_kwargs": {"enable_thinking": False}}
REASONED = {"grammar": 'root ::= "Two and two.</think>Four."'}
"""Makes llama.cpp's model reason, and then answer."""
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
WET: dict[str, Any] = {
    "type": "object",
    "properties": {"wet": {"type": "boolean"}},
    "required": ["wet"],
    "additionalProperties": False,
}


def asked(engine: Engine, gateway: Gateway, *messages: Message | str, model: str = MODEL, **fields: Any) -> Run:
    """The run of one question, with the likeliest token each time; a bare text is a user's message."""
    told = tuple(Message(role="user", content=one) if isinstance(one, str) else one for one in messages)
    request = ChatRequest(model=model, messages=told, **{"temperature": 0, "max_tokens": 16, **fields})
    return finished(engine, engine.start(request, gateway), 120)


def earlier_call(city: str, call_id: str) -> tuple[Message, ...]:
    """A turn in which the tool was called; after two of them the model does the same again."""
    call = ToolCall(id=call_id, name="weather", arguments=json.dumps({"city": city}))
    return (
        Message(role="user", content=f"Weather in {city}?"),
        Message(role="assistant", content="", tool_calls=(call,)),
        Message(role="tool", content="21 degrees", tool_call_id=call_id),
        Message(role="assistant", content="21 degrees."),
    )


def has_ended_well(run: Run) -> Run:
    """`run`, which no error ended."""
    assert run.error is None, run.error
    return run
