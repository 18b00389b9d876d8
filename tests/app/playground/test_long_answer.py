"""An answer of megabytes: its first part at once, the rest on request."""

from streamlit.testing.v1 import AppTest

from glm_playground import bounds


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
