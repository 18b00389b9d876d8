"""What cases attach: read from files, written for promptfoo, sent as the playground sends it."""

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment
from glm_playground.chat.folders import PathFile
from glm_playground.chat.images import image_url
from glm_playground.chat.prompt import Prompt
from glm_playground.cli import main
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.suite import Case, FilledCase, PromptTemplate, Suite, SuiteError, problems_of
from glm_playground.evals.suite_file import WRITERS, open_suite
from glm_playground.evals.suite_folder import SuiteFolder
from glm_playground.gateway import Message


def png(colour: str = "red") -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2), colour).save(file, "PNG")
    return file.getvalue()


RED, BLUE = image_url(png("red")), image_url(png("blue"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("the operator's own")
    suite = tmp_path / "suite"
    (suite / "src" / "deep").mkdir(parents=True)
    (suite / "notes.txt").write_text("Seen in May {{not a variable}}")
    (suite / "heron.png").write_bytes(png())
    (suite / "src" / "a.py").write_text("pass")
    (suite / "src" / "deep" / "b.py").write_text("raise")
    (suite / "src" / ".env").write_text("KEY=1")
    (suite / "values.yaml").write_text("a: [1, no]")
    (suite / "code.py").write_text("print(1)")
    (suite / "out.txt").symlink_to(tmp_path / "secret.txt")
    return suite


def sent(asked: FilledCase) -> list[dict[str, Any]]:
    return [message.body() for message in asked.messages]


def opened(text: str, folder: Path | None, name: str = "suite.yaml") -> Opened:
    return open_suite(name, text.encode(), SuiteFolder(folder) if folder else None)


ATTACHED = """
prompts: ['{{question}}']
tests:
  - vars: {question: What is it?}
    metadata:
      attachments:
        - file://notes.txt
        - file://heron.png
        - file://src
        - {name: inline.md, text: Hello}
        - {name: held.png, base64: "BASE64"}
""".replace("BASE64", base64.b64encode(png("blue")).decode())


def test_a_suite_names_files_beside_it_and_they_are_sent_as_the_playground_sends_them(folder: Path) -> None:
    suite, unsupported = opened(ATTACHED, folder)
    assert [str(problem) for problem in unsupported] == [
        "src/.env is not attached: by its name it may hold a key or a password"
    ]
    attachments = (
        Attachment("notes.txt", "Seen in May {{not a variable}}"),
        Attachment("heron.png", image=RED),
        Attachment("src", files=(PathFile("a.py", "pass"), PathFile("deep/b.py", "raise"))),
        Attachment("inline.md", "Hello"),
        Attachment("held.png", image=BLUE),
    )
    assert next(suite.asked()).messages == Prompt("What is it?", attachments).messages()


def test_the_command_line_says_what_is_attached_and_what_a_format_leaves_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "suite.yaml").write_text(ATTACHED)
    monkeypatch.chdir(folder.parent)
    assert main(["suite", "check", "suite/suite.yaml"]) == 0
    assert "1 prompt, 1 case, 0 checks, 5 attachments" in capsys.readouterr().out
    assert main(["suite", "convert", "suite/suite.yaml", "--to", "csv"]) == 0
    assert "left out: the attachments of 1 case\n" in capsys.readouterr().err
    assert main(["suite", "convert", "suite/suite.yaml", "--to", "yaml"]) == 0
    suite, unsupported = opened(capsys.readouterr().out, None)
    assert unsupported == ()
    assert len(suite.cases[0].attachments) == 5


def test_a_suite_on_a_page_reads_no_file_and_says_so(folder: Path) -> None:
    with pytest.raises(SuiteError, match="names no file of this server") as caught:
        opened(ATTACHED, None)
    assert "base64" in str(caught.value.problems[0])
    by_variable = "prompts: ['{{notes}}']\ntests: [{vars: {notes: 'file://notes.txt'}}]"
    suite, unsupported = opened(by_variable, None)
    assert next(suite.asked()).messages[0].content == "file://notes.txt"
    assert str(unsupported[0]) == "line 2, tests[0].vars.notes: the file of notes is not opened: its name is sent"
    for name, text in (
        ("suite.csv", "input,__attachments\nWhat?,file://notes.txt\nWhy?,\n"),
        ("suite.jsonl", '{"input": "What?", "attachments": ["file://notes.txt"]}\n{"input": "Why?"}\n'),
    ):
        suite, unsupported = opened(text, None, name)
        assert [one.messages[0].content for one in suite.asked()] == ["Why?"]
        assert "names no file of this server" in unsupported[0].message


@pytest.mark.parametrize(
    "address",
    [
        "file://../secret.txt",
        "file:///etc/hostname",
        "file://out.txt",
        "file://src/../../secret.txt",
        "file://~/x",
        "file://src/.env",
    ],
)
def test_nothing_outside_of_the_suites_folder_is_read(folder: Path, address: str) -> None:
    text = f"prompts: ['{{{{a}}}}']\ntests: [{{vars: {{a: '{address}'}}}}, {{vars: {{a: x}}}}]"
    suite, unsupported = opened(text, folder)
    assert [one.messages[0].content for one in suite.asked()] == [address, "x"]
    assert "its name is sent" in unsupported[0].message
    attached = f"prompts: [hi]\ntests: [{{metadata: {{attachments: ['{address}']}}}}, {{}}]"
    suite, unsupported = opened(attached, folder)
    assert len(suite.cases) == 1
    assert "the case is left out" in unsupported[0].message
    assert "operator's own" not in suite.stored


def test_a_variable_that_names_a_file_is_its_text_as_in_promptfoo(folder: Path) -> None:
    text = "prompts: ['{{a}} {{b}} {{c}}']\ntests: [{vars: {a: 'file://notes.txt', b: 'file://values.yaml', c: C}}]"
    suite, unsupported = opened(text.replace("C}", "'file://code.py'}"), folder)
    assert suite.cases[0].variables["a"] == "Seen in May {{not a variable}}"
    assert json.loads(suite.cases[0].variables["b"]) == {"a": [1, "no"]}
    assert "code, which is not run" in unsupported[0].message
    table, unsupported = opened("input\nfile://notes.txt\n", folder, "suite.csv")
    assert table.cases[0].variables["input"] == "Seen in May {{not a variable}}"
    assert unsupported == ()


def test_images_in_parts_of_a_prompt_are_attached(folder: Path) -> None:
    data = RED.partition(",")[2]
    text = f"""
prompts:
  - label: url
    raw: '[{{"role": "user", "content": [{{"type": "text", "text": "What is {{{{it}}}}?"}},
          {{"type": "image_url", "image_url": {{"url": "{{{{image}}}}"}}}}]}}]'
  - label: base
    raw:  '[{{"role": "user", "content": [{{"type": "image_url",
          "image_url": {{"url": "data:image/png;base64,{{{{image}}}}"}}}}]}}]'
  - 'Only {{{{it}}}}'
tests:
  - {{vars: {{it: this, image: ['file://heron.png', '{BLUE}']}}, prompts: [url]}}
  - {{vars: {{it: that, image: '{data}'}}, prompts: [base]}}
  - {{vars: {{it: elsewhere, image: 'https://example.org/x.png'}}, prompts: [url]}}
  - {{vars: {{it: both, image: '{BLUE}'}}, prompts: [url, 'prompt 3']}}
"""
    suite, unsupported = opened(text, folder)
    sent = [(one.case.id, one.messages[0].content, one.messages[0].images) for one in suite.asked()]
    assert sent == [
        ("case-1-1", "What is this?", (RED,)),
        ("case-1-2", "What is this?", (BLUE,)),
        ("case-2", "", (RED,)),
        ("case-4-1", "What is both?", (BLUE,)),
        ("case-4-2", "Only both", ()),
    ]
    assert [str(problem) for problem in unsupported] == [
        "line 13, tests[2]: the case is left out: 'image' is no data URL: no address is opened"
    ]
    assert suite.cases[0].variables == {"it": "this"}
    assert suite.cases[0].attachments[0].name == "heron.png"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}', "no address is opened"),
        ('{"type": "input_audio", "input_audio": {}}', "'input_audio' is not supported"),
    ],
)
def test_a_part_that_is_not_supported_leaves_its_prompt_out(part: str, said: str) -> None:
    raw = json.dumps(f'[{{"role": "user", "content": [{part}]}}]')
    suite, unsupported = opened(f"prompts: [hello, {{raw: {raw}}}]\ntests: [{{}}]", None)
    assert [prompt.label for prompt in suite.prompts] == ["prompt 1"]
    assert said in unsupported[0].message


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"name": "a"}, "has no content"),
        ({"name": "a.png", "image": "https://example.org/a.png"}, "is no attachment"),
        ({"name": "a.png", "image": "data:image/png;base64,AAAA"}, "is no image"),
        ({"name": "a.bin", "base64": "AAEC"}, "neither text nor"),
        ({"name": "a.bin", "base64": "?"}, "is not base64"),
        ({"path": "/etc/passwd"}, "a file:// address, or has a name"),
        ("/etc/passwd", "is no file:// address"),
        (7, "a file:// address, or has a name"),
    ],
)
def test_what_cannot_be_attached_is_said_and_its_case_left_out(entry: object, said: str) -> None:
    value = {"prompts": ["hi"], "tests": [{"metadata": {"attachments": [entry]}}, {}]}
    suite, unsupported = opened(yaml.safe_dump(value), None)
    assert len(suite.cases) == 1
    assert said in unsupported[0].message


def test_a_case_attaches_no_more_than_a_prompt_may() -> None:
    prompt = PromptTemplate(label="p", messages=(Message(role="user", content="x"),))

    def faults(*files: CaseFile) -> list[str]:
        suite = Suite(name="", prompts=(prompt,), cases=(Case(id="c", attachments=files),))
        return [problem.message for problem in problems_of(suite)]

    one = CaseFile(name="a.txt", text="a")
    assert faults(*[one] * bounds.ATTACHMENTS) == []
    assert faults(*[one] * (bounds.ATTACHMENTS + 1)) == ["a message has more than 10 attachments"]
    assert faults(one.model_copy(update={"back": 1})) == ["an attachment has no message of the user that it belongs to"]
    large = CaseFile(name="a.txt", text="a" * (bounds.SUITE_ATTACHED_BYTES // 4 + 1))
    assert faults(*[large] * 4) == ["its attachments have more than 33,554,432 bytes"]
    image = CaseFile(name="a.png", image="data:image/png;base64," + "A" * (bounds.IMAGES_BYTES // 3 * 2))
    assert faults(image, image) == []
    assert faults(image, image, image)[0].startswith("its images have more than")


_names = st.from_regex(r"[a-z]{1,8}\.(txt|md|py)", fullmatch=True)
_texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).map(lambda text: f"{text}\n")
_files = st.one_of(
    st.builds(CaseFile, name=_names, text=_texts, back=st.integers(0, 1)),
    st.builds(CaseFile, name=st.sampled_from(["a.png", "b.png"]), image=st.sampled_from([RED, BLUE])),
    st.builds(CaseFile, name=st.just("r.pdf"), text=_texts, pages=st.integers(1, 9)),
)


@given(
    st.lists(st.tuples(st.sampled_from(["", "What?", "  "]), st.lists(_files, max_size=3)), min_size=1, max_size=4),
    st.booleans(),
)
def test_what_is_written_for_promptfoo_opens_as_it_was(cases: list[tuple[str, list[CaseFile]]], two: bool) -> None:
    messages = tuple(Message(role=role, content=text) for role, text in _SAID)  # type: ignore[arg-type]
    prompts = [PromptTemplate(label=label, messages=messages) for label in ("one", "two")[: 2 if two else 1]]
    made = tuple(
        Case(id=f"c{n}", variables={"q": text}, attachments=tuple(files)) for n, (text, files) in enumerate(cases)
    )
    suite = Suite(name="s", prompts=tuple(prompts), cases=made)
    for kind in ("yaml", "jsonl"):
        again, unsupported = open_suite(f"s.{kind}", WRITERS[kind](suite).encode())
        assert unsupported == ()
        assert [sent(one) for one in again.asked()] == [sent(one) for one in suite.asked()]
        if kind == "yaml":
            assert [case.attachments for case in again.cases] == [case.attachments for case in suite.cases]
            assert [prompt.label for prompt in again.prompts] == [prompt.label for prompt in suite.prompts]
            assert again.digest == suite.digest


_SAID = (("user", "Before"), ("assistant", "Yes"), ("user", "{{q}}"))


def test_what_promptfoo_sends_of_it_is_what_is_sent_here() -> None:
    prompt = PromptTemplate(label="p", messages=(Message(role="user", content="What is {{it}}?"),))
    files = (CaseFile(name="a.png", image=RED), CaseFile(name="n.txt", text="Notes"))
    cases = (Case(id="with", variables={"it": "this"}, attachments=files), Case(id="none", variables={"it": "that"}))
    suite = Suite(name="s", prompts=(prompt,), cases=cases)
    written = yaml.safe_load(WRITERS["yaml"](suite))
    assert [one["label"] for one in written["prompts"]] == ["p (with 1 images and files)", "p"]
    assert [test["prompts"] for test in written["tests"]] == [["p (with 1 images and files)"], ["p"]]
    filled = written["prompts"][0]["raw"]
    for name, value in written["tests"][0]["vars"].items():
        filled = filled.replace(f"{{{{{name}}}}}", json.dumps(value)[1:-1])
    assert json.loads(filled) == [message.body() for message in next(suite.asked()).messages]
