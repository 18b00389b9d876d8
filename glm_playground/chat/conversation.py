"""A conversation as a tree of values: prompts, the answers to each, and what was asked after each answer.

Nothing is ever overwritten. Another answer to a prompt stands beside the earlier ones; an edited prompt stands beside
the first one; what followed stays below the answer it followed. A path through the tree is what is on the screen.
"""

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from glm_playground.chat.prompt import Prompt
from glm_playground.chat.schema_pool import Unchecked
from glm_playground.chat.setup import Setup
from glm_playground.chat.structured import SchemaCheck, check_answer
from glm_playground.chat.tools import check_call, sendable_call, tool_calls_of
from glm_playground.gateway import ChatRequest, Message, Parameters, ToolCall
from glm_playground.gateway.wire import TEMPLATE, THINKING
from glm_playground.runs.cost import Cost
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.notes import Note, notes_of
from glm_playground.runs.run import Run
from glm_playground.runs.thinking import answer_of, split


def _new_id() -> str:
    return uuid.uuid4().hex


class _Said(NamedTuple):
    """What an answer says."""

    content: str
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""


@dataclass(eq=False)
class Answer:
    """One answer to a prompt: a run, or a text that the user wrote in its place."""

    run: Run | None = None
    text: str | None = None
    """The user's own text, or one that a request quotes; None where the run's stands."""
    quoted: bool = False
    """True where `text` is known only from a later request."""
    calls: tuple[ToolCall, ...] = ()
    """What a quoted answer asked for."""
    quoted_reasoning: str = ""
    """What a request quotes of its reasoning."""
    one_by_one: bool = False
    """True where the run was alone on the line, after a warm-up and with a nonce: its times may be compared."""
    stored_cost: Cost | None = None
    """What the run cost, where it is not a live one that knows it."""
    missing: str = ""
    """Id of a run that cannot be read any more, such as one that was deleted from the history."""
    after: "Fork" = field(default_factory=lambda: Fork())  # noqa: PLW0108 - the class stands further down
    id: str = field(default_factory=_new_id)
    _read: "_Said | None" = field(default=None, init=False, repr=False)
    _metrics: Metrics | None = field(default=None, init=False, repr=False)
    _notes: tuple[Note, ...] | None = field(default=None, init=False, repr=False)
    _checks: dict[str, SchemaCheck | None] = field(default_factory=dict, init=False, repr=False)
    _messages: dict[tuple[bool, bool], Message] = field(default_factory=dict, init=False, repr=False)

    @property
    def cost(self) -> Cost | None:
        """What the run cost, computed once at its end; None before."""
        return self.run.cost if isinstance(self.run, LiveRun) else self.stored_cost

    def copy(self) -> "Answer":
        """The same answer, followed by nothing."""
        return Answer(
            self.run,
            self.text,
            self.quoted,
            self.calls,
            self.quoted_reasoning,
            self.one_by_one,
            self.stored_cost,
            self.missing,
        )

    @property
    def content(self) -> str:
        """What a later request quotes; the reasoning is not part of it."""
        return self._said().content

    @property
    def reasoning(self) -> str:
        """The reasoning before it, as it was received; an answer that the user wrote has none."""
        return self._said().reasoning

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls the model asked for; an answer that the user wrote asks for none."""
        return self._said().calls

    @property
    def metrics(self) -> Metrics | None:
        """The figures of the run, or None."""
        if self.run is None or self._metrics:
            return self._metrics
        ended = self.run.ended
        found = metrics_of(self.run)
        self._metrics = found if ended else None
        return found

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is worth knowing about the run, once it has ended."""
        if self._notes is None and self.run and self.run.ended:
            self._notes = notes_of(self.run)
        return self._notes or ()

    def message(self, *, calls: bool, reasoning: bool) -> Message:
        """What a later request says of it, with or without its calls and its reasoning."""
        if found := self._messages.get((calls, reasoning)):
            return found
        ended = self.run is None or self.run.ended
        said = self._said()
        found = Message(
            role="assistant",
            content=said.content,
            tool_calls=tuple(map(sendable_call, said.calls)) if calls else (),
            reasoning_content=said.reasoning if reasoning else "",
        )
        if ended:
            self._messages[calls, reasoning] = found
        return found

    def json_check(self) -> SchemaCheck | None:
        """Whether the run's answer is the JSON that its request asked for; None where it asked for none."""
        run = self.run
        return self._kept("", lambda: check_answer(answer_of(run), run.request.response_format)) if run else None

    def call_check(self, call: ToolCall) -> SchemaCheck:
        """Whether a call of the run fits the tool that its request offered."""
        tools = self.run.request.tools if self.run else ()
        return self._kept(f"{call.name} {call.arguments}", lambda: check_call(call, tools)) or SchemaCheck()

    def _kept(self, name: str, check: Callable[[], SchemaCheck | None]) -> SchemaCheck | None:
        """The result of a check, which a page asks for at every click: made once, unless too many others wait."""
        if name in self._checks:
            return self._checks[name]
        found = check()
        if self.run and self.run.ended and (found is None or found.unchecked is not Unchecked.BUSY):
            self._checks[name] = found
        return found

    def _said(self) -> "_Said":
        if self.text is not None or self.run is None:
            return _Said(self.text or "", self.calls, self.quoted_reasoning)
        if self._read:
            return self._read
        # A page asks for it at every click: once the run has ended, its events are read no more.
        ended = self.run.ended
        read = split(self.run)
        found = _Said(read.answer, tool_calls_of(self.run), read.reasoning)
        self._read = found if ended else None
        return found


@dataclass(eq=False)
class Turn:
    """A prompt and its answers, of which one is on the screen."""

    prompt: Prompt
    answers: list[Answer] = field(default_factory=list)
    chosen: int = -1
    id: str = field(default_factory=_new_id)

    @property
    def answer(self) -> Answer:
        """The answer on the screen."""
        return self.answers[self.chosen]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that answered the prompt, oldest first."""
        return tuple(answer.run for answer in self.answers if answer.run)

    @property
    def number(self) -> int:
        """Which answer is on the screen, from 1."""
        return self.chosen % len(self.answers) + 1 if self.answers else 0

    def add(self, answers: Sequence[Answer]) -> None:
        """Adds answers and shows the first of them."""
        self.chosen = len(self.answers)
        self.answers.extend(answers)

    def below(self) -> "Iterator[Turn]":
        """This turn and every turn that follows one of its answers, on the screen or not."""
        waiting = [self]
        while waiting:
            turn = waiting.pop()
            yield turn
            waiting += [after for answer in turn.answers for after in answer.after.turns]

    def live_runs(self) -> list[LiveRun]:
        """The runs of this turn and of all that follow it that are running or queued."""
        runs = [answer.run for turn in self.below() for answer in turn.answers]
        return [run for run in runs if isinstance(run, LiveRun) and not run.ended]


@dataclass(eq=False)
class Fork:
    """The prompts that were asked at one place of a conversation, of which one is on the screen."""

    turns: list[Turn] = field(default_factory=list)
    chosen: int = -1

    @property
    def turn(self) -> Turn | None:
        """The turn on the screen; None at the end of a conversation."""
        return self.turns[self.chosen] if self.turns else None

    def add(self, turn: Turn) -> None:
        """Adds a turn and shows it."""
        self.chosen = len(self.turns)
        self.turns.append(turn)

    def show(self, turn: Turn) -> None:
        """Shows one of the turns."""
        self.chosen = next(index for index, one in enumerate(self.turns) if one is turn)

    def remove(self, turn: Turn) -> int:
        """Takes a turn out, with all that follows it; its place. What was shown stays shown, else the last one is."""
        shown = self.turn
        index = next(index for index, one in enumerate(self.turns) if one is turn)
        del self.turns[index]
        if shown is None or shown is turn:
            self.chosen = len(self.turns) - 1
        else:
            self.show(shown)
        return index


@dataclass(eq=False)
class Conversation:
    """The tree and the path through it that is on the screen."""

    start: Fork = field(default_factory=Fork)

    @property
    def turns(self) -> list[Turn]:
        """The turns on the screen."""
        return [fork.turns[fork.chosen] for fork in self._forks() if fork.turns]

    @property
    def last_calls(self) -> tuple[ToolCall, ...]:
        """The calls of tools with which the last answer on the screen ends."""
        turns = self.turns
        return turns[-1].answer.tool_calls if turns and turns[-1].answers else ()

    @property
    def end(self) -> Fork:
        """Where the next prompt goes."""
        return self._forks()[-1]

    def forks(self) -> list[Fork]:
        """The places of the turns on the screen, in order."""
        return [fork for fork in self._forks() if fork.turns]

    def fork_of(self, turn: Turn) -> Fork:
        """The place of a turn on the screen.

        Raises:
            LookupError: the turn is not on the screen.
        """
        for fork in self._forks():
            if fork.turn is turn:
                return fork
        raise LookupError("the turn is not on the screen")

    def place_of(self, turn: Turn) -> Fork | None:
        """The place of a turn, on the screen or not; None where it was taken away."""
        forks = [self.start, *(answer.after for answer in self.all_answers())]
        return next((fork for fork in forks if any(one is turn for one in fork.turns)), None)

    def find(self, turn_id: str) -> Turn | None:
        """The turn on the screen with this id."""
        return next((turn for turn in self.turns if turn.id == turn_id), None)

    def has(self, turn_id: str) -> bool:
        """Whether there is a turn with this id, on the screen or not."""
        return any(turn.id == turn_id for turn in self.all_turns())

    def reveal(self, turn_id: str) -> None:
        """Shows the turn with this id, where it is on a branch that is not on the screen."""
        if not turn_id or self.find(turn_id):
            return
        above = {
            turn.id: (before, answer)
            for before in self.all_turns()
            for answer in before.answers
            for turn in answer.after.turns
        }
        turn = next((turn for turn in self.all_turns() if turn.id == turn_id), None)
        while turn:
            before, answer = above.get(turn.id, (None, None))
            (answer.after if answer else self.start).show(turn)
            if before and answer:
                before.chosen = next(index for index, one in enumerate(before.answers) if one is answer)
            turn = before

    def all_turns(self) -> Iterator[Turn]:
        """Every turn of the tree, on the screen or not."""
        return (turn for first in self.start.turns for turn in first.below())

    def all_answers(self) -> Iterator[Answer]:
        """Every answer of the tree, on the screen or not."""
        return (answer for turn in self.all_turns() for answer in turn.answers)

    def all_runs(self) -> Iterator[Run]:
        """Every run of the tree, on the screen or not."""
        return (answer.run for answer in self.all_answers() if answer.run)

    def live_runs(self) -> list[LiveRun]:
        """The runs that are running or queued."""
        return [run for turn in self.start.turns for run in turn.live_runs()]

    def request(self, prompt: Prompt, setup: Setup, *, before: Turn | None = None) -> ChatRequest:
        """The request that sends `prompt` behind the turns on the screen, those from `before` on left out."""
        system = [Message(role="system", content=setup.system)] if setup.system.strip() else []
        keeps_thinking = _keeps_thinking(setup.parameters)
        messages = (*system, *self._history(prompt, before, keeps_thinking=keeps_thinking))
        return ChatRequest(model=setup.model, messages=messages, **dict(setup.parameters))

    def _history(self, prompt: Prompt, before: Turn | None, *, keeps_thinking: bool) -> list[Message]:
        """The messages of the turns that stand before `prompt`, and its own; their roles are always valid.

        A turn without any answer, because its run failed or was stopped early, is not sent again. Tool calls are sent
        with their results only, and results behind their calls only: elsewhere they are quoted as the user's words.
        Reasoning is sent back with the calls that `prompt` continues, and with every answer where the server
        `keeps_thinking`.
        """
        turns = list(itertools.takewhile(lambda turn: turn is not before, self.turns))
        kept: list[tuple[Prompt, Message]] = []
        following = prompt
        goes_on = True
        for turn in reversed(turns):
            answer = turn.answer if turn.answers else Answer()
            calls = answer.tool_calls if _answers_calls(following, answer.tool_calls) else ()
            # Servers refuse an empty text, and one of spaces alone.
            if answer.content.strip() or calls:
                goes_on = goes_on and bool(calls)
                kept.append((turn.prompt, answer.message(calls=bool(calls), reasoning=goes_on or keeps_thinking)))
                following = turn.prompt
        messages: list[Message] = []
        called: tuple[ToolCall, ...] = ()
        for asked, said in reversed(kept):
            messages += [*asked.messages(called), said]
            called = said.tool_calls
        return [*messages, *prompt.messages(called)]

    def _forks(self) -> list[Fork]:
        """The places on the screen and the one of the next prompt: walked many times at each click."""
        forks = [self.start]
        while (fork := forks[-1]).turns:
            turn = fork.turns[fork.chosen]
            if not turn.answers:
                break
            forks.append(turn.answers[turn.chosen].after)
        return forks


def _keeps_thinking(parameters: Parameters) -> bool:
    """Whether the server is asked to go on from the reasoning of earlier turns (`clear_thinking` off)."""
    fields = parameters.fields()
    switches = (switch for name in (THINKING, TEMPLATE) if isinstance(switch := fields.get(name), dict))
    return any(switch.get("clear_thinking") is False for switch in switches)


def _answers_calls(prompt: Prompt, calls: Sequence[ToolCall]) -> bool:
    """Whether `prompt` holds a result for each of `calls`, and no other."""
    return bool(calls) and {call.id for call in calls} == {result.call.id for result in prompt.results}
