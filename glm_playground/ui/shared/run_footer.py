"""What stands under an answer: how it ended, its figures, its ids, and what to do where it failed."""

import json
import re

import streamlit as st

from glm_playground.chat.conversation import Turn
from glm_playground.gateway import ChatRequest, EventKind, Gateway, Usage
from glm_playground.runs.cost import Cost, CostState, TokenClass, cost_of
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.standings import spread
from glm_playground.service import runtime
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import explain_error, explain_retry
from glm_playground.ui.shared.figures import dollars, seconds, tokens
from glm_playground.ui.shared.i18n import _, day, moment, number
from glm_playground.ui.shared.page_header import replay_badge, stand_in_badge
from glm_playground.ui.shared.styled import styled

_RECORDED_COSTS = "recorded_costs"


def remember_cost(run: Run, cost: Cost | None) -> None:
    """Has a recorded run shown with the cost that was recorded with it."""
    st.session_state.setdefault(_RECORDED_COSTS, {})[run.id] = cost or Cost(CostState.NO_USAGE)


def cost_on(run: Run, server: Gateway) -> Cost:
    """The cost of an ended run; a price of `server` counts only where the run was made there."""
    if recorded := st.session_state.get(_RECORDED_COSTS, {}).get(run.id):
        found: Cost = recorded
        return found
    return cost_of(run, runtime.price_of(server, run.request.model) if server.origin == run.server.origin else None)


def draw_footer(run: Run, cost: Cost, turn: Turn) -> None:
    """Draws the figures of an ended run of `turn`, with the spread of its repeats."""
    if run.error:
        title, body = explain_error(run)
        st.error(body, title=title, icon=":material/error:")
    for note in _notes(run):
        st.caption(note)
    metrics = turn.answer.metrics or metrics_of(run)
    st.markdown(f":small[{' · '.join(_figures(run, metrics, cost))}]")
    if turn.answer.one_by_one:
        st.caption(
            _("Asked alone, in random order, after a warm-up of the model and with a mark against prompt caches.")
        )
    if spread_text := _spread_text(turn, run):
        st.caption(spread_text)
    ids = [
        f"{label} {_code(value)}"
        for label, value in (
            (_("request id"), run.request_id),
            (_("task id"), run.task_id),
            (_("client request id"), run.id),
        )
        if value
    ]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(" · ".join(ids))
        with st.popover(
            _("Details"), type="tertiary", icon=":material/info:", key=f"details-{turn.answer.id}", on_change="rerun"
        ) as details:
            if details.open:
                _draw_details(run, metrics, cost)


def _spread_text(turn: Turn, shown: Run) -> str:
    """How far the repeats of the shown run's request spread; empty where it was not repeated."""
    if len(turn.runs) < 2:
        return ""
    # The mark against prompt caches is all that may differ.
    alike = [run for run in turn.runs if _without_mark(run) == _without_mark(shown)]
    if len(alike) < 2:
        return ""
    waiting = sum(not run.ended for run in alike)
    failed = sum(run.outcome is Outcome.FAILED for run in alike)
    ended = [metrics_of(run) for run in alike if run.ended]
    parts = [_("{count} repeats").format(count=len(alike))]
    if waiting:
        parts.append(_("{count} still to come").format(count=waiting))
    if failed:
        parts.append(_("{count} failed").format(count=failed))
    ttft, speed = spread([one.ttft for one in ended]), spread([one.output_speed for one in ended])
    if ttft:
        parts.append(f"TTFT {seconds(ttft.least)} / {seconds(ttft.median)} / {seconds(ttft.most)}")
    if speed:
        figures = " / ".join(number(value, 1) for value in (speed.least, speed.median, speed.most))
        parts.append(_("{speed} tokens/s").format(speed=figures))
    if ttft or speed:
        parts.append(_("least / median / most"))
    return " · ".join(parts)


def _without_mark(run: Run) -> ChatRequest:
    request = run.request
    first, *rest = request.messages
    plain = re.sub(r"^\[[0-9a-f]{8}\] ", "", first.content)
    return request.model_copy(update={"messages": (first.model_copy(update={"content": plain}), *rest)})


def _code(text: str) -> str:
    """`text` as a code span; a server's id may hold anything."""
    return "`" + text.replace("`", "'") + "`"


def _notes(run: Run) -> list[str]:
    """What is worth knowing about an answer that is not an error."""
    notes = [explain_retry(event.text, run) for event in run.events if event.kind is EventKind.RETRY]
    if run.outcome is Outcome.LENGTH:
        nothing = not run.content.strip()
        notes.append(
            _("The limit of tokens was used up before the answer began. Raise max tokens, or turn thinking off.")
            if nothing
            else _("The answer was cut at the limit of tokens. Raise max tokens for a longer one.")
        )
    if run.outcome is Outcome.FILTERED:
        notes.append(_("The server's content filter ended this answer."))
    if run.outcome is Outcome.INTERRUPTED:
        notes.append(_("The stream ended without saying why. The text so far is kept; it may be incomplete."))
    elif run.outcome is Outcome.COMPLETED and not run.complete_stream:
        notes.append(_("The stream ended without [DONE]; the answer itself says it is complete."))
    return notes


_BADGE_COLOURS = {Outcome.COMPLETED: "green", Outcome.FAILED: "red"}


def outcome_name(outcome: Outcome | None) -> str:
    """The outcome as a word."""
    names = {
        Outcome.COMPLETED: _("completed"),
        Outcome.LENGTH: _("cut at the limit"),
        Outcome.FILTERED: _("filtered"),
        Outcome.TOOL_CALLS: _("tool calls"),
        Outcome.STOPPED: _("stopped"),
        Outcome.FAILED: _("failed"),
        Outcome.INTERRUPTED: _("interrupted"),
    }
    return names[outcome] if outcome else _("going on")


def cost_words() -> dict[CostState, str]:
    """The states of a cost as words."""
    return {
        CostState.PREDICTED: _("predicted"),
        CostState.ESTIMATED: _("estimated"),
        CostState.SETTLED: _("settled"),
        CostState.NOT_CHARGED: _("not charged, by the server's policy for failed generations"),
        CostState.NO_USAGE: _("cost unknown: no usage"),
        CostState.NO_PRICE: _("cost unknown: no price"),
        CostState.FREE: _("free"),
    }


def cost_state_name(state: CostState) -> str:
    """The state of a cost in a word or two."""
    short = {
        CostState.NOT_CHARGED: _("not charged"),
        CostState.NO_USAGE: _("no usage"),
        CostState.NO_PRICE: _("no price"),
    }
    return short.get(state) or cost_words()[state]


def cost_text(cost: Cost) -> str:
    """The cost with its state; never a bare $0 where nobody said so."""
    word = cost_words()[cost.state]
    if cost.state is CostState.ESTIMATED:
        word = styled("orange", word)
    if cost.amount is None:
        return word
    play = styled("orange", _("in play money")) if cost.price and cost.price.play_money else ""
    return f"{literal(dollars(cost.amount))} {word} {play}".rstrip()


def _figures(run: Run, metrics: Metrics, cost: Cost) -> list[str]:
    colour = _BADGE_COLOURS.get(run.outcome or Outcome.FAILED, "gray")
    figures = [styled(f"{colour}-badge", outcome_name(run.outcome))]
    if run.replayed:
        figures.append(replay_badge())
    if run.server.stand_in:
        figures.append(stand_in_badge(run.server.stand_in))
    usage = run.usage
    figures.append(tokens(usage.completion_tokens) if usage else _("tokens unknown"))
    figures.append(f"TTFT {seconds(metrics.ttft)}")
    speed = metrics.output_speed
    figures.append(_("{speed} tokens/s").format(speed=number(speed, 1)) if speed else _("speed: too little to measure"))
    finish_reason = literal(run.finish_reason) if run.finish_reason else _("none")
    figures.append(f"finish_reason {finish_reason}")
    figures.append(cost_text(cost))
    return figures


def _draw_details(run: Run, metrics: Metrics, cost: Cost) -> None:
    usage = run.usage
    rows = {
        _("Model asked"): literal(run.request.model),
        _("Model that answered"): literal(run.served_by or run.served_model or _("unknown")),
        _("Server"): literal(f"{run.server.name} ({run.server.origin})"),
        _("Started"): moment(run.started_at),
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
            _("{speed} tokens/s").format(speed=number(metrics.output_speed, 1))
            if metrics.output_speed
            else _("unknown: fewer than 40 tokens or 200 ms")
        ),
        _("Chunk gap p50 / longest"): (
            f"{seconds(metrics.gaps.p50)} / {seconds(metrics.gaps.longest)}" if metrics.gaps else _("unknown")
        ),
    }
    names = {
        TokenClass.INPUT: _("Cost of the input"),
        TokenClass.CACHE_READ: _("Cost of the cached input"),
        TokenClass.OUTPUT: _("Cost of the output"),
    }
    for term in cost.terms:
        price = literal(dollars(term.per_million))
        rows[names[term.token_class]] = f"{number(term.tokens)} × {price} / 1M = {literal(dollars(term.amount))}"
    if cost.price:
        rows[_("Price from")] = literal(f"{cost.price.source}, {day(cost.price.as_of)}")
    st.markdown(waterfall(metrics))
    # A Markdown table: `st.table` would load pandas on this page.
    lines = [
        _("| Figure | Value |"),
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
    ]
    st.markdown("\n".join(lines))
    st.caption(_("The request as it was sent"))
    st.code(json.dumps(run.request.body(), ensure_ascii=False, indent=2), language="json", height=240)


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
