"""What lanes were asked, and what they answered."""

from collections.abc import Callable
from typing import Any

from glm_playground.chat.conversation import Turn
from glm_playground.runs.run import Run

BodyOf = Callable[[Run], dict[str, Any]]


def contents(body: dict[str, Any]) -> list[str]:
    return [message["content"] for message in body["messages"]]


def answers(turn: Turn) -> list[str]:
    return [answer.content for answer in turn.answers]
