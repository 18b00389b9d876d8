"""Files that go with a prompt: which are taken, what is asked about them, and what is sent."""

import re
from dataclasses import dataclass

import pytest

from glm_playground.chat.attachments import MAX_ATTACHMENTS, Attachment
from glm_playground.chat.folders import LeftOut, Omission, PathFile
from glm_playground.ui.shared import i18n
from glm_playground.ui.shared.answer.attachment_words import explain_attachment
from glm_playground.ui.shared.answer.starters import QUICKSTART
from glm_playground.ui.shared.files.taken_files import take_files
from tests import pdfs
from tests.app.playground.asked_lanes import BodyOf
from tests.app.playground_page import Playground
from tests.pictures import claiming, picture, url_of


@dataclass
class Upload:
    """A file as Streamlit hands it over; None as its data where nobody may read it."""

    name: str
    data: bytes | None
    size: int = 1

    def getvalue(self) -> bytes:
        assert self.data is not None, "the file was read"
        return self.data


class TestAttachments:
    def test_a_file_is_sent_with_the_prompt(self, page: Playground, body_of: BodyOf) -> None:
        page.at.chat_input(key="prompt").upload("table.csv", b"a,b\n1,2\n")
        page.ask("sum this up")
        assert body_of(page.last_run)["messages"][-1]["content"] == "```table.csv\na,b\n1,2\n```\n\nsum this up"
        assert "table\\.csv (about" in page.text

    def test_one_that_cannot_be_taken_keeps_the_text(self, page: Playground) -> None:
        page.at.chat_input(key="prompt").upload("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00")
        page.ask("keep this text")
        assert not page.talk.turns
        assert "Not every file was attached." in page.why_waiting
        assert "picture\\.png: It is no PNG, JPEG, WebP or GIF" in page.why_waiting
        assert page.waiting == ["keep this text"]
        # A second one costs nothing either.
        page.at.chat_input(key="prompt").upload("empty.txt", b"\n")
        page.ask("and this one")
        assert page.waiting == ["keep this text", "and this one"]
        assert not page.talk.turns

    def test_one_that_cannot_be_taken_does_not_cost_the_good_ones(self, page: Playground, body_of: BodyOf) -> None:
        for name, data in (("table.csv", b"a,b\n"), ("picture.png", b"\x89PNG\0\0"), ("notes.md", b"# Notes\n")):
            page.at.chat_input(key="prompt").upload(name, data)
        page.ask("sum this up")
        assert "picture\\.png: It is not text." in page.why_waiting
        assert re.search(r"With: table\\\.csv \(about \d tokens\), notes\\\.md \(about", page.text)
        page.draft()
        assert not page.waiting
        sent = body_of(page.last_run)["messages"][-1]["content"]
        assert sent == "```table.csv\na,b\n```\n\n```notes.md\n# Notes\n```\n\nsum this up"

    def test_one_whose_encoding_is_a_guess_is_asked_about(self, page: Playground, body_of: BodyOf) -> None:
        page.at.chat_input(key="prompt").upload("names.csv", "Olá, ação é não".encode("cp1252"))
        page.ask("sum this up")
        assert not page.talk.turns
        assert "The encoding of a file is a guess." in page.why_waiting
        [choice] = [box for box in page.at.selectbox if box.label == "Encoding of names.csv"]
        choice.select("cp1252").run()
        assert "Olá, ação é não" in [code.value for code in page.at.code]
        page.draft()
        assert "Olá, ação é não" in body_of(page.last_run)["messages"][-1]["content"]

    @pytest.mark.parametrize(
        ("files", "kept", "reason"),
        [
            ([Upload("large.txt", None, 50 * 1024**2)], 0, "It has 50.0 MB; at most 2 MB can be attached."),
            ([Upload("fine.txt", b"fine"), Upload("a.bin", bytes(9))], 1, "It is not text."),
            ([Upload("empty.txt", b" \n")], 0, "It is empty."),
            ([Upload("large.pdf", None, 50 * 1024**2)], 0, "It has 50.0 MB; at most 16 MB can be attached."),
            ([Upload("a.pdf", pdfs.pages([""]))], 0, "its pages (1) are images"),
            ([Upload("a.pdf", pdfs.encrypted(pdfs.pages(["a"]), "word"))], 0, "Save it without a password"),
            ([Upload("a.png", claiming(9000, 9000))], 0, "more than 36,000,000 pixels"),
            ([Upload("a.zip", b"PK\x03\x04")], 0, "The .zip file is broken"),
        ],
        ids=["large", "binary", "empty", "large of its kind", "images", "encrypted", "wide", "no zip"],
    )
    def test_what_cannot_be_taken_is_told(
        self, monkeypatch: pytest.MonkeyPatch, files: list[Upload], kept: int, reason: str
    ) -> None:
        monkeypatch.setattr(i18n, "language", lambda: "en")
        taken, [problem] = take_files(files)
        assert [one.attachment.name for one in taken] == [file.name for file in files[:kept]]
        assert reason in explain_attachment(problem)

    def test_a_folder_and_many_files_are_one_attachment_each(self) -> None:
        folder = [Upload("shop/a.py", b"a"), Upload("shop/b/c.py", b"c"), Upload("shop/.git/x", b"x")]
        taken, problems = take_files([*folder, Upload("d.txt", b"d")])
        assert [file.attachment for file in taken] == [
            Attachment("d.txt", "d"),
            Attachment(
                "shop",
                files=(PathFile("a.py", "a"), PathFile("b/c.py", "c")),
                left_out=(LeftOut(".git/x", Omission.SKIPPED),),
            ),
        ]
        assert problems == ()
        many = [Upload(f"{number}.txt", b"a") for number in range(MAX_ATTACHMENTS + 1)]
        [one] = take_files(many).files
        assert (one.attachment.name, len(one.attachment.files)) == ("files", MAX_ATTACHMENTS + 1)

    def test_the_text_of_a_pdf_is_shown_before_it_is_sent(self, page: Playground, body_of: BodyOf) -> None:
        page.at.chat_input(key="prompt").upload("a.pdf", pdfs.pages(["The first page", "The second"]))
        page.ask("sum this up")
        assert not page.talk.turns
        assert "This is the text that was read from the PDF." in page.why_waiting
        assert "[page 1 of 2]\nThe first page" in "".join(code.value for code in page.at.code)
        page.draft()
        assert "[page 2 of 2]\nThe second" in body_of(page.last_run)["messages"][-1]["content"]
        assert "a\\.pdf (2 pages, about" in "".join(caption.value for caption in page.at.caption)

    def test_an_image_goes_to_the_models_that_take_it_and_the_others_say_so(
        self, page: Playground, body_of: BodyOf
    ) -> None:
        data = picture()
        page.at.chat_input(key="prompt").upload("notes.txt", data)
        page.ask("what is this?")
        assert "glm\\-5\\.1 is not known to take images." in page.why_waiting
        assert not page.talk.turns
        [draft] = page.bench.drafts
        assert (draft.text, draft.attachments) == ("what is this?", (Attachment("notes.txt", image=url_of(data)),))
        page.click("add_lane")
        page.bench.lanes[1].edit("model", "glm-5.3-flash")
        draft.lane_ids = page.bench.targets()
        page.draft()
        refused, taken = page.bench.lanes
        assert "is not known to take images" in page.text
        assert not refused.conversation.turns
        [turn] = taken.conversation.turns
        run = turn.answer.run
        assert run
        assert body_of(run)["messages"][-1]["content"] == [
            {"type": "image_url", "image_url": {"url": url_of(data)}},
            {"type": "text", "text": "what is this?"},
        ]

    def test_the_code_starter_carries_the_repository_it_speaks_of(self, page: Playground, body_of: BodyOf) -> None:
        page.run()
        page.open("share")
        assert "orders/tests/test_checkout.py" in page.at.code[1].value
        page.click("starter")
        sent = body_of(page.last_run)["messages"][-1]["content"]
        assert "```orders/tests/test_checkout.py\n" in sent
        assert sent.endswith(QUICKSTART)
