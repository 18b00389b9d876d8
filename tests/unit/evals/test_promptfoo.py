"""Configurations of promptfoo as suites."""

import json
import math
import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.evals.promptfoo import read_promptfoo
from glm_playground.evals.promptfoo_written import CONFIG, assertion, write_promptfoo
from glm_playground.evals.suite import Case, Check, CheckKind, PromptTemplate, Suite, SuiteError
from glm_playground.gateway import Message

# The shapes of three public examples (getting started, JSON output, function calls), in words of our own.
TRANSLATION = """
description: Short texts into other languages
prompts:
  - 'Put this sentence into {{language}}: {{input}}'
  - label: polite
    raw: 'Please put into {{language}}: {{input}}'
providers: [openai:gpt-5-mini, vertex:gemini-3-pro]
defaultTest:
  assert:
    - {type: latency, threshold: 3000}
tests:
  - vars: {language: French, input: Good morning}
    assert:
      - {type: icontains, value: bonjour}
      - {type: not-contains, value: Good}
  - description: every language
    vars:
      language: [Spanish, German]
      input: How is the weather in Lima?
    assert:
      - {type: llm-rubric, value: is a question about the weather in Lima}
      - {type: similar, value: 'Wie ist das Wetter?', threshold: 0.8}
"""
JSON_OUTPUT = """
prompts:
  - |
    [
      {"role": "system", "content": "Answer in JSON only."},
      {"role": "user", "content": "What colour is a {{fruit}}, and where does it grow?"}
    ]
providers:
  - id: openai:chat:gpt-5
    config: {response_format: {type: json_object}}
assertionTemplates:
  shape:
    type: is-json
    value:
      type: object
      required: [color, countries]
      properties: {color: {type: string}, countries: {type: array, items: {type: string}}}
tests:
  - vars: {fruit: banana}
    assert:
      - $ref: '#/assertionTemplates/shape'
      - {type: javascript, value: "JSON.parse(output).color === 'yellow'"}
      - {type: contains-any, value: [Ecuador, India]}
"""
TOOLS = """
prompts: [file://prompt.txt, 'Weather in {{city}}?']
providers: [openai:gpt-5]
tests:
  - vars: {city: Recife, when: 2026-01-05, units: no}
    assert:
      - type: javascript
        value: "JSON.stringify(output).includes('get_weather')"
        config: {glm-playground: {kind: tool-called, value: {name: get_weather, arguments: {city: Recife}}}}
      - {type: cost, threshold: 0.002}
  - file://more_tests.yaml
scenarios: []
"""


def test_a_list_of_values_makes_a_case_of_each_and_what_is_not_supported_is_listed_by_line() -> None:
    suite, unsupported = read_promptfoo(TRANSLATION)
    assert suite.name == "Short texts into other languages"
    assert [case.variables["language"] for case in suite.cases] == ["French", "Spanish", "German"]
    assert [prompt.label for prompt in suite.prompts] == ["prompt 1", "polite"]
    assert [check.name for check in suite.cases[0].checks] == ["latency", "icontains", "not-contains"]
    assert len(list(suite.asked())) == 6
    assert next(suite.asked()).messages[0].content == "Put this sentence into French: Good morning"
    assert [(one.line, one.path) for one in unsupported] == [(7, "providers"), (22, "tests[1].assert[1]")]
    assert "'similar'" in unsupported[1].message


def test_messages_templates_of_assertions_and_schemas_are_read() -> None:
    suite, unsupported = read_promptfoo(JSON_OUTPUT)
    assert [message.role for message in suite.prompts[0].messages] == ["system", "user"]
    shape, fruit = suite.cases[0].checks
    assert isinstance(shape.value, dict)
    assert shape.kind is CheckKind.IS_JSON
    assert shape.value["required"] == ["color", "countries"]
    assert fruit.value == ["Ecuador", "India"]
    assert ["javascript" in one.message for one in unsupported] == [False, True]


def test_a_check_that_promptfoo_does_not_have_is_in_the_config_of_one_that_it_has() -> None:
    suite, unsupported = read_promptfoo(TOOLS)
    assert suite.cases[0].checks[0] == Check(
        kind=CheckKind.TOOL_CALLED, value={"name": "get_weather", "arguments": {"city": "Recife"}}
    )
    # YAML 1.2: a date and `no` are texts.
    assert suite.cases[0].variables == {"city": "Recife", "when": "2026-01-05", "units": "no"}
    said = " ".join(map(str, unsupported))
    for words in ("file://prompt.txt", "scenarios is not supported", "tests[1]", "line 12"):
        assert words in said


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("prompts: [a]\ntests: [{metadata: {id: x}}, {metadata: {id: x}}]", "2 cases have the id 'x'", None),
        ("prompts: [a]\ntests:\n- assert:\n  - {type: regex, value: '(a'}", "not understood", 4),
        ("prompts: [a]\ntests:\n- assert:\n  - {type: cost}", "takes a threshold", 4),
        ("prompts: [a]\nprompts: [b]", "stands twice", 2),
        ("prompts: [a\ntests", "not YAML", 2),
        ("- a", "a suite has the keys", None),
        ("", "a suite has the keys", None),
        ("prompts: []\ntests: [{}]", "no prompt can be used", None),
        ("prompts: [a]\ntests: file://tests.csv", "no case can be used", None),
        ("prompts: [a]\ntests: [{vars: {a: !!python/object/apply:os.system [id]}}]", "not supported", None),
        (f"prompts: [a]\ntests: [{{vars: {{a: {'[' * 100}{']' * 100}}}}}]", "nested deeper", None),
        (
            "prompts: [a]\ntests: [{{vars: {{a: &a [{}], b: *a, c: *a, d: *a}}}}]".format(", ".join("x" * 20)),
            "more than 20,000 cases",
            None,
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_is(text: str, words: str, line: int | None) -> None:
    with pytest.raises(SuiteError) as caught:
        read_promptfoo(text)
    found = next(problem for problem in caught.value.problems if words in problem.message)
    if line:
        assert found.line == line


def test_aliases_cannot_stand_for_more_than_a_suite_may_hold() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(10))}]" for n in range(1, 9))
    with pytest.raises(SuiteError, match="more than 500,000 values"):
        read_promptfoo(f"a0: &a0 [x, x]\n{levels}\nprompts: [a]\ntests: [{{}}]")


def test_a_long_name_is_cut() -> None:
    suite = read_promptfoo(f"description: {'x' * 5_000}\nprompts: [a]\ntests: [{{}}]").suite
    assert suite.name == "x" * bounds.SUITE_NAME_CHARACTERS


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_refused_with_words() -> None:
    rows = "\n".join(f"- vars: {{n: {n}}}" for n in range(bounds.SUITE_CASES + 1))
    with pytest.raises(SuiteError, match="more than 20,000 cases"):
        read_promptfoo(f"prompts: ['{{{{n}}}}']\ntests:\n{rows}")


def test_a_variable_that_a_case_lacks_is_said_and_sent_empty() -> None:
    suite, unsupported = read_promptfoo("prompts: ['{{a}} {{b}}']\ntests: [{vars: {a: x}}]")
    assert suite.cases[0].variables == {"a": "x", "b": ""}
    assert "b has no value" in unsupported[0].message


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.from_regex(r"[a-zçé_][a-z0-9_]{0,8}", fullmatch=True)
numbers = st.floats(0, 1e6, allow_nan=False)
checks = st.one_of(
    st.builds(Check, kind=st.just(CheckKind.EQUALS), value=texts, negated=st.booleans(), metric=texts),
    st.builds(Check, kind=st.just(CheckKind.CONTAINS_ALL), value=st.lists(texts, min_size=1, max_size=3)),
    st.builds(Check, kind=st.just(CheckKind.NUMERIC), value=numbers, tolerance=numbers, negated=st.booleans()),
    st.builds(Check, kind=st.sampled_from([CheckKind.COST, CheckKind.LATENCY]), threshold=numbers),
    st.builds(Check, kind=st.just(CheckKind.TOOL_CALLED), value=st.fixed_dictionaries({"name": names})),
    st.builds(Check, kind=st.just(CheckKind.PYTHON_TESTS), value=texts),
)
prompts = st.builds(
    PromptTemplate,
    label=texts.filter(str.strip),
    messages=st.lists(
        st.builds(Message, role=st.sampled_from(["system", "user"]), content=texts.filter(str.strip)),
        min_size=1,
        max_size=2,
    ).map(tuple),
)
cases = st.builds(
    Case,
    id=texts.filter(bool),
    description=texts,
    variables=st.dictionaries(names, texts, max_size=3),
    tags=st.lists(texts, max_size=2).map(tuple),
    tools=st.sampled_from([(), ({"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}},)]),
    checks=st.lists(checks, max_size=3).map(tuple),
)
suites = st.builds(
    Suite,
    name=texts,
    prompts=st.lists(prompts, min_size=1, max_size=2, unique_by=lambda one: one.label).map(tuple),
    cases=st.lists(cases, min_size=1, max_size=3, unique_by=lambda one: one.id).map(tuple),
)


@given(suites)
def test_a_suite_comes_back_as_it_was(suite: Suite) -> None:
    written = write_promptfoo(suite)
    needed = {name for prompt in suite.prompts for name in prompt.variables}
    filled = [case.model_copy(update={"variables": dict.fromkeys(needed, "") | case.variables}) for case in suite.cases]
    again = read_promptfoo(written).suite
    assert again.model_copy(update={"cases": ()}) == suite.model_copy(update={"cases": ()})
    assert [case.model_dump() for case in again.cases] == [case.model_dump() for case in filled]


@given(suites)
def test_other_readers_of_yaml_read_the_same(suite: Suite) -> None:
    told = yaml.safe_load(write_promptfoo(suite))
    assert told["description"] == suite.name
    assert [test["vars"] for test in told["tests"]] == [case.variables for case in suite.cases]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("options: {tools: [{type: function, function: {name: 'a b'}}]}", "name invalid"),
        ("options: {tools: 3}", "not a list"),
        (
            "assert: [{type: python, value: x, config: {glm-playground: {kind: python-tests, value: 3}}}]",
            "takes a text",
        ),
        ("assert: [{type: javascript, value: x, config: {glm-playground: {kind: numeric, value: x}}}]", "a number"),
    ],
)
def test_tools_and_checks_of_ours_that_cannot_be_used_are_said(line: str, words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        read_promptfoo(f"prompts: [hello]\ntests:\n  - {line}")


def test_tools_in_a_file_are_not_opened() -> None:
    suite, unsupported = read_promptfoo("prompts: [hello]\ntests: [{options: {tools: 'file://tools.json'}}]")
    assert suite.cases[0].tools == ()
    assert "is not opened" in unsupported[0].message


def test_what_is_written_is_an_assertion_of_promptfoo() -> None:
    case = Case(id="a", checks=(Check(kind=CheckKind.NUMERIC, value=math.pi, tolerance=0.01),))
    prompt = PromptTemplate(label="p", messages=(Message(role="user", content="Pi?"),))
    [assertion] = yaml.safe_load(write_promptfoo(Suite(name="", prompts=(prompt,), cases=(case,))))["tests"][0][
        "assert"
    ]
    assert assertion["type"] == "javascript"
    assert "Math.abs" in assertion["value"]
    assert json.dumps(assertion["config"][CONFIG])


@pytest.mark.parametrize(
    ("tests", "passes"),
    [
        ("assert f(1) == 1", True),
        ("assert f(1) == 2", False),
        ("def test_f(): assert f(1) == 2", False),
        ("def test_f(n=1): assert f(n) == n", True),
        ("import unittest\nclass T(unittest.TestCase):\n  def test_f(self): self.assertEqual(f(1), 1)", True),
        ("import unittest\nclass T(unittest.TestCase):\n  def test_f(self): self.assertEqual(f(1), 2)", False),
        # None of these would be run, so none passes.
        ("async def test_f(): assert f(1) == 2", None),
        ("def test_f():\n  assert f(1) == 2\n  yield", None),
        ("def test_f(tmp_path): assert f(1) == 2", None),
        ("class TestF:\n  def test_f(self): assert f(1) == 2", None),
        ("import unittest\nclass T(unittest.TestCase):\n  async def test_f(self): assert f(1) == 2", None),
    ],
)
def test_promptfoo_runs_unit_tests_as_they_are_run_here(tests: str, passes: bool | None) -> None:
    for negated in (False, True):
        written = assertion(Check(kind=CheckKind.PYTHON_TESTS, value=tests, negated=negated))
        # promptfoo makes a function of it.
        space: dict[str, Any] = {}
        exec("def get_assert(output):\n" + textwrap.indent(written["value"], "    "), space)
        if passes is None:
            with pytest.raises(RuntimeError, match="is not run"):
                space["get_assert"]("```python\ndef f(x): return x\n```")
        else:
            assert space["get_assert"]("```python\ndef f(x): return x\n```") is (passes is not negated)
