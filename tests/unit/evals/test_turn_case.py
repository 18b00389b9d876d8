"""Turns as cases of a suite, and suites as tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment
from glm_playground.chat.folders import PathFile
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.variables import fill
from glm_playground.evals.suite import Check, CheckKind, Suite, SuiteError, problems_of
from glm_playground.evals.suite_file import WRITERS, open_suite
from glm_playground.evals.suite_table import TableEdits, columns_of, edited, rows_of
from glm_playground.evals.turn_case import LIKE, TurnCase, case_of, with_case
from glm_playground.gateway import ChatRequest, Message, ToolCall

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def request(*messages: tuple[str, str], **fields: object) -> ChatRequest:
    said = tuple(Message.model_validate({"role": role, "content": content}) for role, content in messages)
    return ChatRequest.model_validate({"model": "m", "messages": said, **fields})


def suite_of(*turns: TurnCase) -> Suite:
    suite: Suite | None = None
    for turn in turns:
        suite = with_case(suite, turn, "My cases")
    assert suite
    return suite


def test_turns_of_one_shape_share_a_prompt_and_others_have_their_own() -> None:
    suite = suite_of(
        case_of(request(("user", "Peru? {{not a variable}}")), "Lima"),
        case_of(request(("user", "Chile?")), "Santiago"),
        case_of(request(("system", "Be brief."), ("user", "Kenya?")), "Nairobi"),
        case_of(request(("user", "Hi"), ("assistant", "Hello"), ("user", "Canada?")), "Ottawa"),
    )
    assert [prompt.label for prompt in suite.prompts] == ["input", "system, input", "user_1, answer_1, input"]
    assert problems_of(suite) == []
    asked = [[(one.role, one.content) for one in filled.messages] for filled in suite.asked()]
    assert asked == [
        [("user", "Peru? {{not a variable}}")],
        [("user", "Chile?")],
        [("system", "Be brief."), ("user", "Kenya?")],
        [("user", "Hi"), ("assistant", "Hello"), ("user", "Canada?")],
    ]
    assert suite.requests == 4
    assert columns_of(suite) == ["id", "prompt", "input", "system", "user_1", "answer_1", "expected", "tags"]


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_it_is_written_as_a_file_that_asks_the_same(kind: str) -> None:
    turns = [case_of(request(("user", f"{n}?")), "yes") for n in range(3)]
    suite = suite_of(*turns, *([case_of(request(("system", "s"), ("user", "u")), "no")] if kind != "csv" else []))
    again = open_suite(f"suite.{kind}", WRITERS[kind](suite).encode()).suite
    assert [one.messages for one in again.asked()] == [one.messages for one in suite.asked()]
    assert [case.checks for case in again.cases] == [case.checks for case in suite.cases]


@pytest.mark.parametrize(
    ("answer", "calls", "format_", "expected"),
    [
        (" Lima \n", (), None, Check(kind=CheckKind.EQUALS, value="Lima")),
        ("a\nb", (), None, Check(kind=CheckKind.RUBRIC, value=f"{LIKE}a\nb")),
        ("", (), None, None),
        ("{}", (), {"type": "json_object"}, Check(kind=CheckKind.IS_JSON)),
        (
            "{}",
            (),
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
            Check(kind=CheckKind.IS_JSON, value={"type": "object"}),
        ),
        (
            "",
            (ToolCall(id="1", name="weather", arguments='{"city": "Recife"}'),),
            None,
            Check(kind=CheckKind.TOOL_CALLED, value={"name": "weather", "arguments": {"city": "Recife"}}),
        ),
        (
            "",
            (ToolCall(id="1", name="weather", arguments="broken"),),
            None,
            Check(kind=CheckKind.TOOL_CALLED, value={"name": "weather"}),
        ),
    ],
)
def test_what_came_is_expected_again(
    answer: str, calls: tuple[ToolCall, ...], format_: dict[str, object] | None, expected: Check | None
) -> None:
    found = case_of(request(("user", "?"), response_format=format_, tools=(TOOL,)), answer, calls)
    assert found.checks == ((expected,) if expected else ())
    assert found.tools == (TOOL,)


def test_a_new_suite_has_a_name_of_some_length() -> None:
    suite = with_case(None, case_of(request(("user", "a")), "b"), "x" * 5_000)
    assert suite.name == "x" * bounds.SUITE_NAME_CHARACTERS


PICTURE, OTHER = "data:image/png;base64,AAAA", "data:image/gif;base64,AAAB"
FILES = (
    Attachment("heron.png", image=PICTURE),
    Attachment("notes.txt", "Seen in ```May``` {{not a variable}}\n"),
    Attachment("src", files=(PathFile("a.py", "pass"), PathFile("b/c.py", "raise"))),
    Attachment("report.pdf", "Page one", pages=3),
)


def conversation(*prompts: Prompt) -> ChatRequest:
    """A request that asks these one after the other."""
    said: list[Message] = []
    for prompt in prompts:
        said += [*([Message(role="assistant", content="Indeed.")] if said else []), *prompt.messages()]
    return ChatRequest(model="m", messages=tuple(said))


def test_a_turns_attachments_go_with_it_by_their_names_and_the_same_is_sent() -> None:
    last = Prompt("What is it?", FILES)
    asked = conversation(Prompt("And this?", (Attachment("other.gif", image=OTHER), FILES[1])), Prompt("Why?"), last)
    (case,) = suite_of(case_of(asked, "A heron", prompt=last)).cases
    assert case.variables["input"] == "What is it?"
    assert [(file.name, file.pages, file.back) for file in case.attachments] == [
        # What came before is known from the request alone.
        ("notes.txt", 0, 2),
        ("image 1.gif", 0, 2),
        ("heron.png", 0, 0),
        ("notes.txt", 0, 0),
        ("src", 0, 0),
        ("report.pdf", 3, 0),
    ]
    suite = suite_of(case_of(asked, "A heron", prompt=last))
    assert next(suite.asked()).messages == asked.messages
    assert next(suite.asked()).has_images
    assert problems_of(suite) == []
    again = Suite.model_validate_json(suite.stored)
    assert next(again.asked()).messages == asked.messages
    # A run of the history does not know the prompt: the files are found in what was sent.
    (unknown,) = suite_of(case_of(asked, "A heron")).cases
    assert [file.name for file in unknown.attachments if not file.back] == [
        "notes.txt", "src", "report.pdf", "image 1.png",
    ]  # fmt: skip
    assert next(suite_of(case_of(asked, "A heron")).asked()).messages == asked.messages


def test_a_prompt_with_variables_stays_a_template_to_which_rows_can_be_added() -> None:
    template = "What is the capital of {{country}}? \\{{literally}} Answer in {{system}}."
    turns = []
    for country in ("Peru", "Kenya"):
        values = {"country": country, "system": "{{English}}"}
        prompt = Prompt(fill(template, values), FILES[1:2], template=template, values=values)
        system = Message(role="system", content="Be brief.")
        asked = ChatRequest(model="m", messages=(system, *prompt.messages()))
        turns.append((asked, case_of(asked, "Lima", prompt=prompt)))
    suite = suite_of(*(turn for _asked, turn in turns))
    assert [one.messages for one in suite.asked()] == [asked.messages for asked, _turn in turns]
    (prompt,) = suite.prompts
    assert prompt.messages[-1].content == template
    assert columns_of(suite) == ["id", "system_", "country", "system", "expected", "tags", "attachments"]
    more = edited(suite, TableEdits({}, added=({"country": "Chile", "system": "Spanish", "expected": "Santiago"},)))
    assert more.cases[-1].variables == {"system_": "", "country": "Chile", "system": "Spanish"}
    assert [len(case.attachments) for case in more.cases] == [1, 1, 0]


def test_a_template_that_does_not_say_what_was_sent_is_not_taken() -> None:
    asked = conversation(Prompt("Peru?"))
    stale = Prompt("Peru?", template="{{country}}, please", values={"country": "Peru"})
    assert case_of(asked, "Lima", prompt=stale).variables == {"input": "Peru?"}
    edited_since = Prompt("Chile?", template="{{country}}?", values={"country": "Chile"})
    assert case_of(asked, "Lima", prompt=edited_since).variables == {"input": "Peru?"}


def test_a_table_is_edited_by_the_ids_of_its_cases() -> None:
    suite = suite_of(*(case_of(request(("user", f"{n}?")), "yes") for n in range(3)))
    edits = TableEdits(
        {"case-1": {"input": "Peru?", "expected": "icontains: Lima", "tags": "geo south"}, "gone": {"input": "x"}},
        frozenset({"case-2"}),
        ({"input": "Chile?", "expected": "Santiago"}, {"id": "kenya", "input": "Kenya?", "expected": None}),
    )
    found = edited(suite, edits)
    assert [row.cells for row in rows_of(found)] == [
        {"id": "case-1", "input": "Peru?", "expected": "icontains: Lima", "tags": "geo south"},
        {"id": "case-3", "input": "2?", "expected": "equals: yes", "tags": ""},
        {"id": "case-4", "input": "Chile?", "expected": "equals: Santiago", "tags": ""},
        {"id": "kenya", "input": "Kenya?", "expected": "", "tags": ""},
    ]
    with pytest.raises(SuiteError, match="not supported"):
        edited(suite, TableEdits({"case-1": {"expected": "javascript: true"}}))
    with pytest.raises(SuiteError, match="takes a threshold"):
        edited(suite, TableEdits({"case-1": {"expected": "cost"}}))
    with pytest.raises(SuiteError, match="a case at least"):
        edited(suite, TableEdits({}, frozenset({"case-1", "case-2", "case-3"})))


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=100)), min_size=1, max_size=6))
def test_an_unedited_table_says_what_the_suite_says(turns: list[tuple[str, str]]) -> None:
    suite = suite_of(*(case_of(request(("user", prompt)), answer) for prompt, answer in turns))
    rows = rows_of(suite)
    again = edited(suite, TableEdits({row.id: row.cells for row in rows}))
    assert [case.variables for case in again.cases] == [case.variables for case in suite.cases]
    assert [case.checks for case in again.cases] == [case.checks for case in suite.cases]
