"""The catalogue for models that use tools: an MCP server that only reads, over standard input and output.

It needs the extra `mcp` (`pip install 'glm-playground[mcp]'`), asks no gateway, reads no key and opens no ledger.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from importlib.metadata import version
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from glm_playground import bounds
from glm_playground.catalog import Catalog
from glm_playground.catalog.answers_json import (
    SUBJECTS,
    NotAnswered,
    cards_of,
    comparison_json,
    conflicts_json,
    cost_json,
    list_json,
)
from glm_playground.catalog.models_markdown import model_markdown
from glm_playground.catalog.running_cost import Load
from glm_playground.catalog.sellers import SELLERS

P = ParamSpec("P")
Answer = TypeVar("Answer")
Json = dict[str, Any]

_INSTRUCTIONS = """\
Facts about Z.ai's GLM models, each with its source and the day it was read. What nobody published is null or left out,
with the reason; never take it for zero or no. Scores can be compared only under the same conditions. Prices are in US
dollars per 1M tokens, of the seller that is named. Nothing here asks a model or spends money.
"""
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

Models = Annotated[list[str], Field(min_length=1, max_length=bounds.MCP_MODELS, description="ids, such as glm-5.1")]
Count = Annotated[int, Field(ge=0, le=bounds.MCP_TOKENS)]
Subject = Annotated[str, Field(json_schema_extra={"enum": list(SUBJECTS)})]
Seller = Annotated[str, Field(json_schema_extra={"enum": list(SELLERS)})]


def mcp_server(catalog: Catalog) -> MCPServer:
    """The server, with its five tools."""
    server: MCPServer = MCPServer(
        "glm-playground",
        title="GLM Playground",
        instructions=_INSTRUCTIONS,
        version=version("glm-playground"),
        log_level="WARNING",
    )

    @server.tool(title="List the models", annotations=_READS)
    @_told
    def list_models() -> list[Json]:
        """List every GLM model with its release, context, output, input, licence, and who sells it."""
        return list_json(catalog)

    @server.tool(title="Read one model", annotations=_READS)
    @_told
    def get_model(model: Annotated[str, Field(description="id, such as glm-5.1")]) -> str:
        """Read all that is known of a model, as Markdown: facts, prices by seller, scores, sources, disagreements."""
        return model_markdown(catalog, cards_of(catalog, [model])[0])

    @server.tool(title="Compare models", annotations=_READS)
    @_told
    def compare_models(models: Models, subject: Subject = "key") -> Json:
        """Put models side by side by the facts of a subject, or by published scores under the same conditions."""
        return comparison_json(catalog, models, subject)

    @server.tool(title="List disagreements", annotations=_READS)
    @_told
    def list_conflicts(
        models: Annotated[list[str], Field(max_length=bounds.MCP_MODELS, description="ids; all models if empty")] = [],  # noqa: B006 - its schema shows it
    ) -> Json:
        """List where sources disagree, with every claim, the value that was chosen and why."""
        return conflicts_json(catalog, models)

    @server.tool(title="Estimate a cost", annotations=_READS)
    @_told
    def estimate_cost(  # noqa: PLR0917 - a client names each
        models: Models,
        tokens_in: Count,
        tokens_out: Count,
        requests_a_day: Count = 1,
        tokens_thinking: Annotated[Count, Field(description="written before the answer, paid as output")] = 0,
        cached_percent: Annotated[float, Field(ge=0, le=100, description="of the input, read from a cache")] = 0,
        sellers: Annotated[
            list[Seller],
            Field(min_length=1, max_length=3, description="asked in this order; the first with prices counts"),
        ] = ["runapi", "zai"],  # noqa: B006 - its schema shows it
    ) -> list[Json]:
        """Estimate what a steady load costs on each model by published prices; nothing is asked or spent."""
        load = Load(requests_a_day, tokens_in, tokens_out, Decimal(str(cached_percent)), tokens_thinking)
        return cost_json(catalog, models, load, tuple(sellers))

    return server


def _told(tool: Callable[P, Answer]) -> Callable[P, Answer]:
    """The tool, which tells its caller why a question has no answer."""

    @wraps(tool)
    def told(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return tool(*args, **kwargs)
        except NotAnswered as error:
            raise ToolError(str(error)) from None

    return told
