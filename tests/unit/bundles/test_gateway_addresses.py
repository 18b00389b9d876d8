"""No address of an operator's gateway stands in a page that anybody may read."""

from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.bundles.gateway_addresses import page_without_addresses
from glm_playground.runs.run import Server

UNNAMED = "the operator's gateway"
INTERNAL = Server("Ours", "https://llm.corp.internal:8443")


def shown(text: str, *servers: Server) -> str:
    return unescape(page_without_addresses(f"<p>{escape(text)}</p>", servers, UNNAMED)).removeprefix("<p>")[:-4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ours (https://llm.corp.internal:8443)", "Ours"),
        ("curl https://llm.corp.internal:8443/v1/chat/completions -H 'A: b'", "curl Ours -H 'A: b'"),
        ("http://me:pass@llm.corp.internal/x?y=1&z=2 is it", "Ours is it"),
        ('{"base_url": "https://LLM.corp.internal:8443/v1"}', '{"base_url": "Ours"}'),
        ("All attempts to reach llm.corp.internal:8443 failed", "All attempts to reach Ours failed"),
        ("No address for llm.corp.internal.", "No address for Ours."),
        (
            "xllm.corp.internal, llm.corp.internal.example",
            "xllm.corp.internal, llm.corp.internal.example",
        ),
    ],
)
def test_its_name_stands_instead_however_it_is_spelt(text: str, expected: str) -> None:
    assert shown(text, INTERNAL) == expected


@pytest.mark.parametrize(
    ("server", "text", "expected"),
    [
        (Server("10.0.0.7", "http://10.0.0.7:8000"), "10.0.0.7 (http://10.0.0.7:8000)", UNNAMED),
        (Server("vllm", "http://vllm:8000"), "vllm", UNNAMED),
        (Server("vllm", "http://vllm:8000"), "glm-5.1 @ vllm", f"glm-5.1 @ {UNNAMED}"),
        # A word that is also a host stays a word.
        (Server("vllm", "http://vllm:8000"), "I like vllm, at http://vllm:8000/v1", f"I like vllm, at {UNNAMED}"),
        (Server("fd00::7", "http://[fd00::7]:8000"), "http://[fd00::7]:8000/v1", UNNAMED),
        (
            Server("At gpu.lan", "http://gpu.lan:1"),
            "At gpu.lan, http://gpu.lan:1/v1",
            "At gpu.lan, At gpu.lan",
        ),
        # This computer: only where the gateway is.
        (Server("Sandbox", "http://127.0.0.1:9123"), "127.0.0.1:80 127.0.0.1:9123", "127.0.0.1:80 Sandbox"),
        (Server("Sandbox", "http://127.0.0.1:9123"), "see http://127.0.0.1:8501", "see http://127.0.0.1:8501"),
    ],
)
def test_one_that_nobody_named_is_the_operators(server: Server, text: str, expected: str) -> None:
    assert shown(text, server) == expected


def test_what_is_published_stays() -> None:
    text = "RunAPI (https://runapi.ai), price of https://runapi.ai/api/v1/price_schedules"
    assert shown(text, Server("RunAPI", "https://runapi.ai"), INTERNAL) == text


def test_a_link_to_it_leads_nowhere() -> None:
    page = '<a href="https://llm.corp.internal:8443/prices">here</a>'
    assert page_without_addresses(page, [INTERNAL], UNNAMED) == '<a href="#">here</a>'


@given(st.text(), st.sampled_from([INTERNAL, Server("vllm", "http://vllm:8000"), Server("x", "https://[fd00::1]")]))
def test_no_text_breaks_it_and_what_has_none_is_left_as_it_is(text: str, server: Server) -> None:
    page = f"<p>{escape(text)}</p>"
    assert page_without_addresses(page, [server], UNNAMED) == page
    assert "corp.internal" not in page_without_addresses(
        f"<p>{escape(text)} {INTERNAL.origin}</p>", [INTERNAL], UNNAMED
    )
