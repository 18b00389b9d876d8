"""What one act sends: every request, with its lane, and the warm-ups before them; what they use and cost at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from glm_playground.chat.checks import Finding, check_request
from glm_playground.chat.conversation import Prompt, Turn
from glm_playground.chat.forecast import Forecast, Prediction, forecast, predict
from glm_playground.chat.lane import Lane
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.cost import Price


class RequestLimits(NamedTuple):
    """What a request to a model may hold; tokens are None where nobody published them."""

    context_tokens: int | None = None
    max_output_tokens: int | None = None
    fields: frozenset[str] | None = None
    """The further fields that the operator lists; None where there is no list."""
    images: bool = False
    """Whether somebody says that the model takes them."""


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


def check(body: ChatRequest, limits: RequestLimits) -> Finding | None:
    """The first problem of a request; None where it may be sent."""
    return check_request(
        body,
        context_tokens=limits.context_tokens,
        max_output_tokens=limits.max_output_tokens,
        allowed_fields=limits.fields,
        images=limits.images,
    )


@dataclass(frozen=True)
class Outlook:
    """What predictions are made from."""

    limits: Callable[[str], RequestLimits]
    price: Callable[[str], Price | None]
    past_outputs: Callable[[str], Sequence[int]]

    def of(self, body: ChatRequest) -> Prediction:
        """What one request will use and cost."""
        limits = self.limits(body.model)
        return predict(
            body,
            self.price(body.model),
            context_tokens=limits.context_tokens,
            max_output_tokens=limits.max_output_tokens,
            past_outputs=self.past_outputs(body.model),
        )

    def forecast(self, plan: Plan) -> Forecast | None:
        """What `plan` will use and cost, warm-ups included; None where there is nothing to forecast."""
        predictions = [self.of(request.body) for request in plan.requests]
        return forecast(predictions, repeats=plan.repeats, warm_ups=[self.of(body) for body in plan.warm_ups])
