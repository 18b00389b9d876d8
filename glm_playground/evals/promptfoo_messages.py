"""A prompt of promptfoo as messages, and messages as such a prompt."""

import json

from glm_playground.evals.suite import SuiteError
from glm_playground.evals.yaml_text import read_yaml
from glm_playground.gateway import Message


def raw_of(messages: tuple[Message, ...]) -> str:
    """The prompt as promptfoo reads it: a text, or messages in JSON."""
    if len(messages) == 1 and messages[0].role == "user" and not _looks_like_chat(messages[0].content):
        return messages[0].content
    return json.dumps([message.body() for message in messages], ensure_ascii=False, indent=2)


def messages_of(text: str) -> tuple[Message, ...]:
    """The messages that a prompt stands for: those in it, in JSON or YAML, or one of the user.

    Raises:
        ValidationError: a message is none.
    """
    if not _looks_like_chat(text):
        return (Message(role="user", content=text),)
    try:
        rows = json.loads(text)
    except ValueError:
        try:
            rows, _lines = read_yaml(text)
        except SuiteError:
            rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "role" in row for row in rows):
        return (Message(role="user", content=text),)
    kept = [{name: row.get(name) for name in ("role", "content")} for row in rows]
    return tuple(Message.model_validate(row) for row in kept)


def _looks_like_chat(text: str) -> bool:
    return text.lstrip().startswith(("[", "- role:"))
