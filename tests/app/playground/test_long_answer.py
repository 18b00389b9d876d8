"""Long answers: of megabytes the first part at once, the rest on request; of code without an end the pieces."""

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.ui.shared.text.pieces import LONGEST_PIECE


def draw() -> None:
    from glm_playground.chat.conversation import Answer
    from glm_playground.ui.shared.answer.run_view import draw_ended
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

    from glm_playground.ui.shared.text.growing_text import GrowingMarkdown

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


PARAGRAPHS = "".join(f"Paragraph {number} " + "of words " * 60 + "\n\n" for number in range(180))


def draw_page(page: str, text: str, steps: int, *, waits: bool) -> None:
    """A page on which a text grows, or is drawn as one that has ended; with `waits`, until nothing of it does."""
    import streamlit as st

    from glm_playground.ui.shared.text.growing_text import GrowingMarkdown
    from glm_playground.ui.shared.text.long_text import draw_markdown
    from glm_playground.ui.shared.text.paced_text import backlog, draw_what_waits

    with backlog().page(page):
        container = st.container(gap="small")
        if steps:
            growing = GrowingMarkdown(container, "answer")
            for step in range(1, steps + 1):
                growing.draw(text[: len(text) * step // steps])
            growing.finish()
        else:
            with container:
                draw_markdown(text, len(text), name="answer")
        if waits:
            draw_what_waits()


def page_of(text: str, steps: int, *, waits: bool, page: str = "playground") -> AppTest:
    arguments = {"page": page, "text": text, "steps": steps, "waits": waits}
    return AppTest.from_function(draw_page, kwargs=arguments, default_timeout=30)


def shown(at: AppTest) -> list[tuple[str, str]]:
    """What stands on the page from the top, each with its kind."""
    assert not at.exception
    return [(each.type, each.value) for each in at.main if each.type in {"markdown", "text", "code"}]


def slowly(monkeypatch: pytest.MonkeyPatch, characters_a_second: int) -> None:
    monkeypatch.setattr(bounds, "DRAWN_CHARACTERS_A_SECOND", characters_a_second)


@pytest.mark.parametrize("steps", [0, 1, 7, 90])
def test_what_comes_faster_than_a_browser_draws_can_be_read_as_text(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, 0)
    found = shown(page_of(PARAGRAPHS, steps, waits=False).run())
    kinds = [kind for kind, _value in found]
    first_text = kinds.index("text")
    assert set(kinds[:first_text]) == {"markdown"}
    assert set(kinds[first_text:]) == {"text"}
    assert sum(len(value) for _kind, value in found[:first_text]) > bounds.DRAWN_AT_ONCE_CHARACTERS - 1_000
    assert " ".join(" ".join(value for _kind, value in found).split()) == " ".join(PARAGRAPHS.split())


@pytest.mark.parametrize(
    "text",
    [
        PARAGRAPHS,
        "| a | b |\n| --- | --- |\n" + "| 1 | *two* |\n" * 4_000,
        "".join(f"    indented {number}\n" + "    more\n" * 200 + f"\nand *text* {number}\n\n" for number in range(40)),
        "- a *word* and another\n" * 3_000,
    ],
    ids=["paragraphs", "table", "code", "list"],
)
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_what_waited_is_drawn_as_if_it_had_not(text: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slowly(monkeypatch, 2_000_000)
    paced = shown(page_of(text, steps, waits=True).run())
    slowly(monkeypatch, 1_000_000_000)
    assert paced == shown(page_of(text, 0, waits=True).run())
    assert {kind for kind, _value in paced} <= {"markdown", "code"}


def test_what_the_browser_has_drawn_does_not_wait_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly(monkeypatch, 2_000_000)
    at = page_of(PARAGRAPHS, 3, waits=True).run()
    drawn = shown(at)
    slowly(monkeypatch, 0)
    assert shown(at.run()) == drawn


def test_another_page_draws_it_little_by_little_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly(monkeypatch, 2_000_000)
    at = page_of(PARAGRAPHS, 0, waits=True).run()
    slowly(monkeypatch, 0)
    other = page_of(PARAGRAPHS, 0, waits=False, page="history")
    other.session_state["backlog"] = at.session_state["backlog"]
    assert "text" in {kind for kind, _value in shown(other.run())}
