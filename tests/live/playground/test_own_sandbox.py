"""The sandbox that the app starts where no key is set: its start, its death, its end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.condition import wait_ended, wait_until
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import serve
from tests.live.playground.tabs import in_tab, shows


def _sandbox_of(app: AppProcess) -> int | None:
    """The process id of the sandbox that the app started."""
    for folder in Path("/proc").iterdir():
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1]) if folder.name.isdigit() else 0
            if parent == app.pid and b"glm_playground.sandbox" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def _wait_for_sandbox(app: AppProcess, other_than: int | None = None) -> int:
    wait_until(lambda: _sandbox_of(app) not in {None, other_than}, 10)
    pid = _sandbox_of(app)
    assert pid is not None
    return pid


@pytest.fixture(scope="class")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The app without a key, just started, in a folder that is not the project's."""
    # An answer that is being written when the app ends is not waited for.
    environment = {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted", "GLM_PLAYGROUND_DRAIN_SECONDS": "0"}
    with serve(tmp_path_factory.mktemp("keyless"), environment) as process:
        yield process


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc, which this system lacks")
class TestOwnSandbox:
    def test_the_first_visit_of_all_may_be_at_a_pages_address(self, keyless: AppProcess) -> None:
        async def act(tab: BrowserSession) -> None:
            # Our own navigation, not the menu that Streamlit makes of a folder named pages.
            titles = {page.url_pathname: page.page_name for page in tab.pages}
            assert titles.items() >= {"": "Models", "playground": "Playground"}.items()
            assert "models" not in titles
            assert tab.path == "/playground"
            assert not tab.page_not_found
            assert "No key is set" in tab.text
            await tab.submit_chat("Hello")
            await tab.wait_finished()
            assert "**scripted text** of the sandbox" in tab.text
            assert "scripted text, not GLM" in tab.text

        in_tab(keyless, act)

    def test_it_is_started_again_when_it_dies_and_ends_with_the_app(self, keyless: AppProcess) -> None:
        async def act(tab: BrowserSession) -> None:
            await tab.submit_chat("@script tokens=3000 rate=50")
            await tab.wait_for(lambda: shows(tab, 12))
            pid = _wait_for_sandbox(keyless)
            os.kill(pid, signal.SIGKILL)
            await tab.wait_finished()
            assert "The connection broke before the answer was complete." in tab.text
            assert shows(tab, 12)
            # What is refused meanwhile is sent again, so the first try works unless the machine is very busy.
            for _ in range(5):
                if "back again" not in tab.markdown_texts():
                    await tab.submit_chat("@script text=back%20again rate=0")
                    await tab.wait_finished()
            assert "back again" in tab.markdown_texts()
            assert _wait_for_sandbox(keyless, other_than=pid) != pid
            await tab.submit_chat("@script tokens=3000 rate=50")
            await tab.wait_for(lambda: shows(tab, 12))

        in_tab(keyless, act)
        pid = _wait_for_sandbox(keyless)
        os.kill(keyless.pid, signal.SIGTERM)
        wait_ended(pid, 5)
        wait_ended(keyless.pid, 5)
        assert "Traceback" not in keyless.output

    def test_it_is_gone_when_the_app_is_killed(self, tmp_path: Path) -> None:
        async def act(tab: BrowserSession) -> None:
            await tab.submit_chat("@script tokens=3000 rate=50")
            await tab.wait_for(lambda: shows(tab, 12))

        with serve(tmp_path, {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}) as app:
            in_tab(app, act)
            pid = _wait_for_sandbox(app)
            os.kill(app.pid, signal.SIGKILL)
            wait_ended(pid, 3)
