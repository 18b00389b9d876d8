"""The app against llama.cpp's own HTTP server: a gateway that nobody here wrote, with no sandbox between."""

import asyncio
import re
from collections.abc import Iterator

import pytest

from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve
from tests.live.servers.features import holds
from tests.live.servers.llama_server import LlamaServer

pytestmark = [pytest.mark.slow, pytest.mark.measures]
UNTHINKING = '{"chat_template_kwargs": {"enable_thinking": false}}'


@pytest.fixture(scope="module")
def app(llama: LlamaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    environment = {"RUNAPI_BASE_URL": llama.address, "RUNAPI_API_KEY": llama.key}
    with serve(tmp_path_factory.mktemp("llama"), environment) as process:
        yield process


@holds("llama.cpp", "stream", "stop", "thinking off", "figures")
def test_an_answer_streams_and_another_is_stopped(app: AppProcess, llama: LlamaServer) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run()
            assert "127.0.0.1" in tab.text
            assert "with a key" in tab.text
            await tab.open("settings-1")
            # The likeliest token each time, so that the answers are the same in every run.
            await tab.set_value(tab.find_widget("number_input", "temperature-1"), 0.0)
            await tab.wait_finished()
            await tab.set_value(tab.find_widget("number_input", "max_tokens-1"), 60)
            await tab.wait_finished()
            await tab.set_value(tab.find_widget("text_area", "extra-1"), UNTHINKING)
            await tab.wait_finished()
            before = tab.messages_received
            await tab.submit_chat("Tell me a long story about a fox.")
            await tab.wait_for(lambda: "TTFT" in tab.text, 60)
            await tab.wait_finished()
            # What is drawn comes in several steps, not at once at the end.
            assert tab.messages_received - before > 20
            texts = tab.markdown_texts()
            [place] = [number for number, text in enumerate(texts) if "TTFT" in text]
            answer, note, figures = texts[place - 2 : place + 1]
            assert len(answer) > 40
            assert "token limit" in note
            found = re.search(r"(\d+) tokens · TTFT (\d+ ms|[\d.]+ s) · [\d.]+ tokens/s · cost unknown", figures)
            assert found, figures
            assert 40 <= int(found[1]) <= 60
            assert "cost unknown: no price" in figures
            assert "stand-in" not in tab.text
            assert "Sandbox" not in tab.text
            assert not tab.exceptions()
            [details] = [widget for widget in tab.widgets() if (widget.key or "").startswith("details-")]
            await tab.open(details.key)
            assert "| `timings` predicted\\_per\\_second |" in tab.text

            await tab.set_value(tab.find_widget("number_input", "max_tokens-1"), 2000)
            await tab.wait_finished()
            await tab.submit_chat("Count from one to one thousand in words.")
            stop = await tab.wait_for_widget("button", "stop")
            await tab.wait_for(lambda: "Waiting for the first token" not in tab.text, 60)
            assert llama.busy_slots() == 1
            await tab.click(stop)
            await tab.wait_finished()
            assert ":gray-badge[stopped]" in tab.text
            async with asyncio.timeout(20):
                while llama.busy_slots():
                    await asyncio.sleep(0.02)
            assert not problems(tab)

    asyncio.run(visit())


@holds("llama.cpp", "context")
def test_its_refusal_is_explained(app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run()
            await tab.submit_chat("word " * 6000)
            await tab.wait_finished()
            # The server's list says how much it takes, so that nothing is sent at first.
            assert "The prompt is longer than the model's context." in tab.text
            await tab.click(tab.find_button("Send anyway"))
            await tab.wait_finished()
            assert "The request is above a limit of glm" in tab.text
            assert "exceeds the available context size" in tab.text
            assert ":red-badge[failed]" in tab.text
            await tab.open("settings-1")
            await tab.set_value(tab.find_widget("number_input", "max_tokens-1"), 3)
            await tab.wait_finished()
            await tab.submit_chat("Hello")
            await tab.wait_finished()
            assert "3 tokens" in tab.text
            assert not problems(tab)

    asyncio.run(visit())
