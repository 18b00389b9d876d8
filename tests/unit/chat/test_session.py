"""Every command on a workbench, in any order, against an engine that does as the test says."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Prompt, ToolResult, Turn
from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.plan import Plan
from glm_playground.chat.session import CONTINUE, Session
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.workbench import Draft, Workbench
from glm_playground.chat.workbench_json import KnownRun, from_json, to_json
from glm_playground.gateway import Event, EventKind, Message, Usage
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome
from tests.unit.chat.fake_runner import PRICES, FakeRunner

MODELS = (*PRICES, "glm-5", "glm-4.6", "glm-4.7", "glm-5.2")
TOOL_CALL = '[{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}}]'


def fits_roles(messages: tuple[Message, ...]) -> bool:
    """Whether a server takes these roles: a user's message or results of the calls made, then an answer, and so on."""
    rest = list(messages)
    while rest and rest[0].role == "system":
        rest.pop(0)
    called: set[str] = set()
    while rest:
        if called:
            results = [rest.pop(0) for _call in range(min(len(called), len(rest)))]
            if {message.tool_call_id for message in results} != called:
                return False
        elif rest.pop(0).role != "user":
            return False
        if not rest:
            return True
        answer = rest.pop(0)
        if answer.role != "assistant" or not (answer.content or answer.tool_calls):
            return False
        called = {call.id for call in answer.tool_calls}
    return False


def texts_of(bench: Workbench) -> set[str]:
    """Every prompt and file that can be found again: asked, waiting, or behind an undo."""
    turns = [turn for lane in bench.lanes for turn in lane.conversation.all_turns()]
    prompts = {turn.prompt.text for turn in turns} | {draft.text for draft in bench.drafts}
    files = {file.text for turn in turns for file in turn.prompt.attachments}
    return prompts | files | {file.text for draft in bench.drafts for file in draft.attachments}


def picture(bench: Workbench) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """What a person sees: lanes, settings, turns with the shown answer."""
    return [
        (lane.id, repr(lane.setup), [(turn.id, turn.number) for turn in lane.conversation.turns])
        for lane in bench.lanes
    ]


class Playing(RuleBasedStateMachine):
    @initialize(models=st.lists(st.sampled_from(MODELS), min_size=1, max_size=3))
    def begin(self, models: list[str]) -> None:
        self.runner = FakeRunner()
        self.bench = Workbench(lanes=[Lane(str(number), Setup(model=model)) for number, model in enumerate(models)])
        self.bench.next_lane = len(models)
        self.session = Session(self.bench, self.runner)
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

    def sent_at_most(self, plan: Plan | None, before: int, confirmed: Decimal | None) -> None:
        """One act sent at most what it said, in number and in cost."""
        sent = self.runner.runs[before:]
        if plan is None:
            assert not sent
            return
        assert len(sent) <= len(plan.bodies)
        if sent and self.bench.ask_above is not None:
            bound = max(self.bench.ask_above, confirmed or Decimal(0))
            if len(sent) == len(plan.bodies):
                assert self.session.dispatch.most_cost(plan) <= bound

    # -- acts

    @rule(
        data=st.data(),
        kind=st.sampled_from(["", "", "{{name}}", "x" * 200, "many words " * 9_000]),
        file=st.booleans(),
        bad=st.booleans(),
    )
    def submit(self, data: st.DataObject, kind: str, file: bool, bad: bool) -> None:
        text = self.new_text(kind)
        files = (Attachment("a.txt", self.new_text("file")),) if file else ()
        notice = Notice(NoticeKind.FILES) if bad else None
        before = len(self.runner.runs)
        plan = self.session.dispatch.plan_of(Draft(text, files, self.bench.targets()))
        self.session.submit(text, files, notice)
        self.sent_at_most(plan, before, None)
        if bad:
            assert len(self.runner.runs) == before

    @rule(tools=st.booleans(), results=st.booleans())
    def ask_and_be_answered(self, tools: bool, results: bool) -> None:
        """A turn in every lane, with tool calls that are answered or not."""
        self.session.stop_all()
        self.session.set_option("target", "all")
        self.session.submit(self.new_text())
        for run in self.runner.running:
            self._end(run, Outcome.TOOL_CALLS if tools else Outcome.COMPLETED)
        for lane in self.bench.lanes if results else ():
            turns = lane.conversation.turns
            calls = turns[-1].answer.tool_calls if turns and turns[-1].answers else ()
            if calls:
                self.session.answer_tools(lane, Prompt(results=tuple(ToolResult(call, "noon") for call in calls)))

    @rule(repeats=st.integers(2, 3))
    def begin_a_comparison(self, repeats: int) -> None:
        self.session.set_option("one_by_one", True)
        self.session.set_option("repeats", repeats)
        self.session.submit(self.new_text())

    @rule(data=st.data())
    def edit_the_first_prompt(self, data: st.DataObject) -> None:
        """Branches, so that which one is shown matters."""
        lane = self.lane(data)
        if lane.conversation.turns:
            self.session.stop(lane)
            turn = lane.conversation.turns[0]
            self.session.edit_prompt(lane, turn, self.new_text())
            self.session.show_branch(lane.conversation.forks()[0], data.draw(st.integers(1, 3)))

    @rule(text=st.sampled_from(["", " \n", "\t"]))
    def submit_nothing(self, text: str) -> None:
        before = len(self.runner.runs)
        assert not self.session.submit(text)
        assert len(self.runner.runs) == before

    @precondition(lambda self: self.bench.drafts)
    @rule(data=st.data(), low=st.booleans(), literal=st.booleans())
    def confirm(self, data: st.DataObject, low: bool, literal: bool) -> None:
        draft = data.draw(st.sampled_from(self.bench.drafts))
        draft.literal = literal
        self.bench.values["name"] = data.draw(st.sampled_from(["", "Ana"]))
        plan = self.session.dispatch.plan_of(draft)
        most = Decimal(0) if low else self.session.dispatch.most_cost(plan)
        before = len(self.runner.runs)
        self.session.confirm(draft, most)
        self.sent_at_most(self.session.dispatch.plan_of(draft) if not plan.requests else plan, before, most)
        # A variable that was filled stands in the turn in place of its name.
        self.typed = {text for text in self.typed if "{{name}}" not in text} | {
            text for text in self.typed if "{{name}}" in text and text in texts_of(self.bench)
        }

    @precondition(lambda self: self.bench.drafts)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        self.taking(self.session.discard, data.draw(st.sampled_from(self.bench.drafts)))

    @precondition(lambda self: self.bench.drafts)
    @rule(data=st.data())
    def rewrite(self, data: st.DataObject) -> None:
        draft = data.draw(st.sampled_from(list(self.bench.drafts)))
        if draft.prompt is None:
            self.typed.discard(draft.text)
            self.session.rewrite(draft, self.new_text("again"))

    @precondition(lambda self: list(self.bench.turns()))
    @rule(data=st.data(), act=st.sampled_from(["regenerate", "edit", "continue", "tools", "without", "delete"]))
    def on_a_turn(self, data: st.DataObject, act: str) -> None:
        lane, turn = self.turn(data)
        before = len(self.runner.runs)
        match act:
            case "regenerate":
                self.session.regenerate(lane, turn)
            case "edit":
                self.session.edit_prompt(lane, turn, self.new_text("edited"))
            case "continue":
                self.typed.add(CONTINUE)
                self.session.continue_answer(lane)
                if CONTINUE not in texts_of(self.bench):
                    raise AssertionError("the request to go on is lost")
            case "tools":
                last = lane.conversation.turns[-1]
                calls = last.answer.tool_calls if last.answers else ()
                self.session.answer_tools(lane, Prompt(results=tuple(ToolResult(call, "noon") for call in calls)))
            case "without":
                self.session.send_without(lane, turn, "temperature")
            case "delete":
                self.taking(self.session.delete_turn, lane, turn)
                assert all(run.ended for one in turn.below() for run in one.runs)
        most = self.bench.repeats + (1 if self.bench.one_by_one else 0)
        assert len(self.runner.runs) - before <= most

    @precondition(lambda self: list(self.bench.turns()))
    @rule(data=st.data(), number=st.integers(0, 4))
    def show(self, data: st.DataObject, number: int) -> None:
        lane, turn = self.turn(data)
        if turn.answers:
            self.session.show_answer(turn, number)
        self.session.show_branch(lane.conversation.fork_of(turn), number) if turn in lane.conversation.turns else None

    @precondition(lambda self: [turn for _lane, turn in self.bench.turns() if turn.answers])
    @rule(data=st.data())
    def edit_answer(self, data: st.DataObject) -> None:
        _lane, turn = data.draw(st.sampled_from([(lane, turn) for lane, turn in self.bench.turns() if turn.answers]))
        kept = list(turn.answers)
        self.session.edit_answer(turn, "my own words")
        assert turn.answers[: len(kept)] == kept

    @rule(data=st.data(), act=st.sampled_from(["add", "duplicate", "left", "right", "remove", "reset", "settings"]))
    def on_a_lane(self, data: st.DataObject, act: str) -> None:
        lane = self.lane(data)
        match act:
            case "add":
                self.session.add_lane(MODELS)
            case "duplicate":
                twin = self.session.duplicate(lane)
                if twin:
                    shown = [turn.answer for turn in lane.conversation.turns if turn.answers]
                    copies = [turn.answer for turn in twin.conversation.turns if turn.answers]
                    for copy, one in zip(copies, shown, strict=False):
                        assert (copy.content, copy.tool_calls, copy.quoted) == (
                            one.content,
                            one.tool_calls,
                            one.quoted,
                        )
            case "left" | "right":
                self.session.move(lane, -1 if act == "left" else 1)
            case "remove":
                self.taking(self.session.remove, lane)
                if lane not in self.bench.lanes:
                    assert not lane.conversation.live_runs()
            case "reset":
                before = lane.setup
                self.taking(self.session.reset, lane)
                assert lane.setup == Setup(model=before.model)
            case "settings":
                self.session.edit(lane, "temperature", 0.5)
                self.session.edit(lane, "tools", data.draw(st.sampled_from(["", "[{", '{"name": "f"}'])))

    @rule(models=st.lists(st.sampled_from(MODELS), min_size=1, max_size=4))
    def use_setups(self, models: list[str]) -> None:
        self.taking(self.session.use_setups, [Setup(model=model) for model in models])

    @rule()
    def clear(self) -> None:
        self.taking(self.session.clear)
        assert not self.runner.running
        assert not any(lane.conversation.start.turns for lane in self.bench.lanes)

    @rule(
        one_by_one=st.booleans(),
        repeats=st.integers(1, 3),
        same=st.booleans(),
        above=st.sampled_from([None, Decimal(0), Decimal("0.02"), Decimal(1)]),
    )
    def options(self, one_by_one: bool, repeats: int, same: bool, above: Decimal | None) -> None:
        self.session.set_option("one_by_one", one_by_one)
        self.session.set_option("repeats", repeats)
        self.session.set_option("same_settings", same)
        self.session.set_option("ask_above", above)

    @rule(wanted=st.booleans())
    def run_tools(self, wanted: bool) -> None:
        before = len(self.runner.runs)
        self.session.set_option("run_tools", wanted)
        self.session.run_tools(datetime.now(UTC))
        most = sum(bool(lane.conversation.turns) for lane in self.bench.lanes) * (self.bench.repeats + 1)
        assert len(self.runner.runs) - before <= (most if wanted else 0)

    @rule(data=st.data())
    def target(self, data: st.DataObject) -> None:
        self.session.set_option("target", data.draw(st.sampled_from(["all", self.lane(data).id])))

    @rule()
    def undo(self) -> None:
        lanes, had = picture(self.bench), len(self.bench.undo)
        texts, running = texts_of(self.bench), {run.id for run in self.runner.running}
        notice = self.session.undo()
        # It gives back and takes nothing.
        assert texts <= texts_of(self.bench)
        assert {run.id for run in self.runner.running} == running
        if not had or notice:
            assert picture(self.bench) == lanes
            return
        took, _ = self.taken.pop() if self.taken else (set(), set())
        assert took <= texts_of(self.bench)

    @rule(data=st.data(), act=st.sampled_from(["clear", "remove", "reset", "setups", "delete", "discard"]))
    def take_and_put_back(self, data: st.DataObject, act: str) -> None:
        """Undo right behind its command leaves the screen as it was."""
        lane, before, newest = self.lane(data), picture(self.bench), self.bench.undo[-1:]
        waiting = [draft.text for draft in self.bench.drafts]
        match act:
            case "clear":
                self.session.clear()
            case "remove":
                self.session.remove(lane)
            case "reset":
                self.session.reset(lane)
            case "setups":
                self.session.use_setups([Setup(model="glm-5.1")])
            case "delete":
                if lane.conversation.turns:
                    self.session.delete_turn(lane, data.draw(st.sampled_from(lane.conversation.turns)))
            case "discard":
                if self.bench.drafts:
                    self.session.discard(data.draw(st.sampled_from(self.bench.drafts)))
        if self.bench.undo[-1:] != newest:
            self.session.undo()
        assert picture(self.bench) == before
        assert [draft.text for draft in self.bench.drafts] == waiting

    @rule(everywhere=st.booleans(), data=st.data())
    def stop(self, everywhere: bool, data: st.DataObject) -> None:
        if everywhere:
            self.session.stop_all()
            assert not self.runner.running
        else:
            lane = self.lane(data)
            self.session.stop(lane)
            assert not lane.conversation.live_runs()

    @precondition(lambda self: self.runner.running)
    @rule(
        data=st.data(),
        outcome=st.sampled_from([Outcome.COMPLETED, Outcome.FAILED, Outcome.TOOL_CALLS, Outcome.LENGTH]),
    )
    def a_run_ends(self, data: st.DataObject, outcome: Outcome) -> None:
        self._end(data.draw(st.sampled_from(self.runner.running)), outcome)

    def _end(self, run: LiveRun, outcome: Outcome) -> None:
        if outcome is Outcome.TOOL_CALLS:
            run.events.append(Event(5, EventKind.TOOL_CALLS, TOOL_CALL))
        elif outcome is not Outcome.FAILED:
            run.events.append(Event(5, EventKind.CONTENT, "an answer"))
            run.usage = Usage(5, 20, 25)
        run.outcome = outcome

    @rule()
    def store_and_open(self) -> None:
        known = {run.id: KnownRun(run) for run in self.runner.runs}
        again = from_json(to_json(self.bench, lambda run: True), known, id="x", name="y")
        assert picture(again) == picture(self.bench)
        assert texts_of(again) == texts_of(self.bench)
        assert [lane.typed for lane in again.lanes] == [lane.typed for lane in self.bench.lanes]
        assert {run.id for run in again.live_runs() if not run.warm_up} == {
            run.id for run in self.bench.live_runs() if not run.warm_up
        }

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


TestPlaying = Playing.TestCase
TestPlaying.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
