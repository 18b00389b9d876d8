"""What requests will use and cost, before they are sent: a range that ends in a bound, and a likely value in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from glm_playground.gateway import ChatRequest
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.tokens import estimate_request_tokens, image_count, most_request_tokens

LEAST_PAST_OUTPUTS = 3
"""From so many outputs of a model on, their median is what the next one is likely to have."""
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Prediction:
    """What one request will use; None where nobody can say."""

    prompt_tokens: int
    """Estimated by Z.ai's rule of thumb (`runs.tokens`), over all that is sent."""
    most_prompt_tokens: int
    """A bound, at most the context."""
    context_tokens: int | None
    likely_output: int | None
    """The median of the past outputs, at most the bound; None for fewer than `LEAST_PAST_OUTPUTS`."""
    most_output: int | None
    """A bound: what the request asks for at most, else the model's largest answer, else the rest of its context."""
    from_past_outputs: int
    """How many past outputs the likely one was taken from."""
    least_cost: Decimal | None
    """US dollars, without a token of output and with the input at its lowest price."""
    likely_cost: Decimal | None
    most_cost: Decimal | None
    """A bound."""
    price: Price | None
    nothing: bool = False
    """True where there is neither a prompt nor a history, and so nothing to forecast."""
    images: int = 0
    """That the prompt holds; in the bound only, since nobody can say what they are likely to be."""

    @property
    def context_share(self) -> float | None:
        """How much of the model's context the prompt takes, from 0 on."""
        return self.prompt_tokens / self.context_tokens if self.context_tokens else None


@dataclass(frozen=True)
class Forecast:
    """What one act of sending will use and cost, over all its requests; None where nobody can say."""

    requests: int
    """How many are sent, repeats and warm-ups included."""
    prompt_tokens: int
    context_share: float | None
    """The largest of one request."""
    least_cost: Decimal | None
    likely_cost: Decimal | None
    most_cost: Decimal | None
    """A bound; None where one request has none, since then nobody knows the sum."""
    from_past_outputs: int
    play_money: bool
    images: int = 0
    """The most in one request; in the bound only."""


def predict(
    request: ChatRequest,
    price: Price | None,
    *,
    context_tokens: int | None,
    max_output_tokens: int | None,
    past_outputs: Sequence[int],
) -> Prediction:
    """What `request` will use and cost.

    Args:
        request: as it would be sent, with its history.
        price: of its model, or None.
        context_tokens: the model's context; None where nobody published one.
        max_output_tokens: the model's largest answer; None likewise.
        past_outputs: completion tokens of earlier runs of the model, warm-ups left out.
    """
    prompt = estimate_request_tokens(request)
    bound = most_request_tokens(request)
    most_prompt = bound if context_tokens is None else min(bound, context_tokens)
    most = most_output(request, prompt, context_tokens, max_output_tokens)
    past = past_outputs if len(past_outputs) >= LEAST_PAST_OUTPUTS else ()
    likely = round(median(past)) if past else None
    if likely is not None and most is not None:
        likely = min(likely, most)
    cheapest, full, output = price_range(price)
    return Prediction(
        prompt_tokens=prompt,
        most_prompt_tokens=most_prompt,
        context_tokens=context_tokens,
        likely_output=likely,
        most_output=most,
        from_past_outputs=len(past),
        least_cost=_cost(prompt, cheapest, 0, output),
        likely_cost=_cost(prompt, full, likely, output),
        most_cost=_cost(most_prompt, full, most, output),
        price=price,
        nothing=is_nothing(request),
        images=image_count(request),
    )


def is_nothing(request: ChatRequest) -> bool:
    """Whether there is neither a prompt nor a history in a request."""
    asked = (message for message in request.messages if message.role != "system")
    return not any(message.content.strip() or message.images for message in asked)


def price_range(price: Price | None) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """US dollars per million tokens: of input at its lowest, of input, of output; None where there is no price."""
    rates = price.per_million if price else {}
    full = rates.get(TokenClass.INPUT)
    cheapest = None if full is None else min(full, rates.get(TokenClass.CACHE_READ, full))
    return cheapest, full, rates.get(TokenClass.OUTPUT)


def forecast(
    predictions: Sequence[Prediction], *, repeats: int = 1, warm_ups: Sequence[Prediction] = ()
) -> Forecast | None:
    """What an act of sending will use and cost; None where there is nothing to forecast.

    Args:
        predictions: of each lane's request.
        repeats: how often each is sent.
        warm_ups: of the requests that go before them, each sent once.
    """
    asked = [one for one in predictions if not one.nothing]
    if not asked:
        return None
    sent = [*asked * repeats, *warm_ups]
    shares = [one.context_share for one in sent if one.context_share is not None]
    return Forecast(
        requests=len(sent),
        prompt_tokens=sum(one.prompt_tokens for one in sent),
        context_share=max(shares, default=None),
        least_cost=_sum(one.least_cost for one in sent),
        # A warm-up asks for one token: its bound is what it is likely to cost.
        likely_cost=_sum([*(one.likely_cost for one in asked * repeats), *(one.most_cost for one in warm_ups)]),
        most_cost=_sum(one.most_cost for one in sent),
        from_past_outputs=sum(one.from_past_outputs for one in asked),
        play_money=any(one.price.play_money for one in sent if one.price),
        images=max(one.images for one in sent),
    )


def most_output(
    request: ChatRequest, prompt: int, context_tokens: int | None, max_output_tokens: int | None
) -> int | None:
    """A bound on the tokens of output, over all answers that are asked for; None where nobody can say."""
    # Further fields win over the others.
    fields = request.fields()
    limit = max_output_tokens
    if limit is None and context_tokens is not None:
        limit = max(context_tokens - prompt, 0)
    newer = _whole(fields.get("max_completion_tokens"))
    if (asked := _whole(fields.get("max_tokens"))) is not None:
        limit = max(asked, newer or 0)
    elif newer is not None:
        # OpenAI's newer name of it, which a server may not know.
        limit = max(newer, limit or 0)
    return None if limit is None else limit * answers_asked(request)


def answers_asked(request: ChatRequest) -> int:
    """How many answers a server may write."""
    fields = request.fields()
    return max(_whole(fields.get("n")) or 1, _whole(fields.get("best_of")) or 1)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _cost(prompt: int, prompt_rate: Decimal | None, output: int | None, output_rate: Decimal | None) -> Decimal | None:
    if prompt_rate is None or output_rate is None or output is None:
        return None
    return (prompt * prompt_rate + output * output_rate) / _MILLION


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
