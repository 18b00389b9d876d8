"""Why nothing is asked any more, in the reader's language; what a gateway said stays in its words."""

import pytest

from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import name_of
from glm_playground.gateway import Gateway, Gateways, Parameters
from glm_playground.ui.evaluate.words import candidate_names, reason_text
from glm_playground.ui.shared.i18n import speaking

GATEWAYS = Gateways((Gateway("Own", "http://127.0.0.1:1", stand_in="a small model"),))
SETUP = Setup(model="m", gateway="Own", parameters=Parameters(max_tokens=20))
NAME, STAND_IN = name_of(SETUP), name_of(SETUP, "a small model")


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("somebody stopped it", "alguém a parou"),
        ("some of its cells are interrupted", "algumas"),
        (
            f"{NAME}: 401 AuthenticationFailed: no key",
            "m em Own, max_tokens=20: 401 AuthenticationFailed: no key",
        ),
        (
            f"its cap is reached; {STAND_IN}: refused 8 times in a row: 429 RateLimited: slow; down",
            "o limite foi atingido; m em Own (modelo substituto, não é GLM: a small model), max_tokens=20: "
            "recusada 8 vezes seguidas: 429 RateLimited: slow; down",
        ),
        ("m: 503 Overloaded: x; it asks to wait 1,200 s", "m: 503 Overloaded: x; pede para esperar 1.200 s"),
        ("20 failures in a row", "20 falhas seguidas"),
        ("what a later version says", "what a later version says"),
        ("", ""),
    ],
)
def test_a_reason_is_said_in_the_readers_language(why: str, said: str) -> None:
    with speaking("pt_BR"):
        assert reason_text(why, candidate_names([SETUP], GATEWAYS)).startswith(said)
    with speaking("en"):
        assert reason_text(why, candidate_names([SETUP], GATEWAYS)) == why
