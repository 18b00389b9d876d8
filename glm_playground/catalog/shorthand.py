"""Reads the shorthand of the data files into facts, claims and scores, and notes each problem with its key.

A fact is written with its value and who says so; the kind of claim and the date of reading come from the source's
entry in `sources.toml` unless the fact states its own:

    context_tokens.value = 131072
    context_tokens.source = ["doc_45", "gh_45"]
    context_tokens.others = [{ value = 128000, source = "litellm", note = "rounded" }]
    context_tokens.why = "the vendor's own pages"
    context_tokens.quote = "the context length has been extended to 128k tokens"

A table's own `source` stands behind every value in it that names none: then `billing = "1K tokens"` is enough.
An unknown has no value: `knowledge_cutoff = { unknown = "not published by Z.ai" }`, or no entry at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from glm_playground.catalog.types import (
    CLAIMS,
    CONDITIONS_SEPARATOR,
    KINDS,
    READERS,
    AnyFact,
    Claim,
    Fact,
    FactTable,
    OneOf,
    Score,
    Source,
    Unit,
    day,
    exact_number,
    plain_text,
)

Table = TypeVar("Table", bound=FactTable)

CLAIM_KEYS = frozenset({"value", "source", "kind", "read", "as_of", "note", "quote"})
FACT_KEYS = CLAIM_KEYS | {"unit", "others", "why", "unknown"}
SETTINGS = ("harness", "effort", "time_limit", "runs")
"""What a score was run under, each in a field of its own."""
SCORE_ROW = ("benchmark", "value", "unit", "conditions")
SCORE_KEYS = frozenset({*SCORE_ROW, *SETTINGS, "published"})
SCORE_UNITS = ("%", "USD", "Elo", "index", "count", "tokens/s", "s", "USD / task")
OF_UNIT = re.compile(r"of ([1-9]\d*)")
NOT_STATED = "not stated"
"""The words for a score whose source states no conditions."""
_WORDS = {"harness": "", "effort": " effort", "time_limit": " limit", "runs": ""}


class FileProblem(NamedTuple):
    """What is wrong in a file, and at which key."""

    key: str
    reason: str


class FactField(NamedTuple):
    """A fact's place in a table: its class, its unit, and the texts it may take."""

    fact: Any
    unit: str | None = None
    choices: tuple[str, ...] | None = None


@cache
def fact_fields(table: type[FactTable]) -> Mapping[str, FactField]:
    """The fact fields of a table with their units and choices."""
    found = {}
    for name, field in table.model_fields.items():
        if field.annotation in READERS:
            unit = next((mark.name for mark in field.metadata if isinstance(mark, Unit)), None)
            choices = next((mark.choices for mark in field.metadata if isinstance(mark, OneOf)), None)
            found[name] = FactField(field.annotation, unit, choices)
    return found


@cache
def inner_tables(table: type[FactTable]) -> Mapping[str, type[FactTable]]:
    """The tables inside a table, by name."""
    return {
        name: field.annotation
        for name, field in table.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, FactTable)
    }


class FactReader:
    """Reads one file against the known sources; `problems` is empty when the file is good."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources
        self.problems: list[FileProblem] = []

    def problem(self, key: str, reason: str) -> None:
        """Notes a reason to refuse the file."""
        self.problems.append(FileProblem(key, reason))

    def mapping(self, raw: object, key: str, allowed: Iterable[str] | None = None) -> dict[str, Any]:
        """The table at `key`, its unknown keys noted as problems; an empty one where there is no table."""
        if not isinstance(raw, dict):
            self.problem(key, f"expected a table, got {raw!r}")
            return {}
        if allowed is not None:
            for name in sorted(raw.keys() - set(allowed)):
                self.problem(f"{key}.{name}" if key else name, "unknown key")
        return raw

    def items(self, raw: object, key: str) -> list[Any]:
        """The list at `key`; an empty one, with the problem noted, if it is missing."""
        if isinstance(raw, list):
            return raw
        self.problem(key, f"expected a list, got {raw!r}")
        return []

    def text(self, raw: object, key: str) -> str:
        """A non-empty text."""
        return str(self.parsed(plain_text, raw, key) or "")

    def parsed(self, reader: Any, raw: object, key: str) -> Any:
        """What `reader` makes of the value, or None with the problem noted."""
        try:
            return reader(raw)
        except ValueError as error:
            self.problem(key, str(error))
            return None

    def table(self, cls: type[Table], raw: object, key: str, plain: Mapping[str, Any] | None = None) -> Table:
        """A table of facts. `plain` holds fields that were read already and are no facts."""
        entries, inner = fact_fields(cls), inner_tables(cls)
        fields: dict[str, Any] = {}
        raw = self.mapping(raw, key)
        for name, value in raw.items():
            path = f"{key}.{name}" if key else name
            if name in entries:
                fields[name] = fact = self.fact(entries[name].fact, value, path, entries[name].unit, raw.get("source"))
                self._check_choices(fact, entries[name].choices, path)
            elif name in inner:
                fields[name] = self.table(inner[name], value, path)
            elif name == "historical" and name in cls.model_fields and isinstance(value, bool):
                fields[name] = value
            elif name != "source":
                self.problem(path, "unknown key")
        return cls(**fields, **(plain or {}))

    def _check_choices(self, fact: AnyFact, choices: tuple[str, ...] | None, key: str) -> None:
        if choices:
            for claim in fact.claims:
                if claim.value not in choices:
                    self.problem(key, f"{claim.value!r} is none of {', '.join(choices)}")

    def fact(self, cls: Any, raw: object, key: str, unit: str | None = None, source: object = None) -> AnyFact:
        """One fact of the class `cls` (`Fact[int]`, ...); an unknown one where something is wrong.

        `source` stands behind a value that names none of its own, so such a value may be written bare.
        """
        table = self.mapping(raw, key, FACT_KEYS) if isinstance(raw, dict) else {"value": raw}
        if source is not None and "value" in table:
            table = {"source": source, **table}
        if table.get("unit", unit) != unit:
            self.problem(f"{key}.unit", f"wrong unit: {table['unit']!r} where {unit or 'no unit'!r} is expected")
        claims: list[Claim[Any]] = []
        if "value" in table:
            claims += self._claims(cls, table, key)
        elif "source" in table:
            self.problem(key, "a source without a value")
        for place, other in enumerate(self.items(table.get("others", []), f"{key}.others")):
            path = f"{key}.others[{place}]"
            claims += self._claims(cls, self.mapping(other, path, CLAIM_KEYS), path)
        if "value" in table and "unknown" in table:
            self.problem(key, "both a value and `unknown`")
        # An unreadable value leaves no first claim of its own; the problem is noted, the fact is never used.
        value = claims[0].value if claims and "value" in table else None
        why = next((self.text(table[name], f"{key}.{name}") for name in ("unknown", "why") if name in table), None)
        try:
            return cls(value=value, unit=unit, claims=tuple(claims), why=why)  # type: ignore[no-any-return]
        except ValidationError as error:
            self.problem(key, _reason(error))
            return Fact()

    def _claims(self, cls: Any, table: Mapping[str, Any], key: str) -> list[Claim[Any]]:
        """One claim for each source that says the value; `note`, `quote` and `as_of` belong to the first."""
        before = len(self.problems)
        value = self.parsed(READERS[cls], table.get("value"), f"{key}.value")
        named = table.get("source", [])
        named = named if isinstance(named, list) else [named]
        if not named:
            self.problem(key, "a value without a claim: no source is named")
        kind = table.get("kind")
        if kind is not None and kind not in KINDS:
            self.problem(f"{key}.kind", f"unknown kind {kind!r}: one of {', '.join(KINDS)}")
        read = self.parsed(day, table["read"], f"{key}.read") if "read" in table else None
        as_of = self.as_of(table.get("as_of"), f"{key}.as_of")
        note, quote = (self.text(table[name], f"{key}.{name}") if name in table else None for name in ("note", "quote"))
        found = []
        for source_id in named:
            source = self.source(source_id, f"{key}.source")
            if source is None or len(self.problems) > before:
                continue
            found.append(
                CLAIMS[cls](
                    value=value,
                    source=source.id,
                    read=read or source.read,
                    kind=kind or source.kind,
                    as_of=as_of or source.as_of,
                    note=note,
                    quote=quote,
                )
            )
            as_of = note = quote = None
        return found

    def source(self, source_id: object, key: str) -> Source | None:
        """The source of that id, or None with the problem noted."""
        source = self.sources.get(source_id) if isinstance(source_id, str) else None
        if source is None:
            self.problem(key, f"unknown source {source_id!r}: not in sources.toml")
        return source

    def as_of(self, raw: object, key: str) -> str | None:
        """A document's date as text: a TOML date, or "2026-09" where the day is not known."""
        if raw is None:
            return None
        if isinstance(raw, str) and len(raw) == 7 and raw[4] == "-" and (raw[:4] + raw[5:]).isdigit():
            return raw
        given = self.parsed(day, raw, key)
        return given.isoformat() if given else None

    def claim(self, raw: object, key: str) -> Claim[str] | None:
        """One text claim on its own, as the discrepancies list them."""
        found = self._claims(Fact[str], self.mapping(raw, key, CLAIM_KEYS), key)
        return found[0] if found else None

    def scores(self, raw: object, key: str) -> tuple[Score, ...]:
        """Scores grouped by source: `arx_45 = [["MMLU-Pro", "84.6", "%", "not stated"], ...]`.

        A table in place of a row names the harness and other settings by themselves, or the printed form.
        """
        found: list[Score] = []
        for source_id, rows in self.mapping(raw, key).items():
            path = f"{key}.{source_id}"
            source = self.source(source_id, path)
            for place, row in enumerate(self.items(rows, path)):
                score = self._score(source, row, f"{path}[{place}]")
                if score:
                    found.append(score)
        return tuple(found)

    def _score(self, source: Source | None, row: object, key: str) -> Score | None:
        """One score: a row [benchmark, value, unit, conditions], or a table with the same and more."""
        if isinstance(row, list):
            if len(row) != len(SCORE_ROW):
                self.problem(key, f"expected [{', '.join(SCORE_ROW)}]")
                return None
            row = dict(zip(SCORE_ROW, row, strict=True))
        before = len(self.problems)
        table = self.mapping(row, key, SCORE_KEYS)
        texts = {name: self.text(table[name], f"{key}.{name}") for name in table if name != "value"}
        value = self.parsed(exact_number, table.get("value"), f"{key}.value")
        self._check_score_unit(texts.get("unit"), value, f"{key}.unit")
        if "benchmark" not in texts:
            self.problem(key, "a score without a benchmark")
        if not texts.keys() & {"conditions", *SETTINGS}:
            self.problem(key, f"a score without conditions: name them, or write {NOT_STATED!r}")
        if source is None or len(self.problems) > before:
            return None
        return Score(
            benchmark=texts["benchmark"],
            value=value,
            published=texts.get("published", table["value"]),
            unit=texts["unit"],
            conditions=_conditions(texts),
            **{name: texts.get(name) for name in SETTINGS},
            publisher=source.publisher,
            source=source.id,
            kind=source.kind,
            read=source.read,
            as_of=source.as_of,
        )

    def _check_score_unit(self, unit: str | None, value: Decimal | None, key: str) -> None:
        whole = OF_UNIT.fullmatch(unit or "")
        if unit not in SCORE_UNITS and not whole:
            self.problem(key, f"wrong unit: {unit!r}; one of {', '.join(SCORE_UNITS)}, or 'of N'")
        elif whole and value is not None and not 0 <= value <= int(whole[1]):
            self.problem(key, f"{value} is not {unit}")


def _conditions(texts: Mapping[str, str]) -> str | None:
    """Harness, effort, time limit, runs and the rest in one text; None where the source states none."""
    settings = [f"{texts[name]}{_WORDS[name]}" for name in SETTINGS if name in texts]
    stated = texts.get("conditions")
    if stated and (stated != NOT_STATED):
        settings.append(stated)
    return CONDITIONS_SEPARATOR.join(settings) or None


def _reason(error: ValidationError) -> str:
    """The first message of a validation error, without pydantic's preamble."""
    return error.errors()[0]["msg"].removeprefix("Value error, ")
