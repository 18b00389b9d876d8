"""What is said while an answer is waited for and while the model thinks: for how long, and how much came."""

import re

import pytest

from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.playground.tabs import in_tab

WAITING = re.compile(r"Waiting for the first token · (\d+)\.\d+ s")
THINKING = re.compile(r"\[Thinking\] (\d+)\.\d+ s · (\d+) chunks")


@pytest.mark.slow
def test_seconds_and_chunks_are_counted_while_one_waits(app: AppProcess) -> None:
    waited, thought = list[int](), list[tuple[int, int]]()

    def note(text: str) -> None:
        if (found := WAITING.search(text)) and int(found[1]) not in waited:
            waited.append(int(found[1]))
        if (found := THINKING.search(text)) and (int(found[1]), int(found[2])) not in thought:
            thought.append((int(found[1]), int(found[2])))

    async def act(tab: BrowserSession) -> None:
        def has_ended() -> bool:
            note(tab.text)
            return ":green-badge[completed]" in tab.text

        await tab.submit_chat("@script delay=3500 reasoning=60 tokens=4 rate=20")
        await tab.wait_for(has_ended, 20)
        await tab.wait_finished()
        # Each is said anew as it grows, and the time is that since the prompt was sent.
        assert waited == sorted(waited)
        assert len(waited) >= 2
        assert thought == sorted(thought)
        assert len(thought) >= 2
        assert thought[0][0] >= waited[-1]
        assert thought[0][1] < thought[-1][1] <= 66
        # Once there is an answer, its figures say all that.
        assert not WAITING.search(tab.text)
        assert not THINKING.search(tab.text)

    in_tab(app, act)
