"""Two gateways of the operator's file on a live server: two scripted sandboxes on loopback."""

import asyncio
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import AskedLog, problems, serve

FILE = """
[[gateway]]
name = "One"
address = "{one.base_url}"
key_env = "KEY_OF_ONE"

[[gateway]]
name = "Two"
address = "{two.base_url}"
key_env = "KEY_OF_TWO"
balance = true
"""
LANES = "&".join(f"lane={quote(f'glm-5.1;gateway={name}')}" for name in ("One", "Two"))


@pytest.fixture(scope="module")
def other() -> Iterator[SandboxProcess]:
    """A second scripted sandbox."""
    with SandboxProcess.start("scripted", keep_log=True) as process:
        yield process


@pytest.fixture(scope="module")
def app(
    sandbox: SandboxProcess, other: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppProcess]:
    """The app with both as its gateways."""
    folder = tmp_path_factory.mktemp("gateways")
    (folder / "gateways.toml").write_text(FILE.format(one=sandbox, two=other))
    keys = {"KEY_OF_ONE": sandbox.key, "KEY_OF_TWO": other.key}
    with serve(folder, {"GLM_PLAYGROUND_GATEWAYS": "gateways.toml", **keys}) as process:
        yield process


def test_one_prompt_goes_to_both_and_the_history_tells_them_apart(
    app: AppProcess, asked: AskedLog, other: SandboxProcess
) -> None:
    second = AskedLog(other)

    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground", query_string=LANES) as tab:
            await tab.run()
            await tab.submit_chat("@script tokens=20 rate=0\nto-both")
            await tab.wait_finished()
            assert tab.text.count(":green-badge[completed]") == 2
            assert "One, Two" in tab.text
            assert not problems(tab)
        async with BrowserSession(app.base_url, path="/history", cookies=dict(tab.cookies)) as history:
            await history.run()
            assert not problems(history)

    asyncio.run(visit())
    for log in (asked, second):
        # Each sandbox refuses every key but its own.
        [entry] = log.entries("to-both")
        assert entry["status"] == 200
    second.close()
