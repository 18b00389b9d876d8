"""Long answers: of megabytes the first part at once, the rest on request; of code without an end the pieces."""

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.ui.shared.pieces import LONGEST_PIECE


def draw() -> None:
    from glm_playground.chat.conversation import Answer
    from glm_playground.ui.shared.run_view import draw_ended
    from tests.bundles import recorded_run

    run = recorded_run("1", "word " * 400_000)
    answer = Answer(run)
    answer.id = "1"
    draw_ended(answer, run)


def test_a_line_of_two_megabytes_is_shown_in_parts() -> None:
    at = AppTest.from_function(draw, default_timeout=30).run()
    characters = [sum(len(part.value) for part in at.markdown)]
    for _click in range(4):
        at.button(key="more-1").click().run()
        characters.append(sum(len(part.value) for part in at.markdown))
    assert not at.exception
    assert characters[0] <= bounds.DRAWN_FIRST_CHARACTERS < characters[1] < characters[2]
    # All of it, but for the spaces at which it is cut.
    assert characters[4] > 1_990_000
    assert len(at.button) == 0


def draw_growing(text: str, step: int) -> None:
    import streamlit as st

    from glm_playground.ui.shared.growing_text import GrowingMarkdown

    growing = GrowingMarkdown(st.container())
    rests = [growing.draw(text[:end]) for end in range(step, len(text) + step, step)]
    st.session_state["longest"] = max(rests)


def grown(text: str, step: int = 500) -> AppTest:
    at = AppTest.from_function(draw_growing, kwargs={"text": text, "step": step}, default_timeout=30).run()
    assert not at.exception
    return at


LINES = "".join(f"total_{number} = measure({number})\n" for number in range(1_500))


@pytest.mark.parametrize("fence", ["```", "~~~~", "`````"])
def test_code_without_an_end_is_drawn_in_pieces_while_it_grows(fence: str) -> None:
    at = grown(f"Here it is:\n\n{fence}python\n{LINES}")
    assert [part.value for part in at.markdown] == ["Here it is\\:"]
    assert "\n".join(part.value for part in at.code) == LINES.removesuffix("\n")
    assert {part.language for part in at.code} == {"python", "plaintext"}
    assert at.session_state["longest"] <= 2 * LONGEST_PIECE


@pytest.mark.parametrize("end", ["\n", "\n\nand text\n", "\n- a\n\n```\nmore"])
def test_code_is_whole_once_it_has_ended(end: str) -> None:
    at = grown(f"```python\n{LINES}```{end}")
    assert LINES.removesuffix("\n") in at.markdown[0].value
    assert not at.code
