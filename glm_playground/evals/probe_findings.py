"""What the runs of a probe show: yes, no, or that it is not clear; computed from the recorded runs alone.

A run is judged only by what its own request asked for. One that failed without a word about the request is counted
nowhere. A refusal is a "no" where the same gateway answers without the feature.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from glm_playground.chat.strict_json import read_json
from glm_playground.chat.structured import check_json
from glm_playground.chat.tools import tool_calls_of
from glm_playground.evals.probe_suite import (
    AFTER_STOP,
    BEFORE_STOP,
    CASES,
    CODE,
    FEW_TOKENS,
    MAY_BE_SHORT,
    NO_SEED,
    SCHEMA,
    STOP_WORD,
    TOOL_NAME,
    Probe,
)
from glm_playground.gateway import EventKind, errors
from glm_playground.runs.run import DELTAS, Outcome, Run
from glm_playground.runs.thinking import answer_of, reasoning_of

_REFUSED = (errors.RequestRejected, errors.PayloadRejected)
_ANSWERED = frozenset({Outcome.COMPLETED, Outcome.LENGTH, Outcome.TOOL_CALLS, Outcome.UNKNOWN})
_PIECE_CHARACTERS = 60
"""A shorter answer may come in one piece from anybody."""
_HELD_BACK_NS = 200_000_000
_CHARACTERS_A_TOKEN = 12
"""No tokenizer makes longer tokens of English on the average."""


class ProbeOutcome(StrEnum):
    """What a probe came to."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "not clear"


class Why(StrEnum):
    """The reason of an answer, as the command line says it."""

    ONE_PIECE = "the answer came in one piece"
    AT_ONCE = "all pieces came at one moment"
    NO_USAGE = "no usage was reported"
    NOT_JSON = "the answer is not JSON"
    NOT_THE_SCHEMA = "the answer does not fit the schema"
    NO_CALL = "the tool was not called"
    OTHER_ARGUMENTS = "the tool was called with arguments that it does not have"
    WENT_ON = "the answer goes on behind the stop sequence"
    TOO_LONG = "the answer is longer than max_tokens"
    THOUGHT = "it thought all the same"
    REFUSED = "the gateway refused the request"
    DIFFERENT = "the answers differ"
    SAME_ANYWAY = "the answers are the same without a seed, too"
    TOO_FEW = "fewer than two answers to compare"
    CUT = "the answer was cut off before it could tell"
    TOO_SHORT = "the answer is too short to tell"
    NOT_ASKED = "the gateway has no such field, so it was not asked"
    NO_ANSWER = "no answer came"
    MIXED = "the answers disagree"
    READ_LESS = "fewer tokens were read than sent"
    NOT_FOUND = "the code at the beginning was not found"


class _Judged(NamedTuple):
    """One run."""

    held: bool | None
    """None where it cannot be told."""
    why: Why | None = None


_HELD = _Judged(True)


@dataclass(frozen=True)
class ProbeFinding:
    """What one probe of a model on a gateway came to."""

    probe: Probe
    answer: ProbeOutcome
    why: Why | None
    """None for a yes."""
    held: int
    counted: int
    """Runs that could be told; of them `held` did what is claimed."""
    day: date
    """UTC, of the newest run."""
    model: str
    gateway: str
    origin: str
    stand_in: str | None
    """What answered in the model's place; such a finding is never one about the model."""
    run_ids: tuple[str, ...]
    tokens: int | None = None
    """Of the longest prompt that was read, where the gateway counted it; only of `Probe.CONTEXT`."""


def findings(runs: Mapping[str, Sequence[Run]]) -> list[ProbeFinding]:
    """What the runs of one model on one gateway show, by probe; a probe without runs is missing.

    Args:
        runs: ended ones by the id of the case that they asked.
    """
    plain = any(run.outcome in _ANSWERED for run in runs.get(Probe.STREAMS, ()))
    found = []
    for probe in Probe:
        asked = [run for case in CASES[probe] for run in runs.get(case, ())]
        if not asked:
            continue
        if probe is Probe.SEED:
            judged, conclusion = _seed(runs.get(Probe.SEED, ()), runs.get(NO_SEED, ()), plain)
        else:
            judged = [_judge(probe, run, plain) for run in asked]
            conclusion = _conclusion(judged)
        newest = max(asked, key=lambda run: run.started_at)
        told = [one for one in judged if one.held is not None]
        found.append(
            ProbeFinding(
                probe=probe,
                answer=conclusion[0],
                why=conclusion[1],
                held=sum(bool(one.held) for one in told),
                counted=len(told),
                day=newest.started_at.date(),
                model=newest.request.model,
                gateway=newest.server.name,
                origin=newest.server.origin,
                stand_in=next((run.server.stand_in for run in asked if run.server.stand_in), None),
                run_ids=tuple(run.id for run in asked),
                tokens=_read_tokens(asked) if probe is Probe.CONTEXT else None,
            )
        )
    return found


def _conclusion(judged: Sequence[_Judged]) -> tuple[ProbeOutcome, Why | None]:
    told = [one for one in judged if one.held is not None]
    if not told:
        return ProbeOutcome.UNCLEAR, next((one.why for one in judged if one.why), Why.NO_ANSWER)
    if all(one.held for one in told):
        return ProbeOutcome.YES, None
    if any(one.held for one in told):
        return ProbeOutcome.UNCLEAR, Why.MIXED
    return ProbeOutcome.NO, told[0].why


def _judge(probe: Probe, run: Run, plain: bool) -> _Judged:
    """`plain` says whether the gateway answers a request without any feature."""
    if run.outcome not in _ANSWERED:
        return _failed(probe, run, plain)
    return _JUDGES[probe](run)


def _failed(probe: Probe, run: Run, plain: bool) -> _Judged:
    refused = run.error is not None and run.error.is_of(_REFUSED)
    if probe is Probe.CONTEXT:
        too_long = run.error is not None and run.error.is_of((errors.LimitExceeded, errors.PayloadRejected))
        return _Judged(False, Why.REFUSED) if too_long else _Judged(None, Why.REFUSED if refused else Why.NO_ANSWER)
    if refused:
        return _Judged(False if plain else None, Why.REFUSED)
    return _Judged(None, Why.NO_ANSWER)


def _streams(run: Run) -> _Judged:
    if not run.request.stream:
        return _Judged(None, Why.NOT_ASKED)
    times = [event.at_ns for event in run.events if event.kind in DELTAS]
    if len(set(times)) > 1:
        return _HELD
    if len(run.content) <= _PIECE_CHARACTERS:
        return _Judged(None, Why.TOO_SHORT)
    if len(times) == 1:
        return _Judged(False, Why.ONE_PIECE)
    # A gateway that holds the answer back until it is whole; a very fast one cannot be told from it.
    return _Judged(False if times[-1] > _HELD_BACK_NS else None, Why.AT_ONCE)


def _usage(run: Run) -> _Judged:
    usage = run.usage
    told = usage is not None and usage.prompt_tokens is not None and usage.completion_tokens is not None
    return _HELD if told else _Judged(False, Why.NO_USAGE)


def _json_mode(run: Run) -> _Judged:
    if not run.request.wants_json:
        return _Judged(None, Why.NOT_ASKED)
    return _as_json(run, True, Why.NOT_JSON)


def _json_schema(run: Run) -> _Judged:
    if not run.request.wants_json:
        return _Judged(None, Why.NOT_ASKED)
    return _as_json(run, SCHEMA, Why.NOT_THE_SCHEMA)


def _as_json(run: Run, schema: Mapping[str, object] | bool, why: Why) -> _Judged:
    text = answer_of(run).strip()
    if run.outcome is Outcome.LENGTH and (not text or text.startswith(("{", "["))):
        return _Judged(None, Why.CUT)
    found = check_json(text, schema)
    if found.unchecked is not None:
        return _Judged(None, Why.CUT)
    return _HELD if found.fits else _Judged(False, why)


def _tool(run: Run) -> _Judged:
    if not run.request.tools:
        return _Judged(None, Why.NOT_ASKED)
    calls = [call for call in tool_calls_of(run) if call.name == TOOL_NAME]
    if not calls:
        cut = run.outcome is Outcome.LENGTH
        return _Judged(None, Why.CUT) if cut else _Judged(False, Why.NO_CALL)
    try:
        arguments = read_json(calls[0].arguments)
    except ValueError:
        arguments = None
    fits = isinstance(arguments, dict) and isinstance(arguments.get("city"), str)
    return _HELD if fits else _Judged(False, Why.OTHER_ARGUMENTS)


def _stop(run: Run) -> _Judged:
    if run.request.stop != STOP_WORD:
        return _Judged(None, Why.NOT_ASKED)
    text = answer_of(run).lower()
    if AFTER_STOP in text:
        return _Judged(False, Why.WENT_ON)
    if BEFORE_STOP not in text:
        return _Judged(None, Why.TOO_SHORT)
    # An answer that ends there by itself, or by its length, is none that was stopped.
    return _Judged(None, Why.CUT) if run.outcome is Outcome.LENGTH else _HELD


def _max_tokens(run: Run) -> _Judged:
    if run.request.max_tokens is None:
        return _Judged(None, Why.NOT_ASKED)
    written = run.usage.completion_tokens if run.usage else None
    longest = FEW_TOKENS * _CHARACTERS_A_TOKEN
    if (written is not None and written > FEW_TOKENS) or len(run.content + run.reasoning) > longest:
        return _Judged(False, Why.TOO_LONG)
    return _HELD if run.outcome is Outcome.LENGTH else _Judged(None, Why.TOO_SHORT)


def _thinking_off(run: Run) -> _Judged:
    if run.request.thinking is not False:
        return _Judged(None, Why.NOT_ASKED)
    counted = run.usage.reasoning_tokens if run.usage else None
    if counted or reasoning_of(run).strip():
        return _Judged(False, Why.THOUGHT)
    return _HELD if answer_of(run).strip() else _Judged(None, Why.NO_ANSWER)


def _context(run: Run) -> _Judged:
    read = run.usage.prompt_tokens if run.usage else None
    # The prompt holds a word a token; a tokenizer makes rarely fewer of them.
    sent = len(run.request.messages[-1].content.split())
    if read is not None and read < MAY_BE_SHORT * sent:
        return _Judged(False, Why.READ_LESS)
    if CODE not in answer_of(run):
        return _Judged(None, Why.CUT if run.outcome is Outcome.LENGTH else Why.NOT_FOUND)
    return _HELD if read is not None else _Judged(None, Why.NO_USAGE)


_JUDGES: dict[Probe, Callable[[Run], _Judged]] = {
    Probe.STREAMS: _streams,
    Probe.USAGE: _usage,
    Probe.JSON_MODE: _json_mode,
    Probe.JSON_SCHEMA: _json_schema,
    Probe.TOOL: _tool,
    Probe.TOOL_SCHEMA: _tool,
    Probe.STOP: _stop,
    Probe.MAX_TOKENS: _max_tokens,
    Probe.THINKING_OFF: _thinking_off,
    Probe.CONTEXT: _context,
}


def _seed(
    seeded: Sequence[Run], others: Sequence[Run], plain: bool
) -> tuple[list[_Judged], tuple[ProbeOutcome, Why | None]]:
    """A seed works where its answers are the same and those without it are not."""
    refused = [run for run in seeded if run.error and run.error.is_of(_REFUSED)]
    if refused and len(refused) == len(seeded):
        judged = [_Judged(False if plain else None, Why.REFUSED) for _run in refused]
        return judged, _conclusion(judged)
    given = [text for run in seeded if run.request.seed is not None and (text := _whole_text(run))]
    free = [text for run in others if (text := _whole_text(run))]
    if len(given) < 2:
        asked = any(run.request.seed is not None for run in seeded)
        return [], (ProbeOutcome.UNCLEAR, Why.TOO_FEW if asked else Why.NOT_ASKED)
    if len(set(given)) > 1:
        most = max(given.count(text) for text in set(given))
        held = most if most > 1 else 0
        judged = [_Judged(place < held, Why.DIFFERENT) for place in range(len(given))]
        return judged, (ProbeOutcome.NO, Why.DIFFERENT)
    judged = [_HELD] * len(given)
    if len(free) < 2:
        return judged, (ProbeOutcome.UNCLEAR, Why.TOO_FEW)
    return judged, (ProbeOutcome.YES, None) if len(set(free)) > 1 else (ProbeOutcome.UNCLEAR, Why.SAME_ANYWAY)


def _whole_text(run: Run) -> str:
    return "".join(event.text for event in run.events if event.kind in (EventKind.CONTENT, EventKind.REASONING)).strip()


def _read_tokens(runs: Sequence[Run]) -> int | None:
    return max((run.usage.prompt_tokens for run in runs if run.usage and run.usage.prompt_tokens), default=None)
