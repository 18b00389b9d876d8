"""The files beside a suite on the command line, which it may name as `file://notes.txt`.

Only what is below the suite's own folder is read: a suite may be a stranger's, and what it names is sent to a gateway.
A suite that is opened on a page has no such folder, so that it reads nothing of the server.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from glm_playground import bounds
from glm_playground.chat.attachments import (
    Attachment,
    AttachmentFault,
    AttachmentProblem,
    most_bytes,
    read_attachment,
    read_folder,
)
from glm_playground.chat.folders import Omission, omission
from glm_playground.evals.suite import SuiteError
from glm_playground.evals.yaml_text import read_yaml

SCHEME = "file://"
_CODE = frozenset({".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".go"})
_VALUES = frozenset({".json", ".yaml", ".yml"})
_FAULTS = {
    AttachmentFault.TOO_LARGE: "it has more bytes than a file of its kind may have",
    AttachmentFault.BINARY: "it is neither text nor a PDF, an image or a .zip of texts",
    AttachmentFault.EMPTY: "nothing in it can be sent",
    AttachmentFault.IMAGE: "it is no image that can be read, or has too many pixels",
    AttachmentFault.ZIP: "the .zip file is broken or has too many entries",
    AttachmentFault.PDF: "no text can be read from the PDF",
}


class FileError(Exception):
    """A file that a suite names cannot be taken; the text is a sentence's end in plain English."""


class SuiteFolder:
    """The folder of a suite.

    Args:
        root: where it is.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.left_out: list[tuple[str, Omission]] = []
        """What of the folders that were attached is not, by its path."""

    def attachment(self, address: str) -> Attachment:
        """The file or folder at an address, read as the playground reads what is attached.

        Raises:
            FileError: it is not below the suite's folder, or cannot be sent.
        """
        path = self._path(address)
        if omission(path.name) is Omission.SECRET:
            raise FileError(f"{address[:80]!r} is not read: by its name it may hold a key or a password")
        if path.is_dir():
            found = read_folder(path.name, list(_files_below(path)))
        else:
            found = read_attachment(path.name, self._data(path))
        if isinstance(found, AttachmentProblem):
            raise FileError(f"{address[:80]!r}: {fault_text(found)}")
        self.left_out += [(f"{path.name}/{one.path}", one.why) for one in found.attachment.left_out]
        return found.attachment

    def text(self, address: str) -> str:
        """What a variable is that names a file: its text, and the value of JSON and YAML in one line of JSON.

        Raises:
            FileError: as above; or it is code, which promptfoo would run, or has no text of its own.
        """
        ending = PurePath(address).suffix.lower()
        if ending in _CODE:
            raise FileError(f"{address[:80]!r} is code, which is not run")
        found = self.attachment(address)
        if not found.text:
            raise FileError(f"{address[:80]!r} has no text: name an image in a part of the prompt, or attach it")
        if ending not in _VALUES:
            return found.text
        try:
            value = json.loads(found.text) if ending == ".json" else read_yaml(found.text)[0]
        except (ValueError, SuiteError):
            raise FileError(f"{address[:80]!r} is not what its name says") from None
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _path(self, address: str) -> Path:
        named = address.removeprefix(SCHEME)
        try:
            path = (self._root / named).resolve()
            outside = not path.is_relative_to(self._root)
            known = not outside and path.exists()
        except (OSError, ValueError):
            outside, known = False, False
        if outside:
            raise FileError(f"{address[:80]!r} is not below the suite's folder, and is not read")
        if not known:
            raise FileError(f"there is no file {named[:80]!r} beside the suite")
        return path

    def _data(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(most_bytes(path.name) + 1)
        except OSError as error:
            raise FileError(f"{path.name[:80]!r} cannot be read: {error.strerror}") from None


def fault_text(problem: AttachmentProblem) -> str:
    """Why a file is not taken, in plain English."""
    return _FAULTS.get(problem.fault, "it cannot be attached")


def _files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder by their paths, as many as one may have; links are not followed."""
    left, room = bounds.FOLDER_ENTRIES, bounds.FOLDER_UNPACKED_BYTES
    for parent, folders, names in os.walk(folder):
        # What is of tools has thousands of files that nobody means.
        folders[:] = sorted(name for name in folders if omission(name) is not Omission.SKIPPED)
        for name in sorted(names):
            path = Path(parent, name)
            left -= 1
            if left < 0 or room <= 0:
                raise FileError(f"{folder.name[:80]!r} has more files than a folder may have")
            if path.is_symlink() or not path.is_file():
                continue
            try:
                with path.open("rb") as file:
                    data = file.read(bounds.FOLDER_FILE_BYTES + 1)
            except OSError as error:
                raise FileError(f"{name[:80]!r} cannot be read: {error.strerror}") from None
            room -= len(data)
            yield path.relative_to(folder).as_posix(), data
