"""Recorded runs in lanes of the playground: as they were, played at their pace, or asked again beside."""

from collections.abc import Mapping
from dataclasses import replace

from glm_playground.bundles.bundle import Bundle, by_lane
from glm_playground.chat.conversation import Conversation
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.session import Session
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.workbench import Draft
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run
from glm_playground.service import runtime
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.answer.asked import asked_setup
from glm_playground.ui.shared.page.session import open_conversations, opened, say


def show(bundle: Bundle) -> Session:
    """Opens a workbench with the recorded runs as they ended."""
    return _open(bundle, {one.run.id: (replace(one.run, replayed=True), one.cost) for one in bundle.runs})


def play(bundle: Bundle, speed: float) -> None:
    """Opens a workbench and plays the runs of each lane, one after the other; nothing is sent."""
    engine, whose = runtime.engine(), owner()
    played: dict[str, tuple[Run, Cost | None]] = {}
    for runs in by_lane(bundle):
        before: Run | None = None
        for one in runs:
            before = engine.replay(one.run, owner=whose, speed=speed, behind=before, cost=one.cost)
            played[one.run.id] = (before, one.cost)
    _open(bundle, played)


def ask_again(bundle: Bundle) -> None:
    """Opens the recorded lanes, three at most, and asks the last prompt of each again in a lane beside it."""
    most = MAX_LANES // 2
    session = show(bundle)
    bench = session.bench
    if len(bench.lanes) > most:
        del bench.lanes[most:]
        say(Notice(NoticeKind.ONLY_SOME_LANES))
    prompts: dict[Prompt, list[str]] = {}
    for lane in list(bench.lanes):
        turns = lane.conversation.turns
        twin = session.duplicate(lane)
        if twin and turns:
            last = twin.conversation.turns[-1]
            twin.conversation.fork_of(last).remove(last)
            prompts.setdefault(turns[-1].prompt, []).append(twin.id)
    for prompt, lane_ids in prompts.items():
        session.send(Draft(prompt.text, prompt.attachments, tuple(lane_ids), prompt=prompt))


def _open(bundle: Bundle, shown: Mapping[str, tuple[Run, Cost | None]]) -> Session:
    """Opens the lanes; each recorded run is drawn as the one that `shown` has for it."""
    lanes: list[tuple[Setup, Conversation]] = []
    for runs in by_lane(bundle):
        conversation = conversation_of([one.run for one in runs])
        for answer in conversation.all_answers():
            if answer.run:
                answer.run, answer.stored_cost = shown[answer.run.id]
        lanes.append((asked_setup(runs[0].run), conversation))
    session = open_conversations(lanes)
    session.set_option("name", bundle.title)
    opened().shown = bundle
    return session
