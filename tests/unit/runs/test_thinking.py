"""Reasoning told from the answer, however the text arrives."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground.gateway import ChatRequest, Event, EventKind
from glm_playground.runs.run import Run, Server
from glm_playground.runs.thinking import ThinkingSplitter, answer_of

CONTENT, REASONING = EventKind.CONTENT, EventKind.REASONING


def split(*deltas: str | tuple[EventKind, str]) -> tuple[str, str]:
    """Reasoning and answer of deltas of content, or of others where the kind is given."""
    splitter = ThinkingSplitter()
    for delta in deltas:
        splitter.add(*(delta if isinstance(delta, tuple) else (CONTENT, delta)))
    splitter.finish()
    return splitter.reasoning, splitter.answer


def cut_at(text: str, places: list[int]) -> list[str]:
    cuts = sorted({place % (len(text) + 1) for place in places})
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True) if start < end]


near_tags = st.lists(
    st.sampled_from(["<think>", "</think>", "`", "<", "</", "think", ">", "\n", "\n\n", " ", "a", "b c", "ü", "```\n"]),
    max_size=12,
).map("".join)
places = st.lists(st.integers(0, 2**10), max_size=12)


@given(near_tags | st.text(), places)
@example("Write `</think>` to end it", [7])
@example("<think>a</think>\n\nb", [17])
@example("<think>a</think>\n <think>b</think>c", [17, 18])
@example("`</think>` a </think> b", [])
def test_the_split_of_a_text_changes_nothing(text: str, at: list[int]) -> None:
    assert split(*cut_at(text, at)) == split(text)


@given(st.text().filter(lambda text: "think>" not in text), places)
def test_a_text_without_tags_is_the_answer_letter_by_letter(text: str, at: list[int]) -> None:
    assert split(*cut_at(text, at)) == ("", text)


@given(st.lists(st.tuples(st.sampled_from([CONTENT, REASONING]), near_tags), max_size=8))
def test_reasoning_that_comes_apart_leaves_the_tags_in_the_answer(deltas: list[tuple[EventKind, str]]) -> None:
    deltas = [(REASONING, "first "), (CONTENT, " so"), *deltas]
    assert split(*deltas) == tuple("".join(text for kind, text in deltas if kind is of) for of in (REASONING, CONTENT))


@pytest.mark.parametrize(
    ("content", "reasoning", "answer"),
    [
        ("</think>\n\nHi", "a", "Hi"),
        ("\n</think>Hi", "a", "Hi"),
        ("<think>b</think>Hi", "ab", "Hi"),
        ("</think><think>b</think>\nHi", "ab", "Hi"),
        ("</thin", "a", "</thin"),
        ("Hi </think>", "a", "Hi </think>"),
        (" \n", "a", " \n"),
    ],
)
def test_a_tag_left_behind_reasoning_that_came_apart(content: str, reasoning: str, answer: str) -> None:
    for at in range(len(content)):
        assert split((REASONING, "a"), *cut_at(content, [at])) == (reasoning, answer)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>a</think>b", "a", "b"),
        ("\n <think>\na\n</think>\n\nb\n", "\na\n", "b\n"),
        ("a</think>\n\nb", "a", "b"),
        ("</think>b", "", "b"),
        ("<think>a", "a", ""),
        ("<think>a</thin", "a</thin", ""),
        ("a</thin", "", "a</thin"),
        ("<think></think>b", "", "b"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("Write `</think>` to end it.", "", "Write `</think>` to end it."),
        ("a `</think>` b</think>c", "a `</think>` b", "c"),
        ("b <think>a</think> c", "", "b <think>a</think> c"),
        ("```xml\n<think>a</think>\n```\nb</think>", "", "```xml\n<think>a</think>\n```\nb</think>"),
        ("so `<think>` it is</think>b", "so `<think>` it is", "b"),
        ("<thinking>a", "", "<thinking>a"),
        (" \n", "", " \n"),
        ("<think>a</think>\n\n<think>b</think>\n\nHi", "ab", "Hi"),
        ("<think>a</think><think>b", "ab", ""),
        ("<think>a</think>\n <thin", "a", " <thin"),
        ("<think></think>" * 5000 + "b", "", "b"),
    ],
)
def test_what_is_reasoning_and_what_is_not(text: str, reasoning: str, answer: str) -> None:
    assert split(text) == (reasoning, answer)


def test_answer_that_turns_out_to_be_reasoning_raises_the_revision() -> None:
    splitter = ThinkingSplitter()
    splitter.add(CONTENT, "pondering ")
    assert (splitter.answer, splitter.revision) == ("pondering ", 0)
    splitter.add(CONTENT, "on</think>so")
    assert (splitter.reasoning, splitter.answer, splitter.revision) == ("pondering on", "so", 1)


@given(near_tags, places)
def test_without_a_new_revision_what_was_given_out_only_grows(text: str, at: list[int]) -> None:
    splitter = ThinkingSplitter()
    before, revision = ("", ""), 0
    for piece in cut_at(text, at):
        splitter.add(CONTENT, piece)
        now = (splitter.reasoning, splitter.answer)
        if splitter.revision == revision:
            assert now[0].startswith(before[0])
            assert now[1].startswith(before[1])
        before, revision = now, splitter.revision


def test_the_answer_of_a_run_is_without_its_reasoning() -> None:
    texts = ["<thi", "nk>a</th", "ink>\n", "\nthe answer"]
    run = Run(
        "r",
        ChatRequest(model="m", messages=()),
        Server("s", "http://s"),
        datetime.now(UTC),
        events=[Event(1, EventKind.ROLE, "assistant"), *(Event(2, CONTENT, text) for text in texts)],
    )
    assert answer_of(run) == "the answer"
    assert run.content == "<think>a</think>\n\nthe answer"
