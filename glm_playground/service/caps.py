"""Which caps hold for a request, and what it may use at most."""

from glm_playground.cap_setting import CapSetting
from glm_playground.chat.forecast import answers_asked, most_output, price_range
from glm_playground.chat.plan import RequestLimits
from glm_playground.gateway import ChatRequest, Gateway
from glm_playground.runs.caps import Caps, Key, Limits, Scope, UsageClaim
from glm_playground.runs.cost import Price
from glm_playground.runs.tokens import most_request_tokens
from glm_playground.settings import Settings, settings

MOST_OUTPUT = 131_072
"""What an answer is taken to have at most where neither the request nor anybody else says it: GLM's largest."""


def configured_caps(found: Settings) -> Caps:
    """The operator's caps."""
    return {
        Scope.OWNER: _limits(found.owner_caps),
        Scope.ADDRESS: _limits(found.address_caps),
        Scope.TOTAL: _limits(found.total_caps),
        Scope.PRESENT: Limits(dollars=found.present_cap, tokens=found.present_tokens),
    }


def keys_of(gateway: Gateway, owner: str, address: str = "", *, present: bool = False) -> tuple[Key, ...]:
    """For whom a request counts.

    The sandbox costs nothing and a user's own key is the user's: only the cap of the page Present holds for them.
    """
    keys = [Key(Scope.PRESENT, owner)] if present else []
    if not gateway.private and not settings().uses_sandbox:
        keys += [Key(Scope.OWNER, owner), *([Key(Scope.ADDRESS, address)] if address else []), Key(Scope.TOTAL)]
    return tuple(keys)


def claim_of(request: ChatRequest, keys: tuple[Key, ...], limits: RequestLimits, price: Price | None) -> UsageClaim:
    """What `request` may use at most, by its own fields, else by the limits of its model."""
    answers = answers_asked(request)
    output = most_output(request, 0, limits.most_context, limits.most_output)
    _cheapest, input_rate, output_rate = price_range(price)
    prompt = most_request_tokens(request)
    if limits.most_context is not None:
        prompt = min(prompt, limits.most_context)
    return UsageClaim(
        keys=keys,
        prompt_tokens=prompt,
        output_tokens=MOST_OUTPUT * answers if output is None else output,
        input_rate=input_rate,
        output_rate=output_rate,
        answers=answers,
    )


def _limits(found: CapSetting) -> Limits:
    return Limits(found.running, found.requests, found.tokens, found.dollars)
