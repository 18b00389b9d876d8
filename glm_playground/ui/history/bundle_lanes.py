"""Recorded runs in the playground's lanes: as they were, played at their pace, or asked again beside."""

from collections.abc import Mapping
from dataclasses import replace

from glm_playground.bundles.bundle import Bundle, by_lane
from glm_playground.chat.conversation import Conversation, Prompt, conversation_of
from glm_playground.chat.setup import Setup, setup_of
from glm_playground.runs.run import Run
from glm_playground.service import runtime
from glm_playground.ui.playground import sending, workbench
from glm_playground.ui.playground.workbench import MOST_LANES, Draft, Lane
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.run_footer import remember_cost


def show(bundle: Bundle) -> None:
    """Fills the lanes with the recorded runs as they ended."""
    _use(bundle, {one.run.id: replace(one.run, replayed=True) for one in bundle.runs})


def play(bundle: Bundle, speed: float) -> None:
    """Fills the lanes and plays the runs of each, one after the other; nothing is sent."""
    engine = runtime.engine()
    played: dict[str, Run] = {}
    for runs in by_lane(bundle):
        before: Run | None = None
        for one in runs:
            before = engine.replay(one.run, speed=speed, behind=before)
            played[one.run.id] = before
    _use(bundle, played)


def ask_again(bundle: Bundle) -> None:
    """Shows the recorded lanes, and asks the last prompt of each again in a lane beside it."""
    show(bundle)
    bench = workbench.workbench()
    recorded = list(bench.lanes[: MOST_LANES // 2])
    if len(recorded) < len(bench.lanes):
        del bench.lanes[len(recorded) :]
        workbench.notify(
            _("Only the first three lanes are asked again."), _("Six lanes fit beside each other: three, each twice.")
        )
    prompts: dict[Prompt, list[str]] = {}
    for lane in recorded:
        if twin := _twin_of(lane):
            prompts.setdefault(lane.conversation.turns[-1].prompt, []).append(twin.id)
    for prompt, lane_ids in prompts.items():
        sending.send(Draft(prompt.text, prompt.attachments, tuple(lane_ids), prompt=prompt))


def _twin_of(lane: Lane) -> Lane | None:
    """A lane beside `lane` with its turns but for the last."""
    bench = workbench.workbench()
    twin = bench.add(lane.setup, bench.lanes.index(lane) + 1)
    if twin:
        runs = [turn.answer.run for turn in lane.conversation.turns if turn.answer.run]
        twin.conversation = conversation_of(runs)
        last = twin.conversation.turns[-1]
        twin.conversation.fork_of(last).remove(last)
    return twin


def _use(bundle: Bundle, shown: Mapping[str, Run]) -> None:
    """Fills the lanes; each recorded run is drawn as the one that `shown` has for it."""
    lanes: list[tuple[Setup, Conversation]] = []
    for runs in by_lane(bundle):
        conversation = conversation_of([one.run for one in runs])
        for answer in conversation.all_answers():
            if answer.run:
                answer.run = shown[answer.run.id]
        lanes.append((setup_of(runs[0].run.request), conversation))
        for one in runs:
            remember_cost(shown[one.run.id], one.cost)
    workbench.use_conversations(lanes)
