"""Folders and .zip files: what is taken, what is left out and why, and what a hostile one costs."""

import stat
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment, AttachmentFault, AttachmentProblem, ReadFile, read_attachment
from glm_playground.chat.folders import Folder, NotAZip, Omission, PathFile, folder_of, unzipped


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def reasons(folder: Folder) -> dict[str, Omission]:
    return dict(folder.left_out)


def test_a_zip_is_its_texts_by_path_and_the_reasons_of_the_rest() -> None:
    data = zipped(
        ("shop/", b""),
        ("shop/b/__init__.py", b""),
        ("shop/a.py", b"\xef\xbb\xbfprint('\xc3\xa9')\n"),
        ("shop/logo.png", b"\x89PNG\r\n\x1a\n\x00"),
        ("shop/gbk.txt", "\u4f60\u597d".encode("gbk")),
        ("shop/.git/config", b"[core]"),
        ("shop/node_modules/x/index.js", b"x"),
        ("shop/.env", b"KEY=1"),
        ("shop/id_rsa", b"-----"),
        ("shop/big.txt", b"x" * (bounds.FOLDER_FILE_BYTES + 1)),
    )
    found = read_attachment("shop.zip", data)
    assert isinstance(found, ReadFile)
    name, files, left_out = found.attachment.name, found.attachment.files, found.attachment.left_out
    assert (name, files) == ("shop", (PathFile("a.py", "print('\u00e9')\n"), PathFile("b/__init__.py", "")))
    assert dict(left_out) == {
        "logo.png": Omission.NOT_TEXT,
        "gbk.txt": Omission.NOT_TEXT,
        ".git/config": Omission.SKIPPED,
        "node_modules/x/index.js": Omission.SKIPPED,
        ".env": Omission.SECRET,
        "id_rsa": Omission.SECRET,
        "big.txt": Omission.TOO_LARGE,
    }


@pytest.mark.parametrize(
    "path",
    ["../up.txt", "/etc/passwd", "a/../../b", "C:/a.txt", "a\\..\\b", "a//b", "./a", "a/`b", "a\u202eb.txt", "a" * 201],
)
def test_no_path_leads_elsewhere(path: str) -> None:
    found = folder_of([("ok.txt", b"a"), (path, b"b")])
    assert found.files == (PathFile("ok.txt", "a"),)
    assert [one.why for one in found.left_out] == [Omission.UNSAFE]


def test_links_encrypted_and_repeated_entries_are_left_out() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped((link, b"/etc/passwd"), ("a.txt", b"1"), ("a.txt", b"2"))
    found = unzipped(data)
    assert found.files == (PathFile("a.txt", "1"),)
    assert reasons(found) == {"link.txt": Omission.UNSAFE, "a.txt": Omission.UNSAFE}
    plain = zipped(("secret.txt", b"1"))
    for sign in (b"PK\x03\x04", b"PK\x01\x02"):
        at = plain.index(sign) + (6 if sign[2] == 3 else 8)
        plain = plain[:at] + bytes([plain[at] | 1]) + plain[at + 1 :]
    assert reasons(unzipped(plain)) == {"secret.txt": Omission.UNSAFE}


def test_a_bomb_costs_no_more_than_is_taken() -> None:
    many = zipped(*((f"{number}.txt", b"\0" * (bounds.FOLDER_FILE_BYTES - 1)) for number in range(600)))
    lying = zipped(("a.txt", b"a" * 50_000_000)).replace((50_000_000).to_bytes(4, "little"), (5).to_bytes(4, "little"))
    for data in (many, lying):
        assert len(data) < bounds.ZIP_BYTES
        began = process_time()
        tracemalloc.start()
        try:
            found = unzipped(data)
        except NotAZip:
            found = Folder((), ())
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert found.files == ()
        assert peak < 4 * bounds.FOLDER_BYTES
        assert process_time() - began < 10


def test_a_folder_has_room_for_so_much() -> None:
    many = folder_of((f"{number:04}.txt", b"a") for number in range(bounds.FOLDER_FILES + 2))
    assert len(many.files) == bounds.FOLDER_FILES
    assert {one.why for one in many.left_out} == {Omission.NO_ROOM}
    large = folder_of((f"{number}.txt", b"a" * bounds.FOLDER_FILE_BYTES) for number in range(6))
    assert len(large.files) == bounds.FOLDER_BYTES // bounds.FOLDER_FILE_BYTES


def test_too_many_entries_and_what_is_no_zip_are_refused() -> None:
    data = zipped(*((str(number), b"") for number in range(bounds.FOLDER_ENTRIES + 1)), compression=zipfile.ZIP_STORED)
    for hostile in (data, b"PK\x03\x04" + b"x" * 100, b"PK\x05\x06" + b"\xff" * 18):
        found = read_attachment("a.zip", hostile)
        assert isinstance(found, AttachmentProblem)
        assert found.fault is AttachmentFault.ZIP


def test_an_empty_one_is_told_so() -> None:
    found = read_attachment("a.zip", zipped(("a.png", b"\x89PNG\0")))
    assert isinstance(found, AttachmentProblem)
    assert found.fault is AttachmentFault.EMPTY


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=20)), max_size=5))
def test_whatever_the_names_the_paths_stay_inside(files: list[tuple[str, bytes]]) -> None:
    found = folder_of(files)
    for file in found.files:
        path = PurePosixPath(file.path)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert not set(file.path) & set("\\`\n\r\0")
    assert len(found.files) + len(found.left_out) == len(files)
    assert Attachment("a", files=found.files).name == "a"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_folder_or_no_zip(data: bytes) -> None:
    whole = zipped(("a.txt", b"text"), ("b/c.txt", b"more"))
    for damaged in (b"PK\x03\x04" + data, whole[: len(data)] + data + whole[2 * len(data) :]):
        try:
            unzipped(damaged)
        except NotAZip:
            continue
