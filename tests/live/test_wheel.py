"""The wheel, installed by plain pip where there is no compiler, serves the whole app."""

import asyncio
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from tests.live.app_process import StartedByCommand
from tests.live.browser_session import BrowserSession
from tests.live.conftest import UNSET, problems

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, path: Path) -> str:
    """Run a command that finds nothing but what is in `path`: no compiler, no uv."""
    env = os.environ | {"PATH": str(path), "CC": "/nowhere/cc", "CXX": "/nowhere/c++"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of programs of a virtual environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=120)
    found = folder / "venv" / "bin"
    run(found / "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder, path=found)
    (wheel,) = folder.glob("*.whl")
    # The tested versions, so that a release of tomorrow does not fail the change of today.
    tested = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["constraint-dependencies"]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(tested))
    run(
        *(found / "pip", "install", "--only-binary", ":all:", "--constraint", constraints, wheel),
        cwd=folder,
        path=found,
    )
    yield found
    shutil.rmtree(folder)


def started(programs: Path, folder: Path) -> StartedByCommand:
    env = UNSET | {"PATH": str(programs), "HOME": str(folder)}
    return StartedByCommand([programs / "glm-playground"], cwd=folder, env=env)


def test_it_serves_every_page_with_theme_and_headers(programs: Path, tmp_path: Path) -> None:
    async def visit(app: StartedByCommand) -> None:
        async with BrowserSession(app.base_url) as tab:
            await tab.run(30)
            assert "GLM-5.1" in tab.text
            assert tab.theme.light.primary_color == "#0b57d0"
            addresses = {page.url_pathname for page in tab.pages}
            assert addresses >= {"choose", "compare", "playground", "history", "evaluate", "vote", "present"}
            for address in addresses:
                await tab.go_to(address)
                await tab.wait_finished(30)
                assert problems(tab) == []

    with started(programs, tmp_path) as app:
        page = httpx.get(f"{app.base_url}/", trust_env=False)
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        asyncio.run(visit(app))


def test_scripted_text_answers_until_the_weights_are_added(programs: Path, tmp_path: Path) -> None:
    async def ask(app: StartedByCommand, prompt: str) -> tuple[str, str]:
        """What the playground shows before and after a prompt."""
        # Few tokens: some answers of the small model have no end of their own.
        link = urlencode({"lane": "glm-5.1;max_tokens=24"})
        async with BrowserSession(app.base_url, "/playground", query_string=link) as tab:
            await tab.run(30)
            before = tab.text
            await tab.submit_chat(prompt)
            await tab.wait_finished(30)
            assert problems(tab) == []
            return before, tab.text

    with started(programs, tmp_path) as app:
        before, after = asyncio.run(ask(app, "@script text=written%20to%20order"))
    assert "`glm-playground standin install`" in before
    assert "written to order" in after
    said = run(programs / "glm-playground", "standin", "install", cwd=tmp_path, path=programs)
    assert "The stand-in model is installed." in said
    with started(programs, tmp_path) as app:
        before, after = asyncio.run(ask(app, "Say hello."))
    assert "SmolLM2-135M-Instruct" in before
    assert "standin install" not in before
    assert "stand-in model, not GLM" in after
