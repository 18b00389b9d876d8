"""The sandbox as a server: its socket, its engine, and the line that says it is ready."""

import importlib
import json
import logging
import os
import socket
import sys
from concurrent.futures import Future
from typing import Any, NoReturn

import uvicorn
from pydantic import SecretStr

from glm_playground.sandbox import CALLBACK_SECRET_VARIABLE, LOOPBACK
from glm_playground.sandbox.app import create_app
from glm_playground.sandbox.engines import TextEngine
from glm_playground.sandbox.engines.scripted import ScriptedEngine
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.script import parse_pairs


class _AnnouncingServer(uvicorn.Server):
    """A uvicorn server that says once, when it answers, what it is."""

    def __init__(self, config: uvicorn.Config, announcement: bytes, stdout: int) -> None:
        super().__init__(config)
        self._announcement = announcement
        self._stdout = stdout

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        os.write(self._stdout, self._announcement)
        os.close(self._stdout)


def serve(
    standin: Future[TextEngine] | None,
    *,
    script: str,
    fall_back: bool,
    key: str,
    callback_secret: str,
    port: int,
    keep_log: bool,
    stdout: int,
) -> None:
    """Serve until a signal comes; does not return.

    `standin` is the stand-in model on its way, None for scripted text with `script` as its defaults; `fall_back` lets
    scripted text take the place of a stand-in that cannot be loaded. Callbacks are signed with `callback_secret`; where
    it is empty none are sent. The ready line goes to the descriptor `stdout`.
    """
    listener = _listen(port)
    callbacks = _callback_sender(callback_secret) if callback_secret else None
    engine, why = _engine(standin, script, fall_back)
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
        create_app(engine, key, keep_log=keep_log, callbacks=callbacks),
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
    _AnnouncingServer(config, json.dumps(ready).encode() + b"\n", stdout).run(sockets=[listener])
    # llama.cpp's threads would hold up an ordinary exit until their generations end.
    os._exit(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A restarted sandbox takes its old port although connections of the dead one linger.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        _fail(f"Port {port} of {LOOPBACK} cannot be taken: {error}")
    return listener


def _callback_sender(secret: str) -> Any:
    """What sends callbacks; imported here, since its HTTP client takes half a second that few sandboxes need."""
    callbacks: Any = importlib.import_module("glm_playground.sandbox.callbacks")
    try:
        return callbacks.CallbackSender(SecretStr(secret))
    except ValueError as error:
        _fail(f"{CALLBACK_SECRET_VARIABLE} cannot be used: {error}.")


def _engine(standin: Future[TextEngine] | None, script: str, fall_back: bool) -> tuple[TextEngine, str | None]:
    """The engine, and why it is not the stand-in where that was wanted."""
    try:
        scripted = ScriptedEngine(parse_pairs(script))
    except ApiError as error:
        _fail(f"--script: {error.message}")
    if standin is None:
        return scripted, None
    failure = standin.exception()
    if failure is None:
        return standin.result(), None
    why = f"{type(failure).__name__}: {failure}"
    if not fall_back:
        _fail(f"The stand-in model could not be loaded: {why}")
    return scripted, why


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr, flush=True)
    # The loading thread cannot be interrupted, and an ordinary exit would wait for it.
    os._exit(1)
