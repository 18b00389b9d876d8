"""The commands that change a workbench. Each is one act of a user; undo is the inverse of one that took something away.

A session knows no page and no database: it starts and stops runs through a `Runner`.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from glm_playground.chat import undo
from glm_playground.chat.attachments import Attachment
from glm_playground.chat.builtin_tools import answer_builtin
from glm_playground.chat.conversation import Answer, Conversation, Fork, Turn
from glm_playground.chat.dispatch import Dispatch
from glm_playground.chat.lane import DEFAULT_MODEL, Lane
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.start import Runner
from glm_playground.chat.workbench import MAX_TOOL_ROUNDS, Draft, Workbench, result_place
from glm_playground.runs.live_run import LiveRun

CONTINUE = "Continue exactly where you stopped."


@dataclass
class Session:
    """One person's commands on a workbench."""

    bench: Workbench
    runner: Runner
    on_change: Callable[[], None] | None = None
    """Called after each command: what was asked is kept although the page that shows it may never be drawn."""

    @property
    def dispatch(self) -> Dispatch:
        """What drafts would send now."""
        return Dispatch(self.bench, self.runner)

    # Lanes

    def add_lane(self, models: Sequence[str]) -> None:
        """Adds a lane with the last one's settings that asks the first of `models` that no lane asks.

        Args:
            models: as `Setup.asked` writes them.
        """
        with self._change() as bench:
            used = {lane.setup.asked for lane in bench.lanes}
            lane = bench.add_lane(bench.lanes[-1].setup)
            if lane:
                lane.edit("model", next((model for model in models if model not in used), DEFAULT_MODEL))

    def duplicate(self, lane: Lane) -> Lane | None:
        """Adds a lane beside `lane` with its settings and the turns on its screen, up to one that is running."""
        with self._change() as bench:
            at = self._index(lane)
            twin = None if at is None else bench.add_lane(lane.setup, at + 1)
            if twin:
                for turn in lane.conversation.turns:
                    if turn.answers and turn.answer.run and not turn.answer.run.ended:
                        break
                    twin.conversation.end.add(Turn(turn.prompt, [turn.answer.copy()] if turn.answers else []))
            return twin

    def move(self, lane: Lane, by: int) -> None:
        """Moves a lane to the left (-1) or right (1)."""
        with self._change() as bench:
            at = self._index(lane)
            if at is not None:
                bench.lanes.insert(max(0, min(at + by, len(bench.lanes) - 1)), bench.lanes.pop(at))

    def remove(self, lane: Lane) -> None:
        """Takes a lane away and stops its runs. The last one stays."""
        with self._change() as bench:
            at = self._index(lane)
            if at is not None and len(bench.lanes) > 1:
                self._stop(lane.conversation.live_runs())
                del bench.lanes[at]
                undo.can_undo(bench, undo.lanes_back([(at, lane)]), makes_room=True)

    def name_gateways(self, name: str) -> None:
        """Names the gateway of each lane that names none, so that it is asked whatever comes first later."""
        unnamed = [lane for lane in self.bench.lanes if not lane.setup.gateway]
        if unnamed:
            with self._change():
                for lane in unnamed:
                    lane.setup = lane.setup.model_copy(update={"gateway": name})

    def begin_with(self, model: str) -> None:
        """Sets the first lane to ask `model`."""
        lane = self.bench.lanes[0]
        if model != lane.setup.model:
            with self._change():
                lane.setup = lane.setup.model_copy(update={"model": model})

    def edit(self, lane: Lane, name: str, value: Any) -> None:
        """Changes one field of a lane's settings; see `Lane.edit`."""
        with self._change():
            lane.edit(name, value)

    def reset(self, lane: Lane) -> None:
        """Gives a lane the settings of a new one; its model and gateway stay."""
        with self._change() as bench:
            undo.can_undo(bench, undo.settings_back([undo.settings_of(lane)]))
            lane.use(Setup(model=lane.setup.model, gateway=lane.setup.gateway))

    def use_setups(self, setups: Sequence[Setup]) -> None:
        """Gives the lanes these settings; lanes that are left over are taken away, others added."""
        with self._change() as bench:
            kept = bench.lanes[: len(setups)]
            removed = list(enumerate(bench.lanes))[len(setups) :]
            for _index, lane in removed:
                self._stop(lane.conversation.live_runs())
            undo.can_undo(bench, undo.lanes_back(removed, [undo.settings_of(lane) for lane in kept]))
            bench.lanes[:] = kept
            for lane, setup in zip(kept, setups, strict=False):
                lane.use(setup)
            for setup in setups[len(kept) : MAX_LANES]:
                bench.add_lane(setup)

    def use_conversations(self, lanes: Sequence[tuple[Setup, Conversation]]) -> None:
        """Fills an empty workbench with these lanes, six at most."""
        with self._change() as bench:
            bench.lanes.clear()
            for setup, conversation in lanes[:MAX_LANES]:
                if lane := bench.add_lane(setup):
                    lane.conversation = conversation

    def set_option(self, name: str, value: Any) -> None:
        """Sets how the lanes are asked: one of the plain fields of `Workbench`."""
        with self._change() as bench:
            setattr(bench, name, value)

    # Turns

    def clear(self) -> None:
        """Begins a new conversation in every lane; running runs are stopped, waiting prompts stay."""
        with self._change() as bench:
            self._stop(bench.live_runs())
            cleared = [(lane, lane.conversation) for lane in bench.lanes if lane.conversation.start.turns]
            if cleared:
                undo.can_undo(bench, undo.conversations_back(cleared))
            for lane, _conversation in cleared:
                lane.conversation, lane.notice = Conversation(), None

    def delete_turn(self, lane: Lane, turn: Turn) -> None:
        """Takes a turn away with all that follows it; their runs are stopped."""
        with self._change() as bench:
            fork = lane.conversation.place_of(turn)
            if fork is None:
                return
            self._stop(turn.live_runs())
            undo.can_undo(bench, undo.turn_back(fork, turn, fork.remove(turn)))

    def edit_answer(self, turn: Turn, text: str) -> None:
        """Puts a text of the user's beside the answers of a turn, and shows it."""
        with self._change():
            if text != turn.answer.content:
                turn.add([Answer(text=text)])

    def show_answer(self, turn: Turn, number: int) -> None:
        """Shows the answer with this number, from 1, and what followed it."""
        with self._change():
            turn.chosen = max(0, min(number - 1, len(turn.answers) - 1))

    def show_branch(self, fork: Fork, number: int) -> None:
        """Shows the prompt with this number, from 1, of those asked at one place."""
        with self._change():
            fork.chosen = max(0, min(number - 1, len(fork.turns) - 1))

    def undo(self) -> Notice | None:
        """Puts back what the last command took away; says why where there is no room for it."""
        with self._change() as bench:
            if bench.undo and not bench.undo[-1](bench):
                bench.no_room_for = bench.undo[-1]
                return Notice(NoticeKind.LANES_FULL)
            del bench.undo[-1:]
            return None

    # Stopping

    def stop(self, lane: Lane) -> None:
        """Stops the runs of one lane."""
        with self._change():
            self._stop(lane.conversation.live_runs())

    def stop_all(self) -> None:
        """Stops every run."""
        with self._change() as bench:
            self._stop(bench.live_runs())

    # Sending

    def submit(
        self,
        text: str,
        attachments: Sequence[Attachment] = (),
        notice: Notice | None = None,
        *,
        guessed: Sequence[str] = (),
    ) -> bool:
        """Sends a prompt to the chosen lanes; where it cannot be sent it waits. False for one that is blank.

        Args:
            text: as typed.
            attachments: the files that could be read.
            notice: why it must wait anyway, such as a file that could not be read.
            guessed: as `Draft.guessed`.
        """
        if not text.strip() and not attachments:
            return False
        draft = Draft(text, tuple(attachments), self.bench.targets(), notice=notice, guessed=tuple(guessed))
        if notice:
            with self._change() as bench:
                bench.drafts.append(draft)
            return True
        self.send(draft)
        return True

    def wait(self, draft: Draft) -> None:
        """Lets a prompt wait, as one of a preset does."""
        with self._change() as bench:
            bench.drafts.append(draft)

    def send(self, draft: Draft, beside: Decimal = Decimal(0)) -> bool:
        """Sends a prompt, or lets it wait with the reason in its notice; True where it was sent.

        What is sent is what `Dispatch.plan_of` plans, and costs at most what the user confirmed; `beside` is what the
        same act may cost already.
        """
        with self._change() as bench:
            for lane in bench.lanes:
                lane.notice = None
                if lane.id in draft.lane_ids:
                    # What it is asked in place of may be on a branch that was left meanwhile.
                    lane.conversation.reveal(draft.turn_id)
            draft.notice = self.dispatch.send(draft, beside)
            waits = bench.draft(draft.id)
            if draft.notice and not waits:
                bench.drafts.append(draft)
            elif waits and not draft.notice:
                bench.drafts.remove(draft)
            return draft.notice is None

    def confirm(self, draft: Draft, most: Decimal, *, literal: bool = False, unchecked: bool = False) -> bool:
        """Sends a waiting prompt that may cost at most `most`, US dollars: what the user was shown.

        Nothing happens to one that waits no more, since another tab or an earlier click sent it or took it away.

        Args:
            draft: the prompt.
            most: US dollars.
            literal: whether what looks like a variable is sent as it is.
            unchecked: whether the server decides if it is too long.
        """
        with self._change() as bench:
            if bench.draft(draft.id) is not draft:
                return False
            draft.filled = True
            draft.literal |= literal
            draft.unchecked |= unchecked
            left = tuple(lane for lane in draft.lane_ids if bench.lane(lane))
            # A draft for no lane that is left goes to all there are; nobody was shown what those may cost.
            draft.lane_ids, draft.confirmed = (left, most) if left else (bench.targets(), Decimal(0))
            return self.send(draft)

    def discard(self, draft: Draft) -> None:
        """Takes a waiting prompt away; where it has results of tools, they are not run automatically any more."""
        with self._change() as bench:
            if draft in bench.drafts:
                index = bench.drafts.index(draft)
                del bench.drafts[index]
                # Else the same results would wait again at once.
                run_tools = bench.run_tools and bool(draft.prompt and draft.prompt.results)
                bench.run_tools &= not run_tools
                undo.can_undo(bench, undo.draft_back(draft, index, run_tools=run_tools))

    def rewrite(self, draft: Draft, text: str) -> None:
        """Changes the text of a waiting prompt; a cost that was confirmed for another text no longer counts."""
        with self._change():
            if text != draft.text:
                draft.text, draft.filled, draft.confirmed = text, False, None

    def read_again(self, draft: Draft, place: int, encoding: str) -> None:
        """Reads one of the files of a waiting prompt in another encoding."""
        with self._change():
            draft.read_again(place, encoding)

    def regenerate(self, lane: Lane, turn: Turn) -> bool:
        """Asks a turn's prompt again; the earlier answers stay with the turn."""
        return self._ask_again(lane, turn.prompt, turn)

    def edit_prompt(self, lane: Lane, turn: Turn, text: str) -> bool:
        """Asks an edited prompt in the place of a turn, which stays as a branch beside it."""
        return self.send(Draft(text, turn.prompt.attachments, (lane.id,), turn_id=turn.id, as_branch=True))

    def continue_answer(self, lane: Lane) -> bool:
        """Asks for the rest of an answer that was cut or stopped."""
        return self._ask_again(lane, Prompt(CONTINUE))

    def answer_tools(self, lane: Lane, prompt: Prompt) -> bool:
        """Sends the results of the tools that the last answer asked for; nothing where they were sent before."""
        calls = lane.conversation.last_calls
        return all(result.call in calls for result in prompt.results) and self._ask_again(lane, prompt)

    def run_tools(self, now: datetime) -> bool:
        """Answers and sends the calls of built-in tools that lanes ended with, where the user wants that; whether any.

        Not where a call is of a tool of the user's, and not more than `MAX_TOOL_ROUNDS` times in a row.
        The limit on the cost holds for all lanes together.
        """
        if not self.bench.run_tools:
            return False
        sent = False
        beside = Decimal(0)
        for lane in self.bench.lanes:
            if results := self._results(lane, now):
                draft = self._again(lane, Prompt(results=results))
                cost = self.dispatch.most_cost(self.dispatch.plan_of(draft))
                if self.send(draft, beside):
                    sent, beside = True, beside + cost
        return sent

    def _results(self, lane: Lane, now: datetime) -> tuple[ToolResult, ...]:
        """The answers to the calls of built-in tools that a lane ended with; empty where they are not sent, or wait.

        One that the user typed takes the place of the tool's own.
        """
        turns = lane.conversation.turns
        calls = () if lane.conversation.live_runs() else lane.conversation.last_calls
        rounds = len(list(itertools.takewhile(lambda turn: turn.prompt.results, reversed(turns))))
        answers = [answer_builtin(call, now) for call in calls]
        typed = [self.bench.edits.get(result_place(turns[-1].answer.id, index)) for index in range(len(calls))]
        prompts = [draft.prompt for draft in self.bench.drafts if draft.prompt and lane.id in draft.lane_ids]
        waiting = any(result.call in calls for prompt in prompts for result in prompt.results)
        if rounds >= MAX_TOOL_ROUNDS or None in answers or waiting:
            return ()
        return tuple(
            ToolResult(call, (answer or "") if text is None else text)
            for call, answer, text in zip(calls, answers, typed, strict=True)
        )

    def send_without(self, lane: Lane, turn: Turn, name: str) -> bool:
        """Asks a turn again without a field that the server refused.

        One that the app adds by itself is left out of all later requests to that server; else the settings that it
        came from lose it.
        """
        with self._change() as bench:
            run = turn.answer.run
            if not (run and self.runner.leave_out(run, name)):
                bench.settings_of(lane).leave_out(name)
            return self._ask_again(lane, turn.prompt, turn)

    def _ask_again(self, lane: Lane, prompt: Prompt, turn: Turn | None = None) -> bool:
        """Sends what a button asks for; nothing where that was pressed twice, or another tab took the turn away."""
        with self._change() as bench:
            gone = bench.lane(lane.id) is not lane or (turn and lane.conversation.place_of(turn) is None)
            return not gone and not lane.conversation.live_runs() and self.send(self._again(lane, prompt, turn))

    def _again(self, lane: Lane, prompt: Prompt, turn: Turn | None = None) -> Draft:
        return Draft(prompt.text, prompt.attachments, (lane.id,), prompt=prompt, turn_id=turn.id if turn else "")

    def _index(self, lane: Lane) -> int | None:
        """The place of a lane; None where another tab took it away."""
        return next((index for index, one in enumerate(self.bench.lanes) if one is lane), None)

    def _stop(self, runs: Sequence[LiveRun]) -> None:
        """Stops `runs`, and the warm-ups that no other run waits for."""
        stopped = {run.id for run in runs}
        for batch in list(self.bench.batches):
            if all(run.ended or run.id in stopped for run in batch.runs):
                runs = [*runs, *batch.warm_ups]
                self.bench.batches.remove(batch)
        self.runner.stop(*runs)

    def _change(self) -> "_Locked":
        return _Locked(self.bench, self.on_change)


class _Locked:
    """Holds the workbench while a command changes it."""

    def __init__(self, bench: Workbench, on_change: Callable[[], None] | None) -> None:
        self._bench, self._on_change = bench, on_change

    def __enter__(self) -> Workbench:
        self._bench.lock.acquire()
        return self._bench

    def __exit__(self, *_: object) -> None:
        self._bench.changes += 1
        self._bench.lock.release()
        if self._on_change:
            self._on_change()
