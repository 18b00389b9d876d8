"""The zip file of a bundle (PKWARE's APPNOTE 6.3.10, a small part of it): packed alike, unpacked with suspicion.

Read is one layout only: the parts one after the other from the first byte, their directory, its end record, nothing
before, between or behind. So no byte can hide, no two parts overlap, and every size is checked before it is used. What
no checksum covers (times, comments and extra fields of a part) has no influence.
"""

import io
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from glm_playground.bundles.errors import (
    BundleTampered,
    BundleTooLarge,
    BundleTruncated,
    BundleUnsafe,
    NotABundle,
)

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PARTS = 2_000
"""The manifest included."""
MAX_PART_BYTES = 32 * 1024 * 1024
"""Of one part, unpacked."""
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""Of all parts together, unpacked."""
MAX_RATIO = 200
"""Unpacked bytes to packed ones; deflate itself reaches 1032."""
RATIO_FLOOR_BYTES = 1024 * 1024
"""A part that unpacks to no more may be packed as tightly as it likes."""
MAX_PATH_CHARACTERS = 255

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LONGEST_END = _END.size + 0xFFFF
_ENCRYPTED = 0x2041
# How hard it was compressed, and that names are UTF-8.
_HARMLESS_FLAGS = 0x0806
_FILE_TYPE, _REGULAR_FILE, _DIRECTORY = 0o170000, 0o100000, 0x10
_PATH = re.compile(r"(?:[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*/)*[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*")
_SAME_DATE = (1980, 1, 1, 0, 0, 0)


class Entry(NamedTuple):
    """Where a part stands in the file."""

    path: str
    method: int
    crc: int
    packed: int
    size: int
    """Bytes once unpacked, as the directory says; `unpack` holds it to that."""
    start: int


class _Local(NamedTuple):
    """What stands before a part: APPNOTE 4.3.7. Of the name and the extra field, the lengths."""

    mark: bytes
    needs: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name: int
    extra: int


class _Central(NamedTuple):
    """A part's entry in the directory: APPNOTE 4.3.12. Of the name, the extra field and the comment, the lengths."""

    mark: bytes
    made_by: int
    needs: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name: int
    extra: int
    comment: int
    disk: int
    internal: int
    external: int
    start: int


def pack(parts: Mapping[str, bytes]) -> bytes:
    """A zip file of `parts` in their order; the same parts give the same bytes."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for path, body in parts.items():
            info = ZipInfo(path, _SAME_DATE)
            info.create_system, info.external_attr = 3, (_REGULAR_FILE | 0o644) << 16
            info.compress_type = ZIP_STORED if _is_too_tight(body) else ZIP_DEFLATED
            archive.writestr(info, body)
    return file.getvalue()


def _is_too_tight(body: bytes) -> bool:
    """Whether `body` would be packed more tightly than is read."""
    return len(body) > RATIO_FLOOR_BYTES and len(body) > MAX_RATIO // 2 * len(zlib.compress(body))


def read_directory(data: bytes) -> dict[str, Entry]:
    """The parts of the zip file `data` by their path, in its order; nothing is unpacked yet.

    Raises:
        NotABundle, BundleTruncated, BundleTampered, BundleTooLarge, BundleUnsafe: it is not as `pack` makes it.
    """
    if len(data) > MAX_FILE_BYTES:
        raise BundleTooLarge(f"the file has more than {MAX_FILE_BYTES:,} bytes")
    if not data.startswith(_LOCAL_MARK):
        raise NotABundle("the file does not begin as a bundle")
    count, offset = _read_end(data)
    if count > MAX_PARTS:
        raise BundleTooLarge(f"the file has more than {MAX_PARTS:,} parts")
    entries: dict[str, Entry] = {}
    at, position, unpacked = offset, 0, 0
    for _ in range(count):
        entry, at = _read_entry(data, at, position)
        if entry.path in entries:
            raise BundleUnsafe(f"{entry.path} is in the file twice")
        unpacked += entry.size
        if unpacked > MAX_UNPACKED_BYTES:
            raise BundleTooLarge(f"the parts have more than {MAX_UNPACKED_BYTES:,} bytes once unpacked")
        entries[entry.path] = entry
        position = entry.start + entry.packed
    if at != len(data) - _END.size or position != offset:
        raise BundleTampered("the file holds bytes that belong to no part")
    return entries


def unpack(data: bytes, entry: Entry) -> bytes:
    """The bytes of a part.

    Raises:
        BundleTampered: they are not what the directory says; no more than its size is ever unpacked.
    """
    packed = memoryview(data)[entry.start : entry.start + entry.packed]
    if entry.method == ZIP_STORED:
        body = bytes(packed)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            body = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            raise BundleTampered(f"{entry.path} cannot be unpacked") from None
        if not inflater.eof or inflater.unused_data:
            raise BundleTampered(f"{entry.path} is not as long as the file says")
    if len(body) != entry.size or zlib.crc32(body) != entry.crc:
        raise BundleTampered(f"{entry.path} is not what was written")
    return body


def _read_end(data: bytes) -> tuple[int, int]:
    """How many parts there are, and where the directory begins."""
    if data[-_END.size : -_END.size + 4] != _END_MARK or len(data) < _END.size:
        if data.rfind(_END_MARK, max(len(data) - _LONGEST_END, 0)) >= 0:
            raise BundleTampered("bytes stand behind the end of the file")
        raise BundleTruncated("the end of the file is missing")
    _mark, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(data, len(data) - _END.size)
    if disk or first_disk or comment or here != count or offset + size != len(data) - _END.size:
        raise BundleTampered("the file's directory is not where its end says")
    return count, offset


def _read_entry(data: bytes, at: int, position: int) -> tuple[Entry, int]:
    """The directory's entry at `at`, whose part must stand at `position`, and where the next entry begins."""
    row = _Central(*_fields(_CENTRAL, data, at))
    name_at = at + _CENTRAL.size
    raw_path = data[name_at : name_at + row.name]
    if row.mark != _CENTRAL_MARK or len(raw_path) != row.name or row.start != position or row.disk:
        raise BundleTampered("the file's directory does not fit its parts")
    path = _checked_path(raw_path)
    _check_kind(path, row)
    _check_size(path, row)
    local = _Local(*_fields(_LOCAL, data, position))
    path_at = position + _LOCAL.size
    body_at = path_at + local.name + local.extra
    told = (local.flags, local.method, local.crc, local.packed, local.size, data[path_at : path_at + local.name])
    if local.mark != _LOCAL_MARK or told != (row.flags, row.method, row.crc, row.packed, row.size, raw_path):
        raise BundleTampered(f"{path} is not what the file's directory says")
    entry = Entry(path, row.method, row.crc, row.packed, row.size, body_at)
    return entry, name_at + row.name + row.extra + row.comment


def _fields(record: struct.Struct, data: bytes, at: int) -> tuple[Any, ...]:
    if at + record.size > len(data):
        raise BundleTampered("the file's directory does not fit its parts")
    return record.unpack_from(data, at)


def _checked_path(raw: bytes) -> str:
    path = raw.decode("ascii", "replace")
    if len(path) > MAX_PATH_CHARACTERS or not _PATH.fullmatch(path):
        raise BundleUnsafe(f"{path[:80]!a} is not a path that a bundle may hold")
    return path


def _check_kind(path: str, row: _Central) -> None:
    if row.flags & _ENCRYPTED:
        raise BundleUnsafe(f"{path} is encrypted")
    if (row.external >> 16) & _FILE_TYPE not in {0, _REGULAR_FILE} or row.external & _DIRECTORY:
        raise BundleUnsafe(f"{path} is a link or a folder")
    if row.flags & ~_HARMLESS_FLAGS or row.method not in {ZIP_STORED, ZIP_DEFLATED}:
        raise BundleUnsafe(f"{path} is packed in a way that a bundle is not")


def _check_size(path: str, row: _Central) -> None:
    if row.size > MAX_PART_BYTES:
        raise BundleTooLarge(f"{path} has more than {MAX_PART_BYTES:,} bytes once unpacked")
    if row.size > RATIO_FLOOR_BYTES and row.size > MAX_RATIO * row.packed:
        raise BundleTooLarge(f"{path} unpacks to more than {MAX_RATIO} times its size")
