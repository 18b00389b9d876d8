"""Brings two copies of a workbench together that were changed apart, as two servers may: no turn of either is lost."""

from collections.abc import Sequence

from glm_playground.chat.conversation import Conversation, Fork
from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.setup import MAX_LANES
from glm_playground.chat.workbench import Workbench


def take_over(bench: Workbench, other: Workbench) -> None:
    """Adds to `bench` the lanes, turns and waiting prompts of `other` that it does not have; its own settings stay.

    The turns of a lane for which there is no room stand beside the first prompts of a lane that is here, which says so.
    """
    with bench.lock:
        for theirs in other.lanes:
            if mine := bench.lane(theirs.id):
                _add_turns(bench, mine.conversation.start, theirs)
            elif len(bench.lanes) < MAX_LANES and not _is_here(bench, theirs):
                bench.lanes.append(theirs)
            else:
                _take_in(bench, theirs)
        waiting = {draft.id for draft in bench.drafts}
        bench.drafts += [draft for draft in other.drafts if draft.id not in waiting]
        bench.next_lane = max(bench.next_lane, other.next_lane)
        bench.changes += 1


def _is_here(bench: Workbench, theirs: Lane) -> bool:
    """Whether turns of a lane were taken into another one before."""
    known = {turn.id for lane in bench.lanes for turn in lane.conversation.all_turns()}
    return any(turn.id in known for turn in theirs.conversation.all_turns())


def _take_in(bench: Workbench, theirs: Lane) -> None:
    """Adds the turns of a lane to one that asks the same, else to the last; what that one shows stays."""
    host = next((lane for lane in bench.lanes if lane.setup.asked == theirs.setup.asked), bench.lanes[-1])
    start = host.conversation.start
    count, shown = len(start.turns), start.turn
    _add_turns(bench, start, theirs)
    if len(start.turns) > count:
        host.notice = Notice(NoticeKind.LANE_TAKEN_IN)
        if shown:
            start.show(shown)


def _add_turns(bench: Workbench, start: Fork, theirs: Lane) -> None:
    """`add_turns` of a lane that are nowhere in `bench`."""
    add_turns([lane.conversation for lane in bench.lanes], start, theirs.conversation)


def add_turns(here: Sequence[Conversation], start: Fork, theirs: Conversation) -> None:
    """Adds turns and answers that are nowhere in `here`, each where it stood; at `start` those that follow none."""
    known = {turn.id: turn for mine in here for turn in mine.all_turns()}
    places = {"": start, **{answer.id: answer.after for mine in here for answer in mine.all_answers()}}
    waiting = [("", theirs.start)]
    while waiting:
        after, fork = waiting.pop()
        for turn in fork.turns:
            if own := known.get(turn.id):
                have = {answer.id for answer in own.answers}
                own.answers += [answer for answer in turn.answers if answer.id not in have]
                waiting += [(answer.id, answer.after) for answer in turn.answers if answer.id in have]
            else:
                # What stands behind it comes along; what was asked at its place last is shown.
                places.get(after, start).add(turn)
