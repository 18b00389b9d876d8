"""All that is known of a run: its times, tokens, cost, ids and the request as it was sent."""

import json

import streamlit as st

from glm_playground.gateway import Usage
from glm_playground.runs.cost import Cost, Price, TokenClass
from glm_playground.runs.metrics import Metrics
from glm_playground.runs.prices import OPERATORS_FILE
from glm_playground.runs.run import Run
from glm_playground.ui.shared.answer.images import shown_body
from glm_playground.ui.shared.figures import dollars, per_second, seconds, tokens
from glm_playground.ui.shared.i18n import _, day, moment, number
from glm_playground.ui.shared.text.answer_markdown import code_span, literal
from glm_playground.ui.shared.text.long_text import draw_code

_MOST_SERVER_FIGURES = 30


def draw_details(run: Run, metrics: Metrics, cost: Cost, *, one_by_one: bool = False) -> None:
    """Draws them as a table of figures, with the phases to scale."""
    rows = _figures(run, metrics) | _costs(cost)
    # The server's own, named as it names them.
    rows |= {
        f"{code_span(figure.source)} {literal(figure.name)}": literal(str(figure.value))
        for figure in run.server_figures[:_MOST_SERVER_FIGURES]
    }
    ids = {_("Request id"): run.request_id, _("Task id"): run.task_id, _("Client request id"): run.id}
    rows |= {name: code_span(value) for name, value in ids.items() if value}
    if one_by_one:
        st.caption(
            _("Asked alone, in random order, after a warm-up of the model and with a mark against prompt caches.")
        )
    st.markdown(waterfall(metrics))
    # A Markdown table: `st.table` would load pandas on this page.
    lines = [
        _("| Figure | Value |"),
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items() if value),
    ]
    st.markdown("\n".join(lines))
    st.caption(_("The request as it was sent"))
    draw_code(json.dumps(shown_body(run.request), ensure_ascii=False, indent=2), "json", wrap_lines=False, height=240)


def _figures(run: Run, metrics: Metrics) -> dict[str, str]:
    usage = run.usage
    return {
        _("Model asked"): literal(run.request.model),
        _("Model that answered"): literal(run.served_by or run.served_model or _("unknown")),
        _("Server"): literal(f"{run.server.name} ({run.server.origin})"),
        _("Started"): moment(run.started_at),
        _("Finish reason"): literal(run.finish_reason) if run.finish_reason else _("none"),
        _("Prompt tokens, reported"): tokens(usage.prompt_tokens if usage else None),
        _("Completion tokens, reported"): tokens(usage.completion_tokens if usage else None),
        _("of these for reasoning"): tokens(usage.reasoning_tokens if usage else None),
        _("Cached prompt tokens"): tokens(usage.cached_tokens if usage else None),
        _("Of the completion, thinking"): _share(usage),
        _("TTFT: first token − t0"): seconds(metrics.ttft),
        _("TTFA: first token of the answer − t0"): seconds(metrics.ttfa),
        _("E2E: last token − t0"): seconds(metrics.e2e),
        _("TPOT: (E2E − TTFT) / (tokens − 1)"): _tpot_text(metrics, usage),
        _("Output speed: 1 / TPOT"): (
            per_second(metrics.output_speed) if metrics.output_speed else _("unknown: fewer than 40 tokens or 200 ms")
        ),
        _("Chunks received"): number(metrics.deltas),
        _("Chunks a second"): number(metrics.chunk_speed, 1) if metrics.chunk_speed else "",
        _("Chunk gap p50 / longest"): (
            f"{seconds(metrics.gaps.p50)} / {seconds(metrics.gaps.longest)}" if metrics.gaps else _("unknown")
        ),
    }


def _costs(cost: Cost) -> dict[str, str]:
    names = {
        TokenClass.INPUT: _("Cost of the input"),
        TokenClass.CACHE_READ: _("Cost of the cached input"),
        TokenClass.OUTPUT: _("Cost of the output"),
    }
    terms = cost.terms or (cost.received.terms if cost.received else ())
    rows = {}
    for term in terms:
        price = literal(dollars(term.per_million))
        rows[names[term.token_class]] = f"{number(term.tokens)} × {price} / 1M = {literal(dollars(term.amount))}"
    if cost.received and terms:
        rows[_("Tokens of these")] = _("estimated by a rule of thumb from what was received; none were reported")
    if cost.price:
        rows[_("Price from")] = literal(f"{_source(cost.price)}, {day(cost.price.as_of)}")
    return rows


def _source(price: Price) -> str:
    return _("the operator's file") if price.source == OPERATORS_FILE else price.source


def _share(usage: Usage | None) -> str:
    if not usage or not usage.completion_tokens or usage.reasoning_tokens is None:
        return _("unknown")
    return f"{number(100 * usage.reasoning_tokens / usage.completion_tokens)} %"


def _tpot_text(metrics: Metrics, usage: Usage | None) -> str:
    if metrics.tpot is None or metrics.e2e is None or metrics.ttft is None or not usage or not usage.completion_tokens:
        return _("unknown")
    inputs = f"({seconds(metrics.e2e)} − {seconds(metrics.ttft)}) / {number(usage.completion_tokens - 1)}"
    return f"{inputs} = {seconds(metrics.tpot)}"


_BAR = 40


def waterfall(metrics: Metrics) -> str:
    """Waiting, thinking and writing as bars of one line each, to scale."""
    if metrics.ttft is None or not metrics.e2e:
        return ""
    writing_from = metrics.ttfa if metrics.ttfa is not None else metrics.e2e
    phases = [(_("waiting"), 0, metrics.ttft)]
    if metrics.thinking:
        phases.append((_("thinking"), metrics.ttft, writing_from))
    phases.append((_("writing"), writing_from, metrics.e2e))
    width = max(len(name) for name, _start, _end in phases)
    lines = []
    for name, start, end in phases:
        at, until = (round(_BAR * time / metrics.e2e) for time in (start, end))
        bar = " " * at + "█" * max(until - at, 1)
        lines.append(f"{name:<{width}} {bar:<{_BAR + 1}} {seconds(end - start)}")
    return "```text\n" + "\n".join(lines) + "\n```"
