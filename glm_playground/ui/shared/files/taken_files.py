"""Files that a user attaches to a prompt: those that can be read, and why others cannot."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from glm_playground.chat.attachments import (
    MAX_ATTACHMENTS,
    MAX_FILE_BYTES,
    AttachmentFault,
    AttachmentProblem,
    ReadFile,
    most_bytes,
    plain_name,
    read_attachment,
    read_folder,
)

_MANY = "files"
"""What a handful of files without a folder is called."""


class Uploaded(Protocol):
    """A file as Streamlit hands it over; one of a folder has its path as its name."""

    name: str
    size: int

    def getvalue(self) -> bytes: ...


class Taken(NamedTuple):
    """What became of the files."""

    files: tuple[ReadFile, ...]
    problems: tuple[AttachmentProblem, ...]

    @property
    def guessed(self) -> tuple[str, ...]:
        """The encoding that each file is taken to be in, where that is a guess; else empty."""
        return tuple(file.guessed for file in self.files)


def take_files(files: Sequence[Uploaded]) -> Taken:
    """Those of `files` that can be attached, and what is wrong with the others, of which none costs a good one.

    Files of a folder become one attachment, and so do more texts than a prompt takes one by one.
    """
    folders: dict[str, list[Uploaded]] = {}
    alone: list[Uploaded] = []
    for file in files:
        root, slash, _path = file.name.lstrip("./").partition("/")
        (folders.setdefault(root, []) if slash else alone).append(file)
    if len(alone) > MAX_ATTACHMENTS:
        folders.setdefault(_MANY, []).extend(alone)
        alone = []
    found: list[ReadFile] = []
    problems: list[AttachmentProblem] = []
    for read in [*map(_read, alone), *(_folder(name, inside) for name, inside in folders.items())]:
        if isinstance(read, AttachmentProblem):
            problems.append(read)
        else:
            found.append(read)
    if len(found) > MAX_ATTACHMENTS:
        problems.append(AttachmentProblem(AttachmentFault.TOO_MANY, "", len(found)))
    return Taken(tuple(found[:MAX_ATTACHMENTS]), tuple(problems))


def _read(file: Uploaded) -> ReadFile | AttachmentProblem:
    # Before it is read: an upload may be as large as the server lets in.
    if file.size > MAX_FILE_BYTES:
        return AttachmentProblem(AttachmentFault.TOO_LARGE, plain_name(file.name), file.size, most_bytes(file.name))
    return read_attachment(file.name, file.getvalue())


def _folder(name: str, files: Sequence[Uploaded]) -> ReadFile | AttachmentProblem:
    # One that is too large to be taken is named by its size alone.
    return read_folder(name, [(file.name.lstrip("./"), _content(file)) for file in files])


def _content(file: Uploaded) -> bytes:
    return file.getvalue() if file.size <= MAX_FILE_BYTES else b"\0" * (MAX_FILE_BYTES + 1)
