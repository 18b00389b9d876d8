"""What is worth knowing about an ended answer that its outcome does not say."""

import re
from enum import StrEnum
from typing import NamedTuple

from glm_playground.gateway import EventKind
from glm_playground.runs.run import DELTAS, Outcome, Run
from glm_playground.runs.thinking import split

_VERSION = re.compile(r"|[:@].*|-(\d{4,}|\d{4}-\d\d-\d\d|latest)")
_LEAST_TOKENS = 20
_NS_PER_TOKEN = 150_000
"""6,600 tokens a second: no GLM writes as fast, and a busy machine takes 40 to 80 us to read a piece that waits."""
_NS_PER_READ_TOKEN = 500_000
"""2,000 tokens a second: hardly a model does, and none of them by the many in one read of the network."""
_TOKENS_PER_READ = 16


class NoteKind(StrEnum):
    """What a note is about."""

    RETRIED = "retried"
    """It was sent again, for the reason `text`: that of the event."""
    UNREADABLE = "unreadable"
    """`number` events of the stream could not be read; what stood in them is lost."""
    IN_ONE_PIECE = "in_one_piece"
    """All came at once, `number` tokens, so that the times say nothing of the model."""
    SEVERAL_ANSWERS = "several_answers"
    """`number` answers were asked for; the first is kept."""
    OTHER_MODEL = "other_model"
    """The model named `text` answered, another than the one asked."""
    UNKNOWN_END = "unknown_end"
    """It ended with the finish_reason `text`, which no list knows."""
    REASONING_ONLY = "reasoning_only"
    """The model reasoned and then ended without an answer."""
    THINKING_UNCLOSED = "thinking_unclosed"
    """All is reasoning, since its `<think>` never ended."""
    NO_CALL = "no_call"
    """It ended with tool calls, but there is none."""
    EMPTY = "empty"
    """There is no text at all."""
    REASONED_ANYWAY = "reasoned_anyway"
    """Reasoning came although it was turned off."""


class Note(NamedTuple):
    """One thing that is worth knowing."""

    kind: NoteKind
    number: int = 0
    text: str = ""


def notes_of(run: Run) -> tuple[Note, ...]:
    """What is worth knowing about `run`, which has ended."""
    notes: list[Note | None] = [
        Note(NoteKind.RETRIED, text=event.text) for event in run.events if event.kind is EventKind.RETRY
    ]
    notes.append(_without_answer(run))
    if run.outcome is Outcome.UNKNOWN:
        notes.append(Note(NoteKind.UNKNOWN_END, text=run.finish_reason or ""))
    if run.served_model and not same_model(run.request.model, run.served_model) and run.server.stand_in is None:
        notes.append(Note(NoteKind.OTHER_MODEL, text=run.served_model))
    if unreadable := sum(event.kind is EventKind.UNREADABLE for event in run.events):
        notes.append(Note(NoteKind.UNREADABLE, unreadable))
    asked = run.request.extra.get("n")
    if isinstance(asked, int) and asked > 1:
        notes.append(Note(NoteKind.SEVERAL_ANSWERS, asked))
    if run.request.thinking is False and split(run).reasoning.strip():
        notes.append(Note(NoteKind.REASONED_ANYWAY))
    notes.append(_in_one_piece(run))
    return tuple(note for note in notes if note)


def same_model(asked: str, served: str) -> bool:
    """Whether `served` names the model that was asked: in other letters, behind its maker, or a dated version of it."""
    one, other = (name.strip().lower().rpartition("/")[2] for name in (asked, served))
    return other.startswith(one) and bool(_VERSION.fullmatch(other[len(one) :]))


def _without_answer(run: Run) -> Note | None:
    if run.outcome not in {Outcome.COMPLETED, Outcome.TOOL_CALLS, Outcome.UNKNOWN}:
        return None
    if any(event.kind is EventKind.TOOL_CALLS for event in run.events):
        return None
    found = split(run)
    if run.outcome is Outcome.TOOL_CALLS:
        return Note(NoteKind.NO_CALL)
    if found.answer.strip():
        return None
    if found.unclosed:
        return Note(NoteKind.THINKING_UNCLOSED)
    return Note(NoteKind.REASONING_ONLY if found.reasoning.strip() else NoteKind.EMPTY)


def _in_one_piece(run: Run) -> Note | None:
    times = [event.at_ns for event in run.events if event.kind in DELTAS]
    if not times or run.server.stand_in is not None:
        return None
    told = run.usage.completion_tokens if run.usage else None
    tokens = told if told is not None else len(times)
    # What comes in one read has one time; over TLS a read holds 16 KB at most, and a busy machine rests between two.
    in_few_reads = len(set(times)) * _TOKENS_PER_READ <= tokens
    longest = tokens * (_NS_PER_READ_TOKEN if in_few_reads else _NS_PER_TOKEN)
    if tokens < _LEAST_TOKENS or times[-1] - times[0] >= longest:
        return None
    return Note(NoteKind.IN_ONE_PIECE, tokens)
