"""What is attached to a prompt: texts, PDFs, images and folders; read, named and put into the message that is sent."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.encodings import guess
from glm_playground.chat.folders import Folder, LeftOut, NotAZip, PathFile, folder_of, is_zip, unzipped
from glm_playground.chat.images import image_url, is_image
from glm_playground.chat.pdf import PdfFault, PdfProblem, is_pdf, pdf_text
from glm_playground.chat.plain_text import is_text
from glm_playground.runs.tokens import estimate_tokens

MAX_ATTACHMENT_BYTES = bounds.ATTACHMENT_BYTES
MAX_ATTACHMENTS = bounds.ATTACHMENTS
"""How many one prompt takes; a folder is one."""
MAX_FILE_BYTES = max(bounds.ATTACHMENT_BYTES, bounds.PDF_BYTES, bounds.ZIP_BYTES, bounds.IMAGE_BYTES)
"""The largest that any file may be."""

_MOST_BYTES = {
    "pdf": bounds.PDF_BYTES,
    "zip": bounds.ZIP_BYTES,
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "gif"), bounds.IMAGE_BYTES),
}
_MAX_NAME_CHARACTERS = 120
_NAMELESS = "file"
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NOT_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BACKTICKS = re.compile("`+")
_LABELLED = re.compile(r"(?P<fence>`{3,})(?P<label>[^`\n]*[./][^`\n]*)\n")


class Attachment(NamedTuple):
    """A text file, a PDF, an image or a folder."""

    name: str
    """Without folders, control characters and backticks; at most 120 characters."""
    text: str = ""
    """Of a text file or a PDF; empty for the others."""
    pages: int = 0
    """Of a PDF; 0 for the others."""
    image: str = ""
    """Of an image: its data URL."""
    files: tuple[PathFile, ...] = ()
    """Of a folder."""
    left_out: tuple[LeftOut, ...] = ()
    """Of a folder."""


class AttachmentFault(StrEnum):
    """Why a file is not attached."""

    TOO_LARGE = "too_large"
    """More bytes than a file of its kind may have."""
    BINARY = "binary"
    """Not text, or text in an encoding that is not read."""
    EMPTY = "empty"
    """Nothing but spaces and line ends, if anything; a folder without a file that is taken."""
    TOO_MANY = "too_many"
    """More than `MAX_ATTACHMENTS`; told of all files, not of one."""
    IMAGE = "image"
    """It begins as an image and is none, or has more than `bounds.IMAGE_PIXELS`."""
    ZIP = "zip"
    """A .zip file that is broken or has too many entries."""
    PDF = "pdf"
    """A PDF without text that can be read; `AttachmentProblem.pdf` says why."""


class AttachmentProblem(NamedTuple):
    """A file that is not attached."""

    fault: AttachmentFault
    name: str
    size: int
    """Bytes."""
    most: int = MAX_ATTACHMENT_BYTES
    """Bytes that a file of its kind may have."""
    pdf: PdfProblem | None = None


class ReadFile(NamedTuple):
    """A file that can be attached."""

    attachment: Attachment
    guessed: str = ""
    """The encoding of `encodings.ENCODINGS` that it is taken to be in; empty where there is no doubt."""


def read_attachment(name: str, data: bytes) -> ReadFile | AttachmentProblem:
    """What is in `data`, by its own bytes, or what is wrong with it; a PDF takes seconds.

    Text is read as UTF-8, as UTF-16 where a byte order mark says so, and else in the encoding that is guessed. Line
    ends stay as they are.
    """
    name = plain_name(name)
    if is_image(data):
        return _image(name, data)
    if is_zip(name, data):
        return _zip(name, data)
    if is_pdf(data):
        return _pdf(name, data)
    if len(data) > MAX_ATTACHMENT_BYTES:
        return AttachmentProblem(AttachmentFault.TOO_LARGE, name, len(data))
    text, guessed = _decoded(data)
    if text is None or not is_text(text):
        return AttachmentProblem(AttachmentFault.BINARY, name, len(data))
    if not text.strip():
        return AttachmentProblem(AttachmentFault.EMPTY, name, len(data))
    return ReadFile(Attachment(name, text), guessed)


def most_bytes(name: str) -> int:
    """How large a file may be, by its name alone; what it is its bytes say once it is read."""
    ending = name.rpartition(".")[2].lower()
    return _MOST_BYTES.get(ending, MAX_ATTACHMENT_BYTES)


def read_folder(name: str, files: Sequence[tuple[str, bytes]]) -> ReadFile | AttachmentProblem:
    """A folder of these files, each with its path, or what is wrong with it.

    Args:
        name: what it is called.
        files: path with `/`, and content.
    """
    return _attached(plain_name(name), folder_of(files), sum(len(data) for _path, data in files))


def with_attachments(prompt: str, attachments: Sequence[Attachment]) -> str:
    """The text that is sent: each file as a fenced block labelled with its name or path, then the prompt.

    Images stand beside the text and not in it. The fence is longer than any run of backticks in the file, so no file
    can end its block (spec.commonmark.org/0.31.2/#fenced-code-blocks).
    """
    blocks = [block for attachment in attachments for block in _blocks(attachment)]
    return "\n\n".join([*blocks, prompt] if prompt.strip() or not blocks else blocks)


def split_attachments(text: str) -> tuple[str, tuple[Attachment, ...]]:
    """The prompt and the files that `with_attachments` makes `text` of; all of it as the prompt where it does not.

    A fence that a user typed counts as a file where its label is a name with a dot or a path. Images are not in the
    text, and how many pages a PDF had is not known any more.
    """
    found: list[tuple[str, str]] = []
    place = 0
    while begin := _LABELLED.match(text, place):
        end = text.find(begin["fence"], begin.end())
        place_behind = end + len(begin["fence"])
        if end < 0 or not (place_behind == len(text) or text.startswith("\n\n", place_behind)):
            break
        found.append((begin["label"], text[begin.end() : end]))
        place = min(place_behind + 2, len(text))
    attachments = _files_of(found)
    prompt = text[place:]
    return (prompt, attachments) if with_attachments(prompt, attachments) == text else (text, ())


def images_of(attachments: Sequence[Attachment]) -> tuple[str, ...]:
    """The data URLs of the images among them."""
    return tuple(attachment.image for attachment in attachments if attachment.image)


def token_shares(prompt: str, attachments: Sequence[Attachment]) -> tuple[tuple[str, int], ...]:
    """The name of each file and about how many tokens it adds to `prompt`, its fence and label included.

    An image adds none: how many a model makes of it, no rule says.
    """
    alone = estimate_tokens(prompt) if prompt.strip() else 0
    return tuple(
        (attachment.name, 0 if attachment.image else estimate_tokens(with_attachments(prompt, [attachment])) - alone)
        for attachment in attachments
    )


def plain_name(name: str) -> str:
    """A name that can stand in a line: the last part of a path, without what is not shown."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char for char in last if char != "`" and unicodedata.category(char) not in _NOT_IN_NAMES)
    return kept.strip()[:_MAX_NAME_CHARACTERS].strip() or _NAMELESS


def _image(name: str, data: bytes) -> ReadFile | AttachmentProblem:
    if len(data) > bounds.IMAGE_BYTES:
        return AttachmentProblem(AttachmentFault.TOO_LARGE, name, len(data), bounds.IMAGE_BYTES)
    try:
        return ReadFile(Attachment(name, image=image_url(data)))
    except ValueError:
        return AttachmentProblem(AttachmentFault.IMAGE, name, len(data))


def _zip(name: str, data: bytes) -> ReadFile | AttachmentProblem:
    if len(data) > bounds.ZIP_BYTES:
        return AttachmentProblem(AttachmentFault.TOO_LARGE, name, len(data), bounds.ZIP_BYTES)
    try:
        folder = unzipped(data)
    except NotAZip:
        return AttachmentProblem(AttachmentFault.ZIP, name, len(data))
    return _attached(name[: -len(".zip")] or name, folder, len(data))


def _pdf(name: str, data: bytes) -> ReadFile | AttachmentProblem:
    if len(data) > bounds.PDF_BYTES:
        return AttachmentProblem(AttachmentFault.TOO_LARGE, name, len(data), bounds.PDF_BYTES)
    found = pdf_text(data)
    if isinstance(found, PdfProblem):
        return AttachmentProblem(AttachmentFault.PDF, name, len(data), pdf=found)
    if len(found.text.encode()) > MAX_ATTACHMENT_BYTES:
        too_long = PdfProblem(PdfFault.TOO_LONG, found.pages)
        return AttachmentProblem(AttachmentFault.PDF, name, len(data), pdf=too_long)
    return ReadFile(Attachment(name, found.text, pages=found.pages))


def _attached(name: str, folder: Folder, size: int) -> ReadFile | AttachmentProblem:
    if not folder.files:
        return AttachmentProblem(AttachmentFault.EMPTY, name, size)
    return ReadFile(Attachment(name, files=folder.files, left_out=folder.left_out))


def _decoded(data: bytes) -> tuple[str | None, str]:
    """The text in `data`, None where it is none, and the encoding that was guessed."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    try:
        return data.decode(encoding or "utf-8"), ""
    except UnicodeDecodeError:
        guessed = None if encoding else guess(data)
    return (guessed.text, guessed.encoding) if guessed else (None, "")


def _blocks(attachment: Attachment) -> list[str]:
    if attachment.image:
        return []
    if attachment.files:
        return [_block(f"{attachment.name}/{file.path}", file.text) for file in attachment.files]
    return [_block(attachment.name, attachment.text)]


def _files_of(blocks: Sequence[tuple[str, str]]) -> tuple[Attachment, ...]:
    """The files and folders whose blocks have these labels and contents."""
    attachments: list[Attachment] = []
    for folder, rows in groupby(blocks, lambda row: row[0].partition("/")[0] if "/" in row[0] else ""):
        if folder:
            files = tuple(PathFile(label.partition("/")[2], content) for label, content in rows)
            attachments.append(Attachment(folder, files=files))
        else:
            attachments += [Attachment(label, content) for label, content in rows]
    return tuple(attachments)


def _block(name: str, text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{fence}{name}\n{text}{end}{fence}"
