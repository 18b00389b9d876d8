"""A session whose commands are checked as they run: what each may send, and what that may cost at most."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from glm_playground.chat.lane import Lane
from glm_playground.chat.plan import Addressed, Plan
from glm_playground.chat.session import Session
from glm_playground.chat.workbench import Draft, Workbench
from glm_playground.runs.live_run import LiveRun
from tests.unit.chat.fake_runner import FakeRunner

COMMANDS = frozenset(name for name, _of in inspect.getmembers(Session, inspect.isfunction) if not name.startswith("_"))
"""Every public command."""
OF_ONE_LANE = frozenset({"regenerate", "edit_prompt", "continue_answer", "answer_tools", "send_without"})
"""Those that ask one lane."""


class CheckedSession:
    """Does as `Session` does, and fails where a command sends or may cost more than it says."""

    def __init__(self, bench: Workbench, runner: FakeRunner) -> None:
        self._session = Session(bench, runner)
        self._bench, self._runner = bench, runner

    def __getattr__(self, name: str) -> Any:
        command = getattr(self._session, name)
        return self._checked(name, command) if name in COMMANDS else command

    def _checked(self, name: str, command: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*arguments: Any, **named: Any) -> Any:
            before = len(self._runner.runs)
            most, confirmed = self._most_requests(name, arguments), self._confirmed(name, arguments)
            found = command(*arguments, **named)
            sent = self._runner.runs[before:]
            assert len(sent) <= most, f"{name} sent {len(sent)}, at most {most} were said"
            self._costs_at_most(sent, confirmed)
            return found

        return checked

    def _costs_at_most(self, sent: list[LiveRun], confirmed: Decimal | None) -> None:
        limit = self._bench.ask_above
        if not sent or limit is None:
            return
        assert limit > 0 or confirmed is not None, "sent without asking, where each prompt is to be confirmed"
        outlook = self._session.dispatch.outlook
        costs = [outlook.of(Addressed("", run.request)).most_cost for run in sent]
        bound = max(limit, confirmed or Decimal(0))
        assert sum(Decimal("Infinity") if cost is None else cost for cost in costs) <= bound

    def _confirmed(self, name: str, arguments: tuple[Any, ...]) -> Decimal | None:
        """US dollars that the user confirms with a command, or has confirmed for its prompt."""
        match name:
            case "confirm":
                return arguments[1]
            case "send":
                return arguments[0].confirmed
        return None

    def _most_requests(self, name: str, arguments: tuple[Any, ...]) -> int:
        """How many requests a command says that it sends at most."""
        bench = self._bench
        match name:
            case "submit":
                return self._requests_of(Draft(arguments[0], lane_ids=bench.targets()))
            case "send":
                return self._requests_of(arguments[0])
            case "confirm":
                [draft, _most] = arguments
                left = tuple(lane for lane in draft.lane_ids if bench.lane(lane)) or bench.targets()
                return self._requests_of(replace(draft, lane_ids=left))
            case "run_tools":
                asking = [lane for lane in bench.lanes if _calls_tools(lane)] if bench.run_tools else []
                return sum(self._requests_of(Draft("results", lane_ids=(lane.id,))) for lane in asking)
        return self._requests_of(Draft("again", lane_ids=(arguments[0].id,))) if name in OF_ONE_LANE else 0

    def _requests_of(self, draft: Draft) -> int:
        plan: Plan = self._session.dispatch.plan_of(draft)
        return len(plan.warm_ups) + len(plan.requests) * plan.repeats


def _calls_tools(lane: Lane) -> bool:
    turns = lane.conversation.turns
    return bool(turns and turns[-1].answers and turns[-1].answer.tool_calls)
