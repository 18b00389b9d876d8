"""What is worth knowing about an ended answer, and which fields a refusal is about."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.runs.cost import CostState, cost_of
from glm_playground.runs.notes import NoteKind, notes_of, same_model
from glm_playground.runs.refusals import refused_fields
from glm_playground.runs.run import Outcome, Run, RunError, Server

REQUEST = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hi"),))
CONTENT, REASONING, CALLS = EventKind.CONTENT, EventKind.REASONING, EventKind.TOOL_CALLS


def run_of(*events: tuple[EventKind, str], spread_ns: int = 10**9, **fields: Any) -> Run:
    recorded = [Event(10**9 + number * spread_ns, kind, text) for number, (kind, text) in enumerate(events)]
    whole: dict[str, Any] = {"request": REQUEST, "outcome": Outcome.COMPLETED, "finish_reason": "stop"} | fields
    return Run("r", server=Server("s", "http://s"), started_at=datetime.now(UTC), events=recorded, **whole)


def kinds(run: Run) -> list[NoteKind]:
    return [note.kind for note in notes_of(run)]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (run_of((CONTENT, "Hi")), []),
        (run_of((REASONING, "hm")), [NoteKind.REASONING_ONLY]),
        (run_of((REASONING, "hm"), (CONTENT, " \n")), [NoteKind.REASONING_ONLY]),
        (run_of((CONTENT, "<think>hm")), [NoteKind.THINKING_UNCLOSED]),
        (run_of((CONTENT, "<think>hm</think>\n\n")), [NoteKind.REASONING_ONLY]),
        (run_of(), [NoteKind.EMPTY]),
        (run_of(outcome=Outcome.FAILED), []),
        (run_of((CONTENT, "I call it."), outcome=Outcome.TOOL_CALLS), [NoteKind.NO_CALL]),
        (run_of((CALLS, "[]"), outcome=Outcome.TOOL_CALLS), []),
        (run_of((CONTENT, "Hi"), outcome=Outcome.UNKNOWN, finish_reason="odd"), [NoteKind.UNKNOWN_END]),
        (run_of((CONTENT, "Hi"), served_model="glm-4.5-air"), [NoteKind.OTHER_MODEL]),
        (run_of((EventKind.RETRY, "RateLimited 1.5"), (CONTENT, "Hi")), [NoteKind.RETRIED]),
        (run_of((CONTENT, "Hi"), (EventKind.UNREADABLE, "{")), [NoteKind.UNREADABLE]),
        (run_of((CONTENT, "Hi"), request=REQUEST.model_copy(update={"extra": {"n": 2}})), [NoteKind.SEVERAL_ANSWERS]),
        (run_of((CONTENT, "Hi"), request=REQUEST.model_copy(update={"extra": {"n": 1}})), []),
        (
            run_of((REASONING, "hm"), (CONTENT, "Hi"), request=REQUEST.model_copy(update={"thinking": False})),
            [NoteKind.REASONED_ANYWAY],
        ),
        (run_of(*[(CONTENT, "a")] * 30, spread_ns=1000), [NoteKind.IN_ONE_PIECE]),
        (run_of((CONTENT, "a" * 99), usage=Usage(9, 40)), [NoteKind.IN_ONE_PIECE]),
        (run_of(*[(CONTENT, "a")] * 30, spread_ns=80_000), [NoteKind.IN_ONE_PIECE]),
        (run_of(*[(CONTENT, "a")] * 30, spread_ns=300_000), []),
        (run_of(*[(CONTENT, "a")] * 19, spread_ns=0), []),
    ],
)
def test_what_is_worth_knowing(run: Run, expected: list[NoteKind]) -> None:
    assert kinds(run) == expected


@pytest.mark.parametrize(
    ("reads", "apart_ms", "expected"),
    [(3, 9, [NoteKind.IN_ONE_PIECE]), (3, 40, []), (12, 2, []), (60, 0.3, [])],
)
def test_an_answer_that_came_in_few_reads_came_in_one_piece(
    reads: int, apart_ms: float, expected: list[NoteKind]
) -> None:
    at = [int(token * reads / 60) * int(apart_ms * 1e6) for token in range(60)]
    run = run_of(*[(CONTENT, "a")] * 60)
    run.events = [event._replace(at_ns=time) for event, time in zip(run.events, at, strict=False)]
    assert kinds(run) == expected


def test_a_stand_in_answers_as_another_model_and_at_once_by_design() -> None:
    run = run_of(*[(CONTENT, "a")] * 30, spread_ns=0, served_model="SmolLM2")
    assert kinds(replace(run, server=replace(run.server, stand_in="SmolLM2"))) == []


@pytest.mark.parametrize(
    ("asked", "served", "same"),
    [
        ("glm-5.1", "glm-5.1", True),
        ("glm-5.1", "GLM-5.1", True),
        ("glm-5.1", "z-ai/glm-5.1", True),
        ("z-ai/glm-5.1:free", "z-ai/glm-5.1", False),
        ("z-ai/glm-5.1", "z-ai/glm-5.1:free", True),
        ("glm-4", "glm-4-0520", True),
        ("gpt-4o", "gpt-4o-2024-08-06", True),
        ("glm-4", "glm-4.5", False),
        ("glm-4.5", "glm-4.5-air", False),
        ("glm-5", "glm-5-2", False),
        ("glm-5.1", "/models/smol.gguf", False),
    ],
)
def test_when_two_names_are_of_one_model(asked: str, served: str, same: bool) -> None:
    assert same_model(asked, served) is same


def refused(kind: str, message: str, **fields: Any) -> tuple[str, ...]:
    request = REQUEST.model_copy(update={"thinking": True, "seed": 1, "extra": {"cache_prompt": True}})
    error = RunError(kind, message, 422, **fields)
    return refused_fields(run_of(request=request, outcome=Outcome.FAILED, error=error))


def test_which_fields_a_refusal_names() -> None:
    assert refused("CapabilityUnsupported", "Unexpected fields in the request: {'thinking'}") == ("thinking",)
    assert refused("RequestRejected", "Unprocessable", fields=(("stream_options", ("no",)),)) == ("stream_options",)
    assert refused("RequestRejected", "cache_prompt and seed are unknown") == ("seed", "cache_prompt")
    assert refused("CapabilityUnsupported", "this model cannot") == ("thinking",)
    assert refused("RequestRejected", "The model is wrong, and so are your messages.") == ()
    assert refused("ServerFailed", "thinking failed") == ()


def test_a_servers_own_cost_is_settled_only_where_it_charges_what_it_says() -> None:
    run = run_of((CONTENT, "Hi"), usage=Usage(9, 9, cost=Decimal("0.02")))
    assert (cost_of(run, None).state, cost_of(run, None).by_server) == (CostState.SETTLED, False)
    estimating = replace(run, server=replace(run.server, settles=False))
    cost = cost_of(estimating, None)
    assert (cost.state, cost.amount, cost.by_server) == (CostState.ESTIMATED, Decimal("0.02"), True)
    nothing = replace(estimating, usage=Usage(9, 9, cost=Decimal(0)))
    assert cost_of(nothing, None).state is CostState.NO_PRICE
