"""Graded runs as logs of Inspect, in its JSON format (inspect.aisi.org.uk/eval-logs.html); `inspect view` shows them.

Inspect itself, some 80 packages, is not needed to write them. One log is one candidate: a log has one model.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from glm_playground.chat.strict_json import read_json
from glm_playground.chat.tools import tool_calls_of
from glm_playground.evals.grade import Grade, reasons_of
from glm_playground.evals.recorded import GradedRun
from glm_playground.evals.suite import CheckKind, Suite
from glm_playground.evals.verdict import pass_rates
from glm_playground.gateway import ChatRequest, Message, ToolCall
from glm_playground.runs.marks import unmarked_request
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of

_SCORER = "checks"
_VERSION = 2
_STOPS = {
    Outcome.COMPLETED: "stop",
    Outcome.LENGTH: "max_tokens",
    Outcome.TOOL_CALLS: "tool_calls",
    Outcome.FILTERED: "content_filter",
}


def inspect_logs(suite: Suite, graded: Iterable[GradedRun]) -> dict[str, str]:
    """A log in JSON for each candidate, by a name for its file.

    A repeat of a case is an epoch. What cannot be told has no score, which Inspect counts apart, as is done here.
    """
    by_candidate: dict[str, list[GradedRun]] = defaultdict(list)
    for one in graded:
        by_candidate[one.candidate].append(one)
    return {
        _file_name(candidate, rows): json.dumps(_log(suite, candidate, rows), ensure_ascii=False)
        for candidate, rows in by_candidate.items()
    }


def _log(suite: Suite, candidate: str, rows: Sequence[GradedRun]) -> dict[str, Any]:
    epochs: Counter[str] = Counter()
    samples = []
    for row in rows:
        name = row.point.case
        epochs[name] += 1
        samples.append(_sample(row, name, epochs[name]))
    rate = pass_rates([row.point for row in rows])[0]
    run = rows[0].run
    ids = list(epochs)
    metrics = {"accuracy": {"name": "accuracy", "value": rate.rate.estimate}} if rate.rate else {}
    began, ended = min(row.run.started_at for row in rows), max(map(_ended, (row.run for row in rows)))
    return {
        "version": _VERSION,
        "status": "success",
        "eval": {
            "eval_id": _id("eval", candidate, *(row.run.id for row in rows)),
            "run_id": _id("run", *(row.run.id for row in rows)),
            "task_id": _id("task", suite.model_dump_json()),
            "created": began.isoformat(),
            "task": suite.name or "suite",
            "dataset": {"name": suite.name or "suite", "samples": len(ids), "sample_ids": ids, "shuffled": False},
            "model": _model(run),
            "config": {"epochs": max(epochs.values())},
            "packages": {},
            "metadata": {"candidate": candidate, "server": run.server.name, "stand_in": run.server.stand_in},
        },
        "results": {
            "total_samples": len(rows),
            "completed_samples": len(rows),
            "scores": [
                {
                    "name": _SCORER,
                    "scorer": _SCORER,
                    "scored_samples": rate.answers,
                    "unscored_samples": rate.untold,
                    "metrics": metrics,
                }
            ],
        },
        "stats": {"started_at": began.isoformat(), "completed_at": ended},
        "samples": samples,
    }


def _sample(row: GradedRun, name: str, epoch: int) -> dict[str, Any]:
    case, run = row.asked.case, row.run
    request = unmarked_request(run.request)
    answer = _answer(run)
    checks = [
        {"check": one.check.name, "metric": one.check.metric, "grade": one.grade.value, "reason": one.reason}
        for one in row.checks
    ]
    targets = [str(check.value) for check in case.checks if check.kind is CheckKind.EQUALS and not check.negated]
    e2e = metrics_of(run).e2e
    sample: dict[str, Any] = {
        "id": name,
        "epoch": epoch,
        "input": _messages(request),
        "target": targets or "",
        "messages": [*_messages(request), answer],
        "output": {
            "model": run.served_model or request.model,
            "choices": [
                {"message": answer, "stop_reason": _STOPS.get(run.outcome, "unknown") if run.outcome else "unknown"}
            ],
            "completion": answer_of(run),
            **({"usage": usage} if (usage := _usage(run)) else {}),
            **({"time": e2e / 1e9} if e2e is not None else {}),
        },
        "scores": {},
        "metadata": {
            "tags": list(case.tags), "variables": case.variables, "run": run.id, "grade": row.grade.value,
            "checks": checks,
        },
        "started_at": run.started_at.isoformat(),
        "completed_at": _ended(run),
    }  # fmt: skip
    if row.grade is not Grade.UNTOLD:
        reasons = reasons_of(row.checks)
        value = "C" if row.grade is Grade.PASSED else "I"
        sample["scores"] = {_SCORER: {"value": value, "answer": answer_of(run), "explanation": reasons or None}}
    if run.error:
        sample["error"] = {"message": f"{run.error.kind}: {run.error.message}", "traceback": "", "traceback_ansi": ""}
    return sample


def _messages(request: ChatRequest) -> list[dict[str, Any]]:
    return [{"role": message.role, "content": _content(message)} for message in request.messages]


def _content(message: Message) -> Any:
    if not message.images:
        return message.content
    images = [{"type": "image", "image": url} for url in message.images]
    return [*images, {"type": "text", "text": message.content}]


def _answer(run: Run) -> dict[str, Any]:
    content: Any = answer_of(run)
    if run.reasoning:
        content = [{"type": "reasoning", "reasoning": run.reasoning}, {"type": "text", "text": content}]
    message: dict[str, Any] = {"role": "assistant", "content": content, "source": "generate"}
    if calls := tool_calls_of(run):
        message["tool_calls"] = [_call(call) for call in calls]
    return message


def _call(call: ToolCall) -> dict[str, Any]:
    found: dict[str, Any] = {"id": call.id, "function": call.name, "type": "function", "arguments": {}}
    try:
        arguments = read_json(call.arguments)
    except ValueError as error:
        return found | {"parse_error": str(error)}
    if not isinstance(arguments, dict):
        return found | {"parse_error": "the arguments are no object"}
    return found | {"arguments": arguments}


def _usage(run: Run) -> dict[str, Any]:
    usage = run.usage
    if usage is None:
        return {}
    read, written = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": usage.total_tokens if usage.total_tokens is not None else read + written,
        "input_tokens_cache_read": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "total_cost": None if usage.cost is None else float(usage.cost),
    }


def _ended(run: Run) -> str:
    return (run.started_at + timedelta(microseconds=(run.ended_ns or 0) / 1_000)).isoformat()


def _model(run: Run) -> str:
    """As Inspect names models, by who serves them; a stand-in is never named GLM."""
    served = run.server.stand_in or run.request.model
    return f"{_plain(run.server.name)}/{served}"


def _file_name(candidate: str, rows: Sequence[GradedRun]) -> str:
    """Inspect lists a log where its name begins with its time."""
    began = min(row.run.started_at for row in rows)
    return f"{began:%Y-%m-%dT%H-%M-%S+00-00}_{_plain(candidate)[:80]}_{_id(candidate)[:8]}.json"


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text.casefold()).strip("-.")


def _id(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(errors="replace"), digest_size=11).hexdigest()
