"""How thinking is switched, as each server takes it."""

from typing import Any

import pytest

from glm_playground.gateway import ChatRequest, Dialect, Message, ThinkingSwitch

TYPE, TEMPLATE, NONE = ThinkingSwitch


def fields(switch: ThinkingSwitch, **given: Any) -> dict[str, Any]:
    request = ChatRequest(model="m", messages=(Message(role="user", content="Hi"),), **given)
    return request.said_in(Dialect(switch)).fields()


@pytest.mark.parametrize(
    ("switch", "given", "sent"),
    [
        (TYPE, {"thinking": False}, {"thinking": {"type": "disabled"}}),
        (TYPE, {"thinking": True, "clear_thinking": False}, {"thinking": {"type": "enabled", "clear_thinking": False}}),
        (TEMPLATE, {"thinking": False}, {"chat_template_kwargs": {"enable_thinking": False}}),
        (TEMPLATE, {"clear_thinking": False}, {"chat_template_kwargs": {"clear_thinking": False}}),
        (
            TEMPLATE,
            {"thinking": True, "extra": {"chat_template_kwargs": {"preserve": 1}}},
            {"chat_template_kwargs": {"enable_thinking": True, "preserve": 1}},
        ),
        (
            TEMPLATE,
            {"thinking": True, "extra": {"chat_template_kwargs": {"enable_thinking": False}}},
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        (TEMPLATE, {"thinking": True, "extra": {"chat_template_kwargs": 1}}, {"chat_template_kwargs": 1}),
        (TEMPLATE, {}, {}),
        (TYPE, {"extra": {"chat_template_kwargs": {"x": 1}}}, {"chat_template_kwargs": {"x": 1}}),
        (NONE, {"thinking": False, "clear_thinking": True}, {}),
    ],
)
def test_the_switch(switch: ThinkingSwitch, given: dict[str, Any], sent: dict[str, Any]) -> None:
    assert fields(switch, **given) == sent


def test_to_send_without_it_takes_the_switch_back() -> None:
    request = ChatRequest(model="m", messages=(), thinking=False, extra={"chat_template_kwargs": {"x": 1}, "y": 2})
    assert request.said_in(Dialect(TEMPLATE)).without("chat_template_kwargs").fields() == {"y": 2}
