"""The README's quickstarts do what they say, word for word, against the sandbox."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.live.servers.features import holds

ROOT = Path(__file__).parents[2]
NODE_FOLDER = ROOT / "tests" / "quickstarts"
TEXT = "hello hola bonjour hallo olá"


def quickstart(name: str) -> str:
    readme = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- quickstart: {name} -->\n```\w+\n(.*?)\n```\n", readme, re.DOTALL)
    assert found, f"the README has no quickstart named {name}"
    return found[1]


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with SandboxProcess.start("scripted", script=f"text={TEXT.replace(' ', '%20')} rate=0") as sandbox:
        yield os.environ | {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}


def run(command: list[str], environment: dict[str, str], cwd: Path = ROOT) -> str:
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(environment: dict[str, str]) -> None:
    assert TEXT in run(["bash", "-c", quickstart("curl")], environment)


@holds("openai for Python", "stream")
def test_python(environment: dict[str, str]) -> None:
    printed = run([sys.executable, "-c", quickstart("python")], environment)
    assert TEXT in printed
    assert re.search(r"\n\d+ tokens", printed)


@holds("openai for Node", "stream")
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(
    not (NODE_FOLDER / "node_modules" / "openai").exists(), reason="run `npm install --prefix tests/quickstarts` first"
)
def test_node(environment: dict[str, str]) -> None:
    printed = run(["node", "--input-type=module", "-e", quickstart("node")], environment, cwd=NODE_FOLDER)
    assert TEXT in printed
    assert re.search(r"\n\d+ tokens", printed)
