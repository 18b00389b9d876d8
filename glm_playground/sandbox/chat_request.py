"""A chat request: its fields, their limits, and what a model refuses."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.prices import MODEL_IDS

GLM_5_2_MAX_OUTPUT_TOKENS = 131_072

_HONOURED = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "n",
    "seed",
    "response_format",
    "callback_url",
}


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class ContentPart(_Wire):
    """One part of a message's content; `text` is set for parts of type text."""

    type: str
    text: str = ""


class ReceivedMessage(_Wire):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    """`developer` is OpenAI's newer word for `system`."""
    content: str | list[ContentPart] | None = None
    tool_call_id: str | None = None
    tool_calls: list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """The message's text, its parts joined."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(_Wire):
    """Options of a stream."""

    include_usage: bool | None = None


class ResponseFormat(_Wire):
    """The form the answer is to have."""

    type: Literal["text", "json_object", "json_schema"]


class Thinking(_Wire):
    """GLM's thinking switch."""

    type: Literal["enabled", "disabled"] = "enabled"


class ReceivedChat(_Wire):
    """The body of POST /v1/chat/completions, with the limits of GLM's parameters; unknown fields are kept."""

    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[ReceivedMessage], Field(min_length=1)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    """OpenAI's newer word for `max_tokens`."""
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    top_p: Annotated[float, Field(ge=0.01, le=1)] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=128)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    thinking: Thinking | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    """The same switch as vLLM, SGLang and llama.cpp take it: `enable_thinking`."""
    reasoning_effort: str | None = None
    callback_url: Annotated[str, Field(max_length=2000)] | None = None
    """Where the task is sent when it ended; no engine sees it."""

    @property
    def most_tokens(self) -> int | None:
        """How long the answer may be: the least of what both words for it say."""
        return min(
            (limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None), default=None
        )

    @property
    def stops(self) -> list[str]:
        """The texts that end an answer."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in stops if stop]

    @property
    def takes_calls(self) -> bool:
        """Whether a call of a tool is an answer to this: not to a tool's result, else a loop would never end."""
        return self.messages[-1].role != "tool" and self.tool_choice != "none"

    @property
    def include_usage(self) -> bool:
        """Whether a stream is to carry its usage."""
        return self.stream_options is not None and self.stream_options.include_usage is True

    @property
    def last_user_text(self) -> str:
        """The text of the newest user message, or ""."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def estimated_prompt_tokens(self) -> int:
        """A guess for texts no tokenizer reads: a token for every 4 bytes, and 3 a message."""
        return sum((len(message.text.encode()) + 3) // 4 + 3 for message in self.messages)

    @property
    def not_honoured(self) -> list[str]:
        """Fields that were sent and that no engine of the sandbox acts upon, in order."""
        sent = {name for name in self.model_fields_set if getattr(self, name) is not None} - _HONOURED
        return sorted(sent | set(self.model_extra or {}))


def parse_chat_request(body: object) -> ReceivedChat:
    """Read and check a body. Raises ApiError: 422 by field, 404 for an unknown model, 400 for what a model refuses."""
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_request", "The body must be a JSON object.")
    try:
        # Clients write null for what they do not say.
        request = ReceivedChat.model_validate({name: value for name, value in body.items() if value is not None})
    except ValidationError as error:
        raise ApiError.invalid(_by_field(error)) from None
    if not any(message.role in {"user", "tool"} for message in request.messages):
        raise ApiError.invalid({"messages": ["must hold a user or tool message"]})
    if request.model not in MODEL_IDS:
        raise ApiError(404, "model_not_found", f"The model '{request.model[:80]}' does not exist.")
    _refuse_unsupported(request)
    return request


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        path = [str(step) for step in problem["loc"] if not _names_a_type(step)]
        fields.setdefault(".".join(path) or "base", []).append(problem["msg"])
    return fields


def _names_a_type(step: str | int) -> bool:
    """Pydantic puts the tried member of a union into the path: `str`, `list[...]`, `constrained-...`."""
    return isinstance(step, str) and (step in {"str", "constrained-str"} or step.startswith("list["))


def _refuse_unsupported(request: ReceivedChat) -> None:
    refused: list[str] = []
    parts = [part for message in request.messages if isinstance(message.content, list) for part in message.content]
    if any(part.type != "text" for part in parts):
        refused.append("content parts other than text")
    if request.model == "glm-5.2":
        if request.tools:
            refused.append("tools")
        if request.response_format and request.response_format.type != "text":
            refused.append("response_format")
        asked = request.thinking.type == "enabled" if request.thinking else False
        if asked or (request.chat_template_kwargs or {}).get("enable_thinking") is True:
            refused.append("thinking")
        if request.reasoning_effort is not None:
            refused.append("reasoning_effort")
    if refused:
        raise ApiError(
            400, "unsupported_model_capability", f"The model '{request.model}' does not support {', '.join(refused)}."
        )
    if request.model == "glm-5.2" and (request.most_tokens or 0) > GLM_5_2_MAX_OUTPUT_TOKENS:
        raise ApiError(
            400,
            "model_limit_exceeded",
            f"max_tokens {request.most_tokens} exceeds the {GLM_5_2_MAX_OUTPUT_TOKENS} output tokens of glm-5.2.",
        )
