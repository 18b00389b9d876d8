"""Draws a run while it goes on and afterwards, in time linear in the length of the answer.

Finished pieces of Markdown are drawn once, each in an element of its own; only the open rest is drawn again, less often
as it grows.
"""

from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from glm_playground.gateway import EventKind
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Run
from glm_playground.runs.thinking import ThinkingSplitter
from glm_playground.ui.answer_markdown import to_markdown
from glm_playground.ui.explanations import explain_retry
from glm_playground.ui.figures import seconds
from glm_playground.ui.i18n import _
from glm_playground.ui.pieces import PieceCutter
from glm_playground.ui.styled import styled

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# A rest of this size is drawn again once a second; a smaller one more often.
_REST_CHARACTERS_PER_SECOND = 40_000
_LONGEST_INTERVAL_S = 2.0
# Redraws cost the same processor that reads the streams: with many runs at once each is redrawn less often.
_INTERVAL_PER_RUN_S = 0.003
# So soon the script notices that the user did something else, unless its redraws are further apart than this.
_LOOKS_UP_EVERY_S = 0.1


class _GrowingText:
    """A text drawn in pieces into a container."""

    def __init__(self, container: "DeltaGenerator") -> None:
        self._container = container
        self._cutter = PieceCutter()
        self._rest: DeltaGenerator | None = None
        self._drawn = ""

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""
        for piece in self._cutter.take(text):
            self._element().markdown(to_markdown(piece), anchors=False)
            self._rest = None
            self._drawn = ""
        rest = text[self._cutter.rest_start :]
        if rest != self._drawn and rest.strip():
            self._element().markdown(to_markdown(rest), anchors=False)
            self._drawn = rest
        return len(rest)

    def _element(self) -> "DeltaGenerator":
        if self._rest is None:
            self._rest = self._container.empty()
        return self._rest


class RunView:
    """The body of one run: reasoning folded apart, then the answer."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._outer = st.empty()
        self.seen = 0
        """How many events are drawn."""
        self._splitter = ThinkingSplitter()
        self._begin()

    def _begin(self) -> None:
        body = self._outer.container(gap="small")
        self._revision = self._splitter.revision
        self._thinking_slot = body.empty()
        self._thinking: _GrowingText | None = None
        self._answer_box = body.container(gap="small")
        self._waiting: DeltaGenerator | None = self._answer_box.empty()
        if not self._run.ended:
            self._waiting.markdown(styled("shimmer", _("Waiting for the first token")))
        self._answer: _GrowingText | None = None

    def draw(self) -> int:
        """Draws what came since the last call; the length of the text that will be drawn again."""
        run = self._run
        ended = run.ended
        until = len(run.events)
        for event in run.events[self.seen : until]:
            if event.kind is EventKind.CONTENT or event.kind is EventKind.REASONING:
                self._splitter.add(event.kind, event.text)
            elif event.kind is EventKind.RETRY and self._waiting:
                self._waiting.markdown(f":small[{explain_retry(event.text, run)}]")
        self.seen = until
        if ended:
            self._splitter.finish()
        if self._splitter.revision != self._revision:
            self._begin()
        return self._draw_reasoning(self._splitter.reasoning) + self._draw_answer(self._splitter.answer)

    def finish(self) -> None:
        """Settles what only a running answer shows."""
        if self._waiting:
            self._waiting.empty()
        if self._thinking:
            self._status.update(label=thinking_label(self._run), state="complete")

    def _draw_reasoning(self, text: str) -> int:
        if not text.strip():
            return 0
        if self._thinking is None:
            self._stop_waiting()
            self._status = self._thinking_slot.status(styled("shimmer", _("Thinking")), type="compact")
            self._thinking = _GrowingText(self._status)
        return self._thinking.draw(text)

    def _draw_answer(self, text: str) -> int:
        if not text.strip():
            return 0
        if self._answer is None:
            self._stop_waiting()
            if self._thinking:
                self._status.update(label=thinking_label(self._run), state="complete")
            self._answer = _GrowingText(self._answer_box)
        return self._answer.draw(text)

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.empty()
            self._waiting = None


def attach(engine: Engine, run: Run, pause: float) -> None:
    """Draws `run` until it ended. Leaving, by a rerun or another page, only detaches: the run goes on.

    Args:
        engine: what drives the run.
        run: drawn where this is called.
        pause: seconds between two redraws at least.
    """
    view = RunView(run)
    rest = view.draw()
    while not run.ended:
        least = max(pause, engine.running * _INTERVAL_PER_RUN_S)
        drawn_at = monotonic()
        due = drawn_at + min(max(least, rest / _REST_CHARACTERS_PER_SECOND), _LONGEST_INTERVAL_S)
        while not run.ended and monotonic() < due:
            engine.wait_changed(
                run, view.seen, pause=min(due - monotonic(), max(least, _LOOKS_UP_EVERY_S)), timeout=0.0
            )
            # Any use of the session lets Streamlit end this script when the user did something else.
            st.session_state.get("attached")
        if not engine.wait_changed(run, view.seen, timeout=0.1):
            st.session_state.get("attached")
            continue
        rest = view.draw()
    view.draw()
    view.finish()


def draw_ended(run: Run) -> None:
    """Draws a run that ended; its reasoning is sent to the browser once it is opened."""
    splitter = ThinkingSplitter()
    for event in run.events:
        if event.kind is EventKind.CONTENT or event.kind is EventKind.REASONING:
            splitter.add(event.kind, event.text)
    splitter.finish()
    if splitter.reasoning.strip():
        fold = st.expander(thinking_label(run), key=f"thinking-{run.id}", type="compact", on_change="rerun")
        if fold.open:
            _GrowingText(fold).draw(splitter.reasoning)
    if splitter.answer.strip():
        _GrowingText(st.container(gap="small")).draw(splitter.answer)


def thinking_label(run: Run) -> str:
    """ "Thought for 3.1 s" as far as it is known."""
    spent = metrics_of(run).thinking
    return _("Thought for {time}").format(time=seconds(spent)) if spent else _("Reasoning")
