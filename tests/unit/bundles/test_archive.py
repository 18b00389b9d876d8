"""A file that is no bundle, was changed, or is a trap as a ZIP file is refused with its reason."""

import io
import struct
import zlib
from collections.abc import Callable
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_playground.bundles.bundle import (
    BundleError,
    BundleTampered,
    BundleTooLarge,
    BundleTruncated,
    BundleUnsafe,
    NotABundle,
    read_bundle,
)
from tests.bundles import RUN, SMALL, forged, parts_of, small_bundle, zip_of

_PLACES = st.integers(0, len(SMALL) - 1)
_MUTATIONS = st.one_of(
    st.builds(lambda at, by: SMALL[:at] + bytes([SMALL[at] ^ by]) + SMALL[at + 1 :], _PLACES, st.integers(1, 255)),
    st.builds(
        lambda at, new: SMALL[:at] + new + SMALL[at:], _PLACES | st.just(len(SMALL)), st.binary(min_size=1, max_size=9)
    ),
    st.builds(lambda at, many: SMALL[:at] + SMALL[at + many :], _PLACES, st.integers(1, 40)),
    st.builds(lambda at: SMALL[:at], _PLACES),
)


@settings(max_examples=800)
@given(data=_MUTATIONS)
def test_a_changed_file_is_refused_or_reads_the_same(data: bytes) -> None:
    try:
        found = read_bundle(data)
    except BundleError:
        return
    assert found == small_bundle()


def test_every_byte_counts_or_makes_no_difference() -> None:
    same = 0
    for at in range(len(SMALL)):
        try:
            assert read_bundle(SMALL[:at] + bytes([SMALL[at] ^ 0x21]) + SMALL[at + 1 :]) == small_bundle()
            same += 1
        except BundleError:
            continue
    # Of each of 4 parts: its local header, of which zipfile reads mark, name and lengths only (22 bytes), and in the
    # directory times (4), versions (4), inner attributes (2), permissions (at most 4) and how hard it was compressed.
    assert same <= 4 * 37 + 40


@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_are_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BundleError):
        read_bundle(data)


def test_what_is_no_bundle_says_so() -> None:
    for data in (b"", b"hello", zip_of({"a.txt": b"a"}), zip_of({"manifest.json": b'{"format": "other"}'})):
        with pytest.raises(NotABundle):
            read_bundle(data)
    with pytest.raises(BundleTruncated):
        read_bundle(SMALL[: len(SMALL) // 2])


@pytest.mark.parametrize("name", ["manifest.json\0.json", "runs/0001.json\0", "r\u00fcns/0001.json"])
def test_a_name_that_other_readers_would_cut_or_spell_otherwise_is_refused(name: str) -> None:
    raw = name.encode()
    body = b"PK\x03\x04" + struct.pack("<5H3I2H", 20, 0x800, 0, 0, 33, 0, 0, 0, len(raw), 0) + raw
    row = struct.pack("<6H3I5H2I", 20, 20, 0x800, 0, 0, 33, 0, 0, 0, len(raw), 0, 0, 0, 0, 0, 0)
    directory = b"PK\x01\x02" + row + raw
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(directory), len(body), 0)
    with pytest.raises(BundleUnsafe, match="not a path"):
        read_bundle(body + directory + end)


@given(data=_MUTATIONS, other=_PLACES, byte=st.integers(0, 255))
@settings(max_examples=200)
def test_a_directory_of_any_bytes_is_refused_or_reads_the_same(data: bytes, other: int, byte: int) -> None:
    # Behind the parts, where every byte is one that zipfile takes for a size or a place.
    start = data.find(b"PK\x01\x02") + 4
    at = start + other % max(len(data) - start, 1)
    try:
        found = read_bundle(data[:at] + bytes([byte]) + data[at + 1 :])
    except BundleError:
        return
    assert found == small_bundle()


def test_nothing_may_stand_before_or_behind() -> None:
    with pytest.raises(NotABundle):
        read_bundle(b"#!/bin/sh\n" + SMALL)
    for behind in (b"\0", SMALL):
        with pytest.raises(BundleTampered):
            read_bundle(SMALL[:-22] + behind + SMALL[-22:])
        with pytest.raises(BundleTampered):
            read_bundle(SMALL + b"x")


def test_a_part_that_was_changed_is_told_by_its_checksum() -> None:
    parts = parts_of(SMALL)
    with pytest.raises(BundleTampered, match=r"runs/0001\.json"):
        read_bundle(zip_of(parts | {RUN: parts[RUN].replace(b"Hello", b"Howdy")}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda parts: parts | {"runs/0003.json": b"{}"}, "not listed"),
        (lambda parts: {path: body for path, body in parts.items() if path != RUN}, "not there"),
    ],
)
def test_parts_and_manifest_must_agree(change: Callable[[dict[str, bytes]], dict[str, bytes]], said: str) -> None:
    with pytest.raises(BundleTampered, match=said):
        read_bundle(zip_of(change(parts_of(SMALL))))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x.json",
        "runs/../../x.json",
        "runs\\0001.json",
        "C:/x.json",
        "runs/",
        ".hidden",
        "a//b",
        "ü.json",
    ],
)
def test_a_path_outside_is_refused(path: str) -> None:
    with pytest.raises(BundleUnsafe):
        read_bundle(zip_of(parts_of(SMALL) | {path: b"{}"}))


def test_a_path_stands_once() -> None:
    file = io.BytesIO(SMALL)
    with pytest.warns(UserWarning, match="Duplicate"), ZipFile(file, "a") as archive:
        archive.writestr(RUN, b"{}")
    with pytest.raises(BundleUnsafe, match="twice"):
        read_bundle(file.getvalue())


def test_links_are_refused() -> None:
    file = io.BytesIO(SMALL)
    with ZipFile(file, "a") as archive:
        info = ZipInfo("runs/0003.json")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BundleUnsafe, match="link"):
        read_bundle(file.getvalue())


def test_encrypted_parts_are_refused() -> None:
    data = bytearray(SMALL)
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BundleUnsafe, match="encrypted"):
        read_bundle(bytes(data))


def test_a_zip_bomb_is_not_unpacked() -> None:
    for size, said in ((10_000_000, "50 times"), (30_000_000, "12,582,912 bytes")):
        with pytest.raises(BundleTooLarge, match=said):
            read_bundle(forged(SMALL, lambda parts, size=size: parts.update({RUN: b" " * size})))


def test_a_bomb_that_lies_about_its_size_is_cut_off() -> None:
    packed = zlib.compress(b" " * 60_000_000, 9)[2:-4]
    info = struct.pack("<5H3I2H", 20, 0, 8, 0, 33, 0, len(packed), 1000, 13, 0)
    entry = struct.pack("<6H3I5H2I", 20, 20, 0, 8, 0, 33, 0, len(packed), 1000, 13, 0, 0, 0, 0, 0, 0)
    head = b"PK\x03\x04" + info + b"manifest.json" + packed
    directory = b"PK\x01\x02" + entry + b"manifest.json"
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(directory), len(head), 0)
    with pytest.raises(BundleTampered, match=r"manifest\.json"):
        read_bundle(head + directory + end)


def test_a_file_with_too_many_parts_or_bytes_is_refused() -> None:
    with pytest.raises(BundleTooLarge, match="parts"):
        read_bundle(forged(SMALL, lambda parts: parts.update({f"runs/{n:04}.json": b"" for n in range(2001)})))
    with pytest.raises(BundleTooLarge, match="8,388,608 bytes"):
        read_bundle(b"PK\x03\x04" + bytes(32 * 1024 * 1024))
    large = Random(1).randbytes(250_000).hex().encode() + Random(2).randbytes(2_000).hex().encode() * 2_000
    with pytest.raises(BundleTooLarge, match="the parts have"):
        read_bundle(forged(SMALL, lambda parts: parts.update({f"runs/{n:04}.json": large for n in range(1, 5)})))


def test_times_comments_and_extra_fields_make_no_difference() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for path, body in parts_of(SMALL).items():
            info = ZipInfo(path, (2001, 2, 3, 4, 5, 6))
            info.compress_type, info.comment, info.extra = ZIP_DEFLATED, b"hello", b"\x99\x99\x02\x00ab"
            archive.writestr(info, body)
    assert read_bundle(file.getvalue()) == small_bundle()
    with ZipFile(file, "a") as archive:
        archive.comment = b"hello"
    with pytest.raises(BundleTampered):
        read_bundle(file.getvalue())
