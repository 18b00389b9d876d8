"""Starts the runs of a plan, and puts the answers that are on their way into the turns of their lanes."""

import random
import secrets
from typing import Protocol

from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.plan import Plan, Request, RequestLimits
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.workbench import Batch, Draft, Workbench
from glm_playground.gateway import ChatRequest, Dialect
from glm_playground.runs.cost import Price
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.marks import marked
from glm_playground.runs.run import Run


class Runner(Protocol):
    """Starts and stops runs for a session, and knows what its gateways publish; an empty name means the first."""

    def start(self, gateway: str, request: ChatRequest, *, behind: Run | None, warm_up: bool) -> LiveRun:
        """Starts a run at a gateway that `has` knows, once `behind` has ended."""

    def has(self, gateway: str) -> bool:
        """Whether there is a gateway with this name."""

    def stop(self, *runs: LiveRun) -> None:
        """Stops runs, those that wait for others first; those that ended are left alone."""

    def dialect(self, gateway: str) -> Dialect:
        """How the gateway is spoken to."""

    def leave_out(self, run: Run, field: str) -> bool:
        """Leaves a field that `run` was refused for out of all later requests to its gateway.

        False where it is none that the app adds by itself, or the refusal does not name it.
        """

    def limits(self, gateway: str, model: str) -> RequestLimits:
        """What a request to `model` may hold there."""

    def price(self, gateway: str, model: str) -> Price | None:
        """The price of `model` there; None where nobody says it."""


def start(plan: Plan, draft: Draft, bench: Workbench, runner: Runner) -> None:
    """Starts the runs: all lanes at once with the repeats of each in a row, or all one by one in random order."""
    order = [request for request in plan.requests for _repeat in range(plan.repeats)]
    last: LiveRun | None = None
    warm_ups: list[LiveRun] = []
    started: list[LiveRun] = []
    if plan.one_after_the_other:
        random.shuffle(order)
        for gateway, body in plan.warm_ups:
            last = runner.start(gateway, body, behind=last, warm_up=True)
            warm_ups.append(last)
    answers: dict[str, list[Answer]] = {request.lane.id: [] for request in plan.requests}
    for request in order:
        mine = answers[request.lane.id]
        body, behind = request.body, mine[-1].run if mine else None
        if plan.one_after_the_other:
            body = body.model_copy(update={"messages": marked(body.messages, secrets.token_hex(4))})
            behind = last
        last = runner.start(request.gateway, body, behind=behind, warm_up=False)
        started.append(last)
        mine.append(Answer(last, one_by_one=plan.one_after_the_other))
    if warm_ups:
        bench.batches.append(Batch(tuple(warm_ups), tuple(started)))
    bench.name_by(plan.prompt.text)
    for request in plan.requests:
        _turn_for(request, plan.prompt, draft).add(answers[request.lane.id])


def _turn_for(request: Request, prompt: Prompt, draft: Draft) -> Turn:
    """The turn whose answers are on their way."""
    if request.turn and not draft.as_branch:
        return request.turn
    turn = Turn(prompt)
    conversation = request.lane.conversation
    fork = conversation.fork_of(request.turn) if request.turn else conversation.end
    fork.add(turn)
    return turn
