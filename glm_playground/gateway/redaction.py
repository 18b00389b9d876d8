"""Takes a gateway's key out of everything that the gateway sends back.

A gateway, or a model behind it, may repeat the key: in an error, a header, the text of an answer, the name of a tool.
What is read from a gateway passes here before anybody sees or stores it. In a stream the key may be cut over many
chunks, so events wait from its fourth character on until the next ones show whether it continues; their times stay.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import SecretStr

from glm_playground.gateway.wire import Event, EventKind
from glm_playground.spellings import spellings

SHORTEST_KEY = 8
"""Characters; a shorter one is no secret (`EMPTY`, `none`), and stands in many a word."""
KEY_MARK = "[key]"

_WAITS_FROM = 4
"""Characters of the key. What waits from fewer would be half of all words; so many are no help to anybody."""
_MOST_WAITING = 500
_SHORT_CUT = frozenset({EventKind.CONTENT, EventKind.REASONING})
_TEXTS = (EventKind.CONTENT, EventKind.REASONING, EventKind.COMMENT, EventKind.UNREADABLE)
"""Kinds of events whose texts are pieces of one."""
_JSON_KINDS = frozenset({EventKind.USAGE, EventKind.FIGURES, EventKind.ERROR})


def cut_spans(pieces: list[str], spans: list[tuple[int, int]], mark: str) -> list[str]:
    """The pieces of a text with `mark` in the place of each span of it.

    A span over several pieces is cut out of each, and the first and the last of them get some of the mark, so that
    they do not become empty.

    Args:
        pieces: one behind the other, they are the text.
        spans: start and end in that text, in order, apart.
        mark: at least two characters.
    """
    if not spans:
        return pieces
    bounds = [0]
    for piece in pieces:
        bounds.append(bounds[-1] + len(piece))
    changed = list(pieces)
    # From the end, so that what stands before keeps its place.
    for start, end in reversed(spans):
        touched = [
            number
            for number, piece in enumerate(pieces)
            if piece and bounds[number] < end and bounds[number + 1] > start
        ]
        for place, number in enumerate(touched):
            first, last = max(start - bounds[number], 0), min(end, bounds[number + 1]) - bounds[number]
            text = changed[number]
            changed[number] = text[:first] + _share(mark, place, len(touched)) + text[last:]
    return changed


def _share(mark: str, place: int, places: int) -> str:
    """The characters of `mark` that the piece at `place` gets; the first and the last get some."""
    if places == 1:
        return mark
    cuts = [0, *(1 + number * (len(mark) - 1) // (places - 1) for number in range(places))]
    return mark[cuts[place] : cuts[place + 1]]


class Redaction:
    """Replaces one key by `[key]`; without a key, or with one that is no secret, it changes nothing.

    Args:
        key: of the gateway.
        others: what else is secret, such as the value of a header.
    """

    def __init__(self, key: SecretStr | None, others: Sequence[SecretStr] = ()) -> None:
        self.rest = Redaction(others[0], others[1:]) if others else None
        """Of the other secrets."""
        text = key.get_secret_value() if key else ""
        self.key = text if len(text) >= SHORTEST_KEY else ""
        self.spellings = spellings(self.key)
        """The key as it is, and as JSON, addresses and web pages spell it; the longest first."""
        # So much of it is not said either, where a server cuts it off.
        self._most_said = [(one, one[: max(SHORTEST_KEY, len(one) // 2)]) for one in self.spellings]

    def text(self, text: str) -> str:
        """`text` without the key, in any of its spellings."""
        if spans := self.spans(text):
            text = cut_spans([text], spans, KEY_MARK)[0]
        return self.rest.text(text) if self.rest else text

    def optional(self, text: str | None) -> str | None:
        """The same of what may be None."""
        return text if text is None else self.text(text)

    def value(self, value: Any) -> Any:
        """A JSON value with the key taken out of its texts and names."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(item) for name, item in value.items()}
        return value

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the key stands in `text`, or half of it and more; in order, apart."""
        found = []
        for spelling, said in self._most_said:
            at = text.find(said)
            while at >= 0:
                end = at + len(said)
                while end - at < len(spelling) and text[end : end + 1] == spelling[end - at]:
                    end += 1
                found.append((at, end))
                at = text.find(said, end)
        return _apart(found)

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` begin a spelling of the key; 0 below `_WAITS_FROM`."""
        longest = 0
        for spelling in self.spellings:
            for length in range(min(len(spelling) - 1, len(text)), max(longest, _WAITS_FROM - 1), -1):
                if text.endswith(spelling[:length]):
                    longest = length
                    break
        return longest


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans` in order, those that overlap as one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


class RedactedEvents:
    """Passes the events of one stream on to a list that others read, without the key.

    Attributes:
        fresh: where a reader puts them.

    Args:
        events: where they are passed on to.
        redaction: of the key.
        changed: called when something may have been passed on.
    """

    def __init__(self, events: list[Event], redaction: Redaction, changed: Callable[[], None] = lambda: None) -> None:
        self.fresh: list[Event] = []
        self._redaction = redaction
        # The other secrets are taken out of what comes out of this.
        self._next = RedactedEvents(events, redaction.rest, changed) if redaction.rest else None
        self._events = self._next.fresh if self._next else events
        self._changed = self._next.pass_on if self._next else changed
        self._start = redaction.key[:_WAITS_FROM]
        # A key whose first characters are spelt in several ways has no one beginning that tells of it.
        self._one_start = len({spelling[:_WAITS_FROM] for spelling in redaction.spellings}) == 1
        self._beginnings = tuple(self._start[:length] for length in range(1, _WAITS_FROM)) if self._start else ()
        # The last characters of each text that were passed on: too few to tell that the key begins.
        self._tails: dict[EventKind, str] = dict.fromkeys(_TEXTS, "")
        self._call_tails: dict[str, str] = {}
        self._watchful = not self._one_start
        self._waiting: list[Event] = []

    def pass_on(self) -> None:
        """Passes on what is in `fresh`, and empties it."""
        fresh = self.fresh
        if not self._watchful:
            # Texts without a trace of the key, as nearly every event is: a shortcut (`python -m bench.client`).
            for _at_ns, kind, text in fresh:
                if self._start in text or text.endswith(self._beginnings) or kind not in _SHORT_CUT:
                    break
            else:
                self._events += fresh
                fresh.clear()
                self._changed()
                return
        if self._start:
            self._waiting += fresh
            self._go_on(last=len(self._waiting) > _MOST_WAITING)
        else:
            self._events += fresh
        fresh.clear()
        self._changed()

    def end(self) -> None:
        """Passes on all that is left; a key that was begun at the very end is taken out, too."""
        self._waiting += self.fresh
        self.fresh.clear()
        self._go_on(last=True)
        if self._next:
            self._next.end()

    def _go_on(self, *, last: bool = False) -> None:
        """Takes the key out of what waits, and passes on all before the place where it may go on."""
        waiting = self._waiting
        cut = len(waiting)
        for kind in _TEXTS:
            places = [place for place, event in enumerate(waiting) if event.kind is kind]
            texts, begun = self._cut_out([waiting[place].text for place in places], self._tails[kind], last=last)
            for place, text in zip(places, texts, strict=True):
                waiting[place] = waiting[place]._replace(text=text)
            if begun is not None:
                cut = min(cut, places[begun])
        cut = min(cut, self._change_calls(last=last))
        for place, event in enumerate(waiting[:cut]):
            if event.kind in _TEXTS:
                self._tails[event.kind] = (self._tails[event.kind] + event.text)[1 - _WAITS_FROM :]
            elif event.kind in _JSON_KINDS:
                text = json.dumps(self._redaction.value(json.loads(event.text)), ensure_ascii=False)
                waiting[place] = event._replace(text=text)
            elif event.kind is not EventKind.TOOL_CALLS:
                waiting[place] = event._replace(text=self._redaction.text(event.text))
        self._events += waiting[:cut]
        del waiting[:cut]
        self._watchful = (
            not self._one_start
            or bool(waiting)
            or any(tail.endswith(self._beginnings) for tail in self._tails.values())
        )

    def _cut_out(self, pieces: list[str], tail: str, *, last: bool) -> tuple[list[str], int | None]:
        """The pieces of one text without the key, and the first of those in which it may have begun."""
        text = tail + "".join(pieces)
        begun = 0 if last else self._redaction.begun(text)
        spans = self._redaction.spans(text[: len(text) - begun])
        offset = len(tail)
        pieces = cut_spans(pieces, [(max(start - offset, 0), end - offset) for start, end in spans], KEY_MARK)
        if not begun:
            return pieces, None
        left = begun
        for number in range(len(pieces) - 1, -1, -1):
            left -= len(pieces[number])
            if left <= 0:
                return pieces, number
        return pieces, 0 if pieces else None

    def _change_calls(self, *, last: bool) -> int:
        """Takes the key out of the tool calls that wait; the place of the first in which it may go on."""
        cut = len(self._waiting)
        calls = {
            place: self._redaction.value(json.loads(event.text))
            for place, event in enumerate(self._waiting)
            if event.kind is EventKind.TOOL_CALLS
        }
        texts: dict[str, list[tuple[int, dict[str, Any], str]]] = {}
        for place, pieces in calls.items():
            for number, piece in enumerate(pieces):
                function = piece.get("function") if isinstance(piece, dict) else None
                for name in ("name", "arguments"):
                    if isinstance(function, dict) and isinstance(function.get(name), str):
                        texts.setdefault(f"{name} {piece.get('index', number)}", []).append((place, function, name))
        for key, rows in texts.items():
            pieces, begun = self._cut_out(
                [function[name] for _place, function, name in rows], self._call_tails.get(key, ""), last=last
            )
            for (_place, function, name), piece in zip(rows, pieces, strict=True):
                function[name] = piece
            if begun is not None:
                cut = min(cut, rows[begun][0])
        for key, rows in texts.items():
            passed = "".join(function[name] for place, function, name in rows if place < cut)
            self._call_tails[key] = (self._call_tails.get(key, "") + passed)[1 - _WAITS_FROM :]
        for place, pieces in calls.items():
            self._waiting[place] = self._waiting[place]._replace(text=json.dumps(pieces, ensure_ascii=False))
        return cut
