"""A receiver of callbacks: the app's route, and what it stores."""

import base64
import socket
import threading
from dataclasses import dataclass, field
from typing import Self

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from glm_playground.ledger.errors import LedgerError
from glm_playground.ledger.values import Callback
from glm_playground.ui.server.callbacks import PATH, callback_route

SECRET = SecretStr(base64.b64encode(b"never to be seen, 32 bytes long.").decode())
SECRET_TEXT = SECRET.get_secret_value()
KEY = "sk-of-the-operator-7c1f"


@dataclass
class Kept:
    """What the route stored, by id, as the ledger does."""

    callbacks: list[Callback] = field(default_factory=list)
    secret: SecretStr | None = SECRET
    problem: LedgerError | None = None
    thread: str = ""

    def store(self, callback: Callback) -> bool:
        self.thread = threading.current_thread().name
        if self.problem:
            raise self.problem
        if any(kept.id == callback.id for kept in self.callbacks):
            return False
        self.callbacks.append(callback)
        return True


class Receiver:
    """The route in a Starlette application under uvicorn, in a thread of its own."""

    def __init__(self, kept: Kept) -> None:
        app = Starlette(routes=[callback_route(lambda: kept.secret, kept.store, key=lambda: SecretStr(KEY))])
        self._server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{PATH}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, name="receiver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()
