"""Lanes side by side: whom a prompt goes to and what with, what a history keeps, what is held back and why."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.chat.attachments import MAX_ATTACHMENTS, Attachment
from glm_playground.chat.conversation import Turn
from glm_playground.chat.folders import LeftOut, Omission, PathFile
from glm_playground.chat.session import CONTINUE
from glm_playground.runs.run import Outcome, Run
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.ui.shared import i18n
from glm_playground.ui.shared.attachment_words import explain_attachment
from glm_playground.ui.shared.starters import QUICKSTART
from glm_playground.ui.shared.taken_files import take_files
from tests import pdfs
from tests.app.playground_page import Playground
from tests.pictures import claiming, picture, url_of

BodyOf = Callable[[Run], dict[str, Any]]


@pytest.fixture
def lanes(at_gateway: None, open_page: Callable[..., AppTest]) -> Callable[..., Playground]:
    """Opens the page with these lanes, written as in a link."""
    return lambda *texts, **fields: Playground(open_page("pages/playground.py", lane=list(texts), **fields))


@pytest.fixture
def body_of(logged: Callable[..., list[dict[str, Any]]]) -> BodyOf:
    """The body of a run's last request, as the server received it."""

    def read(run: Run) -> dict[str, Any]:
        body: dict[str, Any] = logged(run.id)[-1]["body"]
        return body

    return read


@pytest.fixture
def asked(sandbox: SandboxProcess) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The chat requests that the sandbox got since the test began, oldest first."""
    begin = time.perf_counter_ns()
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10) as client:

        def entries() -> list[dict[str, Any]]:
            requests = client.get("/sandbox/log").json()["requests"]
            return [entry for entry in requests if entry["received_ns"] > begin and "/chat/" in entry["path"]]

        yield entries


def contents(body: dict[str, Any]) -> list[str]:
    return [message["content"] for message in body["messages"]]


def answers(turn: Turn) -> list[str]:
    return [answer.content for answer in turn.answers]


def models(page: Playground) -> list[str]:
    return [str(page.at.selectbox(key=f"model-{lane.id}").value) for lane in page.bench.lanes]


class TestSeveralLanes:
    def test_a_duplicate_goes_its_own_way(self, lanes: Callable[..., Playground], body_of: BodyOf) -> None:
        page = lanes("glm-5.1;temperature=0.5", "glm-4.5")
        page.say("before")
        page.choose("lane-1", "duplicate")
        assert models(page) == ["glm-5.1", "glm-5.1", "glm-4.5"]
        page.at.segmented_control(key="target").set_value("3")
        page.say("aside")
        page.at.segmented_control(key="target").set_value("all")
        page.say("after")
        first, copy, _other = (body_of(run) for run in page.last_runs)
        assert first["temperature"] == copy["temperature"] == 0.5
        assert ["before" in contents(first), "aside" in contents(first)] == [True, False]
        assert ["before" in contents(copy), "aside" in contents(copy)] == [True, True]

    def test_six_lanes_ask_each_its_own_model_with_its_own_history(self, page: Playground, body_of: BodyOf) -> None:
        for _ in range(5):
            page.click("add_lane")
        assert page.at.button(key="add_lane").disabled
        page.say("one")
        page.say("two")
        bodies = [body_of(run) for run in page.last_runs]
        assert [body["model"] for body in bodies] == models(page)
        assert len(set(models(page))) == 6
        prompts = ["@script text=one rate=0\n", "one", "@script text=two rate=0\n"]
        assert all(contents(body) == prompts for body in bodies)

    def test_a_prompt_to_one_lane_is_in_no_other_history(
        self, lanes: Callable[..., Playground], body_of: BodyOf
    ) -> None:
        page = lanes("glm-5.1", "glm-4.5", "glm-4.6")
        page.at.segmented_control(key="target").set_value("2")
        page.say("aside")
        assert [len(lane.conversation.turns) for lane in page.bench.lanes] == [0, 1, 0]
        page.at.segmented_control(key="target").set_value("all")
        page.say("together")
        assert ["aside" in contents(body_of(run)) for run in page.last_runs] == [False, True, False]

    def test_move_and_remove_and_undo(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1", "glm-4.5", "glm-4.6")
        page.say("kept")
        page.choose("lane-3", "left")
        assert models(page) == ["glm-5.1", "glm-4.6", "glm-4.5"]
        page.choose("lane-1", "right")
        page.choose("lane-1", "remove")
        assert models(page) == ["glm-4.6", "glm-4.5"]
        page.click("undo")
        assert models(page) == ["glm-4.6", "glm-5.1", "glm-4.5"]
        assert [run.content for run in page.last_runs] == ["kept"] * 3
        with pytest.raises(KeyError):
            page.at.button(key="undo")

    def test_the_badge_names_what_differs(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1;temperature=0.5", "glm-4.5;temperature=0.9;max_tokens=7", "glm-4.6;temperature=0.5")
        page.open("settings-3")
        page.at.text_area(key="system-3").set_value("Be brief.")
        page.run()
        badges = [text.value for text in page.at.markdown if "differs: " in text.value]
        assert [badge.replace("\\", "") for badge in badges] == [
            ":small[:gray-badge[differs: temperature, max_tokens]]",
            ":small[:gray-badge[differs: system]]",
        ]

    def test_in_step_all_ask_with_the_first_ones_settings(
        self, lanes: Callable[..., Playground], body_of: BodyOf
    ) -> None:
        page = lanes("glm-5.1;temperature=0.5;thinking=off", "glm-4.5;temperature=0.9")
        page.open("options")
        page.at.toggle(key="in_step").set_value(True)
        page.run()
        assert "differs" not in page.text
        page.open("settings-2")
        assert "Using lane 1's settings." in page.text
        with pytest.raises(KeyError):
            page.at.number_input(key="temperature-2")
        page.say("both")
        first, second = (body_of(run) for run in page.last_runs)
        assert (first.pop("model"), second.pop("model")) == ("glm-5.1", "glm-4.5")
        assert first == second
        assert second["temperature"] == 0.5
        page.at.toggle(key="in_step").set_value(False)
        page.run()
        page.say("apart")
        assert [body_of(run)["temperature"] for run in page.last_runs] == [0.5, 0.9]


class TestOneLaneFails:
    def test_the_others_are_untouched_and_it_can_ask_without_the_tools(
        self, lanes: Callable[..., Playground], body_of: BodyOf
    ) -> None:
        page = lanes("glm-5.1", "glm-5.2")
        for lane in ("1", "2"):
            page.open(f"settings-{lane}")
            page.at.toggle(key=f"builtin-{lane}").set_value(True)
            page.run()
        page.say("fine")
        good = page.last_runs[0]
        turn = page.bench.lanes[1].conversation.turns[-1]
        page.click(f"without-tools-{turn.id}")
        good_now, asked_again = page.last_runs
        assert good_now is good
        assert "tools" not in body_of(asked_again)
        assert asked_again.content == "fine"
        assert not page.bench.lanes[1].setup.parameters.tools
        assert page.bench.lanes[0].setup.parameters.tools
        page.open("settings-2")
        assert not page.at.toggle(key="builtin-2").value
        page.say("next")
        assert [run.outcome for run in page.last_runs] == [Outcome.COMPLETED] * 2

    def test_the_others_are_untouched(self, lanes: Callable[..., Playground]) -> None:
        page = lanes("glm-5.1", "glm-5.2")
        for lane in ("1", "2"):
            page.open(f"settings-{lane}")
            page.at.toggle(key=f"builtin-{lane}").set_value(True)
            page.run()
        page.say("fine")
        good, refused = page.last_runs
        assert (good.outcome, good.content) == (Outcome.COMPLETED, "fine")
        assert refused.error
        assert refused.error.code == "unsupported_model_capability"
        assert "doesn't support part of this request" in page.error
        [remedy] = [button.label for button in page.at.button if button.label.startswith("Send without")]
        assert remedy == "Send without tools"

    def test_a_setting_of_one_that_cannot_be_used_keeps_no_other_from_asking(
        self, lanes: Callable[..., Playground]
    ) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        page.open("settings-2")
        page.at.text_area(key="extra-2").set_value("{")
        page.say("fine")
        assert [len(lane.conversation.turns) for lane in page.bench.lanes] == [1, 0]
        assert "A setting cannot be used: Extra request fields (JSON)" in page.notice
        assert not page.waiting


class TestFairTimes:
    def test_one_by_one(self, lanes: Callable[..., Playground], asked: Callable[[], list[dict[str, Any]]]) -> None:
        page = lanes("glm-5.1", "glm-4.5")
        # The mark goes before the first message: the directive in the last one stays whole.
        page.say("before")
        page.open("options")
        page.at.segmented_control(key="order").set_value("one")
        page.at.number_input(key="repeats").set_value(2)
        page.run()
        page.script("tokens=45 rate=450")
        entries = asked()[2:]
        assert all(ahead["last_token_ns"] <= behind["received_ns"] for ahead, behind in pairwise(entries))
        warm_ups, measured = entries[:2], entries[2:]
        assert [(entry["model"], contents(entry["body"]), entry["body"]["max_tokens"]) for entry in warm_ups] == [
            ("glm-4.5", ["Hi"], 1),
            ("glm-5.1", ["Hi"], 1),
        ]
        assert Counter(entry["model"] for entry in measured) == {"glm-4.5": 2, "glm-5.1": 2}
        first_lines = [contents(entry["body"])[0].splitlines()[0] for entry in measured]
        marks = [re.fullmatch(r"\[([0-9a-f]{8})\] @script text=before rate=0", line) for line in first_lines]
        assert len({mark[1] for mark in marks if mark}) == 4
        shown = [message for message in page.at.chat_message if message.name == "assistant"]
        for message in shown[-2:]:
            assert any(caption.value.startswith("2 runs · TTFT ") for caption in message.caption)
        for lane, run in zip(page.bench.lanes, page.last_runs, strict=True):
            page.at.session_state[f"details-{lane.id}-{run.id}"] = True
        page.run()
        assert page.text.count("Asked alone, in random order, after a warm-up of the model") == 2
        assert "asked at the same time" not in page.text

    def test_repeats_show_their_spread(self, page: Playground) -> None:
        page.open("options")
        page.at.number_input(key="repeats").set_value(3)
        page.run()
        page.script("tokens=100 rate=400")
        assert "Answer 1 of 3" in page.answer
        time, speed = r"[\d.]+ m?s", r"[\d.]+"
        line = rf"3 runs · TTFT {time} / {time} / {time} · {speed} / {speed} / {speed} tokens/s · min / median / max"
        assert re.search(line, page.answer)


class TestForks:
    def test_an_edited_prompt_forks_and_the_old_branch_can_be_shown_again(
        self, page: Playground, body_of: BodyOf
    ) -> None:
        page.say("first")
        page.say("followed")
        old = page.talk.turns[0]
        page.choose(f"turn-{old.id}", "edit_prompt")
        assert page.at.text_area(key="edited").value == "@script text=first rate=0\n"
        page.at.text_area(key="edited").set_value("@script text=second rate=0")
        page.click("edit-keep")
        assert [turn.answer.content for turn in page.talk.turns] == ["second"]
        assert "Prompt 2 of 2" in page.text
        page.click(f"branch-{page.talk.turns[0].id}-back")
        assert [turn.answer.content for turn in page.talk.turns] == ["first", "followed"]
        page.say("on")
        assert contents(body_of(page.last_run))[1::2] == ["first", "followed"]

    def test_an_edited_answer_is_quoted_in_the_next_request(self, page: Playground, body_of: BodyOf) -> None:
        page.say("model's")
        turn = page.talk.turns[0]
        page.choose(f"turn-{turn.id}", "edit_answer")
        page.at.text_area(key="edited").set_value("mine")
        page.click("edit-keep")
        assert "written by you" in page.answer
        page.say("next")
        assert contents(body_of(page.last_run))[1] == "mine"
        page.click(f"version-{turn.id}-back")
        assert answers(turn) == ["model's", "mine"]
        assert turn.answer.content == "model's"

    def test_regenerate_keeps_versions_and_each_what_followed_it(self, page: Playground) -> None:
        page.say("one")
        page.say("follows")
        turn = page.talk.turns[0]
        page.choose(f"turn-{turn.id}", "regenerate")
        assert len(turn.runs) == 2
        assert len(page.talk.turns) == 1
        assert "Answer 2 of 2" in page.text
        page.click(f"version-{turn.id}-back")
        assert [turn.answer.content for turn in page.talk.turns] == ["one", "follows"]

    def test_a_deleted_turn_can_be_put_back(self, page: Playground) -> None:
        page.say("one")
        page.say("two")
        page.choose(f"turn-{page.talk.turns[0].id}", "delete")
        assert not page.at.chat_message
        page.click("undo")
        assert [turn.answer.content for turn in page.talk.turns] == ["one", "two"]

    def test_what_was_cleared_can_be_put_back_beside_what_was_asked_since(self, page: Playground) -> None:
        page.say("before")
        page.click("clear")
        page.say("since")
        page.run()
        page.click("undo")
        assert [turn.answer.content for turn in page.talk.turns] == ["before"]
        page.click(f"branch-{page.talk.turns[0].id}-on")
        assert [turn.answer.content for turn in page.talk.turns] == ["since"]

    def test_a_cut_answer_can_be_continued(self, page: Playground, body_of: BodyOf) -> None:
        page.say("whole")
        assert "Continue" not in [button.label for button in page.at.button]
        page.script("text=begun finish=length")
        page.click(f"continue-{page.talk.turns[-1].id}")
        assert contents(body_of(page.last_run))[-2:] == ["begun", CONTINUE]


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


class TestNotSentYet:
    def test_a_variable_is_filled_before_anything_is_sent(self, page: Playground, body_of: BodyOf) -> None:
        page.script("text=done", "Translate {{word}} and {{word}} into {{ language }}")
        assert "The prompt has variables. Fill in `word`, `language`, or send" in page.why_waiting
        page.at.text_input(key="variable-language").set_value("English")
        page.draft()
        assert "Fill in `word`, or send" in page.why_waiting
        assert not page.talk.turns
        page.at.text_input(key="variable-word").set_value("casa")
        page.draft()
        assert body_of(page.last_run)["messages"][-1]["content"].endswith("\nTranslate casa and casa into English")
        assert page.answer.startswith("done")

    def test_a_cost_above_the_limit_wants_a_word(self, page: Playground) -> None:
        page.open("options")
        page.at.number_input(key="ask_above").set_value(0.0)
        page.run()
        page.ask("dear")
        assert page.waiting == ["dear"]
        assert "**Not sent yet.** Confirm the cost. It may cost more than" in page.why_waiting
        page.draft("discard")
        assert "Not sent yet" not in page.text
        page.click("undo")
        assert page.waiting == ["dear"]
        page.draft("discard")
        page.say("worth it")
        assert not page.talk.turns
        page.draft()
        assert [turn.answer.content for turn in page.talk.turns] == ["worth it"]
        # An emptied field never asks.
        page.at.number_input(key="ask_above").set_value(None)
        page.say("unasked")
        assert [turn.answer.content for turn in page.talk.turns] == ["worth it", "unasked"]
