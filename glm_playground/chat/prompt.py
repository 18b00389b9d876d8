"""What a user sends in one turn, and the messages that it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from glm_playground.chat.attachments import Attachment, images_of, token_shares, with_attachments
from glm_playground.gateway import Message, ToolCall


@dataclass(frozen=True)
class ToolResult:
    """What answers a tool call."""

    call: ToolCall
    content: str


@dataclass(frozen=True)
class Prompt:
    """What the user sends in one turn: a text with files, or the results of the tools that the model asked for."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    results: tuple[ToolResult, ...] = ()
    template: str = field(default="", compare=False)
    """What `text` was filled from; empty where it had no variables, or nobody knows them."""
    values: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Of the variables in the template."""

    @cached_property
    def attachment_tokens(self) -> tuple[tuple[str, int], ...]:
        """Name and estimated tokens of each file."""
        return token_shares(self.text, self.attachments)

    def messages(self, calls: Sequence[ToolCall] = ()) -> tuple[Message, ...]:
        """The messages it makes behind an answer that makes `calls`; results of other calls are quoted as text."""
        if not self.results:
            return (self._message,)
        fit = {call.id for call in calls} == {result.call.id for result in self.results}
        results = [Message(role="tool", content=result.content, tool_call_id=result.call.id) for result in self.results]
        if fit:
            return (*results, self._message) if self.text or self.attachments else tuple(results)
        quoted = [f"{result.call.name}: {result.content}" for result in self.results]
        return (self._user("\n\n".join(filter(None, (*quoted, self.text)))),)

    @cached_property
    def _message(self) -> Message:
        """What it says beside its results: asked for at every click, and long where files are attached."""
        return self._user(self.text)

    def _user(self, text: str) -> Message:
        return Message(
            role="user", content=with_attachments(text, self.attachments), images=images_of(self.attachments)
        )
