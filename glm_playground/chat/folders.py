"""Several files as one attachment: a folder, a .zip file or a handful, each text by its path.

Whatever the files are, what is taken is bounded, and what is left out is named with its reason. A path never leads out
of the folder; nothing is written anywhere.
"""

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from io import BytesIO
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.plain_text import is_text

_CENTRAL = b"PK\x01\x02"
_SIGNS = (b"PK\x03\x04", b"PK\x05\x06")
_PATH_CHARACTERS = 200
_NOT_IN_PATHS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", "__MACOSX", ".idea", ".DS_Store"}
)
_SECRET = re.compile(r"\.env(?:\..*)?|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx)|\.netrc|\.npmrc|\.pypirc")


class Omission(StrEnum):
    """Why a file of a folder is left out."""

    SKIPPED = "skipped"
    """Of tools and version control, not of the author."""
    SECRET = "secret"  # noqa: S105 - a name for it
    """Its name says that it may hold a key or a password."""
    NOT_TEXT = "not_text"
    """Not UTF-8: an image, a program, or a text in another encoding, which can be attached by itself."""
    TOO_LARGE = "too_large"
    """More than `bounds.FOLDER_FILE_BYTES`."""
    NO_ROOM = "no_room"
    """The folder is full: `bounds.FOLDER_FILES` or `bounds.FOLDER_BYTES`."""
    UNSAFE = "unsafe"
    """Its path leads out of the folder, it is a link, it is encrypted, or stands there twice."""


class PathFile(NamedTuple):
    """A text file of a folder."""

    path: str
    """With `/` between its parts, below the folder; at most 200 characters, none of them a control or a backtick."""
    text: str


class LeftOut(NamedTuple):
    """A file that is not among them."""

    path: str
    why: Omission


class Folder(NamedTuple):
    """What was taken of a folder."""

    files: tuple[PathFile, ...]
    """In the order of their paths."""
    left_out: tuple[LeftOut, ...]


class NotAZip(ValueError):
    """The file is no .zip file that is read here."""


class _Entry(NamedTuple):
    path: str
    size: int
    data: bytes | None
    """None where it cannot be read."""


def folder_of(files: Iterable[tuple[str, bytes]]) -> Folder:
    """The folder that these files make, each under its path; a folder that all of them are in is left away."""
    return _folder(_Entry(path, len(data), data) for path, data in files)


def is_zip(name: str, data: bytes) -> bool:
    """Whether a file is a .zip file; documents of other programs that are zip files inside are not."""
    return name.lower().endswith(".zip") and data.startswith(_SIGNS)


def unzipped(data: bytes) -> Folder:
    """The folder in a .zip file, of which no more is unpacked than is taken.

    Raises:
        NotAZip: it is broken, or has more than `bounds.FOLDER_ENTRIES`.
    """
    # Before the directory is read: each entry in it begins so.
    if data.count(_CENTRAL) > bounds.FOLDER_ENTRIES:
        raise NotAZip("too many entries")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _folder(_entries(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise NotAZip(str(error)) from error


def _entries(archive: zipfile.ZipFile) -> Iterator[_Entry]:
    left = bounds.FOLDER_UNPACKED_BYTES
    for info in archive.infolist():
        if info.is_dir():
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        readable = (
            kind in {0, stat.S_IFREG}
            and not info.flag_bits & 1
            and info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        )
        if not readable or omission(info.filename):
            yield _Entry(info.filename, info.file_size, None)
        elif info.file_size > bounds.FOLDER_FILE_BYTES or left <= 0:
            yield _Entry(info.filename, bounds.FOLDER_FILE_BYTES + 1, b"")
        else:
            with archive.open(info) as opened:
                # What an entry says of its size may be a lie.
                content = opened.read(bounds.FOLDER_FILE_BYTES + 1)
            left -= len(content)
            yield _Entry(info.filename, len(content), content)


def _folder(entries: Iterable[_Entry]) -> Folder:
    taken: dict[str, PathFile] = {}
    left_out: list[LeftOut] = []
    size = 0
    for entry in entries:
        path = _shown(entry.path)
        why = omission(entry.path)
        text = None if why else _text(entry)
        if isinstance(text, Omission):
            why = text
        elif path in taken:
            why = Omission.UNSAFE
        elif text is not None and (
            len(taken) >= bounds.FOLDER_FILES or size + len(entry.data or b"") > bounds.FOLDER_BYTES
        ):
            why = Omission.NO_ROOM
        if why:
            left_out.append(LeftOut(path, why))
        elif isinstance(text, str):
            size += len(entry.data or b"")
            taken[path] = PathFile(path, text)
    return _without_root(Folder(tuple(sorted(taken.values())), tuple(sorted(left_out))))


def _text(entry: _Entry) -> str | Omission:
    if entry.size > bounds.FOLDER_FILE_BYTES:
        return Omission.TOO_LARGE
    if entry.data is None:
        return Omission.UNSAFE
    try:
        text = entry.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Omission.NOT_TEXT
    return text if is_text(text) else Omission.NOT_TEXT


def omission(path: str) -> Omission | None:
    """Why a file is left out for its path alone."""
    parts = path.split("/")
    if "\\" in path or path.startswith("/") or re.match(r"[A-Za-z]:", path) or {"", ".", ".."} & set(parts):
        return Omission.UNSAFE
    if len(path) > _PATH_CHARACTERS or _shown(path) != path:
        return Omission.UNSAFE
    if _SKIPPED & set(parts):
        return Omission.SKIPPED
    return Omission.SECRET if _SECRET.fullmatch(parts[-1]) else None


def _shown(path: str) -> str:
    kept = "".join(char for char in path if char != "`" and unicodedata.category(char) not in _NOT_IN_PATHS)
    return kept[:_PATH_CHARACTERS]


def _without_root(folder: Folder) -> Folder:
    """Without the folder that all its files are in, which is its name."""
    roots = {one.path.partition("/")[0] for one in folder.files if "/" in one.path}
    if len(roots) != 1 or not all("/" in one.path for one in folder.files):
        return folder
    [root] = roots
    files = tuple(one._replace(path=one.path.removeprefix(f"{root}/")) for one in folder.files)
    left_out = tuple(one._replace(path=one.path.removeprefix(f"{root}/")) for one in folder.left_out)
    return Folder(files, left_out)
