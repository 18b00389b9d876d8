"""The session's lanes and how they are asked; what the playground's buttons do to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from glm_playground.catalog import load_catalog
from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Conversation, Fork, Prompt, Turn
from glm_playground.chat.setup import Setup, from_link
from glm_playground.gateway import Message
from glm_playground.runs.engine import LiveRun
from glm_playground.service import runtime
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import Explanation
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.playground_link import ASKED_MODEL

DEFAULT_MODEL = "glm-5.1"
MOST_LANES = 6
MOST_REPEATS = 5
PROMPT = "prompt"
TARGET = "target"
"""Names the choice of the lanes that are asked; "all" or a lane's id."""
ORDER, REPEATS, STEP, ASK_ABOVE = "order", "repeats", "in_step", "ask_above"
"""Names of the options' widgets."""
SETTINGS = (
    "model",
    "system",
    "thinking",
    "reasoning_effort",
    "clear_thinking",
    "temperature",
    "top_p",
    "max_tokens",
    "do_sample",
    "stop_text",
    "seed",
    "builtin",
    "tools",
    "format",
    "schema",
    "extra",
)
"""Names of the widgets of a lane's settings; its id stands behind each."""
_WORKBENCH, _NOTICE, _ASKED_LANES = "workbench", "notice", "asked_lanes"


@dataclass(eq=False)
class Lane:
    """One column: a model with its parameters, and its own history."""

    id: str
    setup: Setup = field(default_factory=lambda: Setup(model=DEFAULT_MODEL))
    conversation: Conversation = field(default_factory=Conversation)
    notice: Explanation | None = None
    """Why the last prompt was not sent here."""
    problems: dict[str, str] = field(default_factory=dict)
    """What of the settings cannot be used, by field; nothing is sent with it."""
    read: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """By field written as JSON: the text that was read last, and what it holds."""


@dataclass
class Draft:
    """A prompt on its way: it may have to wait for its variables or for a confirmation."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    lane_ids: tuple[str, ...] = ()
    prompt: Prompt | None = None
    """The prompt as it is, where it was sent before or answers tools: its text is not filled again."""
    turn: Turn | None = None
    """The turn that it is asked for again; None for the next one."""
    as_branch: bool = False
    """It takes the place of `turn`, which stays as a branch beside it."""
    confirmed: bool = False


@dataclass
class Workbench:
    """The lanes of a session, left to right, and how they are asked together."""

    lanes: list[Lane] = field(default_factory=lambda: [Lane("1")])
    next_id: int = 2
    in_step: bool = False
    """All lanes use the first one's settings, each with its own model."""
    one_by_one: bool = False
    """Runs go one after the other in random order, so that their times can be compared."""
    repeats: int = 1
    ask_above: float | None = None
    """US dollars; a prompt that may cost more waits for a confirmation."""
    draft: Draft | None = None
    undo: Callable[[], None] | None = None
    """Puts back what Clear, Delete or Remove took away last."""

    def lane(self, lane_id: str) -> Lane | None:
        """The lane with this id."""
        return next((lane for lane in self.lanes if lane.id == lane_id), None)

    def setup_of(self, lane: Lane) -> Setup:
        """What `lane` asks with: its own settings, or the first lane's with its own model."""
        if not self.in_step:
            return lane.setup
        return self.lanes[0].setup.model_copy(update={"model": lane.setup.model})

    def live_runs(self) -> list[LiveRun]:
        """The runs of all lanes that are running or queued."""
        return [run for lane in self.lanes for run in lane.conversation.live_runs()]

    def add(self, setup: Setup, at: int | None = None) -> Lane | None:
        """Adds a lane; None where there are six already."""
        if len(self.lanes) >= MOST_LANES:
            return None
        lane = Lane(str(self.next_id), setup)
        self.next_id += 1
        self.lanes.insert(len(self.lanes) if at is None else at, lane)
        return lane


def workbench() -> Workbench:
    """The session's workbench."""
    state = st.session_state
    if _WORKBENCH not in state:
        state[_WORKBENCH] = Workbench()
    found: Workbench = state[_WORKBENCH]
    return found


def take_over_options(bench: Workbench) -> None:
    """Has the workbench follow what the options' widgets say."""
    state = st.session_state
    bench.in_step = bool(state.get(STEP)) and len(bench.lanes) > 1
    bench.one_by_one = state.get(ORDER) == "one"
    bench.repeats = max(1, min(int(state.get(REPEATS) or 1), MOST_REPEATS))
    above = state.get(ASK_ABOVE)
    bench.ask_above = None if above is None else max(float(above), 0.0)


def targets() -> tuple[str, ...]:
    """The ids of the lanes that the next prompt goes to."""
    bench = workbench()
    target = st.session_state.get(TARGET)
    return (target,) if target and bench.lane(target) else tuple(lane.id for lane in bench.lanes)


def model_ids() -> list[str]:
    """The models RunAPI serves, newest first."""
    return [card.id for card in load_catalog().cards if card.gateway("runapi")]


def choose_model(model: str) -> None:
    """Has the first lane ask `model`, for the page's other parts."""
    lane = workbench().lanes[0]
    lane.setup = lane.setup.model_copy(update={"model": model})
    st.session_state.pop(f"model-{lane.id}", None)


def take_address() -> None:
    """Takes over what `?model=` or `?lane=` names, once for each such address; a later choice by hand wins."""
    state = st.session_state
    asked = st.query_params.get("model")
    if asked and asked != state.get(ASKED_MODEL):
        state[ASKED_MODEL] = asked
        choose_model(asked)
    texts = tuple(st.query_params.get_all("lane"))
    if texts and texts != state.get(_ASKED_LANES):
        state[_ASKED_LANES] = texts
        setups, ignored = from_link(texts)
        if setups:
            use_setups(setups)
        if ignored:
            shown = ", ".join(literal(piece) for piece in ignored[:5])
            notify(_("A part of the link was left out."), _("Not understood: {pieces}").format(pieces=shown))


def use_setups(setups: tuple[Setup, ...]) -> None:
    """Has the lanes ask with these settings; a lane that has a history already keeps it."""
    bench = workbench()
    stop_all()
    before = list(bench.lanes)
    if len(before) > len(setups):
        del bench.lanes[len(setups) :]
        bench.undo = partial(_set_lanes, bench, before)
    for index, setup in enumerate(setups):
        if index < len(bench.lanes):
            bench.lanes[index].setup = setup
            forget_widgets(bench.lanes[index])
        else:
            bench.add(setup)


def use_conversations(lanes: Sequence[tuple[Setup, Conversation]]) -> None:
    """Begins anew with these lanes; what was there before can be put back."""
    bench = workbench()
    stop_all()
    forget_notice()
    bench.draft = None
    bench.undo = partial(_set_lanes, bench, list(bench.lanes))
    bench.lanes = []
    for setup, conversation in lanes[:MOST_LANES]:
        if lane := bench.add(setup):
            lane.conversation = conversation


def notify(title: str, body: str) -> None:
    """Has the page say something above the input, until the next prompt."""
    st.session_state[_NOTICE] = Explanation(title, body)


def notice() -> Explanation | None:
    """What the last action has to say."""
    found: Explanation | None = st.session_state.get(_NOTICE)
    return found


def forget_notice() -> None:
    """Has the page say nothing above the input any more."""
    st.session_state.pop(_NOTICE, None)


def forget_widgets(lane: Lane) -> None:
    """Has the widgets of a lane's settings begin anew from its setup."""
    for name in SETTINGS:
        st.session_state.pop(f"{name}-{lane.id}", None)


def add_lane() -> None:
    """Adds a lane that asks another model than those before it."""
    bench = workbench()
    used = {lane.setup.model for lane in bench.lanes}
    model = next((model for model in model_ids() if model not in used), DEFAULT_MODEL)
    bench.add(bench.lanes[-1].setup.model_copy(update={"model": model}))


def duplicate(lane: Lane) -> None:
    """Adds a lane beside `lane` with its settings and the turns on its screen, up to one that goes on."""
    bench = workbench()
    copy = bench.add(lane.setup, bench.lanes.index(lane) + 1)
    if copy:
        for turn in lane.conversation.turns:
            shown = turn.answer if turn.answers else Answer()
            if shown.run and not shown.run.ended:
                break
            twin = Turn(turn.prompt, [Answer(shown.run, shown.text, shown.one_by_one)])
            copy.conversation.end.add(twin)


def move(lane: Lane, by: int) -> None:
    """Moves a lane to the left (-1) or right (1)."""
    lanes = workbench().lanes
    at = lanes.index(lane)
    lanes.insert(max(0, min(at + by, len(lanes) - 1)), lanes.pop(at))


def remove(lane: Lane) -> None:
    """Takes a lane away; its runs are stopped. The last one stays."""
    bench = workbench()
    if len(bench.lanes) > 1:
        stop_lane(lane)
        bench.undo = partial(_set_lanes, bench, list(bench.lanes))
        bench.lanes.remove(lane)


def _set_lanes(bench: Workbench, lanes: list[Lane]) -> None:
    bench.lanes = lanes


def stop_lane(lane: Lane) -> None:
    """Stops the runs of one lane."""
    for run in lane.conversation.live_runs():
        runtime.engine().stop(run)


def stop_all() -> None:
    """Stops the runs of every lane."""
    for lane in workbench().lanes:
        stop_lane(lane)


def clear_all() -> None:
    """Begins a new conversation in every lane; what goes on is stopped."""
    bench = workbench()
    stop_all()
    forget_notice()
    bench.draft = None
    bench.undo = partial(_put_back, [(lane, lane.conversation) for lane in bench.lanes])
    for lane in bench.lanes:
        lane.conversation, lane.notice = Conversation(), None


def _put_back(cleared: list[tuple[Lane, Conversation]]) -> None:
    """Gives each lane its conversation again; what was asked since then stands beside its first prompt."""
    for lane, conversation in cleared:
        since = lane.conversation.start.turns
        conversation.start.turns.extend(since)
        lane.conversation = conversation


def undo() -> None:
    """Puts back what was taken away last."""
    bench = workbench()
    if bench.undo:
        bench.undo()
    bench.undo = None


def edit_answer(turn: Turn, text: str) -> bool:
    """Puts a text of the user's beside the answers of a turn, and shows it; True, since it always can."""
    if text != turn.answer.content:
        turn.add([Answer(text=text)])
    return True


def show_answer(turn: Turn, number: int) -> None:
    """Shows the answer with this number, from 1, and what followed it."""
    turn.chosen = max(0, min(number - 1, len(turn.answers) - 1))


def show_branch(fork: Fork, number: int) -> None:
    """Shows the prompt with this number, from 1, of those asked at one place."""
    fork.chosen = max(0, min(number - 1, len(fork.turns) - 1))


def delete_turn(lane: Lane, turn: Turn) -> None:
    """Takes a turn away with what follows it; it can be put back."""
    for run in turn.runs:
        if isinstance(run, LiveRun):
            runtime.engine().stop(run)
    fork = lane.conversation.fork_of(turn)
    workbench().undo = partial(fork.add, turn)
    fork.remove(turn)


def past_outputs(model: str) -> list[int]:
    """Completion tokens of this session's completed runs of `model`."""
    return [
        run.usage.completion_tokens
        for lane in workbench().lanes
        for run in lane.conversation.all_runs()
        if run.request.model == model and run.ended and run.usage and run.usage.completion_tokens
    ]


def with_nonce(messages: tuple[Message, ...], nonce: str) -> tuple[Message, ...]:
    """`messages` with a mark before the first, so that no prompt cache knows them."""
    first, *rest = messages
    return (first.model_copy(update={"content": f"[{nonce}] {first.content}"}), *rest)
