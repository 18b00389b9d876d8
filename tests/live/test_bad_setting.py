"""A setting that cannot be used stops the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import APP, UNSET

BAD = {"RUNAPI_API_KEY": "sk-with a space", "GLM_PLAYGROUND_READ_TIMEOUT": "soon"}


@pytest.mark.slow
def test_a_setting_that_cannot_be_used_stops_the_start_with_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless=true", "--server.port=0"]
    started = {
        name: subprocess.Popen(
            command,
            env={**os.environ, **UNSET, name: value},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name, value in BAD.items()
    }
    try:
        ended = {name: (process.communicate(timeout=30), process.returncode) for name, process in started.items()}
    finally:
        for process in started.values():
            process.kill()
    for name, ((output, errors), status) in ended.items():
        assert status == 2
        # Streamlit itself has greeted by then.
        assert b"Traceback" not in output
        [line] = errors.decode().splitlines()
        assert line.startswith(f"{name} cannot be used: ")
        assert line.endswith("Correct it and start again.")
        assert "sk-with" not in line
