"""What stands on pages that anybody may open, in English; other languages translate it from here."""

from dataclasses import dataclass, field

from glm_playground.reports.sentences import NOT_SAID_HERE


@dataclass(frozen=True)
class PublicWords:
    """Labels and sentences of the pages for links and for votes of an audience."""

    language: str = field(default="en", metadata=NOT_SAID_HERE)
    """As documents name it."""
    gone: str = "Nothing is shared here"
    gone_more: str = "This address was never given out, has ended or was taken back. Ask its sender for a new one."
    busy: str = "Too many requests at once"
    busy_more: str = "They came from your network, perhaps from others in the same room. Try again in a few seconds."
    away: str = "This page cannot be read at the moment"
    away_more: str = "Try again in a minute."
    refused: str = "This vote is not counted"
    refused_more: str = "It did not come from the page that asks. Open the address again and vote there."
    no_cookie: str = "Your vote is not counted"
    no_cookie_more: str = "Your browser kept no cookie. Allow cookies for this site, open the address again and vote."
    full: str = "Your vote is not counted"
    full_more: str = "As many votes as are counted have come from your network."
    over: str = "This vote is closed"
    over_more: str = "No vote is counted any more. The result is on stage."
    counted: str = "Your vote is counted"
    counted_more: str = "You said: {choice}. The result comes on stage."
    which: str = "Which answer is better?"
    question: str = "Question"
    answer_a: str = "Answer A"
    answer_b: str = "Answer B"
    cut: str = "It is cut here; the stage has it whole."
    stand_in: str = "Written by a stand-in model, not by GLM."
    first: str = "A is better"
    second: str = "B is better"
    tie: str = "Both are as good"
    both_bad: str = "Both are bad"
    one_vote: str = "One vote a browser: a cookie with a random number, for nothing else. Nobody learns who you are."

    def choice(self, name: str) -> str:
        """What a choice is called on its button."""
        return {"first": self.first, "second": self.second, "tie": self.tie, "both_bad": self.both_bad}[name]
