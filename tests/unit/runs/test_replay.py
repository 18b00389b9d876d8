"""A replay: the same run again, at its pace, with nothing sent and nobody charged."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from glm_playground.gateway import Event, EventKind
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run, RunError
from tests.asking import finished
from tests.bundles import MS, recorded_run


class Clock:
    """Notes when each event of a run is there, as an attached reader sees it; seconds."""

    def __init__(self, engine: Engine, run: Run) -> None:
        self._engine, self._run = engine, run
        self.began = time.perf_counter()
        self.seen: list[float] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        ended = False
        while not ended:
            ended = self._run.ended
            self._engine.wait_changed(self._run, len(self.seen), timeout=1)
            now = time.perf_counter() - self.began
            self.seen += [now] * (len(self._run.events) - len(self.seen))

    def wait(self) -> list[float]:
        self._thread.join(timeout=10)
        return self.seen


@pytest.fixture
def told() -> list[Run]:
    """The runs that the engine called `on_end` with."""
    return []


@pytest.fixture
def engine(told: list[Run]) -> Iterator[Engine]:
    engine = Engine(on_end=told.append)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    "recorded",
    [
        recorded_run("1", "a", "b", "c", request_id="r", task_id="t", response_id="c", served_model="m", served_by="s"),
        recorded_run("1", "a", outcome=Outcome.FAILED, error=RunError("StreamBroken", "gone"), complete_stream=False),
        recorded_run("1", outcome=Outcome.STOPPED, ended_ns=None, usage=None, sent=False),
        recorded_run(
            "1", events=[Event(-20 * MS, EventKind.RETRY, "RateLimited 0.1"), Event(MS, EventKind.CONTENT, "x")]
        ),
    ],
)
def test_it_ends_as_it_was_recorded(engine: Engine, told: list[Run], recorded: Run) -> None:
    run = engine.replay(recorded)
    assert not run.ended
    assert run.id != recorded.id
    finished(engine, run)
    assert replace(run.recorded(), id="1", replayed=False) == recorded
    assert metrics_of(run) == metrics_of(recorded)
    assert run.replayed
    assert told == []
    assert engine.running == 0


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_it_keeps_the_recorded_pace(engine: Engine, speed: float) -> None:
    pieces = [f"{number} " for number in range(40)]
    recorded = recorded_run("1", *pieces)
    seen = Clock(engine, engine.replay(recorded, speed=speed)).wait()
    late = [at - event.at_ns / 1e9 / speed for at, event in zip(seen, recorded.events, strict=True)]
    # Against the absolute schedule: a delay is made up, so that most are small on a machine that does other things too.
    assert sorted(late)[len(late) // 2] < 0.01
    assert min(late) > -0.01
    assert late[-1] < 0.1


def test_events_of_one_moment_come_together(engine: Engine) -> None:
    events = [Event(at * MS, EventKind.CONTENT, "x") for at in (20, 20, 20, 120, 120)]
    seen = Clock(engine, engine.replay(recorded_run("1", events=events))).wait()
    assert seen[0] == seen[1] == seen[2] < seen[3] == seen[4]


def test_it_can_be_stopped(engine: Engine, told: list[Run]) -> None:
    events = [Event(MS, EventKind.CONTENT, "first"), Event(10**18, EventKind.CONTENT, "in thirty years")]
    run = engine.replay(recorded_run("1", events=events, ended_ns=10**18))
    assert engine.wait_changed(run, 0, timeout=5)
    engine.stop(run)
    finished(engine, run)
    assert (run.outcome, run.content, run.usage, told) == (Outcome.STOPPED, "first", None, [])
    assert run.ended_ns
    assert MS <= run.ended_ns < 10**10


def test_one_waits_behind_another(engine: Engine) -> None:
    first = engine.replay(recorded_run("1", "a"))
    second = engine.replay(recorded_run("2", "b"), behind=first)
    third = engine.replay(recorded_run("3", "c"), behind=second)
    engine.stop(second)
    finished(engine, second)
    assert not first.ended
    assert (second.outcome, second.sent) == (Outcome.STOPPED, False)
    finished(engine, third)
    assert first.ended
    assert third.content == "c"


def test_the_engine_can_close_while_one_goes_on() -> None:
    engine = Engine()
    run = engine.replay(recorded_run("1", events=[Event(10**18, EventKind.CONTENT, "never")]))
    engine.close()
    assert run.outcome is Outcome.INTERRUPTED


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf"), 1001.0])
def test_a_speed_that_is_none_is_refused(engine: Engine, speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        engine.replay(recorded_run("1", "a"), speed=speed)
    assert engine.running == 0
