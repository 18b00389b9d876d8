"""A prompt of promptfoo as messages, and messages as such a prompt."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from glm_playground.evals.suite import SuiteError
from glm_playground.evals.yaml_text import read_yaml
from glm_playground.gateway import Message

FILES = "glm_files_"
"""How the variable begins that holds the texts which a case attaches to a message; its number is `CaseFile.back`."""
_VARIABLE = re.compile(r"(data:image/[\w.+-]+;base64,)?\{\{\s*(\w+)\s*\}\}")
_FILES = re.compile(r"\{\{" + FILES + r"(\d+)\}\}")


class ImagePart(NamedTuple):
    """An image of a message that each case names in a variable."""

    back: int
    """Of which message of the user; 0 is the last."""
    variable: str
    prefix: str = ""
    """What stands before the variable, where its value is base64 alone."""


class ReadPrompt(NamedTuple):
    """A prompt, with what cases put into it beside texts."""

    messages: tuple[Message, ...]
    images: tuple[ImagePart, ...] = ()
    texts: tuple[int, ...] = ()
    """The messages that texts are attached to, by `CaseFile.back`; `write_promptfoo` has written such a prompt."""


class PartError(ValueError):
    """A part of a message that is not supported; the text is a sentence."""


def raw_of(messages: tuple[Message, ...], images: Mapping[int, tuple[str, ...]] | None = None) -> str:
    """The prompt as promptfoo reads it: a text, or messages in JSON.

    Args:
        messages: of the prompt.
        images: by the message's place, the variables of the images that go with it.
    """
    named = images or {}
    first = messages[0]
    is_plain = len(messages) == 1 and first.role == "user" and not (named or first.images)
    if is_plain and not _looks_like_chat(first.content):
        return first.content
    rows = [_row(message, named.get(place, ())) for place, message in enumerate(messages)]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def messages_of(text: str) -> ReadPrompt:
    """The messages that a prompt stands for: those in it, in JSON or YAML, or one of the user.

    Raises:
        PartError: a message holds what is not supported.
        ValidationError: a message is none.
    """
    rows = _rows(text) or [{"role": "user", "content": text}]
    contents = [_content(row) for row in rows]
    users = [place for place in reversed(range(len(rows))) if rows[place].get("role") == "user"]
    messages, images, texts = [], [], []
    for place, (row, content) in enumerate(zip(rows, contents, strict=True)):
        if (content.images or content.variables) and place not in users:
            raise PartError("images stand in messages of the user")
        said = content.text
        if place in users:
            back = users.index(place)
            images += [ImagePart(back, name, prefix) for prefix, name in content.variables]
            if (found := _FILES.match(said if isinstance(said, str) else "")) and int(found[1]) == back:
                said = said[found.end() :]
                texts.append(back)
        messages.append(Message.model_validate({"role": row.get("role"), "content": said, "images": content.images}))
    return ReadPrompt(tuple(messages), tuple(images), tuple(texts))


class _Content(NamedTuple):
    text: Any
    images: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """What stands before each, and its name."""


def _content(row: Mapping[str, Any]) -> _Content:
    content = row.get("content")
    if not isinstance(content, list):
        return _Content(content)
    texts, images, variables = [], [], []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url":
            url = part["image_url"].get("url") if isinstance(part.get("image_url"), dict) else part.get("image_url")
            if found := _VARIABLE.fullmatch(str(url)):
                variables.append((found[1] or "", found[2]))
            elif str(url).startswith("data:"):
                images.append(str(url))
            else:
                raise PartError("an image is a data URL or a variable: no address is opened")
        else:
            raise PartError(f"a part of the type {str(kind)[:40]!r} is not supported: a message has texts and images")
    return _Content("\n".join(texts), tuple(images), tuple(variables))


def _rows(text: str) -> list[dict[str, Any]] | None:
    if not _looks_like_chat(text):
        return None
    try:
        rows = json.loads(text)
    except ValueError:
        try:
            rows, _lines = read_yaml(text)
        except SuiteError:
            return None
    found = isinstance(rows, list) and all(isinstance(row, dict) and "role" in row for row in rows)
    return rows if found else None


def _row(message: Message, images: tuple[str, ...]) -> dict[str, Any]:
    body = message.body()
    if not images:
        return body
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": f"{{{{{name}}}}}"}} for name in images]
    own = body["content"] if isinstance(body["content"], list) else [{"type": "text", "text": message.content}]
    return body | {"content": [*parts, *(part for part in own if part.get("text") != "")]}


def _looks_like_chat(text: str) -> bool:
    return text.lstrip().startswith(("[", "- role:"))
