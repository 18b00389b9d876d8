"""Stored runs as the lanes of a report: a lane for each model, settings and prompt, whatever their number."""

from collections.abc import Sequence

from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.setup import setup_of
from glm_playground.gateway import ChatRequest, Message
from glm_playground.reports.transcript import TranscriptLane
from glm_playground.runs.cost import Cost
from glm_playground.runs.marks import unmarked_request
from glm_playground.runs.run import Run


def lanes_of(stored: Sequence[tuple[Run, Cost | None]]) -> list[TranscriptLane]:
    """The lanes, in the order of their first runs.

    Repeats of one request stand in one turn, and an earlier turn of a conversation in the lane of its longest request.
    Warm-ups stand in lanes of their own.

    Args:
        stored: ended runs with their costs, oldest first.
    """
    several = len({run.server.name for run, _cost in stored}) > 1
    groups: dict[tuple[str, str, bool, str], list[_Group]] = {}
    lanes: list[_Group] = []
    # The longest requests first, so that the turns they quote find them.
    order = sorted(range(len(stored)), key=lambda at: -len(stored[at][0].request.messages))
    for at in order:
        run = stored[at][0]
        request = unmarked_request(run.request)
        alike = groups.setdefault((run.server.name, run.server.origin, run.warm_up, _settings(request)), [])
        group = next((group for group in alike if group.begins_with(request.messages)), None)
        if group is None:
            group = _Group(request.messages)
            alike.append(group)
            lanes.append(group)
        group.places.append(at)
    return [group.lane(stored, several=several) for group in sorted(lanes, key=lambda group: min(group.places))]


class _Group:
    """The runs of one lane."""

    def __init__(self, messages: tuple[Message, ...]) -> None:
        self.messages = messages
        self.places: list[int] = []

    def begins_with(self, messages: tuple[Message, ...]) -> bool:
        """Whether `messages` ask the same, or what was asked at an earlier turn."""
        until = len(messages)
        if self.messages[:until] != messages:
            return False
        return until == len(self.messages) or self.messages[until].role == "assistant"

    def lane(self, stored: Sequence[tuple[Run, Cost | None]], *, several: bool) -> TranscriptLane:
        """The lane; it names its gateway where there are several."""
        theirs = [stored[at] for at in sorted(self.places)]
        runs = [run for run, _cost in theirs]
        costs = {run.id: cost for run, cost in theirs if cost}
        setup = setup_of(runs[0].request, runs[0].server.name if several else "")
        return TranscriptLane(setup, conversation_of(runs), costs, every_answer=True)


def _settings(request: ChatRequest) -> str:
    """What a request asks with beside its messages."""
    return request.model_dump_json(exclude={"messages"})
