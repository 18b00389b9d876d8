"""Every command on a workbench, in any order, against an engine that does as the test says."""

import inspect
import re
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.session import CONTINUE
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.workbench import Draft
from glm_playground.chat.workbench_json import KnownRun, from_json, to_json
from glm_playground.runs.run import Outcome
from tests.unit.chat.checked_session import COMMANDS
from tests.unit.chat.fake_runner import GATEWAY
from tests.unit.chat.seen import picture, texts_of
from tests.unit.chat.session_machine import MODELS, SessionMachine


class Playing(SessionMachine):
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
        self.session.submit(text, files, notice)
        if bad:
            assert len(self.runner.runs) == before

    @rule(tools=st.booleans(), results=st.booleans())
    def ask_and_be_answered(self, tools: bool, results: bool) -> None:
        """A turn in every lane, with tool calls that are answered or not."""
        self.session.stop_all()
        self.session.set_option("target", "all")
        self.session.submit(self.new_text())
        for run in self.runner.running:
            self.end(run, Outcome.TOOL_CALLS if tools else Outcome.COMPLETED)
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

    @rule(repeats=st.integers(2, 3))
    def confirm_just_what_a_comparison_costs(self, repeats: int) -> None:
        self.session.stop_all()
        self.taking(self.session.use_setups, [Setup(model="glm-5.1")])
        self.session.set_option("ask_above", Decimal(0))
        self.begin_a_comparison(repeats)
        draft = self.bench.drafts[-1]
        self.session.confirm(draft, self.session.dispatch.most_cost(self.session.dispatch.plan_of(draft)))

    @rule()
    def run_tools_at_a_limit(self) -> None:
        """Each lane's next request is below the limit, and all of them together may not be."""
        self.session.set_option("ask_above", None)
        self.session.set_option("one_by_one", False)
        for lane in self.bench.lanes:
            self.session.edit(lane, "model", "glm-5.1")
        self.ask_and_be_answered(tools=True, results=False)
        self.session.set_option("repeats", 1)
        self.session.set_option("ask_above", Decimal("0.05"))
        self.session.set_option("run_tools", True)
        self.session.run_tools(datetime.now(UTC))

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

    @rule(text=st.sampled_from(["Ol\u00e1, \u00e7a va?", "\u00fcber"]))
    def submit_a_file_of_a_guessed_encoding(self, text: str) -> None:
        file = Attachment("a.txt", f"{text} {len(self.runner.runs)} {self.count}")
        self.typed.add(file.text)
        before = len(self.runner.runs)
        self.session.submit(self.new_text(), [file], guessed=["cp1252"])
        assert len(self.runner.runs) == before
        assert self.bench.drafts

    @precondition(lambda self: [draft for draft in self.bench.drafts if any(draft.guessed)])
    @rule(data=st.data())
    def read_again(self, data: st.DataObject) -> None:
        draft = data.draw(st.sampled_from([draft for draft in self.bench.drafts if any(draft.guessed)]))
        before, encoding = draft.attachments[0].text, draft.guessed[0]
        self.session.read_again(draft, 0, data.draw(st.sampled_from(draft.encodings(0))))
        after = draft.attachments[0].text
        assert after.encode(draft.guessed[0]) == before.encode(encoding)
        self.typed = self.typed - {before} | {after}

    @rule()
    def wait(self) -> None:
        draft = Draft(self.new_text(), lane_ids=self.bench.targets(), notice=Notice(NoticeKind.READY))
        self.session.wait(draft)
        assert self.bench.drafts[-1] is draft

    @rule(
        data=st.data(),
        kind=st.sampled_from(["", "{{name}}", "x" * 200]),
        confirmed=st.sampled_from([None, Decimal(0), Decimal("0.04"), Decimal("Infinity")]),
        filled=st.booleans(),
        seen=st.booleans(),
    )
    def send(self, data: st.DataObject, kind: str, confirmed: Decimal | None, filled: bool, seen: bool) -> None:
        lanes = data.draw(st.lists(st.sampled_from([lane.id for lane in self.bench.lanes]), unique=True))
        draft = Draft(self.new_text(kind), lane_ids=tuple(lanes), filled=filled, confirmed=confirmed)
        draft.literal = draft.unchecked = seen
        before = len(self.runner.runs)
        was_sent = self.session.send(draft)
        assert was_sent == (len(self.runner.runs) > before)
        assert was_sent == (draft not in self.bench.drafts)
        self.forget_names()

    @precondition(lambda self: self.bench.drafts)
    @rule(data=st.data())
    def send_a_waiting_one(self, data: st.DataObject) -> None:
        self.session.send(data.draw(st.sampled_from(self.bench.drafts)))
        self.forget_names()

    @precondition(lambda self: self.bench.drafts)
    @rule(data=st.data(), low=st.booleans(), literal=st.booleans())
    def confirm(self, data: st.DataObject, low: bool, literal: bool) -> None:
        draft = data.draw(st.sampled_from(self.bench.drafts))
        draft.literal = literal
        self.bench.values["name"] = data.draw(st.sampled_from(["", "Ana"]))
        plan = self.session.dispatch.plan_of(draft)
        most = Decimal(0) if low else self.session.dispatch.most_cost(plan)
        self.session.confirm(draft, most)
        self.forget_names()

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
        match act:
            case "regenerate":
                self.session.regenerate(lane, turn)
            case "edit":
                self.session.edit_prompt(lane, turn, self.new_text("edited"))
            case "continue":
                busy = bool(lane.conversation.live_runs())
                asked = self.session.continue_answer(lane)
                if not busy:
                    self.typed.add(CONTINUE)
                    assert CONTINUE in texts_of(self.bench), "the request to go on is lost"
                assert not (busy and asked)
            case "tools":
                last = lane.conversation.turns[-1]
                calls = last.answer.tool_calls if last.answers else ()
                self.session.answer_tools(lane, Prompt(results=tuple(ToolResult(call, "noon") for call in calls)))
            case "without":
                self.session.send_without(lane, turn, "temperature")
            case "delete":
                self.taking(self.session.delete_turn, lane, turn)
                assert all(run.ended for one in turn.below() for run in one.runs)

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
                assert lane.setup == Setup(model=before.model, gateway=before.gateway)
            case "settings":
                self.session.edit(lane, "temperature", 0.5)
                self.session.edit(lane, "tools", data.draw(st.sampled_from(["", "[{", '{"name": "f"}'])))

    @rule(models=st.lists(st.sampled_from(MODELS), min_size=1, max_size=4))
    def use_setups(self, models: list[str]) -> None:
        self.taking(self.session.use_setups, [Setup(model=model) for model in models])

    @precondition(lambda self: self.bench.empty and not self.bench.undo)
    @rule(models=st.lists(st.sampled_from(MODELS), min_size=1, max_size=8))
    def use_conversations(self, models: list[str]) -> None:
        recorded = []
        for model in models:
            turn = Turn(Prompt(f"recorded {model}"), [Answer(text="an answer")])
            recorded.append((Setup(model=model), Conversation()))
            recorded[-1][1].start.add(turn)
        self.session.use_conversations(recorded)
        assert [(lane.setup, lane.conversation) for lane in self.bench.lanes] == recorded[:MAX_LANES]
        assert not self.bench.live_runs()

    @rule(model=st.sampled_from(MODELS))
    def begin_with(self, model: str) -> None:
        others = [lane.setup for lane in self.bench.lanes[1:]]
        self.session.begin_with(model)
        assert self.bench.lanes[0].setup.model == model
        assert [lane.setup for lane in self.bench.lanes[1:]] == others

    @rule()
    def name_gateways(self) -> None:
        named = {lane.id: lane.setup.gateway for lane in self.bench.lanes}
        self.session.name_gateways(GATEWAY)
        assert [lane.setup.gateway for lane in self.bench.lanes] == [name or GATEWAY for name in named.values()]

    @rule()
    def clear(self) -> None:
        self.taking(self.session.clear)
        assert not self.runner.running
        assert not any(lane.conversation.start.turns for lane in self.bench.lanes)

    @rule(
        one_by_one=st.booleans(),
        repeats=st.integers(1, 3),
        same=st.booleans(),
        above=st.sampled_from([None, Decimal(0), Decimal("0.02"), Decimal("0.04"), Decimal(1)]),
    )
    def options(self, one_by_one: bool, repeats: int, same: bool, above: Decimal | None) -> None:
        self.session.set_option("one_by_one", one_by_one)
        self.session.set_option("repeats", repeats)
        self.session.set_option("same_settings", same)
        self.session.set_option("ask_above", above)

    @rule(wanted=st.booleans())
    def run_tools(self, wanted: bool) -> None:
        self.session.set_option("run_tools", wanted)
        self.session.run_tools(datetime.now(UTC))
        waiting = len(self.bench.drafts)
        # A page does so at every click.
        assert not self.session.run_tools(datetime.now(UTC))
        assert len(self.bench.drafts) == waiting

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
        self.end(data.draw(st.sampled_from(self.runner.running)), outcome)

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


def test_every_command_of_a_session_is_run() -> None:
    assert set(re.findall(r"self\.session\.(\w+)", inspect.getsource(Playing))) >= COMMANDS


TestPlaying = Playing.TestCase
TestPlaying.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
