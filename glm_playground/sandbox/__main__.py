"""`python -m glm_playground.sandbox`: serve the sandbox on loopback and say so in one line of JSON."""

import argparse
import importlib
import os
import secrets
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from glm_playground.sandbox import CALLBACK_SECRET_VARIABLE, KEY_VARIABLE, LOOPBACK


def _arguments() -> argparse.Namespace:
    epilog = f"Callbacks are signed with the secret in {CALLBACK_SECRET_VARIABLE} (base64); without it none are sent."
    parser = argparse.ArgumentParser("python -m glm_playground.sandbox", description=__doc__, epilog=epilog)
    parser.add_argument("--host", default=LOOPBACK, choices=[LOOPBACK], help="loopback only")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--engine", choices=["auto", "standin", "scripted"], default="auto")
    parser.add_argument("--key", help=f"the bearer key; better given in {KEY_VARIABLE}; generated if neither is")
    parser.add_argument("--script", default="", help="defaults of the scripted engine: 'tokens=400 rate=80'")
    parser.add_argument("--log", action="store_true", help="keep GET /sandbox/log, with the request bodies")
    parser.add_argument("--exit-with-parent", action="store_true", help="exit as soon as stdin is closed")
    return parser.parse_args()


def _take_key(arguments: argparse.Namespace) -> str:
    key = os.environ.pop(KEY_VARIABLE, "") or arguments.key
    if not key:
        key = secrets.token_urlsafe(32)
        print(f"{KEY_VARIABLE}={key}", file=sys.stderr)
    return str(key)


def _exit_at_eof() -> None:
    while os.read(0, 4096):
        pass
    # At once, in the middle of any generation: the parent is gone and nobody waits for an orderly end.
    os._exit(0)


def _load_standin() -> Any:
    standin: Any = importlib.import_module("glm_playground.sandbox.engines.standin")
    return standin.StandinEngine(secrets.token_urlsafe(32))


def main() -> None:
    """Parse the command line and serve until a signal or, with --exit-with-parent, the end of stdin."""
    arguments = _arguments()
    # llama.cpp writes where it likes; the real stdout carries the ready line and nothing else.
    stdout = os.dup(1)
    os.dup2(2, 1)
    if arguments.exit_with_parent:
        threading.Thread(target=_exit_at_eof, name="stdin-watch", daemon=True).start()
    key = _take_key(arguments)
    callback_secret = os.environ.pop(CALLBACK_SECRET_VARIABLE, "")
    standin: Future[Any] | None = None
    if arguments.engine != "scripted":
        # The model loads while the rest is imported.
        standin = ThreadPoolExecutor(1).submit(_load_standin)
    server: Any = importlib.import_module("glm_playground.sandbox.server")
    server.serve(
        standin,
        script=arguments.script,
        fall_back=arguments.engine == "auto",
        key=key,
        callback_secret=callback_secret,
        port=arguments.port,
        keep_log=arguments.log,
        stdout=stdout,
    )


if __name__ == "__main__":
    main()
