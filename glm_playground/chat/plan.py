"""What one act sends: every request, with its lane, and the warm-ups before them; what they use and cost at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from glm_playground.chat.checks import Finding, check_request
from glm_playground.chat.conversation import Turn
from glm_playground.chat.forecast import Forecast, Prediction, forecast, is_nothing, predict
from glm_playground.chat.lane import Lane
from glm_playground.chat.prompt import Prompt
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.cost import Price
from glm_playground.runs.marks import marked


class RequestLimits(NamedTuple):
    """What a request to a model of a gateway may hold; tokens are None where nobody says them."""

    context_tokens: int | None = None
    max_output_tokens: int | None = None
    fields: frozenset[str] | None = None
    """The further fields that the operator lists; None where there is no list."""
    images: bool = False
    """Whether somebody says that the model takes them."""
    context_is_advice: bool = False
    """True where it is another server's limit, which this one may not have."""
    output_is_advice: bool = False
    glm_ranges: bool = True
    """Whether GLM's own ranges of parameters hold, else OpenAI's."""

    @property
    def most_context(self) -> int | None:
        """The context where it binds."""
        return None if self.context_is_advice else self.context_tokens

    @property
    def most_output(self) -> int | None:
        """The largest answer where that binds."""
        return None if self.output_is_advice else self.max_output_tokens


class Addressed(NamedTuple):
    """What is sent, and to whom."""

    gateway: str
    """Name of the gateway; empty for the first one."""
    body: ChatRequest


class Request(NamedTuple):
    """One request of a plan."""

    lane: Lane
    body: ChatRequest
    turn: Turn | None
    """The turn whose prompt is asked again; None for the next one."""
    gateway: str = ""

    @property
    def addressed(self) -> Addressed:
        """What is sent of it."""
        return Addressed(self.gateway, self.body)


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
    def warm_ups(self) -> tuple[Addressed, ...]:
        """A tiny request for each model of each gateway, sent first where times are compared."""
        if not self.one_after_the_other:
            return ()
        hello = (Message(role="user", content="Hi"),)
        asked = sorted({(request.gateway, request.body.model) for request in self.requests})
        return tuple(Addressed(name, ChatRequest(model=model, messages=hello, max_tokens=1)) for name, model in asked)

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
        output_is_advice=limits.output_is_advice,
        glm_ranges=limits.glm_ranges,
    )


@dataclass(frozen=True)
class Outlook:
    """What predictions are made from, each by the names of a gateway and of a model."""

    limits: Callable[[str, str], RequestLimits]
    price: Callable[[str, str], Price | None]
    past_outputs: Callable[[str, str], Sequence[int]]

    def of(self, sent: Addressed) -> Prediction:
        """What one request will use and cost."""
        gateway, body = sent
        limits = self.limits(gateway, body.model)
        return predict(
            body,
            self.price(gateway, body.model),
            context_tokens=limits.most_context,
            max_output_tokens=limits.most_output,
            past_outputs=self.past_outputs(gateway, body.model),
        )

    def forecast(self, plan: Plan) -> Forecast | None:
        """What `plan` will use and cost, warm-ups included; None where there is nothing to forecast."""
        warm_ups = [self.of(sent) for sent in plan.warm_ups]
        return forecast(self.predictions(plan), repeats=plan.repeats, warm_ups=warm_ups)

    def predictions(self, plan: Plan) -> list[Prediction]:
        """What each request of `plan` will use, once and as it will be sent, without the warm-ups."""
        return [self._of_one(request, is_marked=plan.one_after_the_other) for request in plan.requests]

    def _of_one(self, request: Request, *, is_marked: bool) -> Prediction:
        if not is_marked:
            return self.of(request.addressed)
        # The mark is paid for too; which digits it has makes no difference.
        body = request.body.model_copy(update={"messages": marked(request.body.messages, "0" * 8)})
        return replace(self.of(Addressed(request.gateway, body)), nothing=is_nothing(request.body))
