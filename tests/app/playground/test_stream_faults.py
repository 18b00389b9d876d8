"""What the playground makes of a stream that is not as it should be."""

import re
from urllib.parse import quote

import pytest

from glm_playground.runs.run import Outcome
from glm_playground.sandbox.script_text import markdown_tokens
from glm_playground.ui.shared.text.answer_markdown import literal
from tests.app.conftest import wait_for_answers
from tests.app.playground_page import Playground

TEN = "".join(markdown_tokens(10))


# What was sent in pieces of another form than usual arrives whole all the same.
SURVIVED = {
    "crlf": "crlf=1",
    "comments": "comments=1",
    "null content": "fault=null_content@4",
    "content as a list of parts": "fault=list_content@4",
    "usage with the finish_reason": "usage_in_finish=1",
    "[DONE] twice": "done=2",
}


class TestFaultsOfTheStream:
    @pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED)
    def test_it_arrives_whole(self, page: Playground, fault: str) -> None:
        page.script(f"tokens=10 {fault}")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.last_run.content == TEN
        assert "10 tokens" in page.answer
        assert not page.at.error

    @pytest.mark.parametrize("fault", ["truncated_json", "glued_json", "invalid_utf8"])
    def test_a_damaged_line_costs_no_more_than_itself(self, page: Playground, fault: str) -> None:
        page.script(f"tokens=10 fault={fault}@5")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.last_run.content.startswith("".join(markdown_tokens(4)))
        assert page.last_run.content.endswith("".join(markdown_tokens(10)[5:]))
        assert not page.at.error

    def test_no_usage(self, page: Playground) -> None:
        wait_for_answers()
        page.script("tokens=10 usage=0")
        assert "tokens not reported" in page.answer
        estimate = r" · cost not reported · :orange\[\\\$0\\?\.\d+ estimated from 10 chunks received\]"
        assert re.search(estimate, page.answer)
        assert "$" not in re.sub(estimate, "", page.answer)

    def test_no_done(self, page: Playground) -> None:
        page.script("tokens=10 done=0")
        assert "ended without [DONE]" in page.answer
        assert ":green-badge[completed]" in page.answer

    def test_a_line_of_two_megabytes(self, page: Playground) -> None:
        page.script("tokens=10 long_line=2000000")
        assert page.last_run.outcome is Outcome.COMPLETED
        assert page.last_run.content.startswith("".join(markdown_tokens(4)))

    def test_a_line_above_the_limit(self, page: Playground) -> None:
        page.script("tokens=10 long_line=9000000 fault=long_line@6")
        assert "sent more in one piece than this app reads" in page.error
        assert page.last_run.content == "".join(markdown_tokens(5))
        assert markdown_tokens(5)[2].strip() in page.answer

    def test_an_error_in_the_middle(self, page: Playground) -> None:
        page.script("tokens=10 fault=error_midstream@6")
        assert "reported an error while it answered" in page.error
        assert "The model stopped in the middle of the answer" in page.error
        assert page.last_run.content == "".join(markdown_tokens(5))
        assert markdown_tokens(5)[2].strip() in page.answer
        assert "cost not reported" in page.answer
        assert "5 chunks received" in page.answer

    @pytest.mark.parametrize("at", [0, 6])
    def test_a_broken_connection(self, page: Playground, at: int) -> None:
        page.script(f"tokens=10 fault=drop@{at}")
        assert "The connection broke before the answer was complete." in page.error
        assert page.last_run.content == "".join(markdown_tokens(max(at - 1, 0)))

    @pytest.mark.parametrize(
        ("finish", "words"),
        [
            ("sensitive", "content filter ended this answer"),
            ("length", "stopped at the token limit"),
            ("model_context_window_exceeded", "stopped at the token limit"),
            ("network_error", "reported an error while it answered"),
            ("something_new", "something"),
        ],
    )
    def test_a_finish_reason_is_kept_and_explained(self, page: Playground, finish: str, words: str) -> None:
        page.script(f"tokens=10 finish={finish}")
        assert words in page.answer
        assert page.last_run.finish_reason == finish
        assert page.last_run.content == TEN
        # In the line only where the outcome does not say it.
        assert (f"finish_reason {finish}" in page.answer.replace("\\", "")) == (finish != "length")
        page.open_details()
        assert f"| Finish reason | {literal(finish)} |" in page.answer

    def test_tool_calls_do_no_harm(self, page: Playground) -> None:
        page.script("tool_call=1")
        assert page.last_run.outcome is Outcome.TOOL_CALLS
        assert "tool calls" in page.answer

    def test_an_answer_of_nothing(self, page: Playground) -> None:
        page.script("tokens=0")
        assert page.last_run.content == ""
        assert "0 tokens" in page.answer
        page.say("and on")
        assert "and on" in page.answer

    @pytest.mark.parametrize(
        "script",
        [
            "reasoning=8 text=Yes.",
            "reasoning=8 think_tags=1 text=Yes.",
            f"text={quote('I think so.</think>Yes.')}",
        ],
        ids=["apart", "think tags", "a lone closing tag"],
    )
    def test_reasoning_is_folded_apart(self, page: Playground, script: str) -> None:
        page.script(script)
        assert "think>" not in page.answer
        page.run()
        [fold] = page.at.chat_message[-1].expander
        assert fold.label.startswith(("Thought for", "Reasoning"))
        assert not fold.markdown
        page.open(f"thinking-{page.talk.turns[-1].answer.id}")
        [fold] = page.at.chat_message[-1].expander
        assert fold.markdown
        shown = [markdown.value for markdown in page.at.chat_message[-1].markdown]
        assert "Yes." in shown
        assert "Yes." not in [markdown.value for markdown in fold.markdown]
