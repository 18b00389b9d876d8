"""What a test of promptfoo sends beside its texts: images in parts of a prompt, and files that it attaches.

promptfoo knows images as variables in `image_url` parts, and texts as variables. So a case's images become such
variables, and its texts one variable in front of its message; `metadata.attachments`, which promptfoo carries along,
says what they were called. Written by hand, `metadata.attachments` may name files beside the suite or hold them.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError

from glm_playground import bounds
from glm_playground.chat.attachments import (
    Attachment,
    AttachmentProblem,
    plain_name,
    read_attachment,
    split_attachments,
    with_attachments,
)
from glm_playground.chat.images import image_url
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.promptfoo_messages import FILES, ImagePart, raw_of
from glm_playground.evals.suite import Case, PromptTemplate, Suite
from glm_playground.evals.suite_folder import SCHEME, FileError, SuiteFolder, fault_text

IMAGE = "glm_image_"
"""How the variable of an image begins that `write` has made."""
_VARIANT = re.compile(r" \(with [^()]*\)$")
_ENTRY = {"name", "text", "base64", "image", "files", "pages", "back", "var"}


class Slots(NamedTuple):
    """What a prompt has room for beside texts."""

    images: tuple[ImagePart, ...] = ()
    texts: tuple[int, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """Those that fill it."""
        return frozenset([*(part.variable for part in self.images), *(f"{FILES}{back}" for back in self.texts)])


def base_label(label: str) -> str:
    """The label of the prompt that a prompt with slots is written for."""
    return _VARIANT.sub("", label)


def files_of(
    entries: JsonValue, slots: Slots, row: Mapping[str, str], folder: SuiteFolder | None
) -> tuple[CaseFile, ...]:
    """What a case attaches.

    Args:
        entries: `metadata.attachments` of its test.
        slots: of its prompts.
        row: its variables.
        folder: whose files may be read; None where none may.

    Raises:
        FileError: one cannot be taken.
    """
    images = {part.variable: part for part in slots.images}
    texts = {back: _texts(row.get(f"{FILES}{back}", "")) for back in slots.texts}
    found = []
    for entry in entries if isinstance(entries, list) else [] if entries is None else [entries]:
        variable = entry.get("var") if isinstance(entry, dict) else None
        name = str(entry.get("name") or variable) if isinstance(entry, dict) else ""
        if isinstance(variable, str) and (part := images.pop(variable, None)):
            found.append(_image(name, part, row, folder))
        elif isinstance(variable, str) and (held := texts.get(_back(variable))):
            pages = entry.get("pages") if isinstance(entry, dict) else 0
            found.append(
                CaseFile.of(held.pop(0)._replace(pages=pages if isinstance(pages, int) else 0), _back(variable))
            )
        else:
            found.append(_entry(entry, folder))
    found += [_image(part.variable, part, row, folder) for part in images.values()]
    found += [CaseFile.of(one, back) for back, rest in texts.items() for one in rest]
    return tuple(found)


def _entry(entry: JsonValue, folder: SuiteFolder | None) -> CaseFile:
    if isinstance(entry, str):
        return CaseFile.of(_referenced(entry, folder))
    if not isinstance(entry, dict) or entry.keys() - _ENTRY or not isinstance(name := entry.get("name"), str):
        raise FileError("an attachment is a file:// address, or has a name and a text, base64, image or files")
    fields = {key: entry[key] for key in ("text", "image", "files", "pages", "back") if key in entry}
    if isinstance(data := entry.get("base64"), str):
        read = read_attachment(name, _decoded(data, name))
        if isinstance(read, AttachmentProblem):
            raise FileError(f"{plain_name(name)!r}: {fault_text(read)}")
        back = entry.get("back")
        return CaseFile.of(read.attachment, back if isinstance(back, int) and back >= 0 else 0)
    try:
        found = CaseFile.model_validate({"name": plain_name(name), **fields})
    except ValidationError:
        raise FileError(f"{plain_name(name)!r} is no attachment") from None
    if not (found.text or found.image or found.files):
        raise FileError(f"{found.name!r} has no content: a text, base64, image or files")
    if found.image:
        return found.model_copy(update={"image": _checked(found.image, found.name)})
    return found


def _referenced(address: str, folder: SuiteFolder | None) -> Attachment:
    if not address.startswith(SCHEME):
        raise FileError(f"{address[:80]!r} is no file:// address")
    if folder is None:
        raise FileError(
            f"{address[:80]!r} is not read: a suite that is opened here names no file of this server; "
            "hold the file in it as base64, or use the command line"
        )
    return folder.attachment(address)


def _image(name: str, part: ImagePart, row: Mapping[str, str], folder: SuiteFolder | None) -> CaseFile:
    value = row.get(part.variable, "").strip()
    if value.startswith(SCHEME):
        found = _referenced(value, folder)
        if not found.image:
            raise FileError(f"{value[:80]!r} is no image")
        return CaseFile.of(found, part.back)
    if not value:
        raise FileError(f"the image {part.variable} has no value")
    url = value if value.startswith("data:") else part.prefix + value
    return CaseFile(name=plain_name(name), image=_checked(url, name), back=part.back)


def _checked(url: str, name: str) -> str:
    """The data URL of an image that its own bytes say it is."""
    head, _comma, data = url.partition(",")
    if not head.startswith("data:") or not head.endswith(";base64"):
        raise FileError(f"{plain_name(name)!r} is no data URL: no address is opened")
    decoded = _decoded(data, name)
    try:
        if len(decoded) > bounds.IMAGE_BYTES:
            raise ValueError
        return image_url(decoded)
    except ValueError:
        raise FileError(f"{plain_name(name)!r} is no image that can be read, or is too large") from None


def _decoded(data: str, name: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FileError(f"{plain_name(name)!r} is not base64") from None


def _texts(value: str) -> list[Attachment]:
    rest, found = split_attachments(value.removesuffix("\n\n"))
    if rest:
        raise FileError(f"a variable {FILES}... is not as it was written: attach its files by metadata.attachments")
    return list(found)


def _back(variable: str) -> int:
    number = variable.removeprefix(FILES)
    return int(number) if variable.startswith(FILES) and number.isdecimal() else -1


# Written


class WrittenPrompts(NamedTuple):
    """The prompts of a suite as promptfoo has them."""

    rows: list[dict[str, Any]]
    several: bool
    """Whether a prompt stands there more than once, so that each test says which it takes."""


def written_prompts(suite: Suite) -> WrittenPrompts:
    """Each prompt, once for each number of images and texts that its cases attach."""
    wanted: dict[tuple[str, _Shape], None] = {}
    for asked in suite.asked():
        wanted[asked.prompt.label, _shape(asked.case)] = None
    rows, several = [], False
    for prompt in suite.prompts:
        shapes = [shape for label, shape in wanted if label == prompt.label] or [()]
        several |= any(shapes)
        rows += [_prompt(prompt, shape) for shape in shapes]
    return WrittenPrompts(rows, several)


def written_labels(case: Case, suite: Suite) -> list[str]:
    """Of the prompts that the case is asked with."""
    shape = _shape(case)
    return [_label(one.label, shape) for one in suite.prompts if not case.prompts or one.label in case.prompts]


def written_variables(case: Case, prompts: Sequence[PromptTemplate]) -> dict[str, str]:
    """What fills the slots of its prompts.

    Args:
        case: with what it attaches.
        prompts: of the suite; where the message is blank that the texts go with, nothing stands behind them.
    """
    found: dict[str, str] = {}
    for back, images, has_texts in _shape(case):
        theirs = [file.attachment for file in case.attachments if file.back == back]
        found |= dict(zip(_names(back, images), (file.image for file in theirs if file.image), strict=True))
        if has_texts:
            filled = [one.filled(case.variables) for one in prompts if not case.prompts or one.label in case.prompts]
            said = [[message.content for message in messages if message.role == "user"] for messages in filled]
            blank = all(len(texts) > back and not texts[-1 - back].strip() for texts in said)
            found[f"{FILES}{back}"] = with_attachments("", theirs) + ("" if blank else "\n\n")
    return found


def written_metadata(case: Case) -> list[dict[str, Any]]:
    """What the attachments are called, in their order, each with the variable that holds it."""
    rows: list[dict[str, Any]] = []
    images: dict[int, int] = {}
    for file in case.attachments:
        if file.image:
            images[file.back] = images.get(file.back, 0) + 1
            rows.append({"name": file.name, "var": _names(file.back, images[file.back])[-1]})
        else:
            pages = {"pages": file.pages} if file.pages else {}
            rows.append({"name": file.name, "var": f"{FILES}{file.back}", **pages})
    return rows


_Shape = tuple[tuple[int, int, bool], ...]
"""For each message with attachments: `back`, how many images, whether there are texts."""


def _shape(case: Case) -> _Shape:
    found = []
    for back in sorted({file.back for file in case.attachments}):
        theirs = [file for file in case.attachments if file.back == back]
        images = sum(bool(file.image) for file in theirs)
        found.append((back, images, images < len(theirs)))
    return tuple(found)


def _names(back: int, images: int) -> list[str]:
    return [f"{IMAGE}{back}_{number}" for number in range(1, images + 1)]


def _label(label: str, shape: _Shape) -> str:
    if not shape:
        return label
    parts = [
        f"{images} images{' and files' if texts else ''}{f' {back} before' if back else ''}"
        for back, images, texts in shape
    ]
    return f"{label} (with {', '.join(parts)})"


def _prompt(prompt: PromptTemplate, shape: _Shape) -> dict[str, Any]:
    users = [place for place in reversed(range(len(prompt.messages))) if prompt.messages[place].role == "user"]
    messages, images = list(prompt.messages), {}
    for back, count, has_texts in shape:
        place = users[back]
        if count:
            images[place] = tuple(_names(back, count))
        if has_texts:
            content = f"{{{{{FILES}{back}}}}}{messages[place].content}"
            messages[place] = messages[place].model_copy(update={"content": content})
    label = _label(prompt.label, shape)
    raw = raw_of(tuple(messages), images)
    return {"id": label, "label": label, "raw": raw}
