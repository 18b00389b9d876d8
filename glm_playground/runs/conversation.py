"""A conversation as values: turns, the runs that answered them, and the request the next prompt makes."""

import uuid
from dataclasses import dataclass, field

from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.run import Run
from glm_playground.runs.thinking import answer_of


@dataclass(frozen=True)
class Parameters:
    """What a lane asks with; None leaves it to the gateway."""

    model: str
    system: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    thinking: bool | None = None


@dataclass
class Turn:
    """A prompt and the runs that answered it, the last one shown."""

    prompt: str
    runs: list[Run] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def run(self) -> Run:
        """The run that is shown."""
        return self.runs[-1]


@dataclass
class Conversation:
    """The turns so far."""

    turns: list[Turn] = field(default_factory=list)

    @property
    def going_on(self) -> Run | None:
        """The run that has not ended yet."""
        if self.turns and not self.turns[-1].run.ended:
            return self.turns[-1].run
        return None

    def request(self, prompt: str, parameters: Parameters, *, before: int | None = None) -> ChatRequest:
        """The request that sends `prompt` behind the first `before` turns (all unless given).

        A turn without any answer, because its run failed or was stopped early, is not sent again.
        """
        messages = [Message(role="system", content=parameters.system)] if parameters.system.strip() else []
        for turn in self.turns[:before]:
            if answer := answer_of(turn.run):
                messages += [Message(role="user", content=turn.prompt), Message(role="assistant", content=answer)]
        messages.append(Message(role="user", content=prompt))
        return ChatRequest(
            model=parameters.model,
            messages=tuple(messages),
            temperature=parameters.temperature,
            top_p=parameters.top_p,
            max_tokens=parameters.max_tokens,
            thinking=parameters.thinking,
        )
