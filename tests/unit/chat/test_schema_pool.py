"""What a pattern or a schema costs is bounded: by a process that is ended, while others go on."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from glm_playground.bundles.bundle import RecordedRun, read_bundle, write_bundle
from glm_playground.chat.builtin_tools import BUILTIN_TOOLS
from glm_playground.chat.conversation import Answer
from glm_playground.chat.reconstruction import conversation_of
from glm_playground.chat.schema_pool import DEADLINE_S, SchemaPool, Unchecked, checks
from glm_playground.chat.setup import Preset, PresetProblem, Setup, read_presets, write_presets
from glm_playground.chat.structured import SchemaProblem, check_answer, read_schema
from glm_playground.chat.tools import ToolProblem, check_call, problems_of, read_tools
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Parameters, ToolCall
from tests.bundles import recorded_run, small_bundle

HOSTILE = {"type": "string", "pattern": "(((a{0,30}){0,30}){0,30}){0,3}z"}
LONG = json.dumps("a" * 9_998)
GROWING = {
    "$defs": {**{f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 4} for i in range(30)}, "d30": False},
    "$ref": "#/$defs/d0",
}
# Longer than any deadline and any start of a process on a busy machine; a pattern itself would take hours.
PATIENCE_S = 30.0


@pytest.fixture
def pool() -> Iterator[SchemaPool]:
    pool = SchemaPool(deadline_s=1.0)
    yield pool
    pool.close()


def processes(of: int | None = None) -> set[int]:
    """The ids of the processes that check schemas, of this process or of the one whose id is given."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == (of or os.getpid()) and b"schema_process" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "schema"),
    [
        (LONG, HOSTILE),
        (json.dumps("a" * 40 + "!"), {"pattern": "^(a+)+$"}),
        (json.dumps({"a" * 40 + "!": 1}), {"patternProperties": {"^(a|a)+$": False}}),
        (json.dumps({"a" * 40 + "!": 1}), {"propertyNames": {"pattern": "^(a|aa)+$"}}),
        ("1", GROWING),
        (json.dumps([{"a": number} for number in range(20_000)]), {"uniqueItems": True}),
        (json.dumps(list(range(150_000))), {"anyOf": [{"type": "string"}] * 2_000}),
    ],
    ids=["nested repeats", "repeat of a repeat", "names", "names again", "references", "unique items", "memory"],
)
def test_what_costs_too_much_is_ended_and_the_next_check_answered(pool: SchemaPool, text: str, schema: Any) -> None:
    begun = monotonic()
    reply = pool.ask("text", text, schema)
    assert monotonic() - begun < PATIENCE_S
    assert reply.unchecked is Unchecked.COSTLY
    assert pool.ask("text", '"x"', {"type": "string"}).found == []


def test_others_are_answered_while_one_takes_its_time() -> None:
    pool = SchemaPool(deadline_s=PATIENCE_S)
    hostile = threading.Thread(target=pool.ask, args=("text", LONG, HOSTILE))
    # Both processes run before.
    first = threading.Thread(target=pool.ask, args=("text", "2", {}))
    first.start()
    pool.ask("text", "1", {})
    first.join()
    begun = monotonic()
    hostile.start()
    for number in range(20):
        assert pool.ask("text", str(number), {"type": "integer"}).found == []
    assert monotonic() - begun < PATIENCE_S
    assert hostile.is_alive()
    pool.close()
    hostile.join()


def test_a_reply_is_kept_that_it_cost_too_much_among_them(pool: SchemaPool) -> None:
    assert pool.ask("text", LONG, HOSTILE).unchecked is Unchecked.COSTLY
    before = processes()
    begun = monotonic()
    for _ in range(50):
        assert pool.ask("text", LONG, HOSTILE).unchecked is Unchecked.COSTLY
    assert monotonic() - begun < 50 * 1.0
    assert processes() == before


def test_what_others_need_is_released_while_waiting_only(pool: SchemaPool) -> None:
    entered = []

    @contextmanager
    def noted() -> Iterator[None]:
        entered.append("in")
        yield
        entered.append("out")

    pool.while_waiting = noted
    for text, schema in (("1", {}), (LONG, HOSTILE), ("1", {}), (LONG, HOSTILE)):
        pool.ask("text", text, schema)
    assert entered == ["in", "out"] * 2


def test_too_many_at_once_are_told_to_come_again() -> None:
    pool = SchemaPool(deadline_s=PATIENCE_S)
    entered = threading.Semaphore(0)

    @contextmanager
    def counted() -> Iterator[None]:
        entered.release()
        yield

    pool.while_waiting = counted
    waiting = [
        threading.Thread(target=pool.ask, args=("text", json.dumps("a" * 9_000 + str(number)), HOSTILE))
        for number in range(16)
    ]
    for thread in waiting:
        thread.start()
    for _ in waiting:
        assert entered.acquire(timeout=PATIENCE_S)
    assert pool.ask("text", "1", {}).unchecked is Unchecked.BUSY
    assert len(processes()) <= 2 + 2
    while any(thread.is_alive() for thread in waiting):
        pool.close()
        waiting[-1].join(0.1)
    assert pool.ask("text", "1", {}).found == []
    pool.close()


def test_a_process_that_died_while_idle_is_replaced(pool: SchemaPool) -> None:
    before = processes()
    assert pool.ask("text", "1", {}).found == []
    (process,) = processes() - before
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert pool.ask("text", "2", {}).found == []


def test_closing_ends_the_processes_and_the_next_check_starts_one(pool: SchemaPool) -> None:
    before = processes()
    pool.ask("text", "1", {})
    assert processes() > before
    pool.close()
    assert processes() == before
    assert pool.ask("text", "2", {}).found == []


_PARENT = """
import json, threading
from glm_playground.chat.schema_pool import SchemaPool
pool = SchemaPool(deadline_s=1.0)
pool.ask("text", "1", {})
threading.Thread(target=pool.ask, args=("text", json.dumps("a" * 9998), %r)).start()
print("asked", flush=True)
threading.Event().wait()
"""


@pytest.mark.slow
@pytest.mark.parametrize("schema", [HOSTILE, {}], ids=["in the middle of a check", "idle"])
def test_no_process_outlives_a_parent_that_is_killed(schema: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT % schema], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "asked\n"
        (child,) = processes(parent.pid)
        handle = os.pidfd_open(child)
        parent.kill()
    waiting = threading.Event()
    until = monotonic() + PATIENCE_S
    try:
        while monotonic() < until:
            signal.pidfd_send_signal(handle, 0)
            waiting.wait(0.05)
        pytest.fail("the process goes on")
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)


def test_its_process_imports_no_page_and_no_client() -> None:
    code = "import sys, glm_playground.chat.schema_process; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"streamlit", "httpx", "pydantic", "sqlalchemy", "pandas"} & set(loaded)


def test_its_process_holds_no_key(pool: SchemaPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "sk-not-for-children")
    before = processes()
    pool.ask("text", "1", {})
    (process,) = processes() - before
    assert b"sk-not-for-children" not in Path(f"/proc/{process}/environ").read_bytes()


@pytest.mark.slow
@pytest.mark.measures
def test_every_way_to_a_schema_ends_at_the_deadline() -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": HOSTILE}}
    check = check_answer(LONG, asked)
    assert check
    assert (check.unchecked, check.problems) == (Unchecked.COSTLY, ())
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"x": HOSTILE}}}
    call = ToolCall(id="c", name="f", arguments=json.dumps({"x": "a" * 9_998}))
    assert problems_of(check_call(call, [{"type": "function", "function": tool}])) == (
        "not checked: the pattern or schema costs more than it may",
    )
    large = {"type": "object", "allOf": [{}] * 50_000}
    found = read_schema(json.dumps(large))
    assert isinstance(found, SchemaProblem)
    assert "costs more" in found.message
    tools = read_tools(json.dumps([*BUILTIN_TOOLS, {"name": "g", "parameters": large}]))
    assert isinstance(tools, ToolProblem)
    assert "costs more" in tools.detail


def opened_as_it_was(how: str) -> Answer:
    """The answer of a recorded run that carries a hostile schema, as an opened bundle or a preset brings it."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"x": HOSTILE}}}}
    parameters = Parameters(
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": HOSTILE}}, tools=(tool,)
    )
    if how == "preset":
        presets = read_presets(
            write_presets([Preset(name="a", lanes=(Setup(model="m", parameters=parameters),))]).encode()
        )
        assert not isinstance(presets, PresetProblem)
        parameters = presets[0].lanes[0].parameters
    request = ChatRequest(**parameters.model_dump(), model="m", messages=(Message(role="user", content="hi"),))
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": json.dumps({"x": "a" * 9_998})}}
    run = recorded_run("1", LONG, request=request)
    run.events.append(Event(9, EventKind.TOOL_CALLS, json.dumps([call])))
    if how == "bundle":
        data = write_bundle(replace(small_bundle(), runs=(RecordedRun(run),)))
        assert len(data) < 2_000
        run = read_bundle(data).runs[0].run
    return conversation_of([run]).turns[0].answer


@pytest.mark.slow
@pytest.mark.parametrize("how", ["bundle", "preset"])
def test_what_a_hostile_schema_costs_is_bounded_and_paid_once(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = opened_as_it_was(how)
    begun = monotonic()
    check = answer.json_check()
    assert check
    assert check.unchecked is Unchecked.COSTLY
    [call] = answer.tool_calls
    assert answer.call_check(call).unchecked is Unchecked.COSTLY
    assert monotonic() - begun < 2 * DEADLINE_S + PATIENCE_S
    # A rerun asks nobody: the results stay with the answer.
    monkeypatch.setattr(checks, "ask", None)
    assert answer.json_check() is check
    assert answer.call_check(call).unchecked is Unchecked.COSTLY
