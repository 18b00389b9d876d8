"""Brings two copies of a workbench together that were changed apart, as two servers may: no turn of either is lost."""

from glm_playground.chat.conversation import Conversation
from glm_playground.chat.setup import MAX_LANES
from glm_playground.chat.workbench import Workbench


def take_over(bench: Workbench, other: Workbench) -> None:
    """Adds to `bench` the lanes, turns and waiting prompts of `other` that it does not have; its own settings stay."""
    with bench.lock:
        for theirs in other.lanes:
            mine = bench.lane(theirs.id)
            if mine:
                _add_turns(mine.conversation, theirs.conversation)
            elif len(bench.lanes) < MAX_LANES:
                bench.lanes.append(theirs)
        waiting = {draft.id for draft in bench.drafts}
        bench.drafts += [draft for draft in other.drafts if draft.id not in waiting]
        bench.next_lane = max(bench.next_lane, other.next_lane)
        bench.changes += 1


def _add_turns(mine: Conversation, theirs: Conversation) -> None:
    known = {turn.id: turn for turn in mine.all_turns()}
    places = {"": mine.start, **{answer.id: answer.after for answer in mine.all_answers()}}
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
                places.get(after, mine.start).add(turn)
