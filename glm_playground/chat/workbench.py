"""A workbench: what a person works on in the playground, as a value. `chat.session` changes it."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Turn
from glm_playground.chat.encodings import Guessed, others, read_again
from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import Notice
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.variables import variables_of
from glm_playground.runs.live_run import LiveRun

MAX_REPEATS = bounds.REPEATS
RESULT = "result"
"""Begins the places of typed results of tools among the edits."""
MAX_UNDO = 20
MAX_TOOL_ROUNDS = bounds.TOOL_ROUNDS
_NAME_CHARACTERS = 60


def new_id() -> str:
    """An id nobody else has."""
    return uuid.uuid4().hex


class _Named(Protocol):
    id: str


def tell_apart(items: Iterable[_Named], taken: Iterable[str] = ()) -> None:
    """Gives an item another id where one before it, or one of `taken`, has its own: widgets are known by them."""
    known = set(taken)
    for item in items:
        if item.id in known:
            item.id = new_id()
        known.add(item.id)


@dataclass(eq=False)
class Draft:
    """A prompt that is not sent yet, and why."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    lane_ids: tuple[str, ...] = ()
    prompt: Prompt | None = None
    """The prompt as it is, where it was sent before or answers tools: its text is not filled again."""
    turn_id: str = ""
    """The turn that it is asked for again; empty for the next one."""
    as_branch: bool = False
    """It takes the place of that turn, which stays as a branch beside it."""
    literal: bool = False
    """What looks like a variable is sent as it is."""
    unchecked: bool = False
    """The server decides whether it is too long."""
    filled: bool = False
    """The user has seen its variables and encodings, and sends it with them."""
    confirmed: Decimal | None = None
    """US dollars that it may cost at most, as the user confirmed; infinite where no price is known."""
    notice: Notice | None = None
    """Why it waits."""
    guessed: tuple[str, ...] = ()
    """The encoding that each attachment is taken to be in, where that is a guess; else empty."""
    id: str = field(default_factory=new_id)
    _fitting: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names whose values the user is asked for."""
        return () if self.prompt or self.literal else variables_of(self.text)

    def encodings(self, place: int) -> tuple[str, ...]:
        """Those that an attachment of a guessed encoding can be read in; looked for once, since a page asks each time.

        To read it again in one of them changes nothing: the bytes are the same.
        """
        if place not in self._fitting:
            self._fitting[place] = others(self._guess(place))
        return self._fitting[place]

    def read_again(self, place: int, encoding: str) -> None:
        """Reads an attachment in another of its `encodings`."""
        again = read_again(self._guess(place), encoding)
        files, guessed = list(self.attachments), list(self.guessed)
        files[place], guessed[place] = files[place]._replace(text=again.text), encoding
        self.attachments, self.guessed = tuple(files), tuple(guessed)

    def _guess(self, place: int) -> Guessed:
        return Guessed(self.attachments[place].text, self.guessed[place])


def result_place(answer_id: str, index: int) -> str:
    """Where the result that is typed for one of an answer's tool calls stands among the edits of a workbench."""
    return f"{RESULT}-{answer_id}-{index}"


@dataclass(eq=False)
class Batch:
    """Runs that were started by one act, and the warm-ups that only they need."""

    warm_ups: tuple[LiveRun, ...]
    runs: tuple[LiveRun, ...]


@dataclass(eq=False)
class Workbench:
    """Lanes left to right with their conversations, how they are asked, and prompts that wait.

    Tabs of one person share it: `lock` is held by whoever changes or writes it.
    """

    id: str = field(default_factory=new_id)
    name: str = ""
    """Empty until the first prompt names it."""
    lanes: list[Lane] = field(default_factory=lambda: [Lane("1")])
    next_lane: int = 2
    same_settings: bool = False
    """All lanes use the first one's settings, each with its own model."""
    one_by_one: bool = False
    """Runs go one after the other in random order, so that their times can be compared."""
    repeats: int = 1
    ask_above: Decimal | None = None
    """US dollars; a prompt that may cost more waits for a confirmation."""
    target: str = "all"
    """Id of the lane that the next prompt goes to, or "all"."""
    run_tools: bool = False
    """Calls of built-in tools are answered and sent without asking, `MAX_TOOL_ROUNDS` times in a row at most."""
    layout: str = ""
    """"columns" or "tabs"; empty where nobody chose."""
    drafts: list[Draft] = field(default_factory=list)
    """Prompts that wait, oldest first."""
    values: dict[str, str] = field(default_factory=dict)
    """What the variables of prompts were filled with last."""
    edits: dict[str, str] = field(default_factory=dict)
    """What is typed in open editors and as results of tools, the one opened last at the end.

    By where that is: words and the id of the turn or answer, with hyphens between them.
    """
    unreadable: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id: runs that were stored inside and cannot be read, as they are, since another version may."""
    undo: "list[Undo]" = field(default_factory=list)
    """What puts back what the last commands took away, the newest last."""
    no_room_for: "Undo | None" = None
    """The one of them that was tried last and found no room for its lanes."""
    batches: list[Batch] = field(default_factory=list)
    changes: int = 0
    """Grows with each change."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def lane(self, lane_id: str) -> Lane | None:
        """The lane with this id."""
        return next((lane for lane in self.lanes if lane.id == lane_id), None)

    def setup_of(self, lane: Lane) -> Setup:
        """What `lane` asks with: its own settings, or the first lane's with its own model and gateway."""
        if not self.same_settings:
            return lane.setup
        return self.lanes[0].setup.model_copy(update={"model": lane.setup.model, "gateway": lane.setup.gateway})

    def settings_of(self, lane: Lane) -> Lane:
        """The lane whose settings `lane` asks with."""
        return self.lanes[0] if self.same_settings else lane

    def targets(self) -> tuple[str, ...]:
        """The ids of the lanes that the next prompt goes to."""
        return (self.target,) if self.lane(self.target) else tuple(lane.id for lane in self.lanes)

    def draft(self, draft_id: str) -> Draft | None:
        """The waiting prompt with this id."""
        return next((draft for draft in self.drafts if draft.id == draft_id), None)

    def live_runs(self) -> list[LiveRun]:
        """Every run that is running or queued for this workbench, warm-ups among them."""
        answers = [run for lane in self.lanes for run in lane.conversation.live_runs()]
        warm_ups = [run for batch in self.batches for run in batch.warm_ups if not run.ended]
        return answers + warm_ups

    @property
    def empty(self) -> bool:
        """True where nothing was asked and nothing waits."""
        return not self.drafts and not any(lane.conversation.start.turns for lane in self.lanes)

    def past_outputs(self, gateway: str, model: str) -> list[int]:
        """Completion tokens of the ended runs of `model` at the gateway with this name; of all where it is empty."""
        runs = (run for lane in self.lanes for run in lane.conversation.all_runs())
        return [
            run.usage.completion_tokens
            for run in runs
            if run.request.model == model
            and gateway in {"", run.server.name}
            and run.ended
            and run.usage
            and run.usage.completion_tokens
        ]

    def add_lane(self, setup: Setup, at: int | None = None) -> Lane | None:
        """Adds a lane; None where there are six already."""
        if len(self.lanes) >= MAX_LANES:
            return None
        lane = Lane(str(self.next_lane), setup)
        self.next_lane += 1
        self.lanes.insert(len(self.lanes) if at is None else at, lane)
        return lane

    def name_by(self, prompt: str) -> None:
        """Names the workbench after its first prompt."""
        if not self.name:
            words = " ".join(prompt.split())
            self.name = words if len(words) <= _NAME_CHARACTERS else f"{words[: _NAME_CHARACTERS - 1].rstrip()}…"

    def turns(self) -> Iterator[tuple[Lane, Turn]]:
        """Every turn on the screen with its lane."""
        return ((lane, turn) for lane in self.lanes for turn in lane.conversation.turns)


Undo = Callable[[Workbench], bool]
"""Puts back what one command took away; False where there is no room for it now."""
