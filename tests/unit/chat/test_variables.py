"""Variables of a prompt: found, filled once, escaped, and everything else left as it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.variables import fill, missing, variables_of

near_variables = st.lists(
    st.sampled_from(["{{", "}}", "{", "}", "\\", " ", "\n", "name", "a", "1", "_", "-", "ü", "{{name}}", "{{ a }}"]),
    max_size=12,
).map("".join)
names = st.from_regex(r"[A-Za-zçã你0-9_]{1,60}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Translate {{text}} to {{language}}, {{ text }}.", ("text", "language")),
        ("{{ação}}{{名字}}{{हिन्दी}}{{a\u0303}}", ("ação", "名字", "हिन्दी", "a\u0303")),
        ("{{1}}{{_}}{{\ta\u00a0}}", ("1", "_", "a")),
        ("{{" + "a" * 60 + "}}", ("a" * 60,)),
        ("{{{a}}}", ("a",)),
        (r"\{{a}} {{b}}", ("b",)),
    ],
)
def test_what_is_a_variable(text: str, expected: tuple[str, ...]) -> None:
    assert variables_of(text) == expected


@pytest.mark.parametrize(
    "text",
    ["{{}}", "{{ }}", "{{a b}}", "{{a-b}}", "{{a.b}}", "{{#each}}", "{a}", "{{a}", "{{a\n}}", "{{" + "a" * 61 + "}}"],
)
def test_what_else_stands_between_braces_is_left_alone(text: str) -> None:
    values = {"a": "x", "b": "x", "": "x", "a b": "x", "a-b": "x", "a" * 61: "x"}
    assert variables_of(text) == ()
    assert fill(text, values) == text
    assert fill("\\" + text, values) == "\\" + text


def test_a_value_is_put_in_everywhere_and_only_once() -> None:
    assert fill("{{a}} {{ b }} {{a}}", {"a": "{{b}}", "b": r"\1 \{{a}}"}) == r"{{b}} \1 \{{a}} {{b}}"


def test_an_escape_stands_for_the_literal_text() -> None:
    assert fill(r"\{{a}} \{{ a }} \\{{a}} {{a}}", {"a": "x"}) == r"{{a}} {{ a }} \{{a}} x"


def test_a_variable_without_a_value_stays_and_is_missing() -> None:
    text, values = "{{a}} {{b}} {{c}} {{b}}", {"a": "x", "c": " \n"}
    assert missing(text, values) == ("b", "c")
    assert fill(text, values) == "x {{b}}  \n {{b}}"


@given(near_variables | st.text())
@example("\\\\{{")
def test_filling_a_text_without_variables_changes_nothing(text: str) -> None:
    if "{{" not in text:
        assert variables_of(text) == ()
        assert fill(text, {"name": "x", "a": "y"}) == text
    # Without values only the escapes change.
    assert fill(text, {}).replace("\\", "") == text.replace("\\", "")


@given(near_variables, st.text())
def test_values_for_all_variables_leave_none_missing(text: str, value: str) -> None:
    values = dict.fromkeys(variables_of(text), value)
    assert missing(text, values) == (() if value.strip() else variables_of(text))


@given(st.lists(st.tuples(names, st.text(), st.text(alphabet="ab \n}")), max_size=5))
def test_text_with_variables_is_filled_piece_by_piece(pieces: list[tuple[str, str, str]]) -> None:
    values = {name: value for name, value, _between in pieces}
    text = "".join(f"{{{{{name}}}}}{between}" for name, _value, between in pieces)
    assert variables_of(text) == tuple(values)
    assert fill(text, values) == "".join(values[name] + between for name, _value, between in pieces)


def test_a_long_text_of_braces_is_read_in_one_pass() -> None:
    assert variables_of("{{" * 100_000 + "{{" + "a" * 200_000 + "{{ " + " " * 200_000) == ()


def test_a_very_long_text_has_no_variables() -> None:
    text = "{{a}}" + "{{" * bounds.PROMPT_CHARACTERS
    assert variables_of(text) == ()
    assert fill(text, {"a": "b"}) == text
