"""What puts back what a command took away: the inverse of one act, which leaves all that came since as it is."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from glm_playground.chat.conversation import Conversation, Fork, Turn
from glm_playground.chat.lane import Lane
from glm_playground.chat.merge import add_turns
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.workbench import MAX_UNDO, Draft, Undo, Workbench, tell_apart


class Replaced(NamedTuple):
    """The settings that a lane had before."""

    lane: Lane
    setup: Setup
    typed: dict[str, str]
    format: str | None


def settings_of(lane: Lane) -> Replaced:
    """The settings of `lane` as they are."""
    return Replaced(lane, lane.setup, dict(lane.typed), lane.format)


def can_undo(bench: Workbench, undo: Undo, *, makes_room: bool = False) -> None:
    """Notes the inverse of the command that is done now; the oldest of many is forgotten.

    Args:
        bench: what the command changes.
        undo: its inverse.
        makes_room: whether the command took lanes away: where one before it was just tried and found no room for its
            own, that one is tried again first.
    """
    waits = makes_room and bool(bench.undo) and bench.undo[-1] is bench.no_room_for
    bench.undo.insert(len(bench.undo) - waits, undo)
    del bench.undo[:-MAX_UNDO]


def lanes_back(removed: Sequence[tuple[int, Lane]], replaced: Sequence[Replaced] = ()) -> Undo:
    """Puts lanes back where they were, and settings that were replaced with them."""
    return partial(_put_lanes_back, removed, replaced)


def _put_lanes_back(removed: Sequence[tuple[int, Lane]], replaced: Sequence[Replaced], bench: Workbench) -> bool:
    # Another server may have brought one back.
    missing = [(index, lane) for index, lane in removed if bench.lane(lane.id) is None]
    if len(bench.lanes) + len(missing) > MAX_LANES:
        return False
    for index, lane in missing:
        _tell_apart(lane, bench.lanes)
        bench.lanes.insert(min(index, len(bench.lanes)), lane)
    _put_settings_back(replaced, bench)
    return True


def _tell_apart(lane: Lane, here: Sequence[Lane]) -> None:
    """Gives turns and answers other ids that another server's copy of `lane` has left in one that is here."""
    conversations = [one.conversation for one in here]
    turns = [turn.id for conversation in conversations for turn in conversation.all_turns()]
    answers = [answer.id for conversation in conversations for answer in conversation.all_answers()]
    tell_apart(lane.conversation.all_turns(), turns)
    tell_apart(lane.conversation.all_answers(), answers)


def settings_back(replaced: Sequence[Replaced]) -> Undo:
    """Puts settings back that were replaced."""
    return partial(_put_settings_back, replaced)


def _put_settings_back(replaced: Sequence[Replaced], bench: Workbench) -> bool:
    for lane, setup, typed, chosen_format in replaced:
        lane.use(setup)
        if chosen_format:
            lane.edit("format", chosen_format)
        for name, text in typed.items():
            lane.edit(name, text)
    return True


def conversations_back(cleared: Sequence[tuple[Lane, Conversation]]) -> Undo:
    """Gives lanes their conversations again; what was asked since then stands beside their first prompts."""
    return partial(_put_conversations_back, cleared)


def _put_conversations_back(cleared: Sequence[tuple[Lane, Conversation]], bench: Workbench) -> bool:
    for lane, conversation in cleared:
        since, shown = lane.conversation, conversation.start.turn
        # Another server may have brought some of it back.
        add_turns([conversation], conversation.start, since)
        if shown is None:
            conversation.start.chosen = since.start.chosen
        else:
            conversation.start.show(shown)
        lane.conversation = conversation
    return True


def turn_back(fork: Fork, turn: Turn, index: int) -> Undo:
    """Puts a turn back at its place among the prompts that were asked there, and shows it."""
    return partial(_put_turn_back, fork, turn, index)


def _put_turn_back(fork: Fork, turn: Turn, index: int, bench: Workbench) -> bool:
    if not any(lane.conversation.has(turn.id) for lane in bench.lanes):
        fork.turns.insert(min(index, len(fork.turns)), turn)
        fork.show(turn)
    return True


def draft_back(draft: Draft, index: int, *, run_tools: bool) -> Undo:
    """Lets a prompt wait again that was discarded; with `run_tools`, tools are run automatically again."""
    return partial(_put_draft_back, draft, index, run_tools)


def _put_draft_back(draft: Draft, index: int, run_tools: bool, bench: Workbench) -> bool:
    if bench.draft(draft.id) is None:
        bench.drafts.insert(min(index, len(bench.drafts)), draft)
    bench.run_tools |= run_tools
    return True
