"""LiteLLM's proxy as a process, in front of another server."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.condition import wait_until
from tests.live.app_process import free_port
from tests.live.servers.litellm_environment import NotInstalled, litellm_command

_KEY = "sk-litellm-0123456789"
_START_S = 600
"""Its imports take twenty seconds of a processor, and the first time those to compile them."""

# One model at a price, one without, and one whose first choice refuses its key, so that the second answers.
_CONFIGURATION = """
model_list:
  - model_name: {model}
    litellm_params: &upstream {{model: openai/{model}, api_base: {address}/v1, api_key: {key}}}
    model_info: {{input_cost_per_token: 0.000001, output_cost_per_token: 0.000002, max_input_tokens: 2048}}
  - model_name: unpriced
    litellm_params: *upstream
  - model_name: broken
    litellm_params: {{model: openai/{model}, api_base: {address}/v1, api_key: sk-wrong}}
router_settings: {{num_retries: 0, fallbacks: [{{broken: [{model}]}}]}}
general_settings: {{master_key: {master_key}}}
litellm_settings: {{telemetry: false}}
"""


class LiteLLMProxy(NamedTuple):
    """A proxy that runs."""

    address: str
    key: str


@contextmanager
def serve_litellm(upstream: str, upstream_key: str, model: str) -> Iterator[LiteLLMProxy]:
    """The proxy in front of the server at `upstream`; skips the test where LiteLLM cannot be installed."""
    try:
        command = litellm_command()
    except NotInstalled as error:
        pytest.skip(f"LiteLLM's proxy cannot be installed here: {error}")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    text = _CONFIGURATION.format(model=model, address=upstream, key=upstream_key, master_key=_KEY)
    # Its list of prices is a download otherwise, tried three times.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with tempfile.TemporaryDirectory(prefix="litellm-") as folder, (Path(folder) / "log").open("w+") as log:
        configuration = Path(folder) / "config.yaml"
        configuration.write_text(text)
        process = subprocess.Popen(
            [command, "--config", configuration, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: process.poll() is not None or _answers(address), _START_S, "LiteLLM did not start")
            assert process.poll() is None, Path(log.name).read_text()[-2000:]
            yield LiteLLMProxy(address, _KEY)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/liveliness", trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
