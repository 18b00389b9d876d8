"""Visits of the playground: what a tab of it shows."""

import asyncio

from glm_playground.sandbox.script_text import markdown_tokens
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import Act, problems


def in_tab(app: AppProcess, act: Act, path: str = "/playground", language: str = "en-US") -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path=path, language=language) as tab:
            await tab.run()
            await act(tab)
            assert not problems(tab)

    asyncio.run(visit())


def words(start: int, end: int) -> str:
    """The scripted text's tokens from `start` to `end`, of the first paragraphs, which are drawn as they are."""
    return "".join(markdown_tokens(end)[start:]).strip()


def shows(tab: BrowserSession, tokens: int) -> bool:
    """Whether the page shows the scripted text up to its last tokens."""
    return words(tokens - 3, tokens) in tab.text
