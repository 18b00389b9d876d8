"""An answer that was asked for as JSON is shown as it is, while it grows and afterwards; others as Markdown."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.ui.shared.text.growing_text import CODE_PIECE_CHARACTERS

LONG = json.dumps([{"name": f"**{number}**", "next": ["_", "\\n"]} for number in range(1_000)], indent=2)
TEXTS = [
    '{"name": "**Ana**"}',
    '[1, "a_b_c", "$5 and $6"]',
    "-1.5e3",
    '"one\\nline, **two**"',
    '{"name": "**Ana**", "cut',
    '```json\n{"name": "**Ana**"}\n```',
    '  {\n    "indented": ":smile:"\n  }',
    "Sorry, I **cannot** do that.\n\n    not even\n",
    LONG,
    json.dumps(json.loads(LONG)),
]


def draw_ended(text: str, kind: str) -> None:
    from glm_playground.chat.conversation import Answer
    from glm_playground.gateway import ChatRequest, Message
    from glm_playground.ui.shared.answer import run_view
    from tests.bundles import recorded_run

    request = ChatRequest(model="m", messages=(Message(role="user", content="?"),), response_format={"type": kind})
    run = recorded_run("1", text, request=request)
    run_view.draw_ended(Answer(run), run)


def draw_growing(text: str, step: int) -> None:
    import streamlit as st

    from glm_playground.ui.shared.text.growing_text import GrowingJson

    growing = GrowingJson(st.container())
    rests = [growing.draw(text[:end]) for end in range(step, len(text) + step, step)]
    st.session_state["longest"] = max(rests)


def shown(at: AppTest) -> list[tuple[str, str]]:
    assert not at.exception
    assert not at.markdown
    return [(code.language, code.value) for code in at.code]


@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
@pytest.mark.parametrize("text", TEXTS)
def test_it_is_shown_as_it_is(text: str, kind: str) -> None:
    at = AppTest.from_function(draw_ended, kwargs={"text": text, "kind": kind}).run()
    pieces = [value for _language, value in shown(at)]
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert all(len(piece) <= CODE_PIECE_CHARACTERS for piece in pieces)
    if len(pieces) == 1:
        assert pieces == [text.removesuffix("\n")]


@pytest.mark.parametrize("text", TEXTS)
def test_it_grows_to_the_same(text: str) -> None:
    ended = AppTest.from_function(draw_ended, kwargs={"text": text, "kind": "json_object"}).run()
    step = max(1, len(text) // 50)
    growing = AppTest.from_function(draw_growing, kwargs={"text": text, "step": step}).run()
    assert shown(growing) == shown(ended)
    assert growing.session_state["longest"] <= CODE_PIECE_CHARACTERS


def test_json_that_was_not_asked_for_is_text() -> None:
    at = AppTest.from_function(draw_ended, kwargs={"text": '{"name": "**Ana**"}', "kind": "text"}).run()
    assert not at.code
    assert [element.value for element in at.markdown] == ['\\{"name": "**Ana**"\\}']
