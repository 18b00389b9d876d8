"""The canary's key in the environment and in all that a gateway sends back, while commands ask it: nothing shows it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from glm_playground.cli import main
from glm_playground.service import runtime
from glm_playground.settings import settings
from tests.live.canary.echoing_gateway import FAULTS, EchoingGateway
from tests.live.canary.found import KEY, Found
from tests.live.canary.test_canary import look_at_files, stored_values
from tests.live.test_cli import environment
from tests.live.test_mcp import ask

pytestmark = pytest.mark.slow

CHECKS = "[{type: equals, value: a}, {type: llm-rubric, value: is so}]"
SUITE = "description: Canaries\nprompts: ['{{prompt}}']\ntests:\n" + "".join(
    f"  - vars: {{prompt: fault {name}}}\n    assert: {CHECKS}\n" for name in FAULTS
)
Command = Callable[..., str]


@pytest.fixture
def found() -> Found:
    return Found(KEY)


@pytest.fixture
def gateway() -> Iterator[EchoingGateway]:
    with EchoingGateway() as running:
        yield running


@pytest.fixture
def command(
    tmp_path: Path,
    gateway: EchoingGateway,
    found: Found,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Command]:
    """Runs `glm-playground ...` in a folder of its own, looks at what it says, and gives its output."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    for name, value in {
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"),
        "GLM_PLAYGROUND_LOG_LEVEL": "debug",
        "RUNAPI_BASE_URL": gateway.url,
        "RUNAPI_API_KEY": KEY,
    }.items():
        monkeypatch.setenv(name, value)

    def forget() -> None:
        for cached in (settings, runtime.engine):
            cached.cache_clear()
        runtime._prices.clear()
        runtime._models.clear()

    def run(*arguments: str) -> str:
        forget()
        main(arguments)
        said = capsys.readouterr()
        found.look(" ".join(arguments), f"{said.out}\n{said.err}".encode())
        return said.out

    yield run
    forget()


def test_no_command_shows_it(command: Command, gateway: EchoingGateway, found: Found, tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    asked = ("--models", "glm-5.1,glm-4.6", "--judge", "glm-5.1", "--cap-tokens", "100000000", "--max-tokens", "50")
    begun = command("eval", "run", "suite.yaml", *asked)
    id = next(line.split()[1] for line in begun.splitlines() if line.startswith("Evaluation "))
    for arguments in (("list",), ("show", id), ("diff", id, id), ("retry", id, "--failed", "--cap-tokens", "1")):
        command("eval", *arguments)
    for kind in ("csv", "jsonl", "promptfoo", "bundle", "html", "markdown", "docx", "pptx"):
        command("eval", "export", id, "--as", kind, "--out", f"out.{kind}")
    for arguments in (("show", "out.bundle"), ("show", "out.bundle", "--json"), ("verify", "out.bundle")):
        command("bundle", *arguments)
    command("suite", "grade", "suite.yaml", "out.bundle", "--inspect", "logs")
    measured = command("probe", "--model", "glm-5.1", "--repeats", "1", "--cap-tokens", "10000000")
    command("caps", "show")
    command("doctor")
    command("doctor", "--json")
    assert "measured" in measured
    assert gateway.keys == {KEY}
    assert len(list(tmp_path.glob("out.*"))) == 8
    look_at_files(found, tmp_path)
    found.look("the database", stored_values(tmp_path / "data" / "runs.sqlite3"))
    assert found.seen == {}


def test_the_facts_for_models_do_not_hold_it(found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = {"models": ["glm-5.1", "glm-5.3"]}
    questions: list[tuple[str, dict[str, Any]]] = [
        ("list_models", {}),
        ("get_model", {"model": "glm-5.1"}),
        ("get_model", {"model": f"glm-{'x' * 40}"}),
        ("compare_models", two),
        ("list_conflicts", two),
        ("estimate_cost", {**two, "tokens_in": 1, "tokens_out": 1}),
    ]

    async def ask_all(client: Client) -> list[bytes]:
        return [(await client.call_tool(*question)).model_dump_json().encode() for question in questions]

    found.look("MCP", *ask(tmp_path, ask_all, RUNAPI_API_KEY=KEY))
    assert found.seen == {}
