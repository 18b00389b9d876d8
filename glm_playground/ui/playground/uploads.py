"""Files that a user attaches to a prompt: those that can be read, and why others cannot."""

from collections.abc import Sequence
from typing import Protocol

from glm_playground.chat.attachments import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS,
    AttachmentFault,
    AttachmentProblem,
    ReadFile,
    read_attachment,
)


class Uploaded(Protocol):
    """A file as Streamlit hands it over."""

    name: str
    size: int

    def getvalue(self) -> bytes: ...


def take_files(files: Sequence[Uploaded]) -> tuple[tuple[ReadFile, ...], tuple[AttachmentProblem, ...]]:
    """Those of `files` that can be attached, and what is wrong with the others, of which none costs a good one."""
    found: list[ReadFile] = []
    problems: list[AttachmentProblem] = []
    if len(files) > MAX_ATTACHMENTS:
        problems.append(AttachmentProblem(AttachmentFault.TOO_MANY, "", len(files)))
    for file in files[:MAX_ATTACHMENTS]:
        # Before it is read: an upload may be as large as the server lets in.
        if file.size > MAX_ATTACHMENT_BYTES:
            problems.append(AttachmentProblem(AttachmentFault.TOO_LARGE, file.name, file.size))
            continue
        read = read_attachment(file.name, file.getvalue())
        if isinstance(read, AttachmentProblem):
            problems.append(read)
        else:
            found.append(read)
    return tuple(found), tuple(problems)
