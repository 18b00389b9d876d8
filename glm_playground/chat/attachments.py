"""Text files attached to a prompt: read, named and put into the message that is sent."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.encodings import guess
from glm_playground.runs.tokens import estimate_tokens

MAX_ATTACHMENT_BYTES = bounds.ATTACHMENT_BYTES
MAX_ATTACHMENTS = bounds.ATTACHMENTS
"""How many files one prompt takes."""

_MAX_NAME_CHARACTERS = 120
_NAMELESS = "file"
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# Bell, backspace, tab, the line and page ends and escape occur in text, as file(1) has it: logs are coloured with them.
_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_CHARACTERS_PER_CONTROL = 50
_PDF = b"%PDF-"
_NOT_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BACKTICKS = re.compile("`+")


class Attachment(NamedTuple):
    """A text file."""

    name: str
    """Without folders, control characters and backticks; at most 120 characters."""
    text: str


class AttachmentFault(StrEnum):
    """Why a file is not attached."""

    TOO_LARGE = "too_large"
    """More than `MAX_ATTACHMENT_BYTES`."""
    BINARY = "binary"
    """Not text, or text in an encoding that is not read."""
    EMPTY = "empty"
    """Nothing but spaces and line ends, if anything."""
    TOO_MANY = "too_many"
    """More than `MAX_ATTACHMENTS`; told of all files, not of one."""


class AttachmentProblem(NamedTuple):
    """A file that is not attached."""

    fault: AttachmentFault
    name: str
    size: int
    """Bytes."""


class ReadFile(NamedTuple):
    """A file that can be attached."""

    attachment: Attachment
    guessed: str = ""
    """The encoding of `encodings.ENCODINGS` that it is taken to be in; empty where there is no doubt."""


def read_attachment(name: str, data: bytes) -> ReadFile | AttachmentProblem:
    """The text file in `data`, or what is wrong with it.

    Read as UTF-8, as UTF-16 where a byte order mark says so, and else in the encoding that is guessed. Line ends stay
    as they are.
    """
    name = _plain_name(name)
    if len(data) > MAX_ATTACHMENT_BYTES:
        return AttachmentProblem(AttachmentFault.TOO_LARGE, name, len(data))
    text, guessed = _decoded(data)
    if text is None or "\0" in text or len(_CONTROL.findall(text)) * _CHARACTERS_PER_CONTROL > len(text):
        return AttachmentProblem(AttachmentFault.BINARY, name, len(data))
    if not text.strip():
        return AttachmentProblem(AttachmentFault.EMPTY, name, len(data))
    return ReadFile(Attachment(name, text), guessed)


def with_attachments(prompt: str, attachments: Sequence[Attachment]) -> str:
    """The message that is sent: each file as a fenced block labelled with its name, then the prompt.

    The fence is longer than any run of backticks in the file, so no file can end its block
    (spec.commonmark.org/0.31.2/#fenced-code-blocks).
    """
    blocks = [_block(attachment) for attachment in attachments]
    return "\n\n".join([*blocks, prompt] if prompt.strip() or not blocks else blocks)


def token_shares(prompt: str, attachments: Sequence[Attachment]) -> tuple[tuple[str, int], ...]:
    """The name of each file and about how many tokens it adds to `prompt`, its fence and label included."""
    alone = estimate_tokens(prompt) if prompt.strip() else 0
    return tuple(
        (attachment.name, estimate_tokens(with_attachments(prompt, [attachment])) - alone) for attachment in attachments
    )


def _decoded(data: bytes) -> tuple[str | None, str]:
    """The text in `data`, None where it is none, and the encoding that was guessed."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    try:
        return data.decode(encoding or "utf-8"), ""
    except UnicodeDecodeError:
        guessed = None if encoding or data.startswith(_PDF) else guess(data)
    return (guessed.text, guessed.encoding) if guessed else (None, "")


def _plain_name(name: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char for char in last if char != "`" and unicodedata.category(char) not in _NOT_IN_NAMES)
    return kept.strip()[:_MAX_NAME_CHARACTERS].strip() or _NAMELESS


def _block(attachment: Attachment) -> str:
    name, text = attachment
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{name}\n{text}{end}{fence}"
