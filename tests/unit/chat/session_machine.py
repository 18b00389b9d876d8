"""What a machine that plays with a session knows beside it, and what holds after every act."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from glm_playground.chat.conversation import Turn
from glm_playground.chat.lane import Lane
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.workbench import Workbench
from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome
from tests.unit.chat.checked_session import CheckedSession
from tests.unit.chat.fake_runner import PRICES, FakeRunner
from tests.unit.chat.seen import fits_roles, texts_of

MODELS = (*PRICES, "glm-5", "glm-4.6", "glm-4.7", "glm-5.2")
TOOL_CALL = '[{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}}]'


class SessionMachine(RuleBasedStateMachine):
    """The state and the invariants; the acts are another's."""

    @initialize(models=st.lists(st.sampled_from(MODELS), min_size=1, max_size=3))
    def begin(self, models: list[str]) -> None:
        self.runner = FakeRunner()
        self.bench = Workbench(lanes=[Lane(str(number), Setup(model=model)) for number, model in enumerate(models)])
        self.bench.next_lane = len(models)
        self.session = CheckedSession(self.bench, self.runner)
        self.typed: set[str] = set()
        self.taken: list[tuple[set[str], set[str]]] = []
        self.count = 0

    # -- what the machine knows beside the session

    def lane(self, data: st.DataObject) -> Lane:
        return data.draw(st.sampled_from(self.bench.lanes))

    def turn(self, data: st.DataObject) -> tuple[Lane, Turn]:
        return data.draw(st.sampled_from(list(self.bench.turns())))

    def new_text(self, kind: str = "") -> str:
        self.count += 1
        text = f"prompt {self.count} {kind}".strip()
        self.typed.add(text)
        return text

    def taking(self, command: object, *arguments: object) -> None:
        """Does a command that may take things away, and remembers what it took."""
        texts, entries = texts_of(self.bench), len(self.bench.undo)
        newest = self.bench.undo[-1:]
        command(*arguments)  # type: ignore[operator]
        if len(self.bench.undo) > entries or self.bench.undo[-1:] != newest:
            self.taken.append((texts - texts_of(self.bench), set()))
        else:
            assert texts <= texts_of(self.bench)

    def end(self, run: LiveRun, outcome: Outcome) -> None:
        if outcome is Outcome.TOOL_CALLS:
            run.events.append(Event(5, EventKind.TOOL_CALLS, TOOL_CALL))
        elif outcome is not Outcome.FAILED:
            run.events.append(Event(5, EventKind.CONTENT, "an answer"))
            run.usage = Usage(5, 20, 25)
        run.outcome = outcome

    def forget_names(self) -> None:
        """A variable that was filled stands in the turn in place of its name."""
        lost = self.typed - texts_of(self.bench)
        self.typed -= {text for text in lost if "{{name}}" in text}

    # -- what always holds

    @invariant()
    def every_running_run_can_be_reached(self) -> None:
        if hasattr(self, "runner"):
            reached = {run.id for run in self.bench.live_runs()}
            assert {run.id for run in self.runner.running} == reached

    @invariant()
    def every_request_has_valid_roles(self) -> None:
        if hasattr(self, "runner"):
            for run in self.runner.runs[-8:]:
                assert fits_roles(run.request.messages), run.request.messages

    @invariant()
    def nothing_typed_is_lost(self) -> None:
        if hasattr(self, "runner"):
            behind_undo = set().union(*(took for took, _ in self.taken)) if self.taken else set()
            assert self.typed <= texts_of(self.bench) | behind_undo

    @invariant()
    def there_are_one_to_six_lanes(self) -> None:
        if hasattr(self, "runner"):
            assert 1 <= len(self.bench.lanes) <= MAX_LANES
            assert len({lane.id for lane in self.bench.lanes}) == len(self.bench.lanes)
