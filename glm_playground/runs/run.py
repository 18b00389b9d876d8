"""The recorded run: one generation from request to outcome, as a value."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict

from glm_playground.gateway import ChatRequest, Event, EventKind, GatewayError, Usage


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    LENGTH = "length"
    FILTERED = "filtered"
    TOOL_CALLS = "tool_calls"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


_AS_JSON = ConfigDict(extra="forbid")
"""How `runs.recording` reads these values: a field that is not known is refused."""

DELTAS = frozenset({EventKind.REASONING, EventKind.CONTENT, EventKind.TOOL_CALLS})
"""The kinds that carry generated tokens; the reader gives out none that is empty."""


@dataclass(frozen=True)
class RunError:
    """What made a run fail, without the exception."""

    __pydantic_config__: ClassVar = _AS_JSON

    kind: str
    """Name of the class in `gateway.errors`."""
    message: str
    status: int | None = None
    code: str | None = None
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    retry_after: float | None = None
    request_id: str | None = None
    task_id: str | None = None

    @classmethod
    def of(cls, error: GatewayError) -> "RunError":
        """The error as a value."""
        return cls(
            kind=type(error).__name__,
            message=error.message,
            status=error.status,
            code=error.code,
            fields=tuple(error.fields.items()),
            retry_after=error.retry_after,
            request_id=error.request_id,
            task_id=error.task_id,
        )


@dataclass(frozen=True)
class Server:
    """Who was asked."""

    __pydantic_config__: ClassVar = _AS_JSON

    name: str
    origin: str
    stand_in: str | None = None
    """The model that answered in place of a GLM; such a run is never shown as GLM's."""
    failed_not_charged: bool = False
    """True where the server's published policy is that failed generations are not charged."""


@dataclass
class Run:
    """One generation. Grows while it is recorded: events are appended, and `outcome` is set last, once.

    Times are nanoseconds since t0, which is taken just before the request is written.
    """

    __pydantic_config__: ClassVar = _AS_JSON

    id: str
    """Sent as `X-Client-Request-Id`."""
    request: ChatRequest
    server: Server
    started_at: datetime
    """Wall clock at t0, UTC."""
    events: list[Event] = field(default_factory=list)
    outcome: Outcome | None = None
    sent: bool = False
    """True once the request is being written; before, the run waits for its turn."""
    ended_ns: int | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    error: RunError | None = None
    request_id: str | None = None
    task_id: str | None = None
    response_id: str | None = None
    served_model: str | None = None
    """The `model` of the response."""
    served_by: str | None = None
    """What the response's headers name as the answering engine."""
    complete_stream: bool = False
    """True where the stream ended with `[DONE]`."""
    replayed: bool = False
    """True where this is a recording that is played: nothing was sent."""
    warm_up: bool = False
    """True where it only readies the model for the runs after it; figures leave it out, costs do not."""

    @property
    def ended(self) -> bool:
        """True once the outcome stands."""
        return self.outcome is not None

    @property
    def has_delta(self) -> bool:
        """True once a token of reasoning, content or a tool call came."""
        return any(event.kind in DELTAS for event in self.events)

    @property
    def content(self) -> str:
        """The answer's text as received, `<think>` tags included."""
        return "".join(event.text for event in self.events if event.kind is EventKind.CONTENT)

    @property
    def reasoning(self) -> str:
        """The reasoning the gateway sent apart from the answer."""
        return "".join(event.text for event in self.events if event.kind is EventKind.REASONING)


_OUTCOMES = {
    "length": Outcome.LENGTH,
    "model_context_window_exceeded": Outcome.LENGTH,
    "sensitive": Outcome.FILTERED,
    "content_filter": Outcome.FILTERED,
    "tool_calls": Outcome.TOOL_CALLS,
    "function_call": Outcome.TOOL_CALLS,
    "network_error": Outcome.FAILED,
}


def outcome_of(finish_reason: str | None, *, done: bool) -> Outcome:
    """The outcome of a stream that ended without an error.

    A stream with neither a finish_reason nor `[DONE]` was cut off: interrupted.
    """
    if finish_reason is None:
        return Outcome.COMPLETED if done else Outcome.INTERRUPTED
    return _OUTCOMES.get(finish_reason, Outcome.COMPLETED)
