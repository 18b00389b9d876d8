"""The pages that anybody may open: a notice, and the page on which an audience votes. They run and load nothing."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from glm_playground import bounds
from glm_playground.reports.public_words import PublicWords
from glm_playground.reports.shown_text import shown_text
from glm_playground.reports.transcript import TEMPLATES


class AudienceQuestion(NamedTuple):
    """What an audience reads; nothing in it says who answered."""

    question: str
    answer_a: str
    answer_b: str
    stand_in: bool
    """Whether a stand-in model wrote an answer."""


class _Text(NamedTuple):
    html: Markup
    is_cut: bool


def notice_page(title: str, more: str, words: PublicWords) -> str:
    """A page with a heading and a sentence."""
    return TEMPLATES.get_template("notice.html.jinja").render(title=title, more=more, words=words)


def ballot_page(ballot: AudienceQuestion, choices: Sequence[str], words: PublicWords) -> str:
    """The page with question, answers and a button for each choice, which works without scripts."""
    return TEMPLATES.get_template("ballot.html.jinja").render(
        question=_drawn(ballot.question),
        answers=(("A", words.answer_a, _drawn(ballot.answer_a)), ("B", words.answer_b, _drawn(ballot.answer_b))),
        stand_in=ballot.stand_in,
        choices=choices,
        words=words,
    )


# A room opens the same page within a minute.
@lru_cache(maxsize=24)
def _drawn(text: str) -> _Text:
    shown = shown_text(text)[: bounds.POLL_CHARACTERS]
    return _Text(TEMPLATES.filters["as_html"](shown), len(shown_text(text)) > len(shown))
