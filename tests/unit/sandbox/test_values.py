"""The sandbox's pure parts: directive, text, prices, account, limits, task store."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.sandbox.accounts import Account
from glm_playground.sandbox.chat_request import parse_chat_request
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.generation import Delta, TokenCounts
from glm_playground.sandbox.prices import MODEL_IDS, cost_usd, quote, schedules
from glm_playground.sandbox.script import Fault, Script, parse_pairs, parse_script
from glm_playground.sandbox.script_text import markdown_tokens, pieces
from glm_playground.sandbox.sse import Head, StreamEncoder
from glm_playground.sandbox.tasks import TaskStore

USER = {"role": "user", "content": "hi"}


def request_body(**fields: Any) -> dict[str, Any]:
    return {"model": "glm-5.1", "messages": [USER], **fields}


def refusal_of(**fields: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parse_chat_request(request_body(**fields))
    return caught.value


def test_directive_is_read_over_the_defaults() -> None:
    defaults = parse_pairs("tokens=400 rate=80")
    script = parse_script("@script rate=0 fault=drop@7 bundle=3\nrest", defaults)
    assert script == Script(tokens=400, rate=0, bundle=3, fault=Fault("drop", 7))
    assert parse_script("Please explain @script tokens=3", {}) == Script()
    assert parse_script("@script text=a%20b%0A%E2%82%AC", {}).text == "a b\n€"
    assert parse_script("@script long_line=5000", {}).fault == Fault("long_line")


@pytest.mark.parametrize(
    ("directive", "named"),
    [
        ("speed=3", "speed"),
        ("tokens", "tokens"),
        ("tokens=-1", "tokens"),
        ("tokens=1 tokens=2", "tokens"),
        ("rate=nan", "rate"),
        ("rate=fast", "rate"),
        ("fault=explode", "fault"),
        ("fault=drop@x", "fault"),
        ("status=299", "status"),
        ("text=%ff", "text"),
        ("fail_times=2", "fail_times"),
        ("tokens=1 text=a", "tokens"),
    ],
)
def test_wrong_directive_is_refused_by_name(directive: str, named: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_script(f"@script {directive}", {})
    assert caught.value.status == 422
    assert named in caught.value.fields["@script"][0]


def test_text_is_the_same_each_time_and_reads_like_markdown() -> None:
    tokens = markdown_tokens(2000)
    assert markdown_tokens(500) == tokens[:500]
    assert 5.0 < sum(map(len, tokens)) / len(tokens) < 5.6
    text = "".join(tokens)
    assert text.startswith("## Section 1: ")
    assert "\n- " in text
    assert "\n```python\n" in text


@given(st.text())
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@given(st.text(min_size=1))
def test_each_event_is_one_block_whatever_the_text(text: str) -> None:
    event = StreamEncoder(Head("id", 1, "glm-5", "fp"), Script()).delta(Delta(content=text))
    assert event.startswith(b"data: {")
    assert event.count(b"\n") == 2


def test_cost_is_exact_and_cached_tokens_are_cheaper() -> None:
    usage = TokenCounts(prompt_tokens=1000, completion_tokens=500, cached_tokens=400)
    assert cost_usd("glm-4.6", usage) == Decimal("0.000754")
    assert quote("glm-4.6", 0, 1_000_000)["reservation_amount_cents"] == 110


def test_price_rows_say_they_are_play_money() -> None:
    listing, etag = schedules(None, None, None)
    rows = listing["price_schedules"]
    assert [row["model"] for row in rows] == list(MODEL_IDS)
    assert len(rows) == 9
    assert all("Play money" in row["note"] for row in rows)
    one, other_etag = schedules("glm", None, "glm-4.5-air")
    assert [row["input_price_per_1m_cents"] for row in one["price_schedules"]] == [10]
    assert other_etag != etag
    assert schedules("kling", None, None)[0]["price_schedules"] == []


def test_account_keeps_fractions_of_a_cent_and_turns_the_day() -> None:
    days = [date(2026, 11, 23)]
    account = Account(Decimal(1), today=lambda: days[-1])
    account.charge(Decimal("0.0001"))
    assert account.to_json()["balance_cents"] == 99
    assert account.to_json()["spent_cents_today"] == 1
    assert account.balance_usd == Decimal("0.9999")
    days.append(date(2026, 11, 24))
    assert account.to_json()["spent_cents_today"] == 0
    assert account.to_json()["spent_cents_total"] == 1


def test_task_store_forgets_the_oldest() -> None:
    store = TaskStore(limit=2)
    for name in "abc":
        store.put(name, "completed", {})
    assert store.get("a") is None
    assert store.get("c") == {"id": "c", "status": "completed"}
    small = TaskStore(most_bytes=100)
    small.put("a", "completed", {"text": "x" * 40})
    small.put("b", "completed", {"text": "x" * 40})
    assert small.get("a") is None
    assert small.get("b") is not None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"temperature": 1.1}, "temperature"),
        ({"top_p": 0.001}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"n": 2}, "n"),
    ],
)
def test_fields_out_of_their_limits_are_refused_by_name(fields: dict[str, Any], field: str) -> None:
    error = refusal_of(**fields)
    assert (error.status, list(error.fields)) == (422, [field])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tools": [{"type": "function"}]}, "unsupported_model_capability"),
        ({"response_format": {"type": "json_object"}}, "unsupported_model_capability"),
        ({"thinking": {"type": "enabled"}}, "unsupported_model_capability"),
        ({"reasoning_effort": "low"}, "unsupported_model_capability"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "unsupported_model_capability"),
        ({"max_tokens": 131_073}, "model_limit_exceeded"),
    ],
)
def test_glm_5_2_refuses_what_it_cannot_do(fields: dict[str, Any], code: str) -> None:
    error = refusal_of(model="glm-5.2", **fields)
    assert (error.status, error.code) == (400, code)


def test_glm_5_2_takes_plain_requests() -> None:
    parse_chat_request(request_body(model="glm-5.2", thinking={"type": "disabled"}, max_tokens=131_072, tools=[]))


def test_unknown_model_is_not_found() -> None:
    error = refusal_of(model="gpt-9")
    assert (error.status, error.body()["code"]) == (404, "model_not_found")
