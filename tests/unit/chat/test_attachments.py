"""Files attached to a prompt: what is text, what a file is called, and the message they make."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground.chat.attachments import (
    MAX_ATTACHMENT_BYTES,
    Attachment,
    AttachmentFault,
    AttachmentProblem,
    ReadFile,
    read_attachment,
    split_attachments,
    token_shares,
    with_attachments,
)
from glm_playground.chat.folders import PathFile
from glm_playground.chat.pdf import PdfFault, PdfProblem
from glm_playground.runs.tokens import estimate_tokens
from tests import pdfs

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t`"), min_size=1)
near_fences = st.lists(st.sampled_from(["`", "```", "````", "~~~", "\n", " ", "a", "你"]), max_size=12).map("".join)


def fault_of(data: bytes) -> AttachmentFault | None:
    found = read_attachment("a.bin", data)
    return found.fault if isinstance(found, AttachmentProblem) else None


@given(
    texts.filter(lambda text: bool(text.strip()) and not text.startswith("\ufeff")),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_text_is_read_in_each_encoding_that_says_what_it_is(text: str, encoding: str) -> None:
    assert read_attachment("a.txt", text.encode(encoding)) == ReadFile(Attachment("a.txt", text))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xfe\xff\x00a\x00b", "ab"),
        (b"\x1b[32mINFO\x1b[0m ready\n", "\x1b[32mINFO\x1b[0m ready\n"),
        (b"a page\x0canother page", "a page\x0canother page"),
        (b"x" * 100 + b"\x01", "x" * 100 + "\x01"),
    ],
)
def test_what_is_text(data: bytes, text: str) -> None:
    assert read_attachment("a", data) == ReadFile(Attachment("a", text))


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01\x00",
        b"text\x00text",
        b"\x01\x02\x03 a",
        b"caf\xe9 \x01",
        b"\xff\xfea",
        b"\xff\xfe\x00\xd8a\x00",
        "text".encode("utf-32"),
        "text".encode("utf-16-le"),
        b"\xef\xbb\xbfcaf\xe9",
    ],
)
def test_what_is_not_text(data: bytes) -> None:
    assert fault_of(data) is AttachmentFault.BINARY


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", AttachmentFault.IMAGE),
        ("a.png", b"GIF89a", AttachmentFault.IMAGE),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x8f\x9d", AttachmentFault.PDF),
        ("a.zip", b"PK\x03\x04", AttachmentFault.ZIP),
        ("a.docx", b"PK\x03\x04\x14\x00\x00\x00", AttachmentFault.BINARY),
        ("a.zip", b"not one", None),
        ("a.pdf", b"about %PDF- files", None),
    ],
)
def test_a_file_is_what_its_bytes_say(name: str, data: bytes, fault: AttachmentFault | None) -> None:
    found = read_attachment(name, data)
    assert (found.fault if isinstance(found, AttachmentProblem) else None) is fault


def test_a_pdf_is_its_text() -> None:
    found = read_attachment("a.pdf", pdfs.pages(["one", "two"]))
    assert found == ReadFile(Attachment("a.pdf", "[page 1 of 2]\none\n\n[page 2 of 2]\ntwo\n", pages=2))
    locked = read_attachment("a.pdf", pdfs.encrypted(pdfs.pages(["one"]), "word"))
    assert isinstance(locked, AttachmentProblem)
    assert locked.pdf == PdfProblem(PdfFault.ENCRYPTED)


def test_a_folder_comes_as_its_files_by_path() -> None:
    folder = Attachment("shop", files=(PathFile("a.py", "a\n"), PathFile("b/__init__.py", "")))
    assert with_attachments("?", [folder]) == "```shop/a.py\na\n```\n\n```shop/b/__init__.py\n```\n\n?"
    [(_name, tokens)] = token_shares("?", [folder])
    assert tokens > 0


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\t"])
def test_a_file_with_nothing_to_read_is_empty(data: bytes) -> None:
    assert read_attachment("a.txt", data) == AttachmentProblem(AttachmentFault.EMPTY, "a.txt", len(data))


def test_a_file_may_have_two_mebibytes() -> None:
    assert fault_of(b"a" * MAX_ATTACHMENT_BYTES) is None
    assert read_attachment("c/a", b"a" * (MAX_ATTACHMENT_BYTES + 1)) == AttachmentProblem(
        AttachmentFault.TOO_LARGE, "a", MAX_ATTACHMENT_BYTES + 1
    )


@given(st.text(st.characters()), st.binary())
@example("\ud800", b"\xff\xfe\x00")
def test_any_bytes_are_an_attachment_or_a_problem(name: str, data: bytes) -> None:
    read = read_attachment(name, data)
    found = read.attachment if isinstance(read, ReadFile) else read
    assert 0 < len(found.name) <= 120
    assert not set(found.name) & set("/\\`\n\r\0\ud800")
    if isinstance(found, Attachment):
        with_attachments("p", [found]).encode()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("../../etc/passwd", "passwd"),
        ("a`\n```\x1bb.md", "ab.md"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("relatório 你好.csv", "relatório 你好.csv"),
        ("a" * 200, "a" * 120),
        ("folder/", "file"),
    ],
)
def test_the_name_is_the_last_part_of_the_path_and_plain(name: str, plain: str) -> None:
    assert read_attachment(name, b"a") == ReadFile(Attachment(plain, "a"))


def test_files_come_as_labelled_blocks_before_the_prompt() -> None:
    files = [Attachment("a.py", "print(1)\n"), Attachment("b.md", "```\ncode\n```")]
    assert with_attachments("What is it?", files) == (
        "```a.py\nprint(1)\n```\n\n````b.md\n```\ncode\n```\n````\n\nWhat is it?"
    )
    assert with_attachments(" \n", files[:1]) == "```a.py\nprint(1)\n```"


@given(st.text())
def test_a_prompt_without_files_is_the_message(prompt: str) -> None:
    assert with_attachments(prompt, []) == prompt


@given(near_fences, near_fences)
def test_no_file_ends_its_own_block(text: str, prompt: str) -> None:
    first, _, rest = with_attachments(prompt, [Attachment("n", text)]).partition("\n")
    fence = first.removesuffix("n")
    body = rest[: rest.index(fence)]
    assert body.removesuffix("\n") == text.removesuffix("\n")
    assert rest == body + fence + (f"\n\n{prompt}" if prompt.strip() else "")


@given(near_fences | st.text(), st.lists(texts, max_size=3))
@example("\n" * 500, ["a"])
def test_each_file_has_its_share_of_the_tokens(prompt: str, contents: list[str]) -> None:
    files = [Attachment(str(number), text) for number, text in enumerate(contents)]
    shares = token_shares(prompt, files)
    assert [name for name, _tokens in shares] == [file.name for file in files]
    assert all(tokens >= 0 for _name, tokens in shares)
    if prompt.strip() and len(files) == 1:
        assert estimate_tokens(prompt) + shares[0][1] == estimate_tokens(with_attachments(prompt, files))


names = st.from_regex(r"[a-z]{1,3}\.[a-z]{1,3}", fullmatch=True)
texts_attached = st.tuples(names, near_fences).map(lambda pair: Attachment(*pair))
folders = st.lists(st.tuples(names, near_fences), min_size=1, max_size=3).map(
    lambda rows: Attachment("folder", files=tuple(PathFile(*row) for row in rows))
)


@given(near_fences, st.lists(texts_attached | folders, max_size=3))
@example("", [Attachment("a.txt", "")])
@example("```a.txt\nis typed\n```", [Attachment("a.txt", "````\n")])
def test_a_message_is_split_into_what_makes_it_again(prompt: str, attachments: list[Attachment]) -> None:
    message = with_attachments(prompt, attachments)
    asked, files = split_attachments(message)
    assert with_attachments(asked, files) == message
    assert len(files) >= (len(attachments) > 0)


@pytest.mark.parametrize("typed", ["```python\nx\n```\n\nwhy?", "```a.py\nx\n``` why?", "why?", "", "```a.py\nx"])
def test_what_was_typed_is_no_file(typed: str) -> None:
    assert split_attachments(typed) == (typed, ())
