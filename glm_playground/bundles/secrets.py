"""Keys and passwords in the texts of a bundle: found before it leaves the machine, and taken out.

The search looks for the shapes of keys and for the keys that the app itself knows. A shape is a guess: a match may be
an example, and a password that is a plain word is not found.

detect-secrets and gitleaks scan lines of files. A key here can come in pieces, one an event, each of which keeps its
time, or in JSON within JSON; half of this file follows it there and the other half is the shapes. What is to be seen in
an image is not searched.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from html import escape, unescape
from typing import Any, NamedTuple

from glm_playground.bundles.bundle import Bundle, RecordedRun
from glm_playground.bundles.shown_verdict import ShownVerdict
from glm_playground.gateway import Event, EventKind
from glm_playground.gateway.redaction import SHORTEST_KEY, cut_spans
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run
from glm_playground.runs.run_json import run_from_json, run_to_json

MARKER = "[removed]"
"""What stands where a secret was."""

_SHOWN_CHARACTERS = 4
_TAGS = re.compile("(<[^>]*>)")


class SecretKind(StrEnum):
    """What a secret looks like."""

    KNOWN = "a key that this app uses"
    PRIVATE_KEY = "a private key"
    API_KEY = "an API key"
    TOKEN = "a token"  # noqa: S105 - a name for it
    PASSWORD = "a password"  # noqa: S105 - a name for it


class SecretFinding(NamedTuple):
    """A place that looks like a secret."""

    kind: SecretKind
    where: str
    """Such as "run 2, answer"."""
    excerpt: str
    """Its first characters and its length, never the whole."""


class _Span(NamedTuple):
    start: int
    end: int
    kind: SecretKind


_Search = Callable[[str], list[_Span]]
_Change = Callable[[str, list[str]], list[str]]
"""Given where a text stands and its pieces, gives as many pieces back."""

# Every repetition is bounded, or ends before the next place where the pattern could begin, so that a text made to be
# slow is not. A group, where there is one, is the secret.
_SHAPES: tuple[tuple[SecretKind, re.Pattern[str]], ...] = (
    (
        SecretKind.PRIVATE_KEY,
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r"(?:(?:[A-Za-z0-9+/=\s\\:,.]|-(?!-))*+-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|[A-Za-z0-9+/=\s\\]{40,})"
        ),
    ),
    (SecretKind.API_KEY, re.compile(r"(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{16,}")),
    (SecretKind.API_KEY, re.compile(r"(?<![A-Za-z0-9])[srp]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    (SecretKind.API_KEY, re.compile(r"(?<![A-Za-z0-9])(?:runapi|rapi|rk|ra)[-_](?=[A-Za-z_-]{0,60}[0-9])[\w-]{20,}")),
    # Z.ai's: an id of 32 hexadecimal digits, a dot, a secret.
    (SecretKind.API_KEY, re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])")),
    (SecretKind.API_KEY, re.compile(r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{30,}")),
    (SecretKind.API_KEY, re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])")),
    (SecretKind.TOKEN, re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|hf_|npm_)[A-Za-z0-9_-]{20,}")),
    (SecretKind.TOKEN, re.compile(r"(?<![A-Za-z0-9])xox[a-z]-[A-Za-z0-9-]{10,}")),
    (
        SecretKind.TOKEN,
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    ),
    (
        SecretKind.TOKEN,
        re.compile(
            r"\bBearer(?:\s|\\[nt]){1,4}((?=[A-Za-z._~+/=-]{0,80}[0-9])[\w.~+/=-]{8,}|[\w.~+/=-]{16,})", re.IGNORECASE
        ),
    ),
    (
        SecretKind.TOKEN,
        re.compile(r"\bauthorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?basic ([\w+/=]{8,})", re.IGNORECASE),
    ),
    (
        SecretKind.PASSWORD,
        re.compile(
            r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>\\]{0,200}:((?!\[removed\]@)[^\s/@\"'<>\\]{1,200})@", re.IGNORECASE
        ),
    ),
    # password=..., with nothing between; not what stands for one, such as password=password and password=read().
    (
        SecretKind.PASSWORD,
        re.compile(
            r"(?:password|passwd|passphrase|pwd)=((?!\w*(?:password|passwd|pwd)\b|[\w.]+[(\[])[\w!#%*+./:^~-]{4,})",
            re.IGNORECASE,
        ),
    ),
    # "password": "...", password = "...", also in JSON within JSON.
    (
        SecretKind.PASSWORD,
        re.compile(
            r"(?:password|passwd|passphrase|pwd)\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']([^\s\"'\\\[\]]{4,})", re.IGNORECASE
        ),
    ),
    # The same for names of keys, where the value has a digit and some length.
    (
        SecretKind.API_KEY,
        re.compile(
            r"(?:api|access|auth|secret|private|client)[_-]?(?:key|token|secret)\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?"
            r"((?=[A-Za-z_-]{0,80}[0-9])[\w+/=~-]{16,})",
            re.IGNORECASE,
        ),
    ),
)


def find_secrets(bundle: Bundle, known: Sequence[str] = ()) -> tuple[SecretFinding, ...]:
    """What in the texts of `bundle` looks like a secret, in reading order.

    Args:
        bundle: what would be written.
        known: keys to look for as they are, whatever their shape.
    """
    search = _search(known)
    found: list[SecretFinding] = []

    def note(where: str, pieces: list[str]) -> list[str]:
        text = "".join(pieces)
        found.extend(SecretFinding(span.kind, where, _masked(text[span.start : span.end])) for span in search(text))
        return pieces

    _change_bundle(bundle, note)
    return tuple(found)


def without_secrets(bundle: Bundle, known: Sequence[str] = (), *, only_known: bool = False) -> Bundle:
    """`bundle` with `MARKER` in the place of everything that `find_secrets` finds.

    A secret that came in several events is taken out of each; their number and their times stay.

    Args:
        bundle: what would be written.
        known: keys to look for as they are, whatever their shape.
        only_known: whether what merely has the shape of a secret stays.
    """
    search = _search(known, shapes=not only_known)

    def remove(where: str, pieces: list[str]) -> list[str]:
        spans = search("".join(pieces))
        return cut_spans(pieces, [(span.start, span.end) for span in spans], MARKER)

    return _change_bundle(bundle, remove)


def page_without_secrets(page: str, known: Sequence[str] = ()) -> str:
    """An HTML page with `MARKER` in the place of everything in it that looks like a secret.

    Args:
        page: as one of our templates makes it, in which every `<` of a text is escaped.
        known: keys to look for as they are, whatever their shape.
    """
    search = _search(known)

    def clean(piece: str) -> str:
        text = piece if piece.startswith("<") else unescape(piece)
        spans = [(span.start, span.end) for span in search(text)]
        if not spans:
            return piece
        cut = cut_spans([text], spans, MARKER)[0]
        return cut if piece.startswith("<") else escape(cut)

    return "".join(map(clean, _TAGS.split(page)))


def _search(known: Sequence[str], *, shapes: bool = True) -> _Search:
    """Finds the secrets in a text; none of them overlap."""
    keys = {key for key in known if len(key) >= SHORTEST_KEY}
    # In JSON within a text a key may be spelt with escapes.
    keys |= {json.dumps(key, ensure_ascii=ascii_only)[1:-1] for key in keys for ascii_only in (True, False)}
    words = "|".join(re.escape(key) for key in sorted(keys, key=lambda key: (-len(key), key)))
    patterns = [(SecretKind.KNOWN, re.compile(words))] if words else []
    patterns += _SHAPES if shapes else ()

    def search(text: str) -> list[_Span]:
        spans = [
            _Span(*match.span(match.re.groups), kind) for kind, pattern in patterns for match in pattern.finditer(text)
        ]
        return _apart(spans)

    return search


def _apart(spans: list[_Span]) -> list[_Span]:
    """The spans in order, with those that overlap made one of the first's kind."""
    found: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if found and span.start < found[-1].end:
            found[-1] = found[-1]._replace(end=max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _masked(secret: str) -> str:
    shown = secret[: min(_SHOWN_CHARACTERS, len(secret) // 4)]
    return f"{shown}... ({len(secret)} characters)"


def _change_bundle(bundle: Bundle, change: _Change) -> Bundle:
    """`bundle` with every text that leaves the machine changed."""

    def changed(where: str, text: str) -> str:
        return change(where, [text])[0]

    return replace(
        bundle,
        title=changed("title", bundle.title),
        note=changed("note", bundle.note),
        runs=tuple(_change_one(one, number, change) for number, one in enumerate(bundle.runs, start=1)),
        cards={
            changed("facts", model): _change_json(facts, f"facts of {model}", change)
            for model, facts in bundle.cards.items()
        },
        versions={changed("versions", name): changed("versions", text) for name, text in bundle.versions.items()},
        scenarios=tuple(
            row.model_copy(
                update={
                    "title": changed(f"scenario {number}, title", row.title),
                    "notes": changed(f"scenario {number}, notes", row.notes),
                    "verdict": row.verdict and _change_verdict(row.verdict, f"scenario {number}, verdict", changed),
                }
            )
            for number, row in enumerate(bundle.scenarios, start=1)
        ),
    )


def _change_verdict(verdict: ShownVerdict, where: str, changed: Callable[[str, str], str]) -> ShownVerdict:
    rates = tuple(
        rate.model_copy(
            update={
                name: changed(where, text)
                for name in ("model", "settings", "stand_in")
                if (text := getattr(rate, name))
            }
        )
        for rate in verdict.rates
    )
    return verdict.model_copy(update={"suite": changed(where, verdict.suite), "rates": rates})


def _change_one(one: RecordedRun, number: int, change: _Change) -> RecordedRun:
    prefix = f"run {number}"
    return replace(
        one, run=_change_run(one.run, prefix, change), cost=_change_cost(one.cost, prefix, change) if one.cost else None
    )


def _change_cost(cost: Cost, prefix: str, change: _Change) -> Cost:
    if cost.price is None:
        return cost
    (source,) = change(f"{prefix}, price's source", [cost.price.source])
    return replace(cost, price=replace(cost.price, source=source))


def _change_run(run: Run, prefix: str, change: _Change) -> Run:
    plain = run_to_json(replace(run, events=[]))
    changed = {
        name: value if name in _NO_TEXTS else _change_json(value, f"{prefix}, {_words(name)}", change, names=False)
        for name, value in plain.items()
        if name != "request"
    }
    changed["request"] = _change_request(plain["request"], prefix, change)
    events = _change_events(run.events, prefix, change)
    if changed == plain and events == run.events:
        return run
    return replace(run_from_json(changed), events=events)


def _change_request(request: dict[str, Any], prefix: str, change: _Change) -> dict[str, Any]:
    messages = [
        {
            name: value
            if name in {"role", "images"}
            else _change_json(value, f"{where}, {_words(name)}", change, names=False)
            for name, value in message.items()
        }
        for where, message in (
            (f"{prefix}, message {number}", one) for number, one in enumerate(request["messages"], 1)
        )
    ]
    others = {
        name: _change_json(value, f"{prefix}, {_words(name)}", change)
        for name, value in request.items()
        if name != "messages"
    }
    return {name: messages if name == "messages" else others[name] for name in request}


_NO_TEXTS = frozenset({"started_at", "outcome", "usage"})
"""Fields of a run that hold a time, one of the app's own words, or counts."""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _change_json(value: Any, where: str, change: _Change, *, names: bool = True) -> Any:
    """A JSON value with its texts changed, and the names in its objects where they are anybody's."""
    if isinstance(value, str):
        return change(where, [value])[0]
    if isinstance(value, list):
        return [
            _change_json(inner, f"{where}, {number}", change, names=names)
            for number, inner in enumerate(value, start=1)
        ]
    if not isinstance(value, dict):
        return value
    return {
        change(where, [name])[0] if names else name: _change_json(inner, f"{where}, {name}", change, names=names)
        for name, inner in value.items()
    }


def _change_events(events: Sequence[Event], prefix: str, change: _Change) -> list[Event]:
    """The events with their texts changed: those of an answer as one text, so that no secret hides between two."""
    texts = [event.text for event in events]
    for kind, name in ((EventKind.REASONING, "reasoning"), (EventKind.CONTENT, "answer")):
        places = [place for place, event in enumerate(events) if event.kind is kind]
        if places:
            pieces = change(f"{prefix}, {name}", [texts[place] for place in places])
            for place, piece in zip(places, pieces, strict=True):
                texts[place] = piece
    _change_calls(events, texts, prefix, change)
    return [
        event if text == event.text else event._replace(text=text) for event, text in zip(events, texts, strict=True)
    ]


def _change_calls(events: Sequence[Event], texts: list[str], prefix: str, change: _Change) -> None:
    """Changes all other `texts`, of which the arguments of a tool call are one text in several events."""
    calls: dict[int, Any] = {}
    arguments: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for place, event in enumerate(events):
        if event.kind in {EventKind.REASONING, EventKind.CONTENT}:
            continue
        where = f"{prefix}, event {place + 1}"
        pieces = _call_pieces(event)
        if pieces is None:
            texts[place] = change(where, [event.text])[0]
            continue
        for number, piece in enumerate(pieces):
            if taken := _take_arguments(piece):
                arguments[str(piece.get("index", number))].append((place, number, taken))
        calls[place] = _change_json(pieces, where, change)
    for rows in arguments.values():
        changed = change(f"{prefix}, arguments of a tool call", [text for _place, _number, text in rows])
        for (place, number, _text), piece in zip(rows, changed, strict=True):
            calls[place][number]["function"]["arguments"] = piece
    for place, pieces in calls.items():
        if pieces != _call_pieces(events[place]):
            texts[place] = json.dumps(pieces, ensure_ascii=False)


def _call_pieces(event: Event) -> list[Any] | None:
    """The pieces of tool calls in an event; None where it is another, or its text is not a list."""
    if event.kind is not EventKind.TOOL_CALLS:
        return None
    try:
        pieces = json.loads(event.text)
    except (ValueError, RecursionError):
        return None
    return pieces if isinstance(pieces, list) else None


def _take_arguments(piece: Any) -> str:
    """Takes the arguments out of a piece of a call; empty where it has none."""
    function = piece.get("function") if isinstance(piece, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        return ""
    text: str = function["arguments"]
    function["arguments"] = ""
    return text
