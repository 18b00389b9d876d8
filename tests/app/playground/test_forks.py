"""Edited prompts and answers, versions, what was deleted or cleared: what is shown and what the next request holds."""

from glm_playground.chat.session import CONTINUE
from tests.app.playground.asked_lanes import BodyOf, answers, contents
from tests.app.playground_page import Playground


class TestForks:
    def test_an_edited_prompt_forks_and_the_old_branch_can_be_shown_again(
        self, page: Playground, body_of: BodyOf
    ) -> None:
        page.say("first")
        page.say("followed")
        old = page.talk.turns[0]
        page.choose(f"turn-{old.id}", "edit_prompt")
        assert page.editor.value == "@script text=first rate=0\n"
        page.editor.set_value("@script text=second rate=0")
        page.keep_edited()
        assert [turn.answer.content for turn in page.talk.turns] == ["second"]
        assert "Prompt 2 of 2" in page.text
        page.click(f"branch-{page.talk.turns[0].id}-back")
        assert [turn.answer.content for turn in page.talk.turns] == ["first", "followed"]
        page.say("on")
        assert contents(body_of(page.last_run))[1::2] == ["first", "followed"]

    def test_an_edited_answer_is_quoted_in_the_next_request(self, page: Playground, body_of: BodyOf) -> None:
        page.say("model's")
        turn = page.talk.turns[0]
        page.choose(f"turn-{turn.id}", "edit_answer")
        page.editor.set_value("mine")
        page.keep_edited()
        assert "written by you" in page.answer
        page.say("next")
        assert contents(body_of(page.last_run))[1] == "mine"
        page.click(f"version-{turn.id}-back")
        assert answers(turn) == ["model's", "mine"]
        assert turn.answer.content == "model's"

    def test_regenerate_keeps_versions_and_each_what_followed_it(self, page: Playground) -> None:
        page.say("one")
        page.say("follows")
        turn = page.talk.turns[0]
        page.choose(f"turn-{turn.id}", "regenerate")
        assert len(turn.runs) == 2
        assert len(page.talk.turns) == 1
        assert "Answer 2 of 2" in page.text
        page.click(f"version-{turn.id}-back")
        assert [turn.answer.content for turn in page.talk.turns] == ["one", "follows"]

    def test_a_deleted_turn_can_be_put_back(self, page: Playground) -> None:
        page.say("one")
        page.say("two")
        page.choose(f"turn-{page.talk.turns[0].id}", "delete")
        assert not page.at.chat_message
        page.click("undo")
        assert [turn.answer.content for turn in page.talk.turns] == ["one", "two"]

    def test_what_was_cleared_can_be_put_back_beside_what_was_asked_since(self, page: Playground) -> None:
        page.say("before")
        page.click("clear")
        page.say("since")
        page.run()
        page.click("undo")
        assert [turn.answer.content for turn in page.talk.turns] == ["before"]
        page.click(f"branch-{page.talk.turns[0].id}-on")
        assert [turn.answer.content for turn in page.talk.turns] == ["since"]

    def test_a_cut_answer_can_be_continued(self, page: Playground, body_of: BodyOf) -> None:
        page.say("whole")
        assert "Continue" not in [button.label for button in page.at.button]
        page.script("text=begun finish=length")
        page.click(f"continue-{page.talk.turns[-1].id}")
        assert contents(body_of(page.last_run))[-2:] == ["begun", CONTINUE]
