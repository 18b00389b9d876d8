"""What a page says of an answer that should be JSON: fits, does not, was not checked."""

import pytest
from streamlit.testing.v1 import AppTest


def page(answer: str, pattern: str) -> None:
    from glm_playground.chat.conversation import Answer
    from glm_playground.gateway import ChatRequest, Message
    from glm_playground.ui.playground.structured_view import draw_check
    from tests.bundles import recorded_run

    schema = {"type": "string", "pattern": pattern}
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    request = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="Say it."),), response_format=wanted)
    draw_check(Answer(recorded_run("1", answer, request=request)))


@pytest.mark.parametrize(
    ("answer", "pattern", "shown"),
    [
        ('"aa"', "^a+$", ["Checked here", "fits the schema"]),
        ('"b"', "^a+$", ["not the JSON that was asked for", "does not match"]),
        (f'"{"a" * 9_998}"', "(((a{0,30}){0,30}){0,30}){0,3}z", ["Not checked", "costs more than it may"]),
        ('"é"', r"\p{L}", ["Not checked", "is not understood here"]),
    ],
)
def test_each_result_has_its_own_words(answer: str, pattern: str, shown: list[str]) -> None:
    at = AppTest.from_function(page, default_timeout=30, kwargs={"answer": answer, "pattern": pattern}).run()
    assert not at.exception
    text = " ".join(element.value for element in at.markdown)
    assert all(words in text for words in shown)
    assert ("not the JSON" in text) == (pattern == "^a+$" and answer == '"b"')
