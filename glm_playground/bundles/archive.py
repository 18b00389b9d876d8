"""The zip file of a bundle: packed alike, unpacked with suspicion.

`zipfile` reads it; here are the limits, so that a file costs no more than they say whatever its headers claim. What no
checksum covers (times, comments and extra fields of a part, its local header) has no influence.
"""

import io
import re
import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from glm_playground import bounds
from glm_playground.bundles.errors import (
    BundleTampered,
    BundleTooLarge,
    BundleTruncated,
    BundleUnsafe,
    NotABundle,
)

# A run of 131,072 tokens, the most that a GLM writes, has 4.4 MB and is packed 4 to 11 to 1.
MAX_FILE_BYTES = bounds.BUNDLE_FILE_BYTES
MAX_PARTS = bounds.BUNDLE_PARTS
"""The manifest included."""
MAX_PART_BYTES = bounds.BUNDLE_PART_BYTES
"""Of one part, unpacked."""
MAX_UNPACKED_BYTES = bounds.BUNDLE_UNPACKED_BYTES
"""Of all parts together, unpacked."""
MAX_RATIO = bounds.BUNDLE_RATIO
"""Unpacked bytes to packed ones; deflate itself reaches 1032."""
RATIO_FLOOR_BYTES = 1024 * 1024
"""A part that unpacks to no more may be packed as tightly as it likes."""
MAX_PATH_CHARACTERS = 255

_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_END = _END_BYTES + 0xFFFF
_ENCRYPTED = 0x2041
# How hard it was compressed, and that names are UTF-8.
_HARMLESS_FLAGS = 0x0806
_FILE_TYPE, _REGULAR_FILE, _DIRECTORY = 0o170000, 0o100000, 0x10
_PATH = re.compile(r"(?:[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*/)*[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*")
_SAME_DATE = (1980, 1, 1, 0, 0, 0)
# What zipfile raises for bytes that are no zip file, or one beyond what it reads.
_UNREADABLE = (BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, NotImplementedError)


class ArchiveLimits(NamedTuple):
    """What a file may have in all."""

    file_bytes: int
    unpacked_bytes: int
    values: int
    """As `parts.count_values` counts them."""
    events: int


SHARED = ArchiveLimits(MAX_FILE_BYTES, MAX_UNPACKED_BYTES, bounds.BUNDLE_VALUES, bounds.BUNDLE_EVENTS)
"""Where many share the memory, and for what is written."""
EARLIER = ArchiveLimits(32 * 1024 * 1024, 32 * 1024 * 1024, 2_500_000, 550_000)
"""What versions before 0.2 wrote: for who reads a file of their own on the command line."""


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


class Archive:
    """The parts of a zip file, none of them unpacked yet.

    Attributes:
        sizes: bytes of each part once unpacked, as the file says, by its path and in the file's order.

    Raises:
        NotABundle, BundleTruncated, BundleTampered, BundleTooLarge, BundleUnsafe: it is not as `pack` makes it.
    """

    def __init__(self, data: bytes, limits: ArchiveLimits = SHARED) -> None:
        _check_ends(data, limits)
        try:
            self._file = ZipFile(io.BytesIO(data))
        except _UNREADABLE:
            raise BundleTampered("the file's directory does not fit its parts") from None
        self._parts: dict[str, ZipInfo] = {}
        for info in self._file.infolist():
            _check_part(info)
            if info.filename in self._parts:
                raise BundleUnsafe(f"{info.filename} is in the file twice")
            self._parts[info.filename] = info
        # zipfile takes bytes before the parts for another program's, and moves its places by them.
        if min((info.header_offset for info in self._parts.values()), default=0) != 0:
            raise BundleTampered("the file holds bytes that belong to no part")
        self.sizes = {path: info.file_size for path, info in self._parts.items()}
        if sum(self.sizes.values()) > limits.unpacked_bytes:
            raise BundleTooLarge(f"the parts have more than {limits.unpacked_bytes:,} bytes once unpacked")

    def read(self, path: str) -> bytes:
        """The bytes of a part; no more than its size is ever unpacked.

        Raises:
            BundleTampered: they are not what the file says.
        """
        info = self._parts[path]
        try:
            with self._file.open(info) as part:
                body = part.read(info.file_size + 1)
        except _UNREADABLE:
            raise BundleTampered(f"{path} is not what was written") from None
        if len(body) != info.file_size:
            raise BundleTampered(f"{path} is not as long as the file says")
        return body


def _check_ends(data: bytes, limits: ArchiveLimits) -> None:
    """Refuses what stands before the first part or behind the end, and a directory above the limit."""
    if len(data) > limits.file_bytes:
        raise BundleTooLarge(f"the file has more than {limits.file_bytes:,} bytes")
    if not data.startswith(_LOCAL_MARK):
        raise NotABundle("the file does not begin as a bundle")
    if data[-_END_BYTES:-18] != _END_MARK:
        if data.rfind(_END_MARK, max(len(data) - _LONGEST_END, 0)) >= 0:
            raise BundleTampered("bytes stand behind the end of the file")
        raise BundleTruncated("the end of the file is missing")
    # Each entry of the directory begins with the mark: counted before zipfile makes an object of each.
    if data.count(_CENTRAL_MARK) > MAX_PARTS:
        raise BundleTooLarge(f"the file has more than {MAX_PARTS:,} parts")


def _check_part(info: ZipInfo) -> None:
    path = info.orig_filename
    if len(path) > MAX_PATH_CHARACTERS or path != info.filename or not _PATH.fullmatch(path):
        raise BundleUnsafe(f"{path[:80]!a} is not a path that a bundle may hold")
    if info.flag_bits & _ENCRYPTED:
        raise BundleUnsafe(f"{path} is encrypted")
    if (info.external_attr >> 16) & _FILE_TYPE not in {0, _REGULAR_FILE} or info.external_attr & _DIRECTORY:
        raise BundleUnsafe(f"{path} is a link or a folder")
    if info.flag_bits & ~_HARMLESS_FLAGS or info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise BundleUnsafe(f"{path} is packed in a way that a bundle is not")
    if info.file_size > MAX_PART_BYTES:
        raise BundleTooLarge(f"{path} has more than {MAX_PART_BYTES:,} bytes once unpacked")
    if info.file_size > RATIO_FLOOR_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        raise BundleTooLarge(f"{path} unpacks to more than {MAX_RATIO} times its size")
