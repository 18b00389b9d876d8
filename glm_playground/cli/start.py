"""`glm-playground start`: serve the app until Ctrl-C."""

import importlib
from typing import Any

import click

from glm_playground.app_folder import APP_FOLDER


def _only_options(_ctx: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    if words and not words[0].startswith("-"):
        raise click.UsageError(f"Got unexpected argument {words[0]!r}; only options of Streamlit may follow '--'.")
    return words


@click.command(short_help="Start the app (the default command).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.  [default: 8501]")
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on. Everyone who can reach it can ask models at your cost.  [default: 127.0.0.1]",
)
@click.argument(
    "streamlit_options",
    nargs=-1,
    type=click.UNPROCESSED,
    callback=_only_options,
    metavar="[-- STREAMLIT_OPTION...]",
)
def start(port: int | None, host: str | None, streamlit_options: tuple[str, ...]) -> None:
    """Start the app and open it in the browser; Ctrl-C ends it.

    What follows `--` goes to `streamlit run`, for example `glm-playground start -- --server.headless true`.
    """
    options = [f"--server.port={port}"] if port is not None else []
    options += [f"--server.address={host}"] if host else []
    # In this process, so that signals reach the server; imported here, since the other commands need no Streamlit.
    streamlit: Any = importlib.import_module("streamlit.web.cli").main
    try:
        streamlit(["run", str(APP_FOLDER / "app.py"), *options, *streamlit_options], "streamlit", standalone_mode=False)
    except click.Abort:
        # The server has shut down after Ctrl-C, which is how a person ends it.
        return
