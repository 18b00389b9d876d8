"""The engine on a real connection: a run starts at once, always ends, keeps its text, and mixes with no other."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from glm_playground.gateway import ChatRequest, EventKind, Gateway, GatewayClient, Message
from glm_playground.runs import engine as engine_module
from glm_playground.runs.cost import CostState, cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.run import Outcome, Run
from glm_playground.sandbox.process import SandboxProcess
from tests.asking import ask_for, finished
from tests.loopback import CannedServer, content, stream

PLAIN = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hi"),))
Logged = Callable[..., Any]


def ask(engine: Engine, gateway: Gateway, script: str, **fields: Any) -> Run:
    return finished(engine, engine.start(ask_for(script, **fields), gateway))


def until(engine: Engine, run: Run, ready: Callable[[Run], bool]) -> None:
    """Attaches to `run` until it is `ready`."""
    deadline = time.monotonic() + 10
    while not ready(run):
        engine.wait_changed(run, len(run.events), timeout=1)
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        ("text=all%20of%20it", (Outcome.COMPLETED, "stop", "all of it")),
        ("text=all%20of%20it done=0", (Outcome.COMPLETED, "stop", "all of it")),
        ("text=all%20of%20it done=2", (Outcome.COMPLETED, "stop", "all of it")),
        ("text=a finish=length", (Outcome.LENGTH, "length", "a")),
        ("text=a finish=sensitive", (Outcome.FILTERED, "sensitive", "a")),
        ("text=a finish=network_error", (Outcome.FAILED, "network_error", "a")),
        ("text=a finish=abort", (Outcome.FAILED, "abort", "a")),
        ("text=a finish=model_context_window_exceeded", (Outcome.LENGTH, "model_context_window_exceeded", "a")),
        ("text=a finish=new_word", (Outcome.UNKNOWN, "new_word", "a")),
        ("tool_call=1", (Outcome.TOOL_CALLS, "tool_calls", "")),
        ("text=a%20b%20c%20d fault=error_midstream@3", (Outcome.FAILED, None, "a b ")),
        ("text=a%20b%20c%20d fault=drop@3", (Outcome.FAILED, None, "a b ")),
        ("status=402", (Outcome.FAILED, None, "")),
    ],
)
def test_each_way_to_end_has_its_outcome(
    engine: Engine, gateway: Gateway, script: str, ending: tuple[Outcome, str | None, str]
) -> None:
    run = ask(engine, gateway, script)
    outcome, finish_reason, _ = ending
    assert (run.outcome, run.finish_reason, run.content) == ending
    assert run.complete_stream == (finish_reason is not None and "done=0" not in script)
    assert (run.error is not None) == (outcome is Outcome.FAILED)
    assert run.ended_ns
    assert run.ended_ns >= max((event.at_ns for event in run.events), default=0)


def test_max_tokens_cut_the_answer(engine: Engine, gateway: Gateway) -> None:
    run = ask(engine, gateway, "tokens=50", max_tokens=7)
    assert run.outcome is Outcome.LENGTH
    assert run.usage
    assert run.usage.completion_tokens == 7


def test_a_stream_that_just_stops_was_interrupted(engine: Engine) -> None:
    with CannedServer(stream(content("half"))) as server:
        run = finished(engine, engine.start(PLAIN, Gateway("x", server.url)))
    assert (run.outcome, run.content, run.complete_stream) == (Outcome.INTERRUPTED, "half", False)


def test_a_run_records_who_answered_and_what_it_used(engine: Engine, gateway: Gateway, logged: Logged) -> None:
    run = ask(engine, gateway, "text=a%20b reasoning=3")
    (entry,) = logged(run.id)
    assert (run.request_id, run.task_id) == (entry["request_id"], entry["task_id"])
    assert run.response_id == f"chatcmpl-{run.task_id}"
    assert (run.served_model, run.served_by) == ("glm-5.1", "scripted text (not GLM)")
    assert run.usage
    assert (run.usage.completion_tokens, run.usage.reasoning_tokens) == (5, 3)
    assert run.server.stand_in == "scripted text"
    assert entry["body"] == json.loads(json.dumps(run.request.body()))


def test_a_failed_run_keeps_the_servers_words(engine: Engine, gateway: Gateway, logged: Logged) -> None:
    run = ask(engine, gateway, "status=422 error_shape=2")
    (entry,) = logged(run.id)
    error = run.error
    assert error
    assert (error.kind, error.status, error.request_id) == ("RequestRejected", 422, entry["request_id"])
    assert error.fields == (("base", (error.message,)),)
    assert (run.request_id, run.task_id) == (entry["request_id"], entry["task_id"])
    assert cost_of(run, None).state is CostState.NOT_CHARGED


def test_the_cost_is_the_one_the_sandbox_settled(engine: Engine, gateway: Gateway, sandbox: SandboxProcess) -> None:
    run = ask(engine, gateway, "tokens=20")
    task = engine.ask(gateway, lambda client: client.get_json(f"{sandbox.base_url}/api/v1/tasks/{run.task_id}"))
    assert run.usage
    prompt, completion = run.usage.prompt_tokens, run.usage.completion_tokens
    settled = json.dumps(task.result(timeout=10))
    expected = (Decimal(prompt or 0) * 90 + Decimal(completion or 0) * 300) / 100_000_000
    assert f'"cost": {float(expected)}' in settled


def test_attempts_are_recorded_on_the_run(engine: Engine, gateway: Gateway) -> None:
    run = ask(engine, gateway, f"status=503 retry_after=0 fail_times=2 key={uuid.uuid4().hex} text=late")
    assert (run.outcome, run.content) == (Outcome.COMPLETED, "late")
    assert [event.text for event in run.events if event.kind is EventKind.RETRY] == ["ServiceUnavailable 0.0"] * 2
    assert [event.kind for event in run.events][:3] == [EventKind.RETRY, EventKind.RETRY, EventKind.ROLE]


def test_the_key_is_in_nothing_a_run_holds(engine: Engine) -> None:
    key = "sk-never-to-be-seen-7c1f"
    said = stream(content("a"), {"error": {"message": f"key {key} is wrong", "code": key}})
    with CannedServer(said) as server:
        run = finished(engine, engine.start(PLAIN, Gateway("x", server.url, key=SecretStr(key))))
    assert run.error
    assert run.error.message == "key [key] is wrong"
    assert key not in repr(run)
    assert key not in repr(vars(engine))


class TestStarting:
    def test_start_does_not_wait_for_the_server(self, engine: Engine) -> None:
        answering = threading.Event()
        with CannedServer(lambda _: answering.wait(10)) as server:
            run = engine.start(PLAIN, Gateway("x", server.url))
            assert (run.ended, run.events, engine.running) == (False, [], 1)
            answering.set()
            assert finished(engine, run).outcome is Outcome.FAILED
        assert engine.running == 0

    def test_runs_do_not_mix(self, engine: Engine, gateway: Gateway) -> None:
        runs = [engine.start(ask_for(f"text=answer{n}%20of%20{n} rate=2000"), gateway) for n in range(12)]
        assert [finished(engine, run).content for run in runs] == [f"answer{n} of {n}" for n in range(12)]
        assert len({run.id for run in runs} | {run.request_id for run in runs}) == 24

    def test_a_failure_next_to_it_does_not_touch_a_run(self, engine: Engine, gateway: Gateway) -> None:
        good = engine.start(ask_for("tokens=40 rate=1000"), gateway)
        bad = [engine.start(ask_for(f"tokens=4 fault={fault}"), gateway) for fault in ("drop", "error_midstream")]
        assert [finished(engine, run).outcome for run in (good, *bad)] == [
            Outcome.COMPLETED,
            Outcome.FAILED,
            Outcome.FAILED,
        ]


class TestStopping:
    def test_before_the_first_token(self, engine: Engine, gateway: Gateway, logged: Logged) -> None:
        run = engine.start(ask_for("tokens=9 fault=hang@0"), gateway)
        until(engine, run, lambda run: bool(run.events))
        engine.stop(run)
        finished(engine, run)
        assert (run.outcome, run.has_delta, run.error) == (Outcome.STOPPED, False, None)
        (entry,) = logged(run.id, until="closed_by_client_ns")
        assert entry["tokens_sent"] == 0

    def test_in_the_middle_the_text_is_kept(self, engine: Engine, gateway: Gateway, logged: Logged) -> None:
        run = engine.start(ask_for("text=a%20b%20c%20d%20e fault=hang@4"), gateway)
        until(engine, run, lambda run: run.content == "a b c ")
        engine.stop(run)
        finished(engine, run)
        assert (run.outcome, run.content, run.usage) == (Outcome.STOPPED, "a b c ", None)
        assert cost_of(run, None).state is CostState.NO_USAGE
        assert run.request_id
        (entry,) = logged(run.id, until="closed_by_client_ns")
        assert entry["tokens_sent"] == 3

    def test_while_it_waits_to_try_again(self, engine: Engine, gateway: Gateway, logged: Logged) -> None:
        run = engine.start(ask_for("status=429 retry_after=30"), gateway)
        until(engine, run, lambda run: bool(run.events))
        engine.stop(run)
        assert finished(engine, run).outcome is Outcome.STOPPED
        assert [event.kind for event in run.events] == [EventKind.RETRY]
        assert len(logged(run.id)) == 1

    def test_at_once_still_ends_the_run(self, engine: Engine, gateway: Gateway) -> None:
        for _ in range(20):
            run = engine.start(ask_for("tokens=9 fault=hang@0"), gateway)
            engine.stop(run)
            assert finished(engine, run).outcome is Outcome.STOPPED
        assert engine.running == 0

    def test_a_run_that_ended_is_left_alone(self, engine: Engine, gateway: Gateway) -> None:
        run = ask(engine, gateway, "text=a")
        engine.stop(run)
        assert engine.running == 0
        assert run.outcome is Outcome.COMPLETED

    def test_the_others_go_on(self, engine: Engine, gateway: Gateway) -> None:
        stopped = engine.start(ask_for("tokens=9 fault=hang@2"), gateway)
        other = engine.start(ask_for("tokens=40 rate=1000"), gateway)
        engine.stop(stopped)
        assert finished(engine, other).outcome is Outcome.COMPLETED
        assert finished(engine, stopped).outcome is Outcome.STOPPED


class TestWaiting:
    def test_an_ended_run_is_something_to_draw_at_once(self, engine: Engine, gateway: Gateway) -> None:
        run = ask(engine, gateway, "text=a")
        start = time.monotonic()
        assert engine.wait_changed(run, len(run.events), pause=30, timeout=30)
        assert time.monotonic() - start < 5

    def test_nothing_new_is_told_after_the_timeout(self, engine: Engine, gateway: Gateway) -> None:
        run = engine.start(ask_for("text=a%20b%20c fault=hang@2"), gateway)
        until(engine, run, lambda run: run.content == "a ")
        start = time.monotonic()
        assert not engine.wait_changed(run, len(run.events), pause=0.05, timeout=0.05)
        assert time.monotonic() - start >= 0.09
        assert engine.wait_changed(run, len(run.events) - 1, timeout=30)

    def test_an_event_wakes_who_waits(self, engine: Engine) -> None:
        more = threading.Event()

        def in_two(connection: Any) -> None:
            connection.sendall(stream(content("a")))
            more.wait(10)
            connection.sendall(stream(content("b"), b"[DONE]").partition(b"\r\n\r\n")[2])

        with CannedServer(in_two) as server:
            run = engine.start(PLAIN, Gateway("x", server.url))
            until(engine, run, lambda run: run.content == "a")
            threading.Timer(0.05, more.set).start()
            start = time.monotonic()
            assert engine.wait_changed(run, 1, timeout=30)
            assert time.monotonic() - start < 10
            assert run.content == "ab"
            finished(engine, run)

    def test_the_end_cuts_the_pause_short(self, engine: Engine, gateway: Gateway) -> None:
        run = engine.start(ask_for("tokens=9 fault=hang@0"), gateway)
        threading.Timer(0.05, engine.stop, [run]).start()
        start = time.monotonic()
        assert engine.wait_changed(run, 0, pause=30)
        assert time.monotonic() - start < 10
        assert run.outcome is Outcome.STOPPED


class TestAlwaysEnding:
    @pytest.mark.parametrize(
        "broken", [(engine_module, "usage_of"), (GatewayClient, "stream"), (engine_module, "connection_pool")]
    )
    def test_a_mistake_of_ours_ends_the_run_too(
        self,
        engine: Engine,
        gateway: Gateway,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        broken: tuple[Any, str],
    ) -> None:
        def mistake(*_: object, **__: object) -> None:
            raise ZeroDivisionError("told to the log only")

        monkeypatch.setattr(*broken, mistake)
        caplog.set_level(logging.ERROR)
        run = ask(engine, gateway, "text=kept")
        assert run.outcome is Outcome.FAILED
        assert run.error
        assert (run.error.kind, run.error.message) == ("InternalError", "ZeroDivisionError")
        assert run.content == ("kept" if broken[1] == "usage_of" else "")
        assert run.id in caplog.text
        assert "told to the log only" in caplog.text
        monkeypatch.undo()
        assert ask(engine, gateway, "text=next").content == "next"

    def test_close_interrupts_what_goes_on(self, gateway: Gateway, logged: Logged) -> None:
        engine = Engine()
        running = engine.start(ask_for("text=a%20b%20c fault=hang@2"), gateway)
        until(engine, running, lambda run: run.content == "a ")
        just_started = engine.start(ask_for("tokens=9 fault=hang@0"), gateway)
        engine.close()
        assert (running.outcome, running.content) == (Outcome.INTERRUPTED, "a ")
        assert just_started.outcome is Outcome.INTERRUPTED
        assert logged(running.id, until="closed_by_client_ns")
        engine.close()

    def test_close_wakes_who_waits(self, gateway: Gateway) -> None:
        engine = Engine()
        run = engine.start(ask_for("tokens=9 fault=hang@0"), gateway)
        found: list[bool] = []
        waiting = threading.Thread(target=lambda: found.append(engine.wait_changed(run, 99, pause=30)))
        waiting.start()
        engine.close()
        waiting.join(timeout=5)
        assert found == [True]

    def test_close_leaves_no_question_open(self) -> None:
        engine = Engine()
        over = threading.Event()
        with CannedServer(lambda _: over.wait(10)) as server:
            asked = engine.ask(Gateway("x", server.url), lambda client: client.models())
            while not server.asked:
                assert not asked.done()
            engine.close()
            with pytest.raises(CancelledError):
                asked.result(timeout=5)
            over.set()


def test_a_question_is_asked_on_the_engines_loop(engine: Engine, gateway: Gateway) -> None:
    assert engine.ask(gateway, lambda client: client.models()).result(timeout=10)[0].id == "glm-4.5"


def test_a_run_behind_another_is_sent_once_that_has_ended(engine: Engine, gateway: Gateway, logged: Logged) -> None:
    first = engine.start(ask_for("tokens=12 rate=60"), gateway)
    second = engine.start(ask_for("text=late"), gateway, behind=first)
    third = engine.start(ask_for("text=later"), gateway, behind=second)
    assert not second.sent
    for run in (first, second, third):
        finished(engine, run)
    [one], [two], [three] = (logged(run.id) for run in (first, second, third))
    # The answer is whole with [DONE], a moment before the server sees its connection end.
    assert one["last_token_ns"] <= two["received_ns"] <= three["received_ns"]
    assert (second.content, third.content) == ("late", "later")


def test_one_that_waits_for_its_turn_can_be_stopped_and_the_line_stays_a_line(engine: Engine, gateway: Gateway) -> None:
    first = engine.start(ask_for("tokens=3000 rate=50"), gateway)
    second = engine.start(ask_for("text=never"), gateway, behind=first)
    third = engine.start(ask_for("text=onward"), gateway, behind=second)
    engine.stop(second)
    finished(engine, second)
    assert (second.outcome, second.sent) == (Outcome.STOPPED, False)
    assert not engine.wait_end([third], 0.1)
    assert not third.sent
    engine.stop(first)
    finished(engine, third)
    assert third.content == "onward"
    assert first.ended


def test_who_waits_for_several_wakes_at_the_first_end(engine: Engine, gateway: Gateway) -> None:
    slow = engine.start(ask_for("tokens=3000 rate=50"), gateway)
    assert not engine.wait_end([slow], 0.05)
    quick = engine.start(ask_for("tokens=6 rate=60"), gateway)
    assert engine.wait_end([slow, quick], 30)
    assert quick.ended
    assert not slow.ended
    assert engine.wait_end([slow, quick], 30)
    engine.stop(slow)
    assert engine.wait_end([slow], 30)


def test_a_live_run_is_got_by_its_id_until_it_ends(engine: Engine, gateway: Gateway) -> None:
    run = engine.start(ask_for("tokens=2000 rate=100"), gateway, owner="ana")
    other = engine.start(ask_for("tokens=2"), gateway, owner="rui", behind=run, warm_up=True)
    assert engine.live(run.id) is run
    assert engine.live_of("ana") == (run,)
    assert engine.live_of("rui") == (other,)
    assert other.warm_up
    engine.stop(run)
    assert engine.wait_end([run], 30)
    finished(engine, other)
    assert engine.live(run.id) is None
    assert engine.live_of("ana") == engine.live_of("rui") == ()
    # The cost is there as soon as the outcome is.
    assert run.cost is not None
    assert run.cost.state is CostState.NO_USAGE
