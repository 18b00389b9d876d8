"""Runs of the history as files for other programs: CSV for spreadsheets, JSON Lines with everything."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any

from glm_playground.catalog.comparison_files import harmless_cell
from glm_playground.gateway.wire import clean_text
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.marks import prompt_of
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Run
from glm_playground.runs.run_json import cost_to_json, run_to_json
from glm_playground.runs.thinking import answer_of

COLUMNS = (
    "id",
    "started_at",
    "model",
    "server",
    "stand_in",
    "outcome",
    "finish_reason",
    "warm_up",
    "prompt_tokens",
    "completion_tokens",
    "ttft_ms",
    "e2e_ms",
    "tpot_ms",
    "tokens_per_second",
    "chunks",
    "chunks_per_second",
    "cost_usd",
    "cost_state",
    "received_cost_usd",
    "price_source",
    "request_id",
    "task_id",
    "tags",
    "note",
    "prompt",
    "answer",
)
UNKNOWN = "unknown"

Kept = tuple[Run, Cost | None, tuple[str, ...], str]
"""A run, its cost, its tags and its note."""


def csv_lines(kept: Iterable[Kept]) -> Iterator[str]:
    """A head line and a line a run; no cell begins as a formula does, and what nobody said is "unknown"."""
    yield _line(COLUMNS)
    for run, cost, tags, note in kept:
        cells = _cells(run, cost) | {"tags": ", ".join(tags), "note": note}
        yield _line([harmless_cell(clean_text(_plain(cells[name]))) for name in COLUMNS])


def json_lines(kept: Iterable[Kept]) -> Iterator[str]:
    """A line a run: the recorded run with every event, its cost with the price it was computed from, tags and note."""
    for run, cost, tags, note in kept:
        row = {
            "run": run_to_json(run),
            "cost": cost_to_json(cost) if cost else None,
            "tags": list(tags),
            "note": note,
        }
        yield clean_text(json.dumps(row, ensure_ascii=False)) + "\n"


def _cells(run: Run, cost: Cost | None) -> dict[str, Any]:
    metrics, usage = metrics_of(run), run.usage
    return {
        "id": run.id,
        "started_at": run.started_at.astimezone(UTC).isoformat(),
        "model": run.request.model,
        "server": run.server.name,
        "stand_in": run.server.stand_in or "no",
        "outcome": run.outcome.value if run.outcome else "running",
        "finish_reason": run.finish_reason,
        "warm_up": "yes" if run.warm_up else "no",
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "ttft_ms": _milliseconds(metrics.ttft),
        "e2e_ms": _milliseconds(metrics.e2e),
        "tpot_ms": _milliseconds(metrics.tpot),
        "tokens_per_second": None if metrics.output_speed is None else round(metrics.output_speed, 2),
        "chunks": metrics.deltas,
        "chunks_per_second": None if metrics.chunk_speed is None else round(metrics.chunk_speed, 2),
        "cost_usd": _amount(cost),
        "cost_state": cost.state.value if cost else None,
        "received_cost_usd": cost.received.amount if cost and cost.received else None,
        "price_source": cost.price.source if cost and cost.price else None,
        "request_id": run.request_id,
        "task_id": run.task_id,
        "prompt": prompt_of(run.request),
        "answer": answer_of(run),
    }


def _amount(cost: Cost | None) -> Decimal | None:
    return cost.amount if cost and cost.state is not CostState.NOT_CHARGED else None


def _milliseconds(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds / 1e6, 3)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return UNKNOWN if value is None else str(value)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
