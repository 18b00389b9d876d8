"""Callbacks: what is rightly signed is read, and nothing else."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from glm_playground.gateway.callbacks import (
    ID_HEADER,
    MAX_CALLBACK_BYTES,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    CallbackError,
    CallbackSignatureWrong,
    CallbackTooOld,
    CallbackUnreadable,
    CallbackUnsigned,
    sign,
    verify,
)
from glm_playground.gateway.kept_json import MAX_DEPTH

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = SecretStr(base64.b64encode(b"never to be seen, 32 bytes long.").decode())
BODY = b'{"id": "task_1", "status": "completed", "usage": {"cost": 0.0021}}'
HEADERS = (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
HEADER_TEXTS = st.text(st.characters(max_codepoint=0xFF), max_size=60)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_the_signature_is_the_one_of_the_documentation() -> None:
    key = base64.b64decode(SECRET.get_secret_value())
    signed = b"cb-1.1795521600." + BODY
    by_hand = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sign("cb-1", BODY, SECRET, NOW) == {
        "X-Callback-Id": "cb-1",
        "X-Callback-Timestamp": "1795521600",
        "X-Callback-Signature": by_hand,
    }


@given(
    callback_id=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=200),
    fields=st.dictionaries(st.text("abc", min_size=1), JSON, max_size=4),
    away=st.integers(-300, 300),
    key=st.binary(min_size=1, max_size=64),
)
def test_what_was_signed_is_read(callback_id: str, fields: dict[str, object], away: int, key: bytes) -> None:
    secret = SecretStr(base64.b64encode(key).decode())
    body = json.dumps(fields).encode()
    found = verify(sign(callback_id, body, secret, NOW + timedelta(seconds=away)), body, secret, NOW)
    assert found == (callback_id, NOW + timedelta(seconds=away), fields, None, None)


@given(header=st.sampled_from(HEADERS), text=HEADER_TEXTS)
def test_any_other_header_is_refused(header: str, text: str) -> None:
    headers = sign("cb-1", BODY, SECRET, NOW)
    assume(headers[header] != text)
    with pytest.raises((CallbackUnsigned, CallbackSignatureWrong)):
        verify(headers | {header: text}, BODY, SECRET, NOW)


@given(data=st.data(), header=st.sampled_from(HEADERS))
def test_a_header_with_one_other_character_is_refused(data: st.DataObject, header: str) -> None:
    headers = sign("cb-1", BODY, SECRET, NOW)
    text = headers[header]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E).filter(lambda char: char != text[at]))
    with pytest.raises((CallbackUnsigned, CallbackSignatureWrong)):
        verify(headers | {header: text[:at] + other + text[at + 1 :]}, BODY, SECRET, NOW)


@given(body=st.binary(max_size=80) | st.integers(0, 8 * len(BODY) - 1).map(lambda bit: with_bit_turned(BODY, bit)))
def test_any_other_body_is_refused(body: bytes) -> None:
    assume(body != BODY)
    with pytest.raises(CallbackSignatureWrong):
        verify(sign("cb-1", BODY, SECRET, NOW), body, SECRET, NOW)


def with_bit_turned(body: bytes, bit: int) -> bytes:
    return body[: bit // 8] + bytes([body[bit // 8] ^ (1 << bit % 8)]) + body[bit // 8 + 1 :]


def test_another_secret_is_refused() -> None:
    other = SecretStr(base64.b64encode(b"another").decode())
    with pytest.raises(CallbackSignatureWrong):
        verify(sign("cb-1", BODY, other, NOW), BODY, SECRET, NOW)


@pytest.mark.parametrize("missing", HEADERS)
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = sign("cb-1", BODY, SECRET, NOW)
    del headers[missing]
    with pytest.raises(CallbackUnsigned):
        verify(headers, BODY, SECRET, NOW)


@pytest.mark.parametrize("callback_id", ["", "a" * 201, "caf\xe9", "a\nb", "a\x7f"])
def test_an_id_of_another_form_is_refused_though_it_is_signed(callback_id: str) -> None:
    with pytest.raises(CallbackUnsigned):
        verify(sign(callback_id, BODY, SECRET, NOW), BODY, SECRET, NOW)


@pytest.mark.parametrize(("away", "taken"), [(-301, False), (-300, True), (300, True), (301, False), (10**9, False)])
def test_its_time_is_at_most_300_s_from_now(away: int, taken: bool) -> None:
    headers = sign("cb-1", BODY, SECRET, NOW + timedelta(seconds=away))
    if taken:
        assert verify(headers, BODY, SECRET, NOW).sent_at == NOW + timedelta(seconds=away)
    else:
        with pytest.raises(CallbackTooOld):
            verify(headers, BODY, SECRET, NOW)


def test_the_names_of_headers_are_in_any_case() -> None:
    headers = {name.upper(): value for name, value in sign("cb-1", BODY, SECRET, NOW).items()}
    assert verify(headers, BODY, SECRET, NOW).id == "cb-1"


@pytest.mark.parametrize(
    ("body", "task_id", "status"),
    [
        ({"id": "task_1", "status": "failed"}, "task_1", "failed"),
        ({"id": "other", "task_id": "task_1"}, "task_1", None),
        ({"id": "task_1", "task_id": None}, "task_1", None),
        ({"id": 7, "status": ["completed"]}, None, None),
        ({"id": "", "status": "a" * 201}, None, None),
        ({"id": "a\0b", "status": "\ud800"}, None, None),
        ({}, None, None),
    ],
)
def test_task_and_status_are_found_where_they_are_words(
    body: dict[str, object], task_id: str | None, status: str | None
) -> None:
    data = json.dumps(body).encode()
    found = verify(sign("cb-1", data, SECRET, NOW), data, SECRET, NOW)
    assert (found.task_id, found.status) == (task_id, status)


def test_what_no_database_takes_is_replaced() -> None:
    data = rb'{"a": ["x\u0000y\ud800z", NaN, 1e999, -Infinity], "\udfff": 1}'
    found = verify(sign("cb-1", data, SECRET, NOW), data, SECRET, NOW)
    assert found.body == {"a": ["x\ufffdy\ufffdz", None, None, None], "\ufffd": 1}
    json.dumps(found.body, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"\xff\xfe\xfd",
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "' + b"x" * MAX_CALLBACK_BYTES + b'"}',
    ],
)
def test_what_is_no_bounded_object_is_unreadable_but_only_once_its_signature_is_right(body: bytes) -> None:
    with pytest.raises(CallbackUnreadable):
        verify(sign("cb-1", body, SECRET, NOW), body, SECRET, NOW)
    with pytest.raises(CallbackSignatureWrong):
        verify(sign("cb-2", body, SECRET, NOW) | {ID_HEADER: "cb-1"}, body, SECRET, NOW)


def test_the_deepest_body_is_read() -> None:
    body = b'{"a": ' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}"
    assert verify(sign("cb-1", body, SECRET, NOW), body, SECRET, NOW).body


def test_each_refusal_has_its_status() -> None:
    statuses = {kind.__name__: kind.status for kind in CallbackError.__subclasses__()}
    assert statuses == {
        "CallbackUnsigned": 401,
        "CallbackSignatureWrong": 401,
        "CallbackTooOld": 401,
        "CallbackUnreadable": 400,
    }


@pytest.mark.parametrize("secret", ["not base64!", "abc", "", "=", "s\u00e9cret"])
def test_a_secret_that_is_no_base64_is_said_without_its_value(secret: str) -> None:
    with pytest.raises(ValueError, match="callback secret") as caught:
        verify(sign("cb-1", BODY, SECRET, NOW), BODY, SecretStr(secret), NOW)
    assert not secret or secret not in str(caught.value)
