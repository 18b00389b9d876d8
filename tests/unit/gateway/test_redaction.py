"""A gateway that sends the key back, wherever it can: nobody sees it."""

import html
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from glm_playground.gateway import Event, EventKind, Gateway, GatewayClient, errors
from glm_playground.gateway.redaction import RedactedEvents, Redaction
from tests.loopback import CannedServer, answer, content, stream
from tests.unit.gateway.exchange import PLAIN, Told, asked, streamed

KEY = "sk-never-to-be-seen-7c1f"
ODD_KEY = 'sk-a"b\\c/never-to-be-seen'


def told_by(said: bytes, key: str = KEY) -> Told:
    with CannedServer(said) as server:
        return streamed(Gateway("x", server.url, key=SecretStr(key)), PLAIN)


def calls(*pieces: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": list(pieces)}}]}


def call(arguments: str, **function: str) -> dict[str, Any]:
    return calls({"index": 0, "id": "c1", "type": "function", "function": {"arguments": arguments, **function}})


def reasoning(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"reasoning_content": text}}]}


USAGE = {"prompt_tokens": 1, "completion_tokens": 1}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(stream(content(f"it is {KEY}.")), id="text"),
        pytest.param(stream(*map(content, KEY)), id="a character a chunk"),
        pytest.param(
            stream(content("is sk-ne"), content("ver-to"), content("-be-seen-7c1f, so")), id="cut over chunks"
        ),
        pytest.param(stream(*map(reasoning, KEY)), id="reasoning"),
        pytest.param(
            stream(content(KEY[:9]), reasoning("hm"), call("{"), content(KEY[9:])), id="cut, others in between"
        ),
        pytest.param(stream(content("a"), content(KEY[:20])), id="cut off at the end"),
        pytest.param(stream(call("{}", name=KEY)), id="a tool's name"),
        pytest.param(stream(call("", name=KEY[:8]), call("", name=KEY[8:])), id="a tool's name, cut"),
        pytest.param(stream(*(call(piece) for piece in ('{"a": "', *KEY, '"}'))), id="arguments, cut"),
        pytest.param(
            stream(calls({"index": 0, "id": KEY, "function": {"name": "f", "arguments": "{}"}})), id="call id"
        ),
        pytest.param(stream(content("a"), {"choices": [], "usage": USAGE | {KEY: KEY}}), id="usage"),
        pytest.param(stream(content("a"), {"choices": [], "timings": {"t": KEY}}), id="figures"),
        pytest.param(stream({"id": KEY, "model": KEY, "system_fingerprint": KEY, **content("a")}), id="who answered"),
        pytest.param(stream(content("a"), {"choices": [{"index": 0, "delta": {}, "finish_reason": KEY}]}), id="finish"),
        pytest.param(stream({"choices": [{"index": 0, "delta": {"role": KEY}}]}, content("a")), id="role"),
        pytest.param(stream(content("a"), b"{" + KEY.encode()), id="what cannot be read"),
        pytest.param(stream(content("a"), b"x\n: " + b"y" * 185 + KEY.encode()), id="a comment that is cut off"),
        pytest.param(stream(content("a"), x_request_id=KEY, x_runapi_task_id=KEY), id="ids in headers"),
        pytest.param(stream(content("a"), x_sandbox_served_by=KEY, x_litellm_call_id=KEY), id="other headers"),
        pytest.param(
            stream(content("a"), b'{"choices": [{"delta": {"content": "\\u0073' + KEY[1:].encode() + b'"}}]}')
        ),
        pytest.param(
            answer(200, {"choices": [{"message": {"content": KEY}}], "model": KEY, "usage": USAGE | {"x": KEY}})
        ),
        pytest.param(answer(400, {"error": KEY}, x_request_id=KEY), id="an error with an id"),
        pytest.param(answer(200, f"<html><title>{KEY}</title>".encode(), content_type="text/html"), id="a web page"),
    ],
)
def test_the_key_is_nowhere(said: bytes) -> None:
    told = told_by(said)
    seen = repr((told.events, told.text, told.of(EventKind.REASONING), told.ids, told.identity))
    seen += repr(vars(told.error)) if told.error else ""
    assert KEY[:8] not in seen
    assert KEY[8:] not in seen


def test_other_spellings_of_a_key_are_taken_out() -> None:
    spelt = (ODD_KEY, json.dumps(ODD_KEY)[1:-1], ODD_KEY.replace("/", "\\/"), "sk-a%22b%5Cc%2Fnever-to-be-seen")
    told = told_by(stream(*map(content, spelt), call(json.dumps({"a": ODD_KEY})), x_request_id=ODD_KEY), ODD_KEY)
    assert "never-to-be-seen" not in repr((told.events, told.ids))


PAGE_KEY = "sk-a<b&c'd\"/never-to-be-seen"


@pytest.mark.parametrize("key", [ODD_KEY, PAGE_KEY, '<&"/' + KEY])
@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_spelling_that_is_cut_over_chunks_is_taken_out(key: str, pieces: int) -> None:
    spelt = f"{html.escape(key)} {html.escape(key, quote=False)} {json.dumps(key)} {quote(key, safe='')} end"
    told = told_by(stream(*(content(spelt[at : at + pieces]) for at in range(0, len(spelt), pieces))), key)
    assert told.text.replace("[key]", "").split() == ['""', "end"]


def test_models_and_whole_answers_are_read_without_it() -> None:
    listing = answer(200, {"data": [{"id": KEY, "owned_by": KEY}]})
    whole = answer(200, {"choices": [{"message": {"content": f"it is {KEY}"}}], "model": KEY})
    with CannedServer(listing, whole) as server:
        gateway = Gateway("x", server.url, key=SecretStr(KEY))
        models = asked(gateway, GatewayClient.models)
        completion = asked(gateway, lambda client: client.chat(PLAIN))
    assert (models[0].id, models[0].owned_by) == ("[key]", "[key]")
    assert completion.events[0].text == "it is [key]"
    assert completion.identity.model == "[key]"


@pytest.mark.parametrize("key", ["EMPTY", "none"])
def test_a_key_that_is_a_word_changes_no_answer(key: str) -> None:
    assert told_by(stream(content(f"the list is {key}")), key).text == f"the list is {key}"


def test_an_error_after_a_begun_key_keeps_what_was_said_before_it() -> None:
    told = told_by(stream(content("a sk-n"), {"error": {"message": "broken"}}))
    assert isinstance(told.error, errors.StreamFailed)
    assert told.text == "a sk-n"


def events_of(texts: list[str], kind: EventKind = EventKind.CONTENT) -> list[Event]:
    return [Event(number, kind, text) for number, text in enumerate(texts)]


def passed_on(events: list[Event], reads: list[int]) -> list[Event]:
    """The events as others get them, `reads` of them at once."""
    found: list[Event] = []
    redacted = RedactedEvents(found, Redaction(SecretStr(KEY)))
    left = list(events)
    for count in [*reads, len(left)]:
        redacted.fresh.extend(left[:count])
        del left[:count]
        redacted.pass_on()
        assert KEY[:12] not in "".join(event.text for event in found)
    redacted.end()
    return found


PIECES = st.lists(st.sampled_from(["s", "sk", "sk-", "sk-n", "sk-ne", KEY[5:12], KEY[12:], KEY, KEY[:-1], " the", ""]))


@given(PIECES, st.lists(st.integers(0, 4)))
def test_pieces_of_keys_in_any_order(texts: list[str], reads: list[int]) -> None:
    found = passed_on(events_of(texts), reads)
    assert KEY[:8] not in "".join(event.text for event in found)
    assert [event.at_ns for event in found] == list(range(len(texts)))


@given(st.text(alphabet="abs k-n\n", max_size=60), st.data())
def test_a_text_without_a_key_stays_as_it_came(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    texts = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    events = events_of(texts)
    assert passed_on(events, data.draw(st.lists(st.integers(0, 3)))) == events
