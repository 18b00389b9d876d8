"""Differences between two texts: nothing lost, nothing made up, and never slow."""

import json
import re
from difflib import unified_diff
from time import process_time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glm_playground.chat.differences import (
    Change,
    Part,
    PathChange,
    code_blocks,
    json_differences,
    line_differences,
    word_differences,
)

SAME, REMOVED, ADDED, CHANGED = Change.SAME, Change.REMOVED, Change.ADDED, Change.CHANGED

words = st.lists(
    st.sampled_from(["a", "b", "the", " ", "  ", "\n", "\n\n", "\r\n", "\u2028", ",", "=", "中", "か\u3099", "ü"]),
    max_size=20,
).map("".join)
long_texts = st.tuples(words, st.integers(600, 800), words, words).map(
    lambda drawn: drawn[2] + "".join(f"{drawn[0]} {i % 450}\n{i % 7} " for i in range(drawn[1])) + drawn[3]
)
lines = st.lists(st.sampled_from(["a", "b", "c", "", " a", "}", "é\u2028"])).map("\n".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def side(parts: tuple[Part, ...], change: Change) -> str:
    return "".join(part.text for part in parts if part.change in (SAME, change))


def check_parts(left: str, right: str) -> None:
    parts = word_differences(left, right)
    assert (side(parts, REMOVED), side(parts, ADDED)) == (left, right)
    assert all(part.text for part in parts)
    changes = "".join(part.change[0] for part in parts)
    assert not any(wrong in changes for wrong in ("ss", "rr", "aa", "ar"))


@given(words | st.text(), words | st.text())
@example("a \n", "a\n ")
def test_word_differences_make_up_both_texts_again(left: str, right: str) -> None:
    check_parts(left, right)


@settings(max_examples=8)
@given(long_texts, long_texts)
@example("\n".join(f"{i} word" * 9 for i in range(600)), "\n".join(f"{i} word" * 9 for i in range(1, 600, 7)))
def test_so_do_those_of_long_texts(left: str, right: str) -> None:
    check_parts(left, right)


@pytest.mark.parametrize(
    ("left", "right", "parts"),
    [
        ("", "", []),
        ("a b", "a b", [(SAME, "a b")]),
        (
            "the red cat sat",
            "the old dog sat",
            [(SAME, "the "), (REMOVED, "red cat"), (ADDED, "old dog"), (SAME, " sat")],
        ),
        ("a b c", "a c", [(SAME, "a"), (REMOVED, " b"), (SAME, " c")]),
        ("a b", "a  b\n", [(SAME, "a"), (REMOVED, " "), (ADDED, "  "), (SAME, "b"), (ADDED, "\n")]),
        ("f(x)", "f(y)", [(SAME, "f("), (REMOVED, "x"), (ADDED, "y"), (SAME, ")")]),
        ("我爱北京。", "我爱上海。", [(SAME, "我爱"), (REMOVED, "北京"), (ADDED, "上海"), (SAME, "。")]),
        ("か\u3099く", "かく", [(REMOVED, "か\u3099"), (ADDED, "か"), (SAME, "く")]),
        ("한국어를 안다", "한국어도 안다", [(REMOVED, "한국어를"), (ADDED, "한국어도"), (SAME, " 안다")]),
        ("नमस्ते", "नमस्कार", [(REMOVED, "नमस्ते"), (ADDED, "नमस्कार")]),
    ],
)
def test_words_are_what_is_told_apart(left: str, right: str, parts: list[tuple[Change, str]]) -> None:
    assert list(word_differences(left, right)) == parts


def test_one_changed_word_a_line_is_told_apart() -> None:
    left = "\n".join(f"Line {i} says this and that." for i in range(2000))
    parts = word_differences(left, left.replace("that", "those"))
    assert [part.text for part in parts if part.change is not SAME] == ["that", "those"] * 2000


def test_in_a_long_text_changed_words_are_still_told_apart() -> None:
    left = [f"Line {i} says this and that." for i in range(6000)]
    right = [line.replace("that", "those") if i % 100 == 50 else line for i, line in enumerate(left)]
    parts = word_differences("\n".join(left), "\n".join(right))
    assert [part.text for part in parts if part.change is not SAME] == ["that", "those"] * 60


@pytest.mark.slow
@pytest.mark.measures
@pytest.mark.parametrize(
    ("left", "right"),
    [
        (" ".join(f"a{i}" for i in range(26_000)), " ".join(f"b{i}" for i in range(26_000))),
        ("\n".join(f"a{i}" for i in range(26_000)), "\n".join(f"b{i}" for i in range(26_000))),
        ("甲" * 57_000, "乙" * 57_000),
        ("a\nb\n" * 42_000, "b\nb\na\n" * 28_000),
        ("a b " * 999, "b a a " * 660),
        (" " * 170_000, "\n" * 170_000),
        tuple("\n".join(f"The line {i} stays.\nThe line {i} is {word}." for i in range(4000)) for word in ("a", "b")),
    ],
    ids=["words", "lines", "Chinese", "repeated lines", "two words", "whitespace", "every other line"],
)
def test_long_texts_with_little_in_common_take_no_time(left: str, right: str) -> None:
    begun = process_time()
    parts = word_differences(left, right)
    assert line_differences(left, right)
    # Less than a second for both; several times that where coverage is measured. All pairs would take minutes.
    assert process_time() - begun < 8
    assert (side(parts, REMOVED), side(parts, ADDED)) == (left, right)


def patched(left: str, diff: str) -> str:
    """`left` with a unified diff applied; both end with a line end."""
    before, after, at = left.split("\n")[:-1], [], 0
    for line in diff.split("\n") if diff else ():
        if header := re.match(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@$", line):
            start = int(header[1]) - (header[2] != "0")
            after += before[at:start]
            at = start
            continue
        if line[0] in " -":
            assert before[at] == line[1:]
            at += 1
        if line[0] in " +":
            after.append(line[1:])
    return "".join(f"{line}\n" for line in after + before[at:])


@given(lines, lines)
def test_line_differences_turn_one_text_into_the_other(left: str, right: str) -> None:
    diff = line_differences(left + "\n", right + "\n")
    assert patched(left + "\n", diff) == right + "\n"
    least = (
        sum(line[0] in "+-" for line in unified_diff(left.split("\n"), right.split("\n"), "a", "b", lineterm="")) - 2
    )
    assert sum(line[0] in "+-" for line in diff.split("\n") if line) <= max(least, 0)


@given(st.text("ab\n"), st.text("ab\n"))
def test_only_equal_texts_have_no_line_differences(left: str, right: str) -> None:
    assert (line_differences(left, right) == "") is (left == right)


@pytest.mark.parametrize(
    ("left", "right", "diff"),
    [
        ("", "a", "@@ -0,0 +1 @@\n+a"),
        ("a\nb", "a\nc", "@@ -1,2 +1,2 @@\n a\n-b\n+c"),
        ("a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b"),
    ],
)
def test_the_end_of_the_last_line_is_told_where_it_differs(left: str, right: str, diff: str) -> None:
    assert line_differences(left, right) == diff


def test_many_lines_are_told_apart_one_by_one() -> None:
    left = "".join(f"w{i}\nx{i}\n}}\n" for i in range(3000))
    diff = line_differences(left, left.replace("x1500\n", "y\n").replace("x9\n", ""))
    assert [line for line in diff.splitlines() if line[0] != " "] == [
        "@@ -26,7 +26,6 @@",
        "-x9",
        "@@ -4499,7 +4498,7 @@",
        "-x1500",
        "+y",
    ]


@given(json_values)
def test_a_json_value_does_not_differ_from_itself(value: Any) -> None:
    assert json_differences(json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)) == ()


@given(json_values, json_values)
def test_json_differences_are_the_same_seen_from_the_other_side(left: Any, right: Any) -> None:
    seen = {REMOVED: ADDED, ADDED: REMOVED, CHANGED: CHANGED}
    there = json_differences(json.dumps(left), json.dumps(right)) or ()
    back = json_differences(json.dumps(right), json.dumps(left)) or ()
    assert {place.path: seen[place.change] for place in there} == {place.path: place.change for place in back}


@pytest.mark.parametrize(
    ("left", "right", "places"),
    [
        ("1", "1.0", []),
        ("true", "1", [("$", True, 1, CHANGED)]),
        ("[0]", "[false]", [("$[0]", 0, False, CHANGED)]),
        ("null", "{}", [("$", None, {}, CHANGED)]),
        ('{"a": null}', "{}", [("$.a", None, None, REMOVED)]),
        ('{"a": [{"b": 1}]}', '{"a": [{"b": 2}, 3]}', [("$.a[0].b", 1, 2, CHANGED), ("$.a[1]", None, 3, ADDED)]),
        (
            '{"z": 1, "a": 2}',
            '{"b": 0, "a": 3}',
            [("$.z", 1, None, REMOVED), ("$.a", 2, 3, CHANGED), ("$.b", None, 0, ADDED)],
        ),
        (
            '{"a b": 1, "\\"": 1, "名": 1}',
            "{}",
            [('$["a b"]', 1, None, REMOVED), ('$["\\""]', 1, None, REMOVED), ("$.名", 1, None, REMOVED)],
        ),
        ('{"\\ud800": 1}', '{"\\ud800": 2}', [('$["\\ud800"]', 1, 2, CHANGED)]),
        ('{"a": 1}', ' ```json\n{"a": 1}\n```\n', []),
    ],
)
def test_places_where_json_differs(left: str, right: str, places: list[tuple[str, Any, Any, Change]]) -> None:
    assert json_differences(left, right) == tuple(PathChange(*place) for place in places)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "{'a': 1}",
        "NaN",
        "[-Infinity]",
        "Here: ```json\n1\n```",
        "```json\n1\n```\n```json\n2\n```",
        "```py\n1\n```",
        "```",
    ],
)
def test_what_is_no_json_has_no_places(text: str) -> None:
    assert json_differences(text, "1") is None
    assert json_differences("1", text) is None


def test_deep_json_raises_nothing() -> None:
    deep = '{"a":' * 400 + "[" * 200
    places = json_differences(deep + "1" + "]" * 200 + "}" * 400, deep + "2" + "]" * 200 + "}" * 400)
    assert places == (PathChange("$" + ".a" * 400 + "[0]" * 200, 1, 2, CHANGED),)
    assert json_differences("[" * 100_000 + "]" * 100_000, "[]") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ""),
        ("`a` and\n\n    b", ""),
        ("```\n```", ""),
        ("Do:\n```python\na\n\n  b\n```\nthen\n~~~\nc\n~~~\n", "a\n\n  b\n\nc"),
        ("````md\n```\na\n```\n````", "```\na\n```"),
        ("~~~\na\n```\nb\n~~~", "a\n```\nb"),
        ("1. First\n   ```sh\n   a\n     b\n   ```\n2. Second\n- ```\n  c\n  ```", "a\n  b\n\nc"),
        ("> ```\n> a\n>  b\n>\n> ```\n> c", "a\n b\n"),
        ("> ```\n> a\n\nb\n```\nc\n```", "a\n\nc"),
        ("```\r\na\r\nb\r\n```\r\nc", "a\nb"),
        ("```\na\n    ```\nb", "a\n    ```\nb"),
        ("``` a`b\nc", ""),
    ],
)
def test_code_is_what_stands_in_fences(text: str, code: str) -> None:
    assert code_blocks(text) == code


@given(
    st.lists(st.text("ab ~`\n", min_size=1).filter(lambda code: "`" * 9 not in code and code.strip("\n")), max_size=4)
)
def test_what_is_put_in_fences_comes_out_again(codes: list[str]) -> None:
    text = "text\n".join(f"{'`' * 9}py\n{code}\n{'`' * 9}\n" for code in codes)
    assert code_blocks(text) == "\n\n".join(codes)
