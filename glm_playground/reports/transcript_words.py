"""What a transcript says: in English here, in another language by `sentences.said`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from glm_playground.reports.sentences import NOT_SAID_HERE, said
from glm_playground.runs.cost import CostState, TokenClass
from glm_playground.runs.run import Outcome

_OUTCOMES = {
    Outcome.COMPLETED: "completed",
    Outcome.LENGTH: "stopped at the token limit",
    Outcome.FILTERED: "filtered",
    Outcome.TOOL_CALLS: "tool calls",
    Outcome.STOPPED: "stopped",
    Outcome.FAILED: "failed",
    Outcome.INTERRUPTED: "interrupted",
    Outcome.UNKNOWN: "ended, reason unknown",
}
_COST_STATES = {
    CostState.PREDICTED: "predicted",
    CostState.ESTIMATED: "estimated",
    CostState.SETTLED: "settled",
    CostState.NOT_CHARGED: "not charged",
    CostState.NO_USAGE: "not reported",
    CostState.NO_PRICE: "no price",
    CostState.FREE: "free",
}
_TOKEN_CLASSES = {TokenClass.INPUT: "input", TokenClass.CACHE_READ: "cached input", TokenClass.OUTPUT: "output"}
_DEFINITIONS = (
    ("t0", "just before the request is written; times count from there."),
    (
        "TTFT",
        "time to the first token of reasoning, answer or tool call. Pieces that are empty or carry only a role or "
        "the usage do not count.",
    ),
    ("TTFA", "time to the first token of the answer or of a tool call."),
    (
        "E2E",
        "time to the last token. The median is only of runs that completed: one that was cut, stopped or failed does "
        "not say how long its answer would have taken.",
    ),
    ("TPOT", "(E2E − TTFT) / (n − 1), where n is the completion tokens as reported, reasoning included."),
    (
        "Output speed",
        "1 / TPOT, only where n is 40 or more and E2E − TTFT is 200 ms or more. Where no tokens were reported, "
        "chunks a second under the same limits, named as such and in no median.",
    ),
    (
        "Medians and p95",
        "over the runs that have the figure; n says how many, and their least and most stand beside. p95 is the "
        "nearest rank, only where n is 20 or more. Failed runs count among the runs.",
    ),
    (
        "Cost",
        "the gateway's own figure where it sends one (settled); else the sum over input, cached input and output of "
        "tokens as reported × price (estimated), in exact decimals. A generation that failed before its first token is "
        "not charged where that is the server's published policy. What nobody can say stays unknown. Where no "
        "usage was reported, the price of the text received stands beside, with its tokens estimated by a rule of "
        "thumb: it is in no sum.",
    ),
)
_LIMITS = (
    "All was measured from one place, over one network, at one time; elsewhere or later the times differ.",
    "Few runs say little: where n is small, a difference between lanes may be chance.",
    "Token counts are those that the gateway reported; nobody counted again.",
    "A gateway may send several tokens in one piece, so times within an answer are those of pieces, not of tokens.",
    "An estimated cost is not a bill.",
)


@dataclass(frozen=True)
class Words:
    """Labels and sentences; put into Markdown as they are."""

    title: str = "Playground transcript"
    exported_on: str = "Exported on"
    ran_between: str = "Runs from {first} to {last}."
    lane: str = "Lane"
    turn: str = "Turn"
    system_prompt: str = "System prompt"
    settings: str = "Settings"
    user: str = "User"
    attachment: str = "Attached file"
    assistant: str = "Assistant"
    reasoning: str = "Reasoning"
    written_by_user: str = "Written by the user in place of an answer"
    quoted: str = "Assistant, as a later request quotes it"
    other_answer: str = "Answer {number} of {count}"
    warm_ups: str = "Warm-ups, left out of the figures: {count}. Their cost: {cost}."
    tool_call: str = "Tool call"
    tool_result: str = "Tool result"
    error: str = "Error"

    stand_in: str = "Not an answer of GLM: a stand-in ({model}) answered in its place."
    """With `{model}` where its name goes."""
    stand_in_runs: str = (
        "Not GLM: in {count} of {runs} runs a stand-in ({models}) answered in its place. "
        "Its answers, times and costs say nothing about GLM."
    )
    replayed: str = "REPLAY: a recording was played again; nothing was sent."
    replayed_runs: str = (
        "REPLAY: {count} of {runs} runs are recordings that were played again; nothing was sent. "
        "Dates, times and costs are those of the recording."
    )
    stand_in_name: str = "stand-in {model}"
    play_money: str = "in play money"

    model: str = "Model"
    server: str = "Server"
    outcome: str = "outcome"
    outcomes: Mapping[Outcome, str] = field(default_factory=lambda: _OUTCOMES, metadata=NOT_SAID_HERE)
    """How a run ended; an outcome that is not in it is named as in the JSON."""
    running: str = "running"
    tokens: str = "tokens"
    ttft: str = "TTFT"
    ttfa: str = "TTFA"
    e2e: str = "E2E"
    tpot: str = "TPOT"
    output_speed: str = "output speed"
    chunk_speed: str = "{speed} chunks/s, from {count} chunks"
    finish_reason: str = "finish_reason"
    cost: str = "cost"
    cost_states: Mapping[CostState, str] = field(default_factory=lambda: _COST_STATES, metadata=NOT_SAID_HERE)
    """How a cost is known, in a word or two; a state that is not in it is named as in the JSON."""
    received: str = "{amount} estimated from the chunks received: {count}"
    received_chunks: str = "chunks received: {count}"
    received_in_all: str = "{amount} estimated from chunks received, in no sum"
    estimated_by_server: str = "estimated by the server"
    request_id: str = "request id"
    task_id: str = "task id"

    figures: str = "Figures"
    figures_caption: str = (
        "A row a lane, over all runs of the turns below, repeats included; n is how many runs have the figure."
    )
    runs: str = "Runs"
    failures: str = "Failures"
    median: str = "{figure}, median"
    """With `{figure}` where the figure's name goes."""
    completion_tokens: str = "Completion tokens in all"
    cost_in_all: str = "Cost in all"
    covered: str = "{known} of {runs} runs known: {states}"

    votes: str = "Votes"
    votes_caption: str = "Which answer was preferred."
    question: str = "Question"
    lanes: str = "Lanes"
    winner: str = "Preferred"
    tie: str = "a tie"

    method: str = "Method"
    definitions: tuple[tuple[str, str], ...] = _DEFINITIONS
    """Names of figures, and what they are."""
    asking: str = "Asking"
    one_by_one: str = (
        "one by one, in random order, after a warm-up of each model and with a mark against prompt caches."
    )
    partly_one_by_one: str = (
        "{count} of {runs} runs one by one, after a warm-up and with a mark against prompt caches; the others may have "
        "been on the line at the same time, so times of the two kinds should not be compared."
    )
    in_parallel: str = (
        "in parallel, as far as is noted: runs of a turn may have been on the line at the same time and may have "
        "slowed each other; there was no warm-up."
    )
    alone: str = "a run a turn, without a warm-up; a prompt cache may have shortened the wait for later turns."

    sources: str = "Sources"
    sources_caption: str = "Who was asked, who answered, and where the prices come from."
    model_asked: str = "Model asked"
    model_answered: str = "Model that answered"
    price: str = "Price per 1M tokens"
    token_classes: Mapping[TokenClass, str] = field(default_factory=lambda: _TOKEN_CLASSES)
    price_from: str = "Price from"
    read_on: str = "Read on"

    limits_title: str = "Limits"
    limits: tuple[str, ...] = _LIMITS

    unknown: str = "unknown"
    none: str = "none"
    decimal_point: str = field(default=".", metadata=NOT_SAID_HERE)
    thousands_separator: str = field(default=",", metadata=NOT_SAID_HERE)


def words_in(say: Callable[[str], str], decimal_point: str, thousands_separator: str) -> Words:
    """The words in a language, whose translations `say` says."""
    plain = Words()
    return said(
        plain,
        say,
        outcomes=said(plain.outcomes, say),
        cost_states=said(plain.cost_states, say),
        decimal_point=decimal_point,
        thousands_separator=thousands_separator,
    )
