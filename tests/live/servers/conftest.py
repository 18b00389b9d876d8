"""Real servers that nobody here wrote; each is started once for all tests."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway
from tests.live.servers.litellm_proxy import LiteLLMProxy, serve_litellm
from tests.live.servers.llama_server import MODEL, LlamaServer, serve_llama


@pytest.fixture(scope="session")
def llama() -> Iterator[LlamaServer]:
    with serve_llama() as server:
        yield server


@pytest.fixture(scope="session")
def litellm(llama: LlamaServer) -> Iterator[LiteLLMProxy]:
    """LiteLLM's proxy before llama.cpp."""
    with serve_litellm(llama.address, llama.key, MODEL) as proxy:
        yield proxy


@pytest.fixture
def llama_gateway(llama: LlamaServer) -> Gateway:
    return Gateway("llama.cpp", llama.address, key=SecretStr(llama.key))


@pytest.fixture
def litellm_gateway(litellm: LiteLLMProxy) -> Gateway:
    return Gateway("LiteLLM", litellm.address, key=SecretStr(litellm.key))
