"""`glm-playground mcp`: the facts for models that use tools (docs/api.md)."""

from importlib.util import find_spec

import click

from glm_playground.catalog import load_catalog
from glm_playground.cli.failure import Failure


@click.command(short_help="Serve the facts to models that use tools (MCP).")
def mcp() -> None:
    """Serve the facts over standard input and output, as the Model Context Protocol has it.

    A client such as an editor or an agent starts this command by itself; docs/api.md shows how. It only reads: no key
    is needed, no gateway is asked and nothing is spent.
    """
    if find_spec("mcp") is None:
        raise Failure("the MCP server needs the package mcp: pip install 'glm-playground[mcp]'")
    from glm_playground.mcp_server import mcp_server  # noqa: PLC0415 - only who installed the extra has what it needs

    mcp_server(load_catalog()).run()
