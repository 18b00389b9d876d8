"""`python -m glm_playground.sandbox`: serve the sandbox on loopback and say so in one line of JSON."""

import argparse
import importlib
import json
import logging
import os
import secrets
import socket
import sys
import threading
from typing import Any

import uvicorn

from glm_playground.sandbox import KEY_VARIABLE, LOOPBACK
from glm_playground.sandbox.app import create_app
from glm_playground.sandbox.engines import Engine
from glm_playground.sandbox.engines.scripted import ScriptedEngine
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.script import parse_pairs


class _AnnouncingServer(uvicorn.Server):
    """A uvicorn server that says once when it answers."""

    def __init__(self, config: uvicorn.Config, announcement: bytes, stdout: int) -> None:
        super().__init__(config)
        self._announcement = announcement
        self._stdout = stdout

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        os.write(self._stdout, self._announcement)
        os.close(self._stdout)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m glm_playground.sandbox", description=__doc__)
    parser.add_argument("--host", default=LOOPBACK, choices=[LOOPBACK], help="loopback only")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--engine", choices=["auto", "standin", "scripted"], default="auto")
    parser.add_argument("--key", help=f"the bearer key; better given in {KEY_VARIABLE}; generated if neither is")
    parser.add_argument("--script", default="", help="defaults of the scripted engine: 'tokens=400 rate=80'")
    parser.add_argument("--log", action="store_true", help="keep GET /sandbox/log, with the request bodies")
    parser.add_argument("--exit-with-parent", action="store_true", help="exit as soon as stdin is closed")
    return parser.parse_args()


def _load_engine(name: str, defaults: dict[str, object], key: str) -> tuple[Engine, str | None]:
    """The engine, and why it is not the stand-in where `auto` could not load that."""
    if name == "scripted":
        return ScriptedEngine(defaults), None
    try:
        standin: Any = importlib.import_module("glm_playground.sandbox.engines.standin")
        return standin.StandinEngine(key), None
    except Exception as error:  # noqa: BLE001 - whatever keeps a native wheel from loading, the reason is shown
        why = f"{type(error).__name__}: {error}"
        if name == "standin":
            sys.exit(f"The stand-in model could not be loaded: {why}")
        return ScriptedEngine(defaults), why


def _exit_at_eof() -> None:
    while os.read(0, 4096):
        pass
    # At once, in the middle of any generation: the parent is gone and nobody waits for an orderly end.
    os._exit(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A restarted sandbox takes its old port although connections of the dead one linger.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def main() -> None:
    """Parse the command line and serve until a signal or, with --exit-with-parent, the end of stdin."""
    arguments = _arguments()
    # The library below writes where it likes; the real stdout carries the ready line and nothing else.
    stdout = os.dup(1)
    os.dup2(2, 1)
    if arguments.exit_with_parent:
        threading.Thread(target=_exit_at_eof, name="stdin-watch", daemon=True).start()
    key = os.environ.pop(KEY_VARIABLE, "") or arguments.key
    if not key:
        key = secrets.token_urlsafe(32)
        print(f"{KEY_VARIABLE}={key}", file=sys.stderr)
    try:
        defaults = parse_pairs(arguments.script)
    except ApiError as error:
        sys.exit(f"--script: {error.message}")
    try:
        listener = _listen(arguments.port)
    except OSError as error:
        sys.exit(f"Port {arguments.port} of {LOOPBACK} cannot be taken: {error}")
    engine, why = _load_engine(arguments.engine, defaults, secrets.token_urlsafe(32))
    ready = {
        "base_url": f"http://{LOOPBACK}:{listener.getsockname()[1]}",
        "engine": engine.identity.engine,
        "model": engine.identity.model,
        "why": why,
    }
    logger = logging.getLogger("uvicorn.error")
    logger.setLevel(logging.ERROR)
    # A dropped answer is what a script may ask for: no complaint about it.
    logger.addFilter(lambda record: "without completing response" not in record.getMessage())
    config = uvicorn.Config(
        create_app(engine, key, keep_log=arguments.log),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = _AnnouncingServer(config, json.dumps(ready).encode() + b"\n", stdout)
    server.run(sockets=[listener])
    # llama.cpp's threads would hold up an ordinary exit until their generations end.
    os._exit(0)


if __name__ == "__main__":
    main()
