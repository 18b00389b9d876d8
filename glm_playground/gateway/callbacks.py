"""A gateway's callbacks: what says that a task ended, and the signature that says who sent it.

RunAPI's protocol: `X-Callback-Signature` is base64(HMAC-SHA256(base64decode(secret), "{id}.{timestamp}.{raw body}"))
with the texts of `X-Callback-Id` and `X-Callback-Timestamp` (unix seconds); one more than 300 s old is refused.

CallbackError
  CallbackUnsigned          401  a header is missing, or is not of the protocol's form
  CallbackSignatureWrong    401  it was not signed with our secret, or was changed since
  CallbackTooOld            401  its time is more than 300 s from now, either way
  CallbackUnreadable        400  rightly signed, but no JSON object that can be kept
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from pydantic import SecretStr

from glm_playground import bounds
from glm_playground.gateway.kept_json import kept_object, kept_word
from glm_playground.gateway.redaction import Redaction

MAX_CALLBACK_BYTES = bounds.CALLBACK_BYTES
MAX_AGE_S = bounds.CALLBACK_AGE_S
ID_HEADER = "X-Callback-Id"
TIMESTAMP_HEADER = "X-Callback-Timestamp"
SIGNATURE_HEADER = "X-Callback-Signature"

_ID = re.compile(r"[\x20-\x7e]{1,200}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=")
"""32 bytes in base64."""


class CallbackError(Exception):
    """The callback is refused; the text is ours and holds nothing that was sent."""

    status: ClassVar[int] = 400
    """HTTP status to answer with."""


class CallbackUnsigned(CallbackError):
    """A header is missing, or is not of the protocol's form."""

    status = 401


class CallbackSignatureWrong(CallbackError):
    """The signature is not that of our secret over this id, time and body."""

    status = 401


class CallbackTooOld(CallbackError):
    """The time is more than 300 s from now, either way: it may be an old callback sent again."""

    status = 401


class CallbackUnreadable(CallbackError):
    """The signature is right, but the body is not a JSON object that can be kept."""


class SignedCallback(NamedTuple):
    """A callback whose signature is right."""

    id: str
    """`X-Callback-Id`, printable ASCII; the same whenever the gateway sends it again."""
    sent_at: datetime
    """UTC."""
    body: dict[str, Any]
    task_id: str | None
    """The body's `task_id`, else its `id`."""
    status: str | None

    def without(self, redaction: Redaction) -> "SignedCallback":
        """The same without a key that its sender repeated."""
        body: dict[str, Any] = redaction.value(self.body)
        texts = redaction.text(self.id), redaction.optional(self.task_id), redaction.optional(self.status)
        return SignedCallback(texts[0], self.sent_at, body, *texts[1:])


def callback_key(secret: SecretStr) -> bytes:
    """The HMAC key that `secret` spells in base64.

    Raises:
        ValueError: it is no base64, or spells nothing; the value is not in the text.
    """
    try:
        key = base64.b64decode(secret.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the callback secret is not base64") from None
    if not key:
        raise ValueError("the callback secret is empty")
    return key


def sign(callback_id: str, body: bytes, secret: SecretStr, now: datetime) -> dict[str, str]:
    """The headers that a callback with this body is sent with.

    Raises:
        ValueError: `secret` is not base64.
    """
    timestamp = str(int(now.timestamp()))
    return {
        ID_HEADER: callback_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: _signature(callback_id, timestamp, body, callback_key(secret)),
    }


def check_headers(headers: Mapping[str, str], now: datetime) -> None:
    """Refuses what no body can mend, before one is read: unsigned callbacks, and old ones.

    Raises:
        CallbackUnsigned: as `verify` does.
        CallbackTooOld: as `verify` does.
    """
    _callback_id, timestamp, _signature = _signed_headers(headers)
    _check_age(timestamp, now)


def verify(headers: Mapping[str, str], body: bytes, secret: SecretStr, now: datetime) -> SignedCallback:
    """The callback in a request's headers and raw body; nothing in the body is read before the signature is right.

    Args:
        headers: in any case.
        body: as it was received.
        secret: the gateway's, in base64.
        now: with its timezone.

    Raises:
        CallbackError: of the tree above.
        ValueError: `secret` is not base64.
    """
    callback_id, timestamp, signature = _signed_headers(headers)
    expected = _signature(callback_id, timestamp, body, callback_key(secret))
    # Compared as bytes, since compare_digest refuses strings that are not ASCII.
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise CallbackSignatureWrong("the signature is wrong")
    _check_age(timestamp, now)
    found = _read_body(body)
    task_id = kept_word(found.get("task_id")) or kept_word(found.get("id"))
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    return SignedCallback(callback_id, sent_at, found, task_id, kept_word(found.get("status")))


def _signed_headers(headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Id, timestamp and signature, each of the protocol's form."""
    sent = {name.lower(): value for name, value in headers.items()}
    callback_id = sent.get(ID_HEADER.lower(), "")
    timestamp = sent.get(TIMESTAMP_HEADER.lower(), "")
    signature = sent.get(SIGNATURE_HEADER.lower(), "")
    if not (_ID.fullmatch(callback_id) and _TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
        raise CallbackUnsigned("the callback's id, timestamp or signature is missing or malformed")
    return callback_id, timestamp, signature


def _check_age(timestamp: str, now: datetime) -> None:
    if abs(now.timestamp() - int(timestamp)) > MAX_AGE_S:
        raise CallbackTooOld(f"the timestamp is more than {MAX_AGE_S} s from now")


def _signature(callback_id: str, timestamp: str, body: bytes, key: bytes) -> str:
    signed = f"{callback_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _read_body(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_CALLBACK_BYTES:
        raise CallbackUnreadable(f"the body is larger than {MAX_CALLBACK_BYTES} bytes")
    try:
        return kept_object(json.loads(body))
    except (ValueError, RecursionError):
        raise CallbackUnreadable("the body is not a JSON object, or is nested too deeply") from None
