"""The stage: one scenario for a room to read, without the app's head and menu, moved by keys or a clicker."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from glm_playground.chat.conversation import Answer
from glm_playground.chat.tools import tool_calls_of
from glm_playground.gateway import ToolCall
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.service import runtime
from glm_playground.settings import settings
from glm_playground.ui.present import stage as stages
from glm_playground.ui.present.poll_view import draw_poll
from glm_playground.ui.present.verdict_view import draw_verdict
from glm_playground.ui.server.stage_script import GROWING, SCRIPT
from glm_playground.ui.shared.answer.error_words import explain_error
from glm_playground.ui.shared.answer.run_footer import cost_state_name, outcome_name
from glm_playground.ui.shared.answer.run_view import RunView, attach, draw_ended
from glm_playground.ui.shared.figures import dollars, seconds
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.badges import replay_badge, stand_in_badge
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code, draw_typed

_TOOL_CHARACTERS = 400


@cache
def _style() -> str:
    return f"<style>{Path(__file__).with_name('stage.css').read_text(encoding='utf-8')}</style>"


def draw_stage() -> None:
    """Draws the scenario on stage, what is played or asked, and the keys."""
    now = stages.stage()
    stages.ask_lists(now.order)
    st.html(_style())
    st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True, width="content")
    attached: list[tuple[RunView, Callable[[], None]]] = []
    with st.container(key="stage", gap="small"):
        if now.scenario is None:
            st.subheader(_("Nothing is on stage."), anchor=False)
        else:
            _draw_head(now)
            if now.scenario.verdict and not now.scenario.runs:
                draw_verdict(now.scenario.verdict)
            else:
                draw_typed(now.scenario.question)
                _draw_tools(now.scenario.lanes[0].run)
            if now.notice:
                st.warning(now.notice.title)
                _draw_instead("stage_instead", stages.play)
            if now.poll:
                draw_poll(now)
            else:
                attached = _draw_lanes(now)
    _draw_bar(now)
    if now.dark:
        # Behind the bar: before it, the bar would be mounted anew at each change, and a key pressed meanwhile be lost.
        st.container(key="stage_dark").empty()
    if attached:
        st.container(key=GROWING).empty()
        at_end = {view.run.id: on_end for view, on_end in attached}
        attach(runtime.engine(), [view for view, _on_end in attached], settings().redraw_interval, at_end)
        st.rerun()


def _draw_head(now: stages.Stage) -> None:
    scenario = now.scenario
    if scenario is None:
        return
    count = len(now.order.scenarios)
    st.subheader(f"{now.place + 1}/{count} {literal(scenario.title)}", anchor=False)
    # Before the curtain rises it is known already who answered.
    shown: list[Run] = [*now.runs] or [one.run for one in scenario.lanes]
    replayed = all(run.replayed for run in now.runs) if now.runs else now.poll is not None
    badges = [replay_badge()] if replayed else []
    stand_ins = {run.server.stand_in for run in shown}
    if scenario.verdict and not scenario.runs:
        stand_ins = {rate.stand_in for rate in scenario.verdict.rates}
    badges += [stand_in_badge(name) for name in sorted(filter(None, stand_ins))]
    if badges:
        st.markdown(" ".join(badges))


def _draw_tools(run: Run) -> None:
    """Draws the calls whose results the model is given, where the last words are a tool's."""
    messages = run.request.messages
    calls = {call.id: call for message in messages for call in message.tool_calls}
    said = next((place for place, message in reversed(list(enumerate(messages))) if message.role == "user"), 0)
    for message in messages[said:]:
        if message.role == "tool" and (call := calls.get(message.tool_call_id or "")):
            draw_code(f"{_call_text(call)}\n→ {message.content}", most=_TOOL_CHARACTERS)


def _call_text(call: ToolCall) -> str:
    return f"{call.name}({call.arguments})"


def _draw_lanes(now: stages.Stage) -> list[tuple[RunView, Callable[[], None]]]:
    """Draws what is on stage side by side; what to attach to."""
    if not now.runs:
        return []
    attached = []
    mixed = len({run.replayed for run in now.runs}) > 1
    for lane, (run, place) in enumerate(zip(now.runs, st.columns(len(now.runs), gap="large"), strict=True)):
        with place:
            badge = f" {replay_badge()}" if mixed and run.replayed else ""
            st.markdown(f"**{literal(run.request.model)}**{badge}{_grade(now, lane)}")
            if found := _draw_run(run, lane):
                attached.append(found)
    return attached


def _grade(now: stages.Stage, lane: int) -> str:
    """Whether the recorded answer passes, where it is an evaluation's; a live one is not graded."""
    scenario = now.scenario
    if scenario is None or scenario.verdict is None or not now.runs[lane].replayed:
        return ""
    grade = scenario.verdict.grades.get(scenario.lanes[lane].run.id)
    names = {"passed": _("passed"), "failed": _("failed"), "untold": _("cannot be told")}
    return f" · {names[grade]}" if grade else ""


def _draw_run(run: LiveRun, lane: int) -> tuple[RunView, Callable[[], None]] | None:
    """Draws a run; the view to attach to and what is drawn at its end, if it is running."""
    if run.ended:
        # What can be opened beside an answer goes by its id.
        draw_ended(Answer(run, id=f"stage-{run.id}"), run)
        _draw_outcome(run)
        if stages.needs_recording(run):
            _draw_instead(f"stage_instead-{lane}", stages.play_missing)
        _draw_figures(run)
        return None
    view = RunView(run)
    slot = st.empty()

    def draw_end() -> None:
        with slot.container():
            _draw_outcome(run)
            _draw_figures(run)

    return view, draw_end


def _draw_instead(key: str, act: Callable[[], None]) -> None:
    st.button(on_accent(_("Play the recording")), key, type="primary", on_click=act)


def _draw_outcome(run: LiveRun) -> None:
    """Draws the calls that the answer ends with, which may be all of it, or else why it is not whole."""
    calls = tool_calls_of(run)
    for call in calls:
        draw_code(_call_text(call), most=_TOOL_CHARACTERS)
    if run.error:
        title, _body = explain_error(run)
        st.error(title)
    elif run.outcome is not Outcome.COMPLETED and not (calls and run.outcome is Outcome.TOOL_CALLS):
        st.warning(outcome_name(run.outcome))


def _draw_figures(run: LiveRun) -> None:
    metrics, cost = metrics_of(run), run.cost or Cost(CostState.NO_USAGE)
    figures = {_("First token"): seconds(metrics.ttft)} if metrics.ttft else {}
    if metrics.e2e:
        figures[_("Whole answer")] = seconds(metrics.e2e)
    if metrics.output_speed:
        figures[_("Tokens/s")] = number(metrics.output_speed, 1)
    if cost.amount is not None:
        money = bool(cost.price and cost.price.play_money)
        state = _("play money") if money else cost_state_name(cost.state)
        figures[_("Cost, {state}").format(state=state)] = literal(dollars(cost.amount))
    with st.container(horizontal=True, gap="large"):
        for name, value in figures.items():
            st.metric(name, value, width="content")


def _draw_bar(now: stages.Stage) -> None:
    """Draws the keys: for the presenter, so in the app's own size."""
    with st.container(key="stage_bar", horizontal=True, gap="small"):
        st.button(_("Back"), "stage_back", on_click=stages.back, shortcut="Left")
        st.button(_("Next"), "stage_next", on_click=stages.forward, shortcut="Right")
        st.button(_("Play the recording"), "stage_play", on_click=stages.play, shortcut="P")
        st.button(_("4 times as fast"), "stage_fast", on_click=stages.play_fast, shortcut="F")
        st.button(_("Ask live"), "stage_live", on_click=stages.ask_live, shortcut="L")
        if now.votable:
            said = _("Close the vote") if now.poll else _("Ask the audience")
            st.button(said, "stage_vote", on_click=stages.ask_audience, shortcut="V")
        st.button(_("Stop") if now.running else _("Clear"), "stage_stop", on_click=stages.stop, shortcut="Esc")
        st.button(_("Black"), "stage_black", on_click=stages.darken, shortcut="B")
        st.button(_("Leave"), "stage_leave", on_click=stages.leave, shortcut="Q", type="tertiary")
    with st.container(key="stage_clicker"):
        st.button(_("Back"), "clicker_back", on_click=stages.back, shortcut="PageUp")
        st.button(_("Next"), "clicker_next", on_click=stages.forward, shortcut="PageDown")
