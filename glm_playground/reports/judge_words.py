"""What a report says of the judge of an evaluation: in English here, in another language by `sentences.said`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class JudgeWords:
    """Labels and sentences; those in braces are replaced by their values."""

    title: str = "The judge"
    judge: str = "Judge"
    replies: str = "Replies"
    replies_left: str = "{count}; {left} to come, {missing} without a reply"
    cost: str = "Cost"
    pairs: str = "Pairs"
    prefers: str = "The judge prefers {first} to {second} in {share}."
    no_verdict: str = "The judge has no verdict on {first} and {second}."
    not_separable: str = "They are not separable."
    counts: str = "{wins} won, {losses} lost, {ties} tied, {abstained} without a verdict"
    share: str = "{estimate}% ({low} to {high})"
    abstentions: Mapping[str, str] = field(
        default_factory=lambda: {
            "flipped": "{count} of {pairs} pairs change with the order: an abstention.",
            "nonsense": "{count} of {pairs} pairs have a reply that is not as asked: no verdict.",
            "unanswered": "{count} of {pairs} pairs lack a reply.",
        }
    )
    place: str = "It chooses the first of two answers in {share}; a fair judge does in a half."
    length: str = "The longer answer is preferred in {share}."
    length_flagged: str = "It prefers the longer answer in {share}: its choices may be about length."
    by_votes: str = "By your votes it is in {share}."
    agreement: str = "It agrees with your votes in {share}, over {pairs} pairs."
    kappa: str = "Cohen's kappa is {estimate} ({low} to {high})."
    family: str = "{name} is of the judge's family, which a judge may favour."
    no_votes: str = "None of these pairs has a vote of yours to compare the judge with."

    pairs_caption: str = (
        "What the judge said of each pair of answers, shown to it in both orders; those without a verdict come first. "
        "Candidates are named by their numbers."
    )
    other_pairs: str = "Pairs that are not shown here: {count}. An export of the pairs has them all."
    case: str = "Case"
    candidates: str = "Candidates"
    verdict: str = "Verdict"
    reason: str = "Reason"
    opinions: Mapping[str, str] = field(
        default_factory=lambda: {
            "tie": "tie",
            "flipped": "changes with the order",
            "nonsense": "no verdict: not as asked",
            "unanswered": "no reply",
        }
    )
    pair_prompt: str = "What the judge is asked about two answers"
    rubric_prompt: str = "What the judge is asked about an answer and a rubric"
    method: tuple[tuple[str, str], ...] = (
        (
            "Judge",
            "each pair of answers is shown in both orders; a choice that changes with the order is an abstention. The "
            "win rate is of the pairs with a verdict, a tie a half; 95% intervals are clustered by case.",
        ),
    )
