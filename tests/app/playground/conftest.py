"""The playground page as most tests of it open it."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.runs.run import Run
from tests.app.playground_page import Playground

Logged = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def page(at_gateway: None, open_page: Callable[..., AppTest]) -> Playground:
    return Playground(open_page("pages/playground.py"))


@pytest.fixture
def body_of(logged: Logged) -> Callable[[Run], dict[str, Any]]:
    """The body of a run's request, as the server received it."""

    def read(run: Run) -> dict[str, Any]:
        [entry] = logged(run.id)
        body: dict[str, Any] = entry["body"]
        return body

    return read


@pytest.fixture
def refused_port() -> Iterator[int]:
    """A port of loopback at which nobody listens, and which nobody else takes meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
