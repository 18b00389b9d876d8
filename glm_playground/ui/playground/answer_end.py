"""The end of an answer on a page that can stay as it is: what depends on it is drawn in its place, and nothing else.

A whole page more at each end is half of what an answer costs the server and the browser.
"""

from typing import TYPE_CHECKING

from glm_playground import bounds
from glm_playground.chat.session import Session
from glm_playground.gateway import EventKind
from glm_playground.runs.run import Outcome, Run
from glm_playground.service import runtime, storage
from glm_playground.ui.playground.draft_view import draw_new_input_line
from glm_playground.ui.playground.lane_view import Attached
from glm_playground.ui.playground.menus import any_open
from glm_playground.ui.server.owner import owner

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def ended_since(running: "DeltaGenerator | None") -> bool:
    """Whether the page counts running answers, as `running` is there, and all have ended since."""
    return running is not None and not runtime.engine().live_of(owner())


def stays(session: Session, attached: Attached) -> bool:
    """Whether the page is the one that would be drawn now, but for what `draw_answer_end` brings up to date.

    It is not where lanes or repeats are compared, where something waits or lies open that follows an answer, where
    another answer of the same visitor is running, and where an answer did more or less than complete: what that asks
    for stands elsewhere on the page.
    """
    bench = session.bench
    if len(bench.lanes) > 1 or bench.drafts or storage.problem() or runtime.engine().live_of(owner()):
        return False
    if any_open(bench.lanes[0]):
        return False
    turns = bench.lanes[0].conversation.turns
    # What is said of repeats is said once all have ended.
    if any(len(turn.answers) > 1 for turn in turns[-1:]):
        return False
    # One that came at once had ended before it was drawn.
    ended: list[Run | None] = [view.run for view, _on_end in attached]
    ended = ended or [turn.answer.run for turn in turns[-1:] if turn.answers]
    return bool(ended) and all(map(_just_completed, ended))


def _just_completed(run: Run | None) -> bool:
    return (
        run is not None
        and run.outcome is Outcome.COMPLETED
        and len(run.content) <= bounds.DRAWN_CHARACTERS
        and not any(event.kind is EventKind.RETRY for event in run.events)
    )


def draw_answer_end(session: Session, *gone: "DeltaGenerator | None") -> None:
    """Draws what follows the end of an answer, and takes away what stands only while one is running."""
    for place in filter(None, gone):
        place.empty()
    draw_new_input_line(session)
