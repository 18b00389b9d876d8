"""What answers a chat request: the stand-in model, or scripted text."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from glm_playground.sandbox.chat_request import ReceivedChat
from glm_playground.sandbox.generation import Burst, Finish
from glm_playground.sandbox.script import Script


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Who answers, said in every response. `model` is None where no model is behind the text."""

    engine: str
    model: str | None
    served_by: str
    fingerprint: str


class TextEngine(Protocol):
    """Something that answers a chat request."""

    @property
    def identity(self) -> EngineIdentity:
        """Who answers."""

    def script_for(self, request: ReceivedChat) -> Script:
        """What the request asks of the wire. Raises ApiError 422 for a directive that cannot be read."""

    def generate(self, request: ReceivedChat, script: Script) -> AsyncGenerator[Burst | Finish, None]:
        """Yield bursts and at last one Finish; the first item comes once the request is accepted.

        Raises ApiError for a request it refuses. Closing the generator stops the generation.
        """
