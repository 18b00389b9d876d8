"""The command line, with the scripted sandbox as the server that is asked.

Where the process matters it is one of its own; elsewhere its function is called, since each start takes a second.
"""

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from glm_playground.bundles.bundle import Bundle, RecordedRun, read_bundle, write_bundle
from glm_playground.cli import main
from glm_playground.gateway import ChatRequest, Event, EventKind, Gateway, Message
from glm_playground.runs.cost import cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.run import Outcome, Run, Server
from glm_playground.sandbox.process import SandboxProcess
from tests.asking import ask_for, finished
from tests.bundles import MS, WHEN, parts_of, recorded_run, small_bundle, zip_of

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = [sys.executable, "-m", "glm_playground", "bundle"]


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Cli = Callable[..., Done]


def environment(**set_here: str) -> dict[str, str]:
    """The environment without a gateway, but for what is set here."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("RUNAPI_", "GLM_PLAYGROUND_"))}
    return {**mine, "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8", **set_here}


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs `glm-playground bundle ...` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)

    def run(*arguments: str | Path, answer: str = "", **set_here: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in set_here.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(answer))
            try:
                status = main(["bundle", *map(str, arguments)])
            except SystemExit as error:
                status = int(str(error.code))
        return Done(status, *capsys.readouterr())

    return run


@pytest.fixture
def asked(sandbox: SandboxProcess) -> dict[str, str]:
    """The settings that name the sandbox as the gateway."""
    return {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}


def saved(folder: Path, bundle: Bundle) -> Path:
    path = folder / "some.glmrun"
    path.write_bytes(write_bundle(bundle))
    return path


def bundle_of(*runs: Run) -> Bundle:
    return Bundle("From a test", WHEN, tuple(RecordedRun(run, cost_of(run, None)) for run in runs))


def failure(done: Done) -> str:
    """The one line on stderr of a command that failed."""
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_show_says_what_is_in_it(cli: Cli, tmp_path: Path) -> None:
    path = saved(tmp_path, small_bundle())
    done = cli("show", path)
    assert (done.returncode, done.stderr) == (0, "")
    for text in (
        "Two greetings",
        "written 2026-11-24 12:30 UTC, 2 runs",
        "Run 1: glm-5.1, lane 1",
        "RunAPI (https://runapi.ai)",
        "completed (stop)",
        "0.05 s",
        "$0.0000088 estimated",
        "Say hello.",
        "Hello wörld",
        "Sandbox (http://127.0.0.1:8000), stand-in model, not GLM: SmolLM2-135M",
    ):
        assert text in done.stdout
    rows = json.loads(cli("show", path, "--json").stdout)["runs"]
    assert [row["answer"] for row in rows] == ["Hello wörld", "Hi there"]
    assert [row["stand_in"] for row in rows] == [None, "SmolLM2-135M"]
    assert (rows[0]["cost_usd"], rows[0]["cost_state"], rows[0]["ttft_ms"]) == ("0.0000088", "estimated", 50.0)


def test_the_text_of_a_bundle_cannot_rule_the_terminal(cli: Cli, tmp_path: Path) -> None:
    evil = "\x1b]0;mine\x07\x1b[2J\u202egnp.exe\u2069\r\x9b31m\u2028end"
    run = recorded_run(
        "1", evil, request=ChatRequest(model=evil, messages=(Message(role="user", content=evil),)), finish_reason=evil
    )
    path = saved(tmp_path, replace(bundle_of(run), title=evil, note=evil))
    for command in (("show",), ("show", "--json"), ("replay", "--speed", "100"), ("verify",)):
        done = cli(*command, path)
        assert done.returncode == 0
        assert not set("\x1b\x07\r\x9b\u202e\u2069\u2028") & set(done.stdout)


def test_verify_says_what_was_checked(cli: Cli, tmp_path: Path) -> None:
    done = cli("verify", saved(tmp_path, small_bundle()))
    assert done.returncode == 0
    assert "is a whole bundle of version 1" in done.stdout
    assert "2 runs with 4 events and the facts of 1 model" in done.stdout


@pytest.mark.parametrize("command", ["show", "verify", "replay", "run"])
def test_a_bad_file_is_one_line_on_stderr(cli: Cli, tmp_path: Path, command: str) -> None:
    data = write_bundle(small_bundle())
    parts = parts_of(data)
    later = parts | {"manifest.json": b'{"format": "glmrun", "version": 5}'}
    changed = parts | {"runs/0001.json": parts["runs/0001.json"].replace(b"Hello", b"Howdy")}
    path = tmp_path / "bad.glmrun"
    for content, said in (
        (data[:-30], "the end of the file is missing"),
        (zip_of(changed), "runs/0001.json is not what was written"),
        (zip_of(later), "the file is of version 5; this app reads versions 1 to 4"),
    ):
        path.write_bytes(content)
        assert said in failure(cli(command, path))
    assert "No such file" in failure(cli(command, tmp_path / "none.glmrun"))


def test_a_process_says_it_without_a_traceback(tmp_path: Path) -> None:
    command = [*_COMMAND, "verify", "none.glmrun"]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.decode() == "Error: none.glmrun cannot be read: No such file or directory\n"


def test_a_wrong_command_line_ends_with_2(cli: Cli, tmp_path: Path) -> None:
    path = saved(tmp_path, small_bundle())
    for arguments in (
        (),
        ("show",),
        ("replay", path, "--speed", "0"),
        ("replay", path, "--speed", "x"),
        ("burn", path),
    ):
        done = cli(*arguments)
        assert done.returncode == 2
        assert "Usage:" in done.stderr
    assert "there is no run 3; the bundle has 2" in failure(cli("replay", path, "--run", "3"))


@pytest.mark.slow
def test_replay_prints_the_text_at_its_pace_without_a_network(cli: Cli, tmp_path: Path) -> None:
    events = [
        Event(100 * MS, EventKind.REASONING, "Let me see."),
        Event(200 * MS, EventKind.CONTENT, "It is "),
        Event(2000 * MS, EventKind.CONTENT, "42."),
    ]
    run = recorded_run("1", events=events, ended_ns=2000 * MS)
    path = saved(tmp_path, bundle_of(run, recorded_run("2", "never shown")))
    process = subprocess.Popen(
        [*_COMMAND, "replay", str(path), "--run", "1"], env=environment(), cwd=tmp_path, stdout=subprocess.PIPE
    )
    assert process.stdout
    shown, first = b"", 0.0
    while chunk := os.read(process.stdout.fileno(), 4096):
        shown += chunk
        first = first or (time.monotonic() if b"It is" in shown else 0.0)
    last = time.monotonic()
    assert process.wait(timeout=10) == 0
    process.stdout.close()
    text = shown.decode()
    assert text.startswith("REPLAY of run 1: glm-5.1 at 1 times the pace of 2026-11-24 12:30 UTC; nothing is sent.\n")
    assert "[reasoning]\nLet me see.\n\n[answer]\nIt is 42.\n" in text
    assert "TTFT 0.10 s" in text
    assert "never shown" not in text
    assert 1.5 < last - first < 4


def test_reasoning_is_dim_on_a_terminal(tmp_path: Path) -> None:
    events = [Event(MS, EventKind.REASONING, "hm"), Event(2 * MS, EventKind.CONTENT, "yes")]
    path = saved(tmp_path, bundle_of(recorded_run("1", events=events)))
    outer, inner = pty.openpty()
    set_here = {"TERM": "xterm"}
    own = {name: value for name, value in environment(**set_here).items() if name != "NO_COLOR"}
    with subprocess.Popen(
        [*_COMMAND, "replay", str(path)], env=own, cwd=tmp_path, stdout=inner, stderr=inner
    ) as process:
        os.close(inner)
        shown = b""
        deadline = time.monotonic() + 20
        while b"TTFT" not in shown:
            assert select.select([outer], [], [], deadline - time.monotonic())[0], shown
            shown += os.read(outer, 4096)
        assert process.wait(timeout=10) == 0
    os.close(outer)
    assert b"\x1b[2mhm\x1b[0m" in shown
    assert b"[reasoning]" not in shown


def recorded_at(engine: Engine, gateway: Gateway, *scripts: str) -> Bundle:
    return bundle_of(*(finished(engine, engine.start(ask_for(script), gateway)) for script in scripts))


def test_run_asks_the_same_again_and_keeps_it(
    cli: Cli, tmp_path: Path, engine: Engine, gateway: Gateway, asked: dict[str, str]
) -> None:
    old = recorded_at(engine, gateway, "text=the%20same", "tokens=60 rate=200")
    path, out = saved(tmp_path, old), tmp_path / "new.glmrun"
    command = [*_COMMAND, "run", str(path), "--yes", "--out", str(out)]
    done = subprocess.run(
        command, env=environment(**asked), cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        f"This sends 2 requests to 127.0.0.1, {asked['RUNAPI_BASE_URL']}, with a key.\nModels: glm-5.1" in done.stdout
    )
    assert "Cost: unknown, no price of 127.0.0.1 is known" in done.stdout
    assert done.stdout.count("answer     the same") == 2
    assert "tokens/s" in done.stdout
    new = read_bundle(out.read_bytes())
    assert [one.run.request for one in new.runs] == [one.run.request for one in old.runs]
    assert [one.run.content for one in new.runs] == [one.run.content for one in old.runs]
    assert {one.run.id for one in new.runs}.isdisjoint(one.run.id for one in old.runs)
    assert asked["RUNAPI_API_KEY"] not in str(new) + done.stdout
    assert "is there already; nothing was sent" in failure(cli("run", path, "--yes", "--out", out, **asked))


def test_run_asks_the_gateway_of_the_recorded_name_or_the_one_that_is_chosen(
    cli: Cli, tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_BOTH", sandbox.key)
    file = tmp_path / "gateways.toml"
    rows = [
        f'[[gateway]]\nname = "{name}"\naddress = "{sandbox.base_url}"\nkey_env = "KEY_OF_BOTH"\n'
        for name in ("One", "Two")
    ]
    file.write_text("\n".join(rows))
    here = {"GLM_PLAYGROUND_GATEWAYS": str(file)}
    request = ask_for("text=hello")
    known = saved(tmp_path, bundle_of(recorded_run("1", "a", request=request, server=Server("Two", "http://two.test"))))
    assert "sends 1 request to Two," in cli("run", known, "--yes", **here).stdout
    assert "sends 1 request to One," in cli("run", known, "--yes", "--gateway", "One", **here).stdout
    strange = saved(tmp_path, bundle_of(recorded_run("1", "a", request=request)))
    said = failure(cli("run", strange, "--yes", **here))
    assert "there is no gateway named RunAPI; choose with --gateway: One, Two; nothing was sent" in said
    other = file.with_name("other.toml")
    other.write_text("gateway = 1")
    assert "other.toml cannot be used: gateway: expected" in failure(
        cli("run", known, "--yes", GLM_PLAYGROUND_GATEWAYS=str(other))
    )


def test_run_sends_nothing_unless_it_is_told_to(
    cli: Cli, tmp_path: Path, engine: Engine, gateway: Gateway, asked: dict[str, str]
) -> None:
    path = saved(tmp_path, recorded_at(engine, gateway, "text=a"))
    for answer in ("", "\n", "no\n"):
        done = cli("run", path, answer=answer, **asked)
        assert done.returncode == 1
        assert "nothing was sent" in done.stderr
        assert "recorded" not in done.stdout
    assert "answer     the same" in cli("run", path, answer="y\n", **asked).stdout


def test_run_says_what_failed(cli: Cli, tmp_path: Path, sandbox: SandboxProcess) -> None:
    path = saved(tmp_path, bundle_of(recorded_run("1", "a")))
    done = cli("run", path, "--yes", RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY="wrong")
    assert done.returncode == 1
    assert f"{'outcome':<10} {'completed (stop)':<28} {Outcome.FAILED}" in done.stdout
    assert "not the same" in done.stdout
    assert "Traceback" not in done.stderr
    assert "RUNAPI_BASE_URL cannot be used" in failure(cli("run", path, "--yes", RUNAPI_BASE_URL="nowhere"))


def test_run_starts_a_sandbox_where_nothing_is_set(cli: Cli, tmp_path: Path) -> None:
    path = saved(tmp_path, bundle_of(recorded_run("1", "a", request=ask_for("text=hello"))))
    done = cli("run", path, "--yes", GLM_PLAYGROUND_SANDBOX_ENGINE="scripted")
    assert done.returncode == 0
    assert "1 request to Sandbox (stand-in, not GLM: scripted text)" in done.stdout
    assert "Cost: nothing, the sandbox charges nothing" in done.stdout
    assert "new: Sandbox" in done.stdout


def test_a_reader_may_leave(tmp_path: Path) -> None:
    path = saved(tmp_path, bundle_of(*(recorded_run(str(number), "a") for number in range(300))))
    with subprocess.Popen(
        [*_COMMAND, "show", str(path)], env=environment(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(timeout=20)
