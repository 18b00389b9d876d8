"""The two pages that are measured, and how to find on them what a load needs. Adapt the selectors here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.gateway_process import GatewayProcess
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.widget_state import Widget

_BENCH = Path(__file__).resolve().parent
_FIRST_RUN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """A chat page: the script that serves it and where its chat input and Stop button are.

    ``chat`` and ``stop`` are widget keys or labels; a ``chat`` of None is the only chat input there is, a ``stop`` of
    None means that only Streamlit's own Stop in the toolbar is there. ``cwd`` decides which ``.streamlit/config.toml``
    applies, and ``options`` are set besides.
    """

    name: str
    script: Path
    cwd: Path
    path: str
    chat: str | None = None
    stop: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def serve(self, gateway: GatewayProcess) -> AppProcess:
        """The process that serves the page and asks the gateway; to be entered."""
        return AppProcess(self.script, env=gateway.environment, cwd=self.cwd, options=self.options)

    async def open(self, tab: BrowserSession) -> Widget:
        """Load the page in a tab and return its chat input."""
        await tab.run(_FIRST_RUN_SECONDS)
        return await tab.wait_for_widget("chat_input", self.chat, _FIRST_RUN_SECONDS)

    def tab(self, app: AppProcess) -> BrowserSession:
        """A tab at the page's address; to be entered."""
        return BrowserSession(app.base_url, path=self.path)


APP = Page("app", _BENCH.parent / "app.py", _BENCH.parent, "/playground", stop="stop")
# Not started in the project's folder: the baseline runs with Streamlit's own defaults.
NAIVE = Page("naive", _BENCH / "naive_chat.py", _BENCH, "/")
# The same without the two settings that cost most at the end of each run: what is left is the page's own.
NAIVE_TUNED = replace(
    NAIVE, name="naive, tuned", options={"server.fileWatcherType": "none", "runner.postScriptGC": "false"}
)
# Streamlit's own cost of an answer, without what the app draws around it.
BARE = replace(NAIVE_TUNED, name="bare", script=_BENCH / "bare_chat.py")
