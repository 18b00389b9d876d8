"""Keys in the texts of a bundle are found, told without being shown, and taken out; what is none stays."""

import json
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_playground.bundles.bundle import Bundle, RecordedRun, read_bundle, write_bundle
from glm_playground.bundles.secrets import MARKER, find_secrets, without_secrets
from glm_playground.chat.tools import tool_calls_of
from glm_playground.gateway import ChatRequest, Event, EventKind, Message
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import RunError
from tests.bundles import BUNDLES, parts_of, recorded_run, small_bundle

# Put together here, so that no search for keys finds this file.
KEY = "sk-" + "abcdEFGH1234" * 3
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + "." + "eyJ" + "zdWIiOiIxMjM0In0" + "." + "SflKxwRJSMeKKF2QT4"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7b/x+1\nabcdefgh==\n-----END RSA " + "PRIVATE KEY-----"
SECRETS = {
    "openai": KEY,
    "anthropic": "sk-ant-" + "api03-abcdefghij1234567890",
    "github": "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
    "github fine-grained": "github_pat_" + "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "slack": "xoxb-" + "123456789012-abcdefghijkl",
    "google": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "jwt": JWT,
    "pem": PEM,
    "z.ai": "0123456789abcdef" * 2 + "." + "AbCdEfGh12345678",
    "runapi": "runapi_" + "live_abcdefghij1234567890",
    "hugging face": "hf_" + "abcdefghijklmnopqrstuvwxyz",
}
EXPOSED = {
    "Authorization: Bearer abc123def456ghi7": "abc123def456ghi7",
    "authorization: Basic dXNlcjpodW50ZXIy": "dXNlcjpodW50ZXIy",
    "https://example.org/?user=me&password=hunter2&x=1": "hunter2",
    "PASSWORD=letmein": "letmein",
    'password = "correct horse"'.replace(" horse", "-horse"): "correct-horse",
    '{"password": "s3cret!"}': "s3cret!",
    '{"api_key": "abcdefgh12345678ijkl"}': "abcdefgh12345678ijkl",
    "export MY_SECRET_KEY=abcdefgh12345678ijkl": "abcdefgh12345678ijkl",
    "postgresql://me:hunter2@db.example.org/runs": "hunter2",
}
HARMLESS = (
    "Use the Bearer authentication scheme.",
    "password: at least 12 characters",
    "client = login(user, password=password)",
    "password=get_password()",
    'api_key=os.environ["RUNAPI_API_KEY"]',
    "Authorization: Bearer $RUNAPI_API_KEY",
    "sk-fading-circle-loader-animation",
    "https://example.org:8080/path?x=a@b.example",
    "max_tokens=4096, token=stop",
    "The task-force and risk-based-approaches of 2024",
    "a sha: 0123456789abcdef0123456789abcdef",
)


def bundle_of(*runs: Any, **fields: Any) -> Bundle:
    return replace(small_bundle(), runs=tuple(RecordedRun(run) for run in runs), **fields)


def answered(*pieces: str) -> Bundle:
    return bundle_of(recorded_run("1", *pieces))


def leaves(bundle: Bundle) -> str:
    """All that would leave the machine, as text."""
    return json.dumps(
        {path: json.loads(body) for path, body in parts_of(write_bundle(bundle)).items()}, ensure_ascii=False
    )


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_what_has_the_shape_of_a_key_is_found_and_removed(secret: str) -> None:
    bundle = answered(f"It is {secret}, keep it.")
    (finding,) = find_secrets(bundle)
    assert finding.where == "run 1, answer"
    assert finding.excerpt == f"{secret[:4]}... ({len(secret)} characters)"
    clean = without_secrets(bundle)
    assert clean.runs[0].run.content == f"It is {MARKER}, keep it."
    assert find_secrets(clean) == ()


@pytest.mark.parametrize(("text", "secret"), EXPOSED.items())
def test_what_stands_where_a_secret_stands_is_found(text: str, secret: str) -> None:
    clean = without_secrets(answered(text))
    assert clean.runs[0].run.content == text.replace(secret, MARKER)
    assert find_secrets(clean) == ()


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_none_stays(text: str) -> None:
    assert find_secrets(answered(text)) == ()
    assert without_secrets(answered(text)) == answered(text)


def test_every_place_is_looked_at() -> None:
    request = ChatRequest(
        model="glm-5.1",
        messages=(Message(role="system", content="x"), Message(role="user", content=f"my key: {KEY}")),
        stop=KEY,
        extra={"headers": {"x-api-key": KEY}, KEY: 1},
        tools=({"type": "function", "function": {"name": "f", "description": KEY}},),
    )
    error = RunError("AuthenticationFailed", f"bad key {KEY}", fields=(("key", (KEY,)),))
    events = [
        Event(1, EventKind.REASONING, KEY),
        Event(2, EventKind.ERROR, json.dumps({"message": KEY})),
        Event(3, EventKind.COMMENT, KEY),
    ]
    run = recorded_run("1", request=request, error=error, events=events, served_by=KEY)
    bundle = bundle_of(run, title=f"T {KEY}", note=KEY, cards={"glm-5.1": {"note": [KEY]}}, versions={"app": KEY})
    found = {finding.where for finding in find_secrets(bundle)}
    assert found == {
        "title",
        "note",
        "run 1, message 2, content",
        "run 1, stop",
        "run 1, extra, headers, x-api-key",
        "run 1, extra",
        "run 1, tools, 1, function, description",
        "run 1, error, message",
        "run 1, error, fields, 1, 2, 1",
        "run 1, served by",
        "run 1, reasoning",
        "run 1, event 2",
        "run 1, event 3",
        "facts of glm-5.1, note, 1",
        "versions",
    }
    clean = without_secrets(bundle)
    assert KEY not in leaves(clean)
    assert clean.runs[0].run.request.messages[1].content == f"my key: {MARKER}"
    assert read_bundle(write_bundle(clean)) == clean


@given(cuts=st.lists(st.integers(1, 59), max_size=59, unique=True))
@settings(max_examples=200)
def test_a_key_in_pieces_is_taken_out_of_each(cuts: list[int]) -> None:
    text = f"before {KEY} after it"
    bounds = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[start:end] for start, end in pairwise(bounds)]
    before = answered(*pieces)
    clean = without_secrets(before)
    run = clean.runs[0].run
    assert run.content == f"before {MARKER} after it"
    assert [event.at_ns for event in run.events] == [event.at_ns for event in before.runs[0].run.events]
    old, new = metrics_of(before.runs[0].run), metrics_of(run)
    assert (new.ttft, new.e2e) == (old.ttft, old.e2e)


def test_a_key_that_is_all_of_the_answer_leaves_the_first_and_the_last_time() -> None:
    before = answered(*KEY)
    clean = without_secrets(before).runs[0].run
    assert clean.content == MARKER
    old, new = metrics_of(before.runs[0].run), metrics_of(clean)
    assert (new.ttft, new.e2e) == (old.ttft, old.e2e)
    assert len(clean.events) == len(KEY)


def test_a_key_in_the_arguments_of_a_call_is_taken_out_of_each_piece() -> None:
    arguments = json.dumps({"url": "https://example.org", "token": KEY})
    pieces = [arguments[:50], arguments[50:60], arguments[60:]]
    events = [
        Event(n, EventKind.TOOL_CALLS, json.dumps([{"index": 0, "function": {"name": "get", "arguments": piece}}]))
        for n, piece in enumerate(pieces)
    ]
    bundle = bundle_of(recorded_run("1", events=events))
    assert [finding.where for finding in find_secrets(bundle)] == ["run 1, arguments of a tool call"]
    (call,) = tool_calls_of(without_secrets(bundle).runs[0].run)
    assert json.loads(call.arguments) == {"url": "https://example.org", "token": MARKER}


def test_a_known_key_is_found_whatever_its_shape() -> None:
    known = 'plain"key\\of-mine'
    bundle = bundle_of(recorded_run("1", "It is plain", f'"key\\of-mine and {KEY}'), note=json.dumps({"k": known}))
    found = find_secrets(bundle, [known])
    assert [(finding.kind.value, finding.where) for finding in found] == [
        ("a key that this app uses", "note"),
        ("a key that this app uses", "run 1, answer"),
        ("an API key", "run 1, answer"),
    ]
    assert all(known not in finding.excerpt and KEY not in finding.excerpt for finding in found)
    clean = without_secrets(bundle, [known], only_known=True)
    assert clean.runs[0].run.content == f"It is {MARKER} and {KEY}"
    assert json.loads(clean.note) == {"k": MARKER}


def test_a_known_key_that_is_a_word_is_not_looked_for() -> None:
    bundle = answered("The list is EMPTY.")
    assert find_secrets(bundle, ["EMPTY", ""]) == ()
    assert without_secrets(bundle, ["EMPTY"]) == bundle


@given(
    bundle=BUNDLES, known=st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20), max_size=2)
)
@settings(max_examples=50)
def test_nothing_is_found_after_it_was_taken_out(bundle: Bundle, known: list[str]) -> None:
    one = bundle.runs[0]
    secrets = "".join(f"{text} " for text in [*known, *SECRETS.values(), *EXPOSED])
    told = replace(one, run=replace(one.run, events=[Event(1, EventKind.CONTENT, secrets)]))
    clean = without_secrets(replace(bundle, runs=(told, *bundle.runs[1:])), known)
    assert find_secrets(clean, known) == ()
    assert read_bundle(write_bundle(clean)) == clean


@pytest.mark.parametrize(
    "piece",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "sk-",
        "eyJ-",
        "a.a.",
        "Bearer ",
        "password=",
        "https://a",
        "api_key = ",
        "\\",
    ],
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    bundle = answered(piece * (200_000 // len(piece)))
    started = time.thread_time()
    find_secrets(bundle)
    assert time.thread_time() - started < 2
