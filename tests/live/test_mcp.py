"""The MCP server, started and asked by the protocol's own client over standard input and output."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.catalog.models_markdown import model_markdown
from glm_playground.cli import main

_ROOT = Path(__file__).resolve().parents[2]


def ask(folder: Path, questions: Callable[[Client], Awaitable[Any]], **environment: str) -> Any:
    """What the server answers, started in an empty folder and with no setting of the app but those given."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "glm_playground", "mcp"],
        env={"PYTHONPATH": str(_ROOT), "GLM_PLAYGROUND_DATA_FOLDER": str(folder / "data"), **environment},
        cwd=folder,
    )

    async def connect() -> Any:
        async with asyncio.timeout(60), Client(command) as client:
            return await questions(client)

    return asyncio.run(connect())


def test_a_client_lists_the_tools_and_asks_each(tmp_path: Path) -> None:
    async def questions(client: Client) -> dict[str, Any]:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {
            "list_models",
            "get_model",
            "compare_models",
            "list_conflicts",
            "estimate_cost",
        }
        for tool in tools:
            assert tool.description
            assert tool.annotations
            assert (tool.annotations.read_only_hint, tool.annotations.open_world_hint) == (True, False)
        two = ["glm-5.1", "glm-5.3"]
        work = {"tokens_in": 2_000, "tokens_out": 500, "requests_a_day": 1_000}
        return {
            "list": await client.call_tool("list_models"),
            "get": await client.call_tool("get_model", {"model": "glm-5.1"}),
            "compare": await client.call_tool("compare_models", {"models": two, "subject": "prices"}),
            "conflicts": await client.call_tool("list_conflicts", {"models": ["glm-5.1"]}),
            "estimate": await client.call_tool("estimate_cost", {"models": ["glm-5.1", "glm-5.4"], **work}),
            "unknown": await client.call_tool("get_model", {"model": "glm-5.11"}),
            "negative": await client.call_tool("estimate_cost", {"models": ["glm-5.1"], **work, "tokens_in": -1}),
        }

    found = ask(tmp_path, questions)
    catalog = load_catalog()
    assert [entry["id"] for entry in found["list"].structured_content["result"]] == list(catalog.order)
    assert found["get"].content[0].text == model_markdown(catalog, catalog["glm-5.1"])
    rows = {row["fact"]: row["values"] for row in found["compare"].structured_content["rows"]}
    assert rows["gateways.zai.price.input"]["glm-5.1"]["value"] == 1.4
    assert found["conflicts"].structured_content["facts"]
    first, second = found["estimate"].structured_content["result"]
    assert (first["per_day"], second["per_day"]) == (5.0, None)
    assert found["unknown"].is_error
    assert "there are glm-5.1" in found["unknown"].content[0].text
    assert found["negative"].is_error
    # It keeps nothing: no ledger, no settings.
    assert os.listdir(tmp_path) == []


def test_what_a_model_may_ask_is_bounded(tmp_path: Path) -> None:
    work = {"tokens_in": 1, "tokens_out": 1}
    questions: list[tuple[str, dict[str, Any]]] = [
        ("compare_models", {"models": ["glm-5.1"] * (bounds.MCP_MODELS + 1)}),
        ("list_conflicts", {"models": ["glm-5.1"] * (bounds.MCP_MODELS + 1)}),
        ("estimate_cost", {**work, "models": ["glm-5.1"], "tokens_in": bounds.MCP_TOKENS + 1}),
        ("estimate_cost", {**work, "models": ["glm-5.1"], "cached_percent": 101}),
        ("estimate_cost", {**work, "models": ["glm-5.1"], "sellers": ["zai"] * 4}),
        ("estimate_cost", {**work, "models": ["glm-5.1"], "sellers": ["ebay"]}),
        ("compare_models", {"models": ["glm-5.1"], "subject": "looks"}),
    ]

    async def ask_all(client: Client) -> list[bool]:
        return [(await client.call_tool(tool, arguments)).is_error for tool, arguments in questions]

    assert ask(tmp_path, ask_all) == [True] * len(questions)


def test_without_its_package_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("glm_playground.cli.mcp.find_spec", lambda name: None)
    assert main(["mcp"]) == 1
    assert capsys.readouterr().err == (
        "Error: the MCP server needs the package mcp: pip install 'glm-playground[mcp]'\n"
    )
