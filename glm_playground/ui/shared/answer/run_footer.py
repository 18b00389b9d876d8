"""What stands under an answer: how it ended and its figures in a line, and what to do where it failed."""

from collections.abc import Iterable

import streamlit as st

from glm_playground.chat.conversation import Turn
from glm_playground.runs.caps import CAP_REACHED
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.notes import Note
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.standings import repeats_of, spread
from glm_playground.runs.totals import CostTotal
from glm_playground.ui.shared.answer.error_words import explain_error
from glm_playground.ui.shared.answer.note_words import explain_notes
from glm_playground.ui.shared.answer.run_details import draw_details
from glm_playground.ui.shared.figures import chunks, dollars, min_median_max, per_second, seconds, tokens
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.badges import replay_badge, stand_in_badge
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled


def draw_footer(run: Run, cost: Cost, turn: Turn, *, place: str = "") -> None:
    """Draws the figures of an ended run of `turn` in a line, with the spread of its repeats under it.

    Args:
        run: the run on the screen.
        cost: as it was computed at the end of the run.
        turn: whose answer on the screen is the run.
        place: tells where the run stands, where a page may show it more than once.
    """
    if run.error:
        title, body = explain_error(run)
        st.error(body, title=title, icon=":material/error:")
    for note in _notes(run, turn.answer.notes):
        st.caption(note)
    metrics = turn.answer.metrics or metrics_of(run)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f":small[{' · '.join(_figures(run, metrics, cost))}]", width="content")
        with st.popover(
            _("Details"), type="tertiary", icon=":material/info:", key=f"details-{place}{run.id}", on_change="rerun"
        ) as details:
            if details.open:
                draw_details(run, metrics, cost, one_by_one=turn.answer.one_by_one)
    if spread_text := _spread_text(turn, run):
        st.caption(spread_text)


def _spread_text(turn: Turn, shown: Run) -> str:
    """How far the repeats of the shown run's request spread; empty where it was not repeated."""
    alike = repeats_of(shown, turn.runs)
    if len(alike) < 2:
        return ""
    waiting = sum(not run.ended for run in alike)
    failed = sum(run.outcome is Outcome.FAILED for run in alike)
    ended = [metrics_of(run) for run in alike if run.ended]
    parts = [ngettext("{count} run", "{count} runs", len(alike)).format(count=number(len(alike)))]
    if waiting:
        parts.append(_("{count} still to come").format(count=number(waiting)))
    if failed:
        parts.append(_("{count} failed").format(count=number(failed)))
    ttft, speed = spread([one.ttft for one in ended]), spread([one.output_speed for one in ended])
    spreads = [f"TTFT {min_median_max(ttft, seconds)}"] if ttft and ttft.n > 1 else []
    if speed and speed.n > 1:
        spreads.append(_("{speed} tokens/s").format(speed=min_median_max(speed, lambda value: number(value, 1))))
    if spreads:
        parts += [*spreads, _("min / median / max")]
    return " · ".join(parts)


def _notes(run: Run, found: Iterable[Note]) -> list[str]:
    """What is worth knowing about an answer that is not an error."""
    notes = []
    if run.outcome is Outcome.LENGTH:
        nothing = not run.content.strip()
        notes.append(
            _("The token limit was used up before the answer began. Raise max tokens, or turn thinking off.")
            if nothing
            else _("The answer stopped at the token limit. Raise max tokens for a longer one.")
        )
    if run.outcome is Outcome.FILTERED:
        notes.append(_("The server's content filter ended this answer."))
    if run.outcome is Outcome.INTERRUPTED:
        notes.append(_("The stream ended without saying why. The text so far is kept; it may be incomplete."))
    elif run.outcome is Outcome.COMPLETED and not run.complete_stream:
        notes.append(_("The stream ended without [DONE]; the answer itself says it is complete."))
    return notes + explain_notes(found, run)


_BADGE_COLOURS = {Outcome.COMPLETED: "green", Outcome.FAILED: "red"}


def outcome_name(outcome: Outcome | None) -> str:
    """The outcome as a word."""
    names = {
        Outcome.COMPLETED: _("completed"),
        Outcome.LENGTH: _("stopped at the token limit"),
        Outcome.FILTERED: _("filtered"),
        Outcome.TOOL_CALLS: _("tool calls"),
        Outcome.STOPPED: _("stopped"),
        Outcome.FAILED: _("failed"),
        Outcome.INTERRUPTED: _("interrupted"),
        Outcome.UNKNOWN: _("ended, reason unknown"),
    }
    return names[outcome] if outcome else _("running")


def cost_words() -> dict[CostState, str]:
    """The states of a cost as words."""
    return {
        CostState.PREDICTED: _("predicted"),
        CostState.ESTIMATED: _("estimated"),
        CostState.SETTLED: _("settled"),
        CostState.NOT_CHARGED: _("not charged, by the server's policy for failed generations"),
        CostState.NO_USAGE: _("cost not reported"),
        CostState.NO_PRICE: _("cost unknown: no price"),
        CostState.FREE: _("free"),
    }


def cost_state_name(state: CostState) -> str:
    """The state of a cost in a word or two."""
    short = {
        CostState.NOT_CHARGED: _("not charged"),
        CostState.NO_USAGE: _("not reported"),
        CostState.NO_PRICE: _("no price"),
    }
    return short.get(state) or cost_words()[state]


def cost_text(cost: Cost) -> str:
    """The cost with its state; never a bare $0 where nobody said so."""
    word = _("estimated by the server") if cost.by_server else cost_words()[cost.state]
    if cost.state is CostState.ESTIMATED:
        word = styled("orange", word)
    play = _play_money() if cost.price and cost.price.play_money else ""
    if cost.amount is not None:
        return f"{literal(dollars(cost.amount))} {word} {play}".rstrip()
    if cost.received:
        return f"{word} · {_received_text(cost)} {play if cost.received.amount else ''}".rstrip()
    return word


def total_text(total: CostTotal) -> str:
    """What several runs cost: a sum for each state, and how many runs nobody can price; empty for no runs."""
    names = cost_words()
    parts = []
    for part in total.parts:
        if part.amount is None:
            continue
        word = names[part.state] if part.state else ""
        word = styled("orange", word) if part.state is CostState.ESTIMATED else word
        play = _play_money() if part.play_money else ""
        parts.append(" ".join(filter(None, (literal(dollars(part.amount)), word, play))))
    if total.unknown:
        parts.append(_("{count} of unknown cost").format(count=number(total.unknown)))
    for received, play in ((total.received, ""), (total.play_received, _play_money())):
        if received:
            estimate = _("{amount} estimated from chunks received").format(amount=literal(dollars(received)))
            parts.append(f"{styled('orange', estimate)} {play}".rstrip())
    if total.runs and not parts:
        return cost_state_name(CostState.NOT_CHARGED)
    return " · ".join(parts)


def _play_money() -> str:
    return styled("orange", _("in play money"))


def _received_text(cost: Cost) -> str:
    """What came without usage: chunks, and their price where there is one."""
    received = cost.received
    if not received or not received.amount:
        count = received.chunks if received else 0
        return _("{chunks} received").format(chunks=chunks(count))
    words = ngettext(
        "{amount} estimated from {count} chunk received",
        "{amount} estimated from {count} chunks received",
        received.chunks,
    )
    amount = literal(dollars(received.amount))
    return styled("orange", words.format(amount=amount, count=number(received.chunks)))


# What an outcome says already.
_EXPECTED = {Outcome.COMPLETED: "stop", Outcome.LENGTH: "length", Outcome.TOOL_CALLS: "tool_calls"}


def _figures(run: Run, metrics: Metrics, cost: Cost) -> list[str]:
    colour = _BADGE_COLOURS.get(run.outcome or Outcome.FAILED, "gray")
    figures = [styled(f"{colour}-badge", outcome_name(run.outcome))]
    if run.warm_up:
        figures.append(styled("gray-badge", _("warm-up")))
    if run.replayed:
        figures.append(replay_badge())
    if run.server.stand_in:
        figures.append(stand_in_badge(run.server.stand_in))
    count = run.usage.completion_tokens if run.usage else None
    # What ended before its first token has no figures to look for.
    if count is not None or metrics.ttft is not None:
        figures.append(_("tokens not reported") if count is None else tokens(count))
        figures.append(f"TTFT {seconds(metrics.ttft)}")
        figures.append(speed_text(metrics))
    if run.finish_reason and run.outcome and run.finish_reason != _EXPECTED.get(run.outcome):
        figures.append(f"finish_reason {literal(run.finish_reason)}")
    refused = run.error and run.error.kind == CAP_REACHED
    figures.append(_("nothing was sent") if refused else cost_text(cost))
    return figures


def speed_text(metrics: Metrics) -> str:
    """The output speed; where no tokens were reported, the speed of the chunks, named as such."""
    if metrics.output_speed:
        return per_second(metrics.output_speed)
    if metrics.chunk_speed:
        speed, count = number(metrics.chunk_speed, 1), number(metrics.deltas)
        return _("{speed} chunks/s, from {count} chunks").format(speed=speed, count=count)
    return _("speed: too little to measure")
