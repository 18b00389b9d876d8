"""Draws a run while it is running and afterwards; the longer the open rest of its text, the less often it is drawn."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.conversation import Answer
from glm_playground.gateway import EventKind
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.run import Run
from glm_playground.runs.thinking import ThinkingSplitter
from glm_playground.ui.server.scheduler import page_slot, redraw_slot, released
from glm_playground.ui.shared.answer.error_words import explain_retry
from glm_playground.ui.shared.figures import seconds
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.loading import REDRAW_INTERVAL_S, page_loads
from glm_playground.ui.shared.text.growing_text import (
    GrowingJson,
    GrowingMarkdown,
    GrowingText,
    draw_json,
    most_at_once,
)
from glm_playground.ui.shared.text.long_text import draw_markdown
from glm_playground.ui.shared.text.paced_text import backlog
from glm_playground.ui.shared.text.styled import styled

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# A rest of this size is drawn again once a second; a smaller one more often.
_REST_CHARACTERS_PER_SECOND = 40_000
_LONGEST_INTERVAL_S = 2.0
# Redraws cost the same processor that reads the streams: with many runs at once each is redrawn less often, and with
# more than `_MANY_RUNS`, whose tokens leave less time, there are fewer redraws in all.
_INTERVAL_PER_RUN_S = 0.006
_MANY_RUNS = 80
# So soon the script notices that the user did something else; with many runs, four times between two redraws.
_LOOKS_UP_EVERY_S = 0.1


class _Places(NamedTuple):
    """Where the parts of a run stand: the same while it is running and once it has ended."""

    thinking: "DeltaGenerator"
    answer: "DeltaGenerator"
    waiting: "DeltaGenerator"
    """The first place of the answer."""


def _places(body: "DeltaGenerator") -> _Places:
    thinking = body.empty()
    answer = body.container(gap="small")
    return _Places(thinking, answer, answer.empty())


class RunView:
    """The body of one run, drawn where this is made: reasoning folded apart, then the answer."""

    def __init__(self, run: LiveRun) -> None:
        self.run = run
        self._outer = st.empty()
        self._seen = 0
        self._due = 0.0
        self._sent = run.sent
        self._said_s = 0
        self._splitter = ThinkingSplitter()
        self._begin()

    def _begin(self) -> None:
        self._places = _places(self._outer.container(gap="small"))
        self._revision = self._splitter.revision
        self._thinking: GrowingMarkdown | None = None
        self._waiting: DeltaGenerator | None = self._places.waiting
        if not self.run.ended:
            self._say_what_is_awaited()
        self._answer: GrowingText | None = None

    @property
    def begun(self) -> bool:
        """Whether something of the answer or its reasoning is drawn."""
        return self._waiting is None

    def _say_what_is_awaited(self) -> None:
        self._sent = self.run.sent
        text = _("Waiting for the first token") if self._sent else _("Queued")
        if self._waiting:
            self._waiting.markdown(styled("shimmer", f"{text} · {self._elapsed}" if self._said_s else text))

    @property
    def _elapsed(self) -> str:
        return seconds(self._said_s * 1e9)

    def _say_how_long(self) -> None:
        """Says each second how long the user waits for an answer, and how much reasoning came meanwhile."""
        elapsed = int((datetime.now(UTC) - self.run.started_at).total_seconds())
        if elapsed <= self._said_s or self._answer:
            return
        self._said_s = elapsed
        if self._thinking:
            count = ngettext("{count} chunk", "{count} chunks", len(self.run.events)).format(
                count=number(len(self.run.events))
            )
            thinking = styled("shimmer", _("Thinking"))
            self._status.update(label=f"{thinking} {self._elapsed} · {count}")
        elif not any(event.kind is EventKind.RETRY for event in self.run.events):
            self._say_what_is_awaited()

    def draw_due(self, least_interval: float) -> float:
        """Draws what came, unless the last drawing is too young; when the next one is due, by `monotonic()`."""
        now = monotonic()
        if self.run.sent != self._sent:
            self._say_what_is_awaited()
        self._say_how_long()
        if self.run.ended or (now >= self._due and len(self.run.events) > self._seen):
            rest = self._draw()
            if not self.begun:
                return now + least_interval
            self._due = now + min(max(least_interval, rest / _REST_CHARACTERS_PER_SECOND), _LONGEST_INTERVAL_S)
        return max(self._due, now + least_interval)

    def _draw(self) -> int:
        """Draws what came since the last call; the length of the text that will be drawn again."""
        run = self.run
        ended = run.ended
        until = len(run.events)
        for event in run.events[self._seen : until]:
            if event.kind is EventKind.CONTENT or event.kind is EventKind.REASONING:
                self._splitter.add(event.kind, event.text)
            elif event.kind is EventKind.RETRY and self._waiting:
                self._waiting.markdown(f":small[{explain_retry(event.text, run)}]")
        self._seen = until
        if ended:
            self._splitter.finish()
        if self._splitter.revision != self._revision:
            backlog().drop(_answer_of(run), _reasoning_of(run))
            self._begin()
        return self._draw_reasoning(self._splitter.reasoning) + self._draw_answer(self._splitter.answer)

    def finish(self) -> None:
        """Settles what only a running answer shows."""
        if self._waiting:
            self._waiting.empty()
        if self._thinking:
            self._thinking.finish()
            self._status.update(label=thinking_label(self.run), state="complete")
        if self._answer:
            self._answer.finish()

    def _draw_reasoning(self, text: str) -> int:
        if not text.strip():
            return 0
        if self._thinking is None:
            self._stop_waiting()
            self._status = self._places.thinking.status(styled("shimmer", _("Thinking")), type="compact")
            self._thinking = GrowingMarkdown(self._status, _reasoning_of(self.run))
        return self._thinking.draw(text)

    def _draw_answer(self, text: str) -> int:
        if not text.strip():
            return 0
        if self._answer is None:
            self._stop_waiting()
            if self._thinking:
                self._status.update(label=thinking_label(self.run), state="complete")
            place = self._places.answer
            wants_json = self.run.request.wants_json
            self._answer = GrowingJson(place) if wants_json else GrowingMarkdown(place, _answer_of(self.run))
        return self._answer.draw(text)

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.empty()
            self._waiting = None


def attach(engine: Engine, views: Sequence[RunView], pause: float, on_end: Mapping[str, Callable[[], None]]) -> None:
    """Draws the runs of `views` until all have ended. Leaving, by a rerun or another page, only detaches: they go on.

    Args:
        engine: what drives the runs.
        views: the runs, each where it is drawn.
        pause: seconds between two redraws of a run at least.
        on_end: by a run's id, what is called once it is drawn whole.
    """
    with released():
        running = list(views)
        waiting = backlog()
        while running:
            least = max(pause, engine.running * _INTERVAL_PER_RUN_S * max(1, engine.running / _MANY_RUNS))
            if page_loads():
                least = max(least, REDRAW_INTERVAL_S)
            due = []
            for view in running:
                with redraw_slot():
                    due.append(view.draw_due(least))
            for view in [view for view in running if view.run.ended]:
                with redraw_slot():
                    view.draw_due(0)
                    view.finish()
                with page_slot():
                    on_end[view.run.id]()
                running.remove(view)
            if waiting.waits:
                with redraw_slot():
                    waiting.advance()
            # Any use of the session lets Streamlit end this script when the user did something else.
            st.session_state.get("attached")
            # The first token is drawn as soon as it came.
            unseen = [view.run for view in running if not view.begun]
            while running and (left := min(due) - monotonic()) > 0:
                look_up = min(left, max(least / 4, _LOOKS_UP_EVERY_S))
                if engine.wait_end((view.run for view in running), look_up, unseen=unseen):
                    break
                st.session_state.get("attached")


def wait_for_end(engine: Engine, runs: Sequence[LiveRun]) -> bool:
    """Waits until all of `runs`, which are not drawn, have ended; whether there was one to wait for."""
    left = list(runs)
    with released():
        while left:
            engine.wait_end(left, 0.5)
            st.session_state.get("attached")
            left = [run for run in left if not run.ended]
    return bool(runs)


def draw_ended(answer: Answer, run: Run, *, as_it_grew: bool = False) -> None:
    """Draws a run that ended; its reasoning is sent to the browser once it is opened.

    With `as_it_grew` its parts stand where `RunView` has drawn them, so that the browser keeps them; without
    there are fewer elements, of which a long conversation has hundreds.
    """
    reasoning, text = answer.reasoning, answer.content
    body = st.container(gap="small")
    thinking, place = _places(body)[:2] if as_it_grew else (body, body)
    if reasoning.strip():
        fold = thinking.expander(
            thinking_label(run, answer.metrics), key=f"thinking-{answer.id}", type="compact", on_change="rerun"
        )
        if fold.open:
            with fold:
                most = most_at_once(reasoning, drawn=0)
                draw_markdown(reasoning, most, name=_reasoning_of(run))
    if not text.strip():
        return
    asked: dict[str, int] = st.session_state.setdefault("drawn_characters", {})
    most = asked.get(answer.id) or most_at_once(text, drawn=0)
    with place:
        if run.request.wants_json:
            draw_json(text)
            return
        draw_markdown(text, most, name=_answer_of(run))
    if len(text) > most:
        more = {answer.id: most + bounds.DRAWN_CHARACTERS // 2}
        body.button(_("Show more of the answer"), key=f"more-{answer.id}", on_click=asked.update, args=(more,))


def _answer_of(run: Run) -> str:
    return f"answer {run.id}"


def _reasoning_of(run: Run) -> str:
    return f"reasoning {run.id}"


def thinking_label(run: Run, metrics: Metrics | None = None) -> str:
    """ "Thought for 3.1 s" as far as it is known."""
    spent = (metrics or metrics_of(run)).thinking
    return _("Thought for {time}").format(time=seconds(spent)) if spent else _("Reasoning")
