"""For whom a request counts, and what it may use at most."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from glm_playground.chat.plan import RequestLimits
from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.runs.caps import Key, Scope
from glm_playground.service.caps import MOST_OUTPUT, claim_of, keys_of
from glm_playground.settings import settings
from tests.ledger.made import PRICE

GATEWAY = Gateway("x", "http://127.0.0.1:9")
KNOWN = RequestLimits(context_tokens=1000, max_output_tokens=400)


def request(prompt: str = "hi", **fields: Any) -> ChatRequest:
    return ChatRequest(model="glm-5.1", messages=(Message(role="user", content=prompt),), **fields)


@pytest.mark.parametrize(
    ("fields", "limits", "output", "answers"),
    [
        ({}, KNOWN, 400, 1),
        ({"max_tokens": 50}, KNOWN, 50, 1),
        ({"extra": {"n": 3}}, KNOWN, 1200, 3),
        ({"max_tokens": 50, "extra": {"n": 50, "max_tokens": 999_999_999}}, KNOWN, 50 * 999_999_999, 50),
        ({"extra": {"best_of": 4, "n": 2}}, KNOWN, 1600, 4),
        # A server may know the newer name, or the older one only.
        ({"max_tokens": 50, "extra": {"max_completion_tokens": 90}}, KNOWN, 90, 1),
        ({"extra": {"max_completion_tokens": 90}}, KNOWN, 400, 1),
        ({"extra": {"max_completion_tokens": 900}}, KNOWN, 900, 1),
        ({"extra": {"n": "3", "max_tokens": True}}, KNOWN, 400, 1),
        ({}, RequestLimits(), MOST_OUTPUT, 1),
        ({"extra": {"n": 2}}, RequestLimits(), 2 * MOST_OUTPUT, 2),
        ({}, RequestLimits(context_tokens=1000), 1000, 1),
    ],
)
def test_the_largest_answer(fields: dict[str, Any], limits: RequestLimits, output: int, answers: int) -> None:
    claim = claim_of(request(**fields), (), limits, PRICE)
    assert (claim.output_tokens, claim.answers) == (output, answers)


def test_the_prompt_counts_a_token_a_byte_within_the_context() -> None:
    assert claim_of(request("é" * 100), (), KNOWN, None).prompt_tokens >= 200
    assert claim_of(request("x" * 5000), (), KNOWN, None).prompt_tokens == 1000
    assert claim_of(request("x" * 5000), (), RequestLimits(), None).prompt_tokens >= 5000
    tool = {"type": "function", "function": {"name": "x" * 300}}
    assert claim_of(request(tools=(tool,)), (), KNOWN, None).prompt_tokens > 300


def test_a_price_is_that_of_uncached_input() -> None:
    claim = claim_of(request(max_tokens=50), (), KNOWN, PRICE)
    assert (claim.input_rate, claim.output_rate) == (Decimal("1.40"), Decimal("4.40"))
    assert not claim_of(request(), (), KNOWN, None).priced


@pytest.fixture
def _set(monkeypatch: pytest.MonkeyPatch) -> Any:
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("_set")
def test_the_sandbox_and_a_users_own_key_count_on_present_only(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Gateway("x", "http://127.0.0.1:9", key=SecretStr("k"), private=True)
    for name in ("RUNAPI_API_KEY", "RUNAPI_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUNAPI_BASE_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    everybody = (Key(Scope.OWNER, "ana"), Key(Scope.ADDRESS, "192.0.2.1"), Key(Scope.TOTAL))
    assert keys_of(GATEWAY, "ana", "192.0.2.1") == everybody
    # Loopback has no address to count by.
    assert keys_of(GATEWAY, "ana") == (everybody[0], everybody[2])
    assert keys_of(own, "ana", "192.0.2.1") == ()
    assert keys_of(own, "ana", present=True) == (Key(Scope.PRESENT, "ana"),)
    monkeypatch.delenv("RUNAPI_BASE_URL")
    settings.cache_clear()
    assert keys_of(GATEWAY, "ana", "192.0.2.1") == ()
