"""Suites in CSV and JSONL."""

import json

import pytest
from hypothesis import given

from glm_playground import bounds
from glm_playground.evals.suite import CheckKind, Suite, SuiteError
from glm_playground.evals.tables import read_csv, read_jsonl, write_csv, write_jsonl
from tests.unit.evals.test_promptfoo import suites


def test_a_column_is_a_variable_and_expected_ones_are_checks() -> None:
    suite, unsupported = read_csv(
        "city,__expected1,__expected2,__id,__tags,__foo\n"
        'Rio,"contains-any: praia, mar",not-icontains: snow,a,geo br,\n'
        "Oslo,numeric(0.5): 4,fn:output.length,b,,\n"
        "Lima,Peru,latency(300),c,,\n",
        "Where is {{city}}?",
    )
    assert [case.id for case in suite.cases] == ["a", "b", "c"]
    assert suite.cases[0].tags == ("geo", "br")
    assert suite.cases[0].checks[0].value == ["praia", "mar"]
    assert suite.cases[0].checks[1].name == "not-icontains"
    assert (suite.cases[1].checks[0].value, suite.cases[1].checks[0].tolerance) == (4, 0.5)
    assert suite.cases[2].checks[0].kind is CheckKind.EQUALS
    assert suite.cases[2].checks[1].threshold == 300
    assert [one.path for one in unsupported] == ["__foo", "__expected2"]
    assert next(suite.asked()).messages[0].content == "Where is Rio?"


def test_other_spreadsheets_write_other_marks() -> None:
    suite, _ = read_csv("\ufeffinput;__expected\n1,5 + 1?;2,5\n")
    assert suite.cases[0].variables == {"input": "1,5 + 1?"}
    assert suite.cases[0].checks[0].value == "2,5"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a line of names"),
        ("a,a\n1,2\n", "stands twice"),
        ("a\n1,2\n", "2 cells under 1 names"),
        ('a\n"x', "not CSV"),
        ("a\n1\n", "no prompt"),
        ("input,__id\na,1\nb,1\n", "2 cases have the id '1'"),
        ("input,__expected\na,regex: (b\n", "not understood"),
        ("input\n" + "a\n" * 100_000, "100,000 lines"),
    ],
)
def test_a_table_that_cannot_be_used(text: str, words: str) -> None:
    with pytest.raises(SuiteError, match=words.replace("(", r"\(")):
        read_csv(text)


def test_lines_of_openais_evals() -> None:
    suite, unsupported = read_jsonl(
        '{"input": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "2+2"}], "ideal": "4"}\n\n'
        '{"input": [{"role": "system", "content": "Be."}, {"role": "user", "content": "3"}], "ideal": ["9", "nine"],'
        ' "x": 1}\n'
    )
    assert [asked.messages[1].content for asked in suite.asked()] == ["2+2", "3"]
    assert [case.checks[0].kind for case in suite.cases] == [CheckKind.EQUALS, CheckKind.CONTAINS_ANY]
    assert [(one.path, one.line) for one in unsupported] == [("x", 3)]


@pytest.mark.parametrize("line", ["[", "1", "{}", '{"input": 1}', '{"input": [{"role": "king", "content": "a"}]}'])
def test_a_line_that_cannot_be_used_is_named(line: str) -> None:
    with pytest.raises(SuiteError) as caught:
        read_jsonl(f'{{"input": "a"}}\n{line}\n')
    assert caught.value.problems[0].line == 2


def test_so_many_lines_are_read_at_most() -> None:
    with pytest.raises(SuiteError, match="at most 20,000"):
        read_jsonl('{"input": "a"}\n' * (bounds.SUITE_CASES + 1))


@given(suites)
def test_what_is_written_holds_every_case(suite: Suite) -> None:
    lines = [json.loads(line) for line in write_jsonl(suite).split("\n") if line]
    assert [line["input"] for line in lines] == [
        [message.body() for message in asked.messages] for asked in suite.asked()
    ]
    assert write_csv(suite).count("__id") >= 1
