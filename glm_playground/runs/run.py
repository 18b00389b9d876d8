"""The recorded run: one generation from request to outcome, as a value."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict

from glm_playground.gateway import ChatRequest, Event, EventKind, Figure, GatewayError, Usage, errors, figures_of


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    LENGTH = "length"
    FILTERED = "filtered"
    TOOL_CALLS = "tool_calls"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"
    """The answer ended with a finish_reason that no list knows; it may be whole or not."""


_AS_JSON = ConfigDict(extra="forbid")
"""How `runs.run_json` reads these values: a field that is not known is refused."""

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

    def is_of(self, kinds: tuple[type[GatewayError], ...]) -> bool:
        """Whether it was of one of these classes."""
        kind = getattr(errors, self.kind, None)
        return isinstance(kind, type) and issubclass(kind, kinds)

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
    settles: bool = True
    """False where the cost in an answer's usage is the server's estimate; runs of before this was noted have True."""


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
    server_said: tuple[tuple[str, str], ...] = ()
    """Name and value of the response's headers that say what the server did; see `gateway.figures`."""
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
    def server_figures(self) -> tuple[Figure, ...]:
        """The server's own figures beside the usage, named as it names them."""
        return figures_of((event.text for event in self.events if event.kind is EventKind.FIGURES), self.server_said)

    @property
    def reasoning(self) -> str:
        """The reasoning the gateway sent apart from the answer."""
        return "".join(event.text for event in self.events if event.kind is EventKind.REASONING)


_FINISH_REASONS: tuple[tuple[Outcome, tuple[str, ...]], ...] = (
    (Outcome.COMPLETED, ("stop",)),  # everybody
    (Outcome.COMPLETED, ("eos", "eos_token", "stop_sequence", "stop_str")),  # text-generation-inference, TGI's clients
    (Outcome.COMPLETED, ("end_turn", "complete")),  # Anthropic, Cohere
    (Outcome.LENGTH, ("length",)),  # everybody
    (Outcome.LENGTH, ("model_context_window_exceeded",)),  # Z.ai, Anthropic
    (Outcome.LENGTH, ("max_tokens", "model_length")),  # Anthropic and Google, Mistral
    (Outcome.FILTERED, ("sensitive",)),  # Z.ai
    (Outcome.FILTERED, ("content_filter", "refusal")),  # OpenAI and Azure, Anthropic
    (Outcome.FILTERED, ("safety", "recitation", "blocklist", "prohibited_content", "spii")),  # Google
    (Outcome.TOOL_CALLS, ("tool_calls", "function_call", "tool_use")),  # everybody, OpenAI before, Anthropic
    (Outcome.FAILED, ("network_error",)),  # Z.ai
    (Outcome.FAILED, ("abort", "aborted")),  # vLLM, SGLang
    (Outcome.FAILED, ("error",)),  # OpenRouter, Mistral, vLLM
    (Outcome.FAILED, ("insufficient_system_resource",)),  # DeepSeek
    (Outcome.FAILED, ("malformed_function_call", "error_toxic", "error_limit")),  # Google, Cohere
    (Outcome.FAILED, ("cancelled", "canceled", "timeout", "preempted")),
)
"""What a finish_reason means, in lower case, with the servers that send it; one that is not here is unknown."""

_OUTCOMES = {reason: outcome for outcome, reasons in _FINISH_REASONS for reason in reasons}


def outcome_of(finish_reason: str | None, *, done: bool) -> Outcome:
    """The outcome of a stream that ended without an error.

    A stream with neither a finish_reason nor `[DONE]` was cut off: interrupted.
    """
    if finish_reason is None:
        return Outcome.COMPLETED if done else Outcome.INTERRUPTED
    return _OUTCOMES.get(finish_reason.strip().lower(), Outcome.UNKNOWN)
