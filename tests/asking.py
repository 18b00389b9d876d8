"""Asking the scripted sandbox, and waiting for the end of a run."""

import time
from typing import Any

from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun


def ask_for(script: str, prompt: str = "", **fields: Any) -> ChatRequest:
    """A request that has the sandbox follow `script`, as fast as it can unless the script has a rate."""
    pace = "" if "rate=" in script else " rate=0"
    content = f"@script {script}{pace}\n{prompt}"
    return ChatRequest(model="glm-5.1", messages=(Message(role="user", content=content),), **fields)


def finished(engine: Engine, run: LiveRun, within: float = 10) -> LiveRun:
    """`run` once it has ended."""
    deadline = time.monotonic() + within
    while not run.ended:
        engine.wait_changed(run, len(run.events), timeout=1)
        assert time.monotonic() < deadline, f"the run did not end: {run}"
    return run
