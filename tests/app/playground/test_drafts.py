"""Prompts that wait: for the values of variables, or for a word on what they cost."""

from tests.app.playground.asked_lanes import BodyOf
from tests.app.playground_page import Playground


class TestNotSentYet:
    def test_a_variable_is_filled_before_anything_is_sent(self, page: Playground, body_of: BodyOf) -> None:
        page.script("text=done", "Translate {{word}} and {{word}} into {{ language }}")
        assert "The prompt has variables. Fill in `word`, `language`, or send" in page.why_waiting
        page.at.text_input(key="variable-language").set_value("English")
        page.draft()
        assert "Fill in `word`, or send" in page.why_waiting
        assert not page.talk.turns
        page.at.text_input(key="variable-word").set_value("casa")
        page.draft()
        assert body_of(page.last_run)["messages"][-1]["content"].endswith("\nTranslate casa and casa into English")
        assert page.answer.startswith("done")

    def test_a_cost_above_the_limit_wants_a_word(self, page: Playground) -> None:
        page.open("options")
        page.at.number_input(key="ask_above").set_value(0.0)
        page.run()
        page.ask("dear")
        assert page.waiting == ["dear"]
        assert "**Not sent yet.** Confirm the cost. It may cost more than" in page.why_waiting
        page.draft("discard")
        assert "Not sent yet" not in page.text
        page.click("undo")
        assert page.waiting == ["dear"]
        page.draft("discard")
        page.say("worth it")
        assert not page.talk.turns
        page.draft()
        assert [turn.answer.content for turn in page.talk.turns] == ["worth it"]
        # An emptied field never asks.
        page.at.number_input(key="ask_above").set_value(None)
        page.say("unasked")
        assert [turn.answer.content for turn in page.talk.turns] == ["worth it", "unasked"]
