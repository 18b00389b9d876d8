"""Which fields of a request a server's refusal is about, so that it can be sent without them."""

from glm_playground.runs.run import Run

_REFUSALS = frozenset({"RequestRejected", "CapabilityUnsupported", "LimitExceeded"})
_NEEDED = frozenset({"model", "messages", "stream"})
_OTHER_WORDS = {
    "tools": "tool",
    "response_format": "structured",
    "reasoning_effort": "reasoning",
    "thinking": "reasoning",
    "chat_template_kwargs": "reasoning",
}
"""What servers call a field where they do not name it."""


def refused_fields(run: Run) -> tuple[str, ...]:
    """The fields of the body that the server's words name, or that its refusal may be about; those that are needed
    are not among them. `Parameters.without` leaves one out."""
    error = run.error
    if error is None or error.kind not in _REFUSALS:
        return ()
    said = " ".join([error.message, *(f"{name} {' '.join(texts)}" for name, texts in error.fields)]).lower()
    sent = [name for name in run.request.body() if name not in _NEEDED]
    # A field of a message, which the app adds by itself.
    sent += ["reasoning_content"] if any(message.reasoning_content for message in run.request.messages) else []
    named = tuple(name for name in sent if name.lower() in said or _OTHER_WORDS.get(name, name).lower() in said)
    if named or error.kind != "CapabilityUnsupported":
        return named
    return tuple(name for name in sent if name in _OTHER_WORDS)
