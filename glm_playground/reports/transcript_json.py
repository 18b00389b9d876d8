"""The conversations on the screen as JSON: with the exact requests and unrounded figures, for other programs.

Times are milliseconds since t0, as `runs.metrics` defines them; amounts are US dollars as text, which keeps every
digit, and a cost is as in a recorded run, with its state and the price it was computed from. Field names are English
whatever the reader's language.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import Setup
from glm_playground.gateway import ToolCall, Usage
from glm_playground.gateway.wire import clean_text
from glm_playground.reports.transcript import TranscriptLane, run_on_screen
from glm_playground.runs.cost import Cost
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Run, RunError
from glm_playground.runs.run_json import cost_to_json
from glm_playground.runs.thinking import reasoning_of

TRANSCRIPT_KIND: Final = "glm-playground-transcript"
TRANSCRIPT_VERSION: Final = 2
"""From 2 on, a cost is an object; before, it was words."""


def to_json(lanes: Sequence[TranscriptLane], *, exported_at: datetime) -> str:
    """The turns and answers on the screen; lone surrogates become U+FFFD, since they cannot be written as UTF-8.

    Raises:
        ValueError: a setting is NaN or infinite, which `chat.strict_json.read_json` and a link refuse.
    """
    transcript = {
        "kind": TRANSCRIPT_KIND,
        "version": TRANSCRIPT_VERSION,
        "exported_at": exported_at.astimezone(UTC).isoformat(),
        "lanes": [_lane(lane) for lane in lanes],
    }
    return clean_text(json.dumps(transcript, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def _lane(lane: TranscriptLane) -> dict[str, Any]:
    return {"setup": _setup(lane.setup), "turns": [_turn(turn, lane) for turn in lane.conversation.turns]}


def _setup(setup: Setup) -> dict[str, Any]:
    """As in a file of presets: of the parameters, those that are set."""
    parameters = setup.parameters.model_dump(exclude_defaults=True)
    gateway = {"gateway": setup.gateway} if setup.gateway else {}
    return {"model": setup.model, **gateway, "system": setup.system, "parameters": parameters}


def _turn(turn: Turn, lane: TranscriptLane) -> dict[str, Any]:
    told = {
        "prompt": _prompt(turn.prompt),
        "answer": _answer(turn.answer, lane.costs) if turn.answers else None,
    }
    others = [_answer(answer, lane.costs) for answer in turn.answers if answer is not turn.answer]
    return told | ({"other_answers": others} if lane.every_answer and others else {})


def _prompt(prompt: Prompt) -> dict[str, Any]:
    return {
        "text": prompt.text,
        "attachments": [_attachment(file) for file in prompt.attachments],
        "results": [{"call": _call(result.call), "content": result.content} for result in prompt.results],
    }


def _attachment(file: Attachment) -> dict[str, Any]:
    """An image is a data URL in the place of a text; a folder has its files in that place."""
    if file.image:
        return {"name": file.name, "image": file.image}
    if file.files:
        files = [{"path": one.path, "text": one.text} for one in file.files]
        return {
            "name": file.name,
            "files": files,
            "left_out": [{"path": one.path, "why": one.why} for one in file.left_out],
        }
    return {"name": file.name, "text": file.text}


def _answer(answer: Answer, costs: Mapping[str, Cost]) -> dict[str, Any]:
    run = run_on_screen(answer)
    return {
        "content": answer.content,
        "reasoning": reasoning_of(run) if run else "",
        "tool_calls": [_call(call) for call in answer.tool_calls],
        "edited": run is None and not answer.quoted,
        "quoted": run is None and answer.quoted,
        "run": _run(run, costs.get(run.id)) if run else None,
    }


def _call(call: ToolCall) -> dict[str, str]:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _run(run: Run, cost: Cost | None) -> dict[str, Any]:
    return {
        "id": run.id,
        "request": run.request.body(),
        "server": {"name": run.server.name, "origin": run.server.origin, "stand_in": run.server.stand_in},
        "started_at": run.started_at.astimezone(UTC).isoformat(),
        "outcome": run.outcome,
        "warm_up": run.warm_up,
        "finish_reason": run.finish_reason,
        "usage": _usage(run.usage) if run.usage else None,
        "metrics": _metrics(run),
        "request_id": run.request_id,
        "task_id": run.task_id,
        "error": _error(run.error) if run.error else None,
        "cost": cost_to_json(cost) if cost else None,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return usage._asdict() | {"cost": None if usage.cost is None else str(usage.cost)}


def _metrics(run: Run) -> dict[str, float | None]:
    metrics = metrics_of(run)
    times = {"ttft_ms": metrics.ttft, "ttfa_ms": metrics.ttfa, "e2e_ms": metrics.e2e, "tpot_ms": metrics.tpot}
    figures = {name: None if time is None else time / 1e6 for name, time in times.items()}
    speeds = {"output_speed": metrics.output_speed, "chunks": metrics.deltas, "chunk_speed": metrics.chunk_speed}
    return figures | speeds


def _error(error: RunError) -> dict[str, Any]:
    return asdict(error) | {"fields": dict(error.fields)}
