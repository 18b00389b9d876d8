"""What docs/servers.md says of which server: the rows and columns of its tables, and the mark of a test that shows one.

A new feature is a row here and a test with `holds`; `scripts/servers.py` runs those tests and writes the tables.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live.servers.litellm_environment import LITELLM

NODE_PACKAGE = Path(__file__).parents[2] / "quickstarts" / "node_modules" / "openai" / "package.json"


class Table(NamedTuple):
    """One table of the document."""

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, str]
    """Name and words of each feature."""
    documented: Mapping[str, tuple[str, ...]] = {}
    """Columns that nothing runs here, with the features that the server's own documents say it has."""


SERVERS = Table(
    "servers",
    ("llama.cpp", "LiteLLM"),
    {
        "stream": "An answer streams",
        "stop": "Stop closes the connection, and the server stops",
        "usage": "Usage at the end of a stream",
        "reasoning": "Reasoning apart from the answer",
        "thinking off": "Thinking turned off",
        "json": "JSON mode, and JSON by a schema",
        "tools": "A tool call, its result and the answer to it",
        "stop text": "A stop text",
        "max_tokens": "`max_tokens`",
        "figures": "Its own figures, shown as its own",
        "cost": "The cost in its usage is shown as its estimate",
        "context": "A prompt beyond the context is explained as that",
        "unknown model": "An unknown model is explained as that",
        "wrong key": "A wrong key is explained as that",
        "wrong path": "A wrong path is told from an unknown model",
        "words": "A request that it refuses, in its own words",
        "models": "Its list of models",
        "limits": "The context that its list names is the limit",
    },
    {
        "RunAPI": ("stream", "usage", "reasoning", "max_tokens", "unknown model", "wrong key", "models"),
        "Z.ai": (
            "stream",
            "usage",
            "reasoning",
            "thinking off",
            "tools",
            "stop text",
            "max_tokens",
            "unknown model",
        ),
    },
)

BETWEEN = Table(
    "between",
    ("nginx", "microsocks", "tinyproxy"),
    {
        "answer": "An answer comes through it",
        "certificate": "TLS with a certificate of an own authority (`SSL_CERT_FILE`)",
        "gzip": "With gzip on for event streams, the first token comes within 20% of the time it takes directly",
        "one piece": "An answer that it holds back until its end is said to have come in one piece",
        "refusal": "Its own refusal is said to be its own",
        "exempt": "Loopback, and what `NO_PROXY` names, is reached without it",
    },
)

CLIENTS = Table(
    "clients",
    ("openai for Python", "openai for Node", "LangChain", "pydantic-ai", "LiteLLM as a client"),
    {
        "chat": "A chat",
        "stream": "A stream with its usage",
        "tools": "A loop over tools ends",
        "max_completion_tokens": "`max_completion_tokens`",
        "developer": "The role `developer`",
        "model": "The list of models, or one by its id",
    },
)

TABLES = (SERVERS, BETWEEN, CLIENTS)


def holds(column: str, *features: str) -> pytest.MarkDecorator:
    """Marks a test that shows features of a server, of what stands before one, or of a client."""
    [table] = [table for table in TABLES if column in table.columns]
    assert set(features) <= set(table.rows), f"no feature of {table.name}: {set(features) - set(table.rows)}"
    return pytest.mark.holds(column, *features)


def _package(name: str) -> Callable[[], str]:
    return lambda: version(name)


def _nginx() -> str:
    command = shutil.which("nginx", path="/usr/sbin:/usr/bin") or ""
    said = subprocess.run([command, "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition("/")[2]


def _debian(name: str) -> Callable[[], str]:
    def found() -> str:
        asked = ["dpkg-query", "--show", "--showformat=${Version}", name]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.partition("-")[0]

    return found


def _node() -> str:
    return str(json.loads(NODE_PACKAGE.read_text())["version"])


_VERSIONS: dict[str, Callable[[], str]] = {
    "llama.cpp": lambda: f"xllamacpp {version('xllamacpp')}",
    "LiteLLM": lambda: LITELLM,
    "nginx": _nginx,
    "microsocks": _debian("microsocks"),
    "tinyproxy": _debian("tinyproxy"),
    "openai for Python": _package("openai"),
    "openai for Node": _node,
    "LangChain": lambda: f"langchain-openai {version('langchain-openai')}",
    "pydantic-ai": _package("pydantic-ai-slim"),
    "LiteLLM as a client": lambda: LITELLM,
}


def version_of(column: str) -> str:
    """The version that runs here; empty where it is not installed."""
    try:
        return _VERSIONS[column]()
    except (OSError, PackageNotFoundError, subprocess.CalledProcessError, ValueError):
        return ""
