"""What one act sends: every request, with its lane, and the warm-ups before them; what they use and cost at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from glm_playground.chat.checks import Finding, check_request
from glm_playground.chat.conversation import Prompt, Turn
from glm_playground.chat.forecast import Prediction, predict
from glm_playground.chat.lane import Lane
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.cost import Price


class Limits(NamedTuple):
    """What a model takes, in tokens; None where nobody published it."""

    context_tokens: int | None = None
    max_output_tokens: int | None = None


class Request(NamedTuple):
    """One request of a plan."""

    lane: Lane
    body: ChatRequest
    turn: Turn | None
    """The turn whose prompt is asked again; None for the next one."""


@dataclass(frozen=True)
class Plan:
    """What one act sends."""

    prompt: Prompt
    requests: tuple[Request, ...]
    repeats: int
    one_by_one: bool

    @property
    def one_after_the_other(self) -> bool:
        """True where the runs stand in one row, after warm-ups."""
        return self.one_by_one and len(self.requests) * self.repeats > 1

    @property
    def warm_ups(self) -> tuple[ChatRequest, ...]:
        """A tiny request for each model, sent first where times are compared."""
        if not self.one_after_the_other:
            return ()
        models = sorted({request.body.model for request in self.requests})
        return tuple(
            ChatRequest(model=model, messages=(Message(role="user", content="Hi"),), max_tokens=1) for model in models
        )

    @property
    def bodies(self) -> tuple[ChatRequest, ...]:
        """Every body that is sent, but for the mark against prompt caches."""
        return (*self.warm_ups, *(request.body for request in self.requests for _repeat in range(self.repeats)))

    def only(self, requests: Sequence[Request]) -> "Plan":
        """The plan of these requests."""
        return replace(self, requests=tuple(requests))


def check(body: ChatRequest, limits: Limits) -> Finding | None:
    """The first problem of a request; None where it may be sent."""
    return check_request(body, context_tokens=limits.context_tokens, max_output_tokens=limits.max_output_tokens)


def predict_all(
    plan: Plan,
    limits: Callable[[str], Limits],
    price: Callable[[str], Price | None],
    past_outputs: Callable[[str], Sequence[int]],
) -> tuple[Prediction, ...]:
    """What each request of `plan` will use and cost, warm-ups among them."""
    return tuple(
        predict(
            body,
            price(body.model),
            context_tokens=limits(body.model).context_tokens,
            max_output_tokens=limits(body.model).max_output_tokens,
            past_outputs=past_outputs(body.model),
        )
        for body in plan.bodies
    )


def with_nonce(body: ChatRequest, nonce: str) -> ChatRequest:
    """`body` with a mark before its first message, so that no prompt cache knows it."""
    first, *rest = body.messages
    marked = first.model_copy(update={"content": f"[{nonce}] {first.content}"})
    return body.model_copy(update={"messages": (marked, *rest)})
