"""A refusal in words: which cap, how much, when it frees; no two are the same."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from markdown_it import MarkdownIt

from glm_playground.runs.caps import Cap, Measure, Refusal, Scope
from glm_playground.ui.shared.answer.refusal_words import explain_refusal

WHEN = datetime(2026, 11, 26, tzinfo=UTC)
CAPS = [(scope, measure) for scope in Scope for measure in Measure]


def refusal(scope: Scope, measure: Measure, asked: str = "1") -> Refusal:
    frees_at = None if measure is Measure.RUNNING else WHEN
    return Refusal(Cap(scope, measure, Decimal(200)), Decimal(200), Decimal(asked), frees_at)


@pytest.mark.parametrize(("scope", "measure"), CAPS)
def test_it_says_how_much_and_that_nothing_was_sent(scope: Scope, measure: Measure) -> None:
    title, body = explain_refusal(refusal(scope, measure))
    assert "200" in body
    assert "Nothing was sent, so nothing is charged" in body
    assert "Send again" in body
    assert ("2026" in body) == (measure is not Measure.RUNNING)
    tokens = MarkdownIt("commonmark").parse(f"{title}\n{body}")
    assert {piece.type for token in tokens for piece in token.children or []} <= {"text", "softbreak"}
    assert "{" not in title + body


def test_no_two_caps_are_explained_alike() -> None:
    said = [explain_refusal(refusal(*cap)) for cap in CAPS] + [explain_refusal(Refusal())]
    assert len(set(said)) == len(said)


def test_what_is_above_a_cap_by_itself_is_told_what_to_lower() -> None:
    title, body = explain_refusal(refusal(Scope.OWNER, Measure.TOKENS, "1000"))
    assert "alone" in title
    assert "could use up to 1,000 tokens more" in body
    assert body.endswith("Lower the max tokens, then send again.")
