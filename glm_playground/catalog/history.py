"""What changed in the facts, day by day: kept in `data/history.toml`.

`python -m glm_playground.catalog changes` writes it from two states of the data, compared as texts. The file is
read when somebody asks for it, not with the catalog.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.loader import DATA, FROM_THE_GATEWAY, read_file
from glm_playground.catalog.shorthand import FactReader
from glm_playground.catalog.types import AnyFact, Frozen, Score, day

FILE = DATA / "history.toml"
_HEAD = """\
#:schema ../schema/history.json
# What changed in the facts, newest first. Not written by hand: python -m glm_playground.catalog changes
"""

State = Mapping[str, Mapping[str, str]]
"""The known facts as texts, by what they are about (the id of a model or gateway) and key."""


class FactChange(Frozen):
    """One change of one day: of a fact, or, without one, that something was added to the data or taken out of it.

    `before` is None for what was not known, `after` for what no longer is.
    """

    day: date
    about: str
    fact: str | None = None
    before: str | None = None
    after: str | None = None


class History(NamedTuple):
    """What a history file holds: the changes, newest first, and the digest of the state after them."""

    changes: tuple[FactChange, ...] = ()
    digest: str = ""


def state(catalog: Catalog) -> State:
    """The facts of models, gateways and price lists as they stand."""
    found: dict[str, dict[str, str]] = {}
    for card in catalog.cards:
        found[card.id] = {"name": card.name} | _texts(card.all_facts())
        found[card.id] |= _scores((*card.scores, *(score for table in card.gateways for score in table.scores)))
    for sheet in catalog.gateways:
        found[sheet.id] = {"name": sheet.name} | _texts(sheet.items())
    for variant in catalog.variants:
        prices = ((f"{gateway}.price.{key}", fact) for gateway, price in variant.prices for key, fact in price.items())
        found[variant.id] = {"name": variant.id} | _texts(variant.items()) | _texts(prices)
    return found


def _texts(facts: Iterable[tuple[str, AnyFact]]) -> dict[str, str]:
    """The known ones; what a card only repeats from its gateway's sheet is told there."""
    return {
        key: value_text(fact.value, fact.unit)
        for key, fact in facts
        if fact.known and not (key.startswith("gateways.") and key.rpartition(".")[2] in FROM_THE_GATEWAY)
    }


def value_text(value: Any, unit: str | None) -> str:
    """A value as the history writes it, on one line."""
    text = "; ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
    if isinstance(value, bool):
        text = "yes" if value else "no"
    return " ".join(f"{text} {unit or ''}".split())


def _scores(scores: Iterable[Score]) -> dict[str, str]:
    """What each source says of a benchmark, with the conditions; a percent sign is left out."""
    found: dict[str, str] = {}
    for score in scores:
        unit = f" {score.unit}" if score.unit and score.unit not in {"%", "USD"} else ""
        text = f"{score.published}{unit} ({score.conditions or 'conditions not stated'})"
        key = f"{score.benchmark}, by {score.publisher} ({score.source})"
        found[key] = f"{found[key]}; {text}" if key in found else text
    return found


def digest(facts: State) -> str:
    """A short text that is another one when any fact is."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compared(before: State, after: State, on: date) -> tuple[FactChange, ...]:
    """What differs between two states, by what it is about."""
    found: list[FactChange] = []
    for about in (*after, *(gone for gone in before if gone not in after)):
        old, new = before.get(about), after.get(about)
        if old is None or new is None:
            name = (new or old or {}).get("name", about)
            found.append(FactChange(day=on, about=about, before=name if old else None, after=name if new else None))
            continue
        found += [
            FactChange(day=on, about=about, fact=key, before=old.get(key), after=new.get(key))
            for key in dict.fromkeys((*new, *old))
            if old.get(key) != new.get(key)
        ]
    return tuple(found)


def merged(history: Iterable[FactChange], new: Iterable[FactChange]) -> tuple[FactChange, ...]:
    """The history with new changes, newest day first.

    Two changes of one fact on one day are one: from what it was before the first to what it is after the last; nothing,
    if that is the same.
    """
    days = {(change.day, change.about, change.fact): change for change in history}
    for change in new:
        key = (change.day, change.about, change.fact)
        days[key] = change.model_copy(update={"before": days.get(key, change).before})
    kept = [change for change in days.values() if change.before != change.after]
    return tuple(sorted(kept, key=lambda change: change.day, reverse=True))


def read_history(raw: dict[str, Any], reading: FactReader) -> History:
    """The content of a history file."""
    reading.mapping(raw, "", ("digest", "change"))
    found = []
    for place, entry in enumerate(reading.items(raw.get("change", []), "change")):
        path = f"change[{place}]"
        table = reading.mapping(entry, path, FactChange.model_fields)
        on = reading.parsed(day, table.get("day"), f"{path}.day")
        named = [name for name in FactChange.model_fields if name != "day" and name in table]
        texts = {name: reading.text(table[name], f"{path}.{name}") for name in named}
        if "about" not in texts:
            reading.problem(f"{path}.about", "a change of nothing")
        elif texts.get("before") == texts.get("after"):
            reading.problem(path, "nothing changed: `before` is `after`")
        elif on:
            found.append(FactChange.model_validate({"day": on, **texts}))
    return History(tuple(found), reading.text(raw.get("digest"), "digest"))


def history(path: Path = FILE) -> History:
    """The content of the file; an empty one where it is missing or bad."""
    found, problems = read_file(path, read_history, {})
    return History() if problems or found is None else found


def written(found: History) -> str:
    """The text of a history file."""
    return f'{_HEAD}\ndigest = "{found.digest}"\n' + "".join(_entries(found.changes))


def _entries(changes: Iterable[FactChange]) -> Iterator[str]:
    for change in changes:
        lines = [f"day = {change.day.isoformat()}"]
        texts = {name: getattr(change, name) for name in ("about", "fact", "before", "after")}
        lines += [f"{name} = {_quoted(text)}" for name, text in texts.items() if text is not None]
        yield "\n[[change]]\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, whose escapes are JSON's, and DEL besides."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
