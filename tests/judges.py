"""A server whose models answer as a test has them do, among them judges with a known fault."""

import json
import re
import socket
from collections.abc import Callable
from typing import Any

from tests.loopback import RawServer, answer, content, read_request, stream

Model = Callable[[list[dict[str, Any]]], str | bytes]
"""Gives the answer to messages; bytes are the whole response."""
_ANSWERS = re.compile(r"<answer ([12]) \w+>\n(.*?)\n</answer", re.DOTALL)


class Server(RawServer):
    """Answers as the model that is asked; one that is not named says "Lima".

    Attributes:
        asked: the name of each model that was asked, in order.
        tokens: of each model's answers; 5 where it is not named.
    """

    def __init__(self, models: dict[str, Model]) -> None:
        self.models, self.asked = models, list[str]()
        self.tokens: dict[str, int] = {}
        super().__init__(self._answer)

    def _answer(self, connection: socket.socket) -> None:
        request = read_request(connection)
        if request.method != "POST":
            connection.sendall(answer(404, {"error": {"message": "there is no such page"}}))
            return
        body = json.loads(request.body)
        self.asked.append(body["model"])
        said = self.models.get(body["model"], _lima)(body["messages"])
        tokens = self.tokens.get(body["model"], 5)
        usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}
        connection.sendall(said if isinstance(said, bytes) else stream(content(said), end, b"[DONE]"))


def refusal(message: str) -> bytes:
    """A response with which a server refuses a request."""
    return answer(400, {"error": {"message": message}})


def _lima(_messages: list[dict[str, Any]]) -> str:
    return "Lima"


def answers_in(messages: list[dict[str, Any]]) -> dict[str, str]:
    """The two answers that a judge is shown, by slot."""
    return dict(_ANSWERS.findall(messages[-1]["content"]))


def first_slot(messages: list[dict[str, Any]]) -> str:
    """A judge that always takes the first slot, and passes every rubric."""
    return _verdict(1) if answers_in(messages) else json.dumps({"pass": True, "reason": "yes"})


def longer(messages: list[dict[str, Any]]) -> str:
    """A judge that always takes the longer answer, and passes every rubric."""
    found = answers_in(messages)
    if not found:
        return json.dumps({"pass": True, "reason": "yes"})
    return _verdict(1 if len(found["1"]) > len(found["2"]) else 2)


def nonsense(_messages: list[dict[str, Any]]) -> str:
    """A judge that judges nothing."""
    return "Both answers have their merits."


def _verdict(slot: int) -> str:
    return json.dumps({"better": slot, "reason": "because"})
