"""What the cells of an evaluation came to, as files for other programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, BinaryIO

from glm_playground import bounds
from glm_playground.bundles.bundle import BundleError, RecordedRun, write_bundle
from glm_playground.bundles.snapshot import snapshot
from glm_playground.catalog.comparison_files import harmless_cell
from glm_playground.evals.grade import Grade
from glm_playground.evals.judged import JudgeVerdict, PairResult
from glm_playground.evals.promptfoo_written import assertion
from glm_playground.evals.results import CellResult
from glm_playground.gateway.wire import clean_text
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.thinking import answer_of

PairsWriter = Callable[[BinaryIO, EvaluationRow, JudgeVerdict], None]
UNKNOWN = "unknown"
_PASSES, _FAILS_A_CHECK, _HAS_NO_ANSWER = 0, 1, 2
"""promptfoo's `failureReason` (promptfoo.dev/docs/configuration/reference, ResultFailureReason)."""

Writer = Callable[[BinaryIO, EvaluationRow, Iterable[CellResult]], None]


def _write_csv(file: BinaryIO, row: EvaluationRow, results: Iterable[CellResult]) -> None:
    """A head line and a line a cell; what nobody said is "unknown"."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    lines = csv.writer(text)
    head = None
    for result in results:
        cells = _cells(row, result)
        if head is None:
            head = list(cells)
            lines.writerow(head)
        lines.writerow([harmless_cell(clean_text(_plain(value))) for value in cells.values()])
    text.flush()
    text.detach()


def _write_jsonl(file: BinaryIO, row: EvaluationRow, results: Iterable[CellResult]) -> None:
    """A JSON object a cell, with what each check found; null is what nobody said."""
    for result in results:
        case = result.asked.case
        checks = [
            {"type": one.check.name, "metric": one.check.metric, "grade": one.grade.value, "reason": one.reason}
            for one in result.checks
        ]
        file.write(
            _json(
                _cells(row, result)
                | {
                    "variables": case.variables,
                    "attachments": [file.name for file in case.attachments],
                    "checks": checks,
                }
            )
            + b"\n"
        )


def _write_promptfoo(file: BinaryIO, row: EvaluationRow, results: Iterable[CellResult]) -> None:
    """As promptfoo writes its results (`--output results.json`), for what reads these."""
    found = [_promptfoo_result(result) for result in results]
    passes = sum(one["success"] for one in found)
    errors = sum(one["failureReason"] == _HAS_NO_ANSWER for one in found)
    stats = {"successes": passes, "failures": len(found) - passes - errors, "errors": errors}
    whole = {
        "evalId": f"eval-{row.id}",
        "results": {
            "version": 3,
            "timestamp": row.created_at.isoformat(),
            "results": found,
            "stats": stats,
        },
        "config": {"description": row.name},
        "shareableUrl": None,
    }
    file.write(_json(whole) + b"\n")


def _write_bundle(file: BinaryIO, row: EvaluationRow, results: Iterable[CellResult]) -> None:
    """The runs, one candidate a column.

    Raises:
        ValueError: a bundle cannot hold them.
    """
    runs = []
    for result in results:
        if result.stored and result.stored.run.ended:
            runs.append(RecordedRun(result.stored.run, result.stored.cost, result.cell.key.candidate % bounds.LANES))
        if len(runs) > bounds.BUNDLE_PARTS:
            raise ValueError(f"a bundle holds fewer than {bounds.BUNDLE_PARTS:,} runs")
    if not runs:
        raise ValueError("there is no run yet")
    try:
        file.write(write_bundle(snapshot(runs, row.name or "Evaluation", f"Evaluation {row.id}")))
    except BundleError as error:
        raise ValueError(str(error)) from None


WRITERS: dict[str, Writer] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "promptfoo": _write_promptfoo,
    "bundle": _write_bundle,
}
"""By what a file is asked for as; each may raise `ValueError` in words."""


def _write_pairs(file: BinaryIO, row: EvaluationRow, found: JudgeVerdict) -> None:
    """A head line and a line for each pair of answers that was judged, in both orders."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    lines = csv.writer(text)
    for number, pair in enumerate(found.pairs):
        cells = _pair_cells(row, found, pair)
        if not number:
            lines.writerow(list(cells))
        lines.writerow([harmless_cell(clean_text(_plain(value))) for value in cells.values()])
    text.flush()
    text.detach()


def _write_pairs_jsonl(file: BinaryIO, row: EvaluationRow, found: JudgeVerdict) -> None:
    """A JSON object for each pair; null is what nobody said."""
    for pair in found.pairs:
        file.write(_json(_pair_cells(row, found, pair)) + b"\n")


PAIRS_WRITERS: dict[str, PairsWriter] = {"pairs": _write_pairs, "pairs-jsonl": _write_pairs_jsonl}
"""What a judge said of the pairs, by what a file is asked for as: CSV, and JSON Lines."""


def _pair_cells(row: EvaluationRow, found: JudgeVerdict, pair: PairResult) -> dict[str, Any]:
    judged, judge = pair.judged, found.judge
    return {
        "evaluation": row.id,
        "case": judged.case,
        "repeat": pair.repeat + 1,
        "first": judged.first,
        "second": judged.second,
        "opinion": judged.opinion.value,
        "first_in_slot_one": judged.forward.value,
        "second_in_slot_one": judged.backward.value,
        "reason_first_in_slot_one": pair.reasons[0],
        "reason_second_in_slot_one": pair.reasons[1],
        "first_characters": judged.first_characters,
        "second_characters": judged.second_characters,
        "cost_usd": judged.cost,
        "judge": judge.model,
        "judge_gateway": judge.gateway,
        "judge_stand_in": found.stand_in,
        "same_family": [name for name in (judged.first, judged.second) if name in found.figures.same_family],
        "run_first_in_slot_one": pair.run_ids[0],
        "run_second_in_slot_one": pair.run_ids[1],
    }


def _cells(row: EvaluationRow, result: CellResult) -> dict[str, Any]:
    run = result.stored.run if result.stored else None
    usage = run.usage if run else None
    metrics = metrics_of(run) if run else None
    cost = result.cost
    return {
        "evaluation": row.id,
        "case": result.asked.case.id,
        "prompt": result.asked.prompt.label,
        "candidate": result.candidate,
        "model": result.setup.model,
        "gateway": result.setup.gateway,
        "stand_in": run.server.stand_in if run else None,
        "repeat": result.cell.key.repeat + 1,
        "state": result.cell.state.value,
        "attempts": result.cell.attempts,
        "grade": result.grade.value,
        "reason": result.reason,
        "outcome": run.outcome.value if run and run.outcome else None,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "ttft_ms": None if metrics is None or metrics.ttft is None else round(metrics.ttft / 1e6, 3),
        "latency_ms": None if result.latency_ms is None else round(result.latency_ms, 3),
        "cost_usd": cost.amount if cost else None,
        "cost_state": cost.state.value if cost else None,
        "run_id": result.cell.run_id,
        "answer": answer_of(run) if run else None,
    }


def _promptfoo_result(result: CellResult) -> dict[str, Any]:
    run = result.stored.run if result.stored else None
    answered = run is not None and result.cell.state is CellState.FINISHED
    passed = result.grade is Grade.PASSED
    messages = [message.body() for message in result.asked.messages]
    usage = run.usage if run else None
    tokens = {
        "prompt": usage.prompt_tokens if usage else None,
        "completion": usage.completion_tokens if usage else None,
        "total": usage.total_tokens if usage else None,
    }
    cost = result.cost.amount if result.cost else None
    checks = [
        {
            "pass": one.grade is Grade.PASSED,
            "score": float(one.grade is Grade.PASSED),
            "reason": one.reason or one.grade.value,
            "assertion": assertion(one.check),
        }
        for one in result.checks
    ]
    return {
        "promptIdx": result.cell.key.candidate,
        "testIdx": result.cell.key.case,
        "testCase": {"description": result.asked.case.description, "vars": result.asked.case.variables},
        "vars": result.asked.case.variables,
        "provider": {"id": result.setup.model, "label": result.candidate},
        "prompt": {"raw": json.dumps(messages, ensure_ascii=False), "label": result.asked.prompt.label},
        "response": {"output": answer_of(run) if run else "", "tokenUsage": tokens},
        "latencyMs": result.latency_ms,
        "cost": None if cost is None else float(cost),
        "success": passed,
        "score": float(passed),
        "error": None if answered else result.reason,
        "failureReason": _PASSES if passed else _FAILS_A_CHECK if answered else _HAS_NO_ANSWER,
        "gradingResult": {"pass": passed, "score": float(passed), "reason": result.reason, "componentResults": checks},
        "namedScores": {},
        "metadata": {"repeat": result.cell.key.repeat, "grade": result.grade.value, "runId": result.cell.run_id},
    }


def _json(value: dict[str, Any]) -> bytes:
    return clean_text(json.dumps(value, ensure_ascii=False, default=_plain)).encode()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return UNKNOWN if value is None else str(value)
