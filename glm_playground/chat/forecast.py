"""What a request will use and cost, before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from glm_playground.chat.tokens import estimate_prompt_tokens
from glm_playground.gateway import ChatRequest
from glm_playground.runs.cost import Price, TokenClass

LEAST_PAST_OUTPUTS = 3
"""From so many outputs of a model on, their range stands for the next one's."""
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Prediction:
    """What one request will use; None where nobody can say."""

    prompt_tokens: int
    """Estimated by Z.ai's rule of thumb (`runs.tokens`)."""
    context_tokens: int | None
    fewest_output: int
    most_output: int | None
    from_past_outputs: int
    """How many past outputs the range was taken from; 0 where it goes from nothing to the limit."""
    least_cost: Decimal | None
    """US dollars."""
    most_cost: Decimal | None
    price: Price | None

    @property
    def context_share(self) -> float | None:
        """How much of the model's context the prompt takes, from 0 on."""
        return self.prompt_tokens / self.context_tokens if self.context_tokens else None


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
        request: as it would be sent.
        price: of its model; None where there is none.
        context_tokens: the model's context; None where nobody published one.
        max_output_tokens: the model's largest answer; None likewise.
        past_outputs: completion tokens of earlier runs of the model.
    """
    prompt = estimate_prompt_tokens(request.messages)
    limits = [limit for limit in (request.max_tokens, max_output_tokens) if limit is not None]
    limit = min(limits, default=None)
    past = sorted(past_outputs) if len(past_outputs) >= LEAST_PAST_OUTPUTS else []
    fewest = past[0] if past else 0
    most = past[-1] if past else limit
    if limit is not None and most is not None:
        fewest, most = min(fewest, limit), min(most, limit)
    return Prediction(
        prompt_tokens=prompt,
        context_tokens=context_tokens,
        fewest_output=fewest,
        most_output=most,
        from_past_outputs=len(past),
        least_cost=_cost(prompt, fewest, price),
        most_cost=None if most is None else _cost(prompt, most, price),
        price=price,
    )


def _cost(prompt: int, output: int, price: Price | None) -> Decimal | None:
    rates = price.per_million if price else {}
    if TokenClass.INPUT not in rates or TokenClass.OUTPUT not in rates:
        return None
    return (prompt * rates[TokenClass.INPUT] + output * rates[TokenClass.OUTPUT]) / _MILLION
