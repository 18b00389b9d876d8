"""What a vote says, in words."""

from glm_playground.chat.setup import asked_of, asked_text
from glm_playground.evals.rating import Choice
from glm_playground.ledger.votes import SKIPPED, StoredVote
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal


def candidate_name(candidate: str) -> str:
    """A candidate as it is called on the screen: with its gateway where there are several, or another one is asked."""
    model, gateway = asked_of(candidate)
    gateways = asked_gateways()
    alone = not gateways.several and gateway == gateways.first.name
    return model if alone else asked_text(model, gateway)


def verdict_name(verdict: str | None) -> str:
    """A verdict in a word or two."""
    names = {
        Choice.FIRST.value: _("A is better"),
        Choice.SECOND.value: _("B is better"),
        Choice.TIE.value: _("Tie"),
        Choice.BOTH_BAD.value: _("Both bad"),
        SKIPPED: _("no verdict"),
    }
    return names.get(verdict or "", _("unknown"))


def told(vote: StoredVote, choice: Choice | None) -> str:
    """What a vote came to, as Markdown with the names."""
    names = {"a": literal(candidate_name(vote.candidate_a)), "b": literal(candidate_name(vote.candidate_b))}
    sentences = {
        Choice.FIRST: _("You prefer A, **{a}**, to B, **{b}**."),
        Choice.SECOND: _("You prefer B, **{b}**, to A, **{a}**."),
        Choice.TIE: _("A, **{a}**, and B, **{b}**, are as good as each other."),
        Choice.BOTH_BAD: _("A, **{a}**, and B, **{b}**, are both bad. This counts in no rating."),
        None: _("A was **{a}**, B was **{b}**. No verdict was saved."),
    }
    return sentences[choice].format(**names)
