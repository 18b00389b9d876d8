"""Whether a server runs code in answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_BEGUN = """
import asyncio
from streamlit import config
from glm_playground.confinement import permission
from glm_playground.ui.server.lifespan import lifespan

async def begin():
    config.set_option("server.address", "0.0.0.0")
    async with lifespan(None):
        print("refused:", permission.refused)

asyncio.run(begin())
"""


@pytest.mark.parametrize(("setting", "refused"), [("auto", "no code is run where others reach the app"), ("on", "")])
def test_a_server_that_others_reach_runs_code_where_it_is_allowed(tmp_path: Path, setting: str, refused: str) -> None:
    environment = {
        **os.environ,
        "GLM_PLAYGROUND_RUN_CODE": setting,
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path),
        # Nobody is there, and no sandbox is started.
        "RUNAPI_BASE_URL": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-c", _BEGUN], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("refused:")]
    assert said.removeprefix("refused:").strip().startswith(refused)
    assert bool(refused) is (said.strip() != "refused:")
