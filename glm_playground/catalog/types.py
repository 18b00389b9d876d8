"""Facts and what stands behind them: sources, claims, scores.

Every class here is frozen and hashable. A value nobody published is `None` and stays `None`: nothing in this package
turns an unknown into zero, "no" or an empty text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")

# Who says it: the model's maker, the server that sells it, anybody else, a measurement, or a conclusion drawn here.
Kind = Literal["vendor", "gateway", "third_party", "measured", "inferred"]
KINDS: tuple[Kind, ...] = ("vendor", "gateway", "third_party", "measured", "inferred")


class Frozen(BaseModel):
    """A value that cannot be changed and takes no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


class Unit:
    """Marks a fact's unit in its field's annotation: `Annotated[Fact[int], Unit("tokens")]`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class OneOf:
    """Marks the texts a fact may take in its field's annotation: `Annotated[Fact[str], OneOf("on", "off")]`."""

    __slots__ = ("choices",)

    def __init__(self, *choices: str) -> None:
        self.choices = choices


class Source(Frozen):
    """A document that was read.

    `url` is None where the place has no public address of its own; `read_from` and `note` then say what was read.
    `as_of` is the date of the document or of its copy ("2026-09" or "2026-08-21"), `read` the day it was read,
    `licence` what its text may be quoted under. Where one of them is None, its `..._unknown` says why.
    """

    id: str
    publisher: str
    kind: Kind
    read: date
    url: str | None = None
    read_from: str | None = None
    as_of: str | None = None
    as_of_unknown: str | None = None
    licence: str | None = None
    licence_unknown: str | None = None
    note: str | None = None


class Claim(Frozen, Generic[T]):
    """One source saying one value, with the date of reading and the kind of source. `as_of` as in `Source`.

    `quote` is what the source says, word by word and in its language, where the value is not written there as it is.
    """

    value: T
    source: str
    read: date
    kind: Kind
    as_of: str | None = None
    note: str | None = None
    quote: str | None = None


class Fact(Frozen, Generic[T]):
    """One value with the claims behind it.

    `value` is the chosen one, in `unit`, or None for unknown. `why` says why it was chosen where claims disagree, or
    why nothing was. A value that no claim carries is refused with ValueError, so is a silent choice between claims.
    """

    value: T | None = None
    unit: str | None = None
    claims: tuple[Claim[T], ...] = ()
    why: str | None = None

    # Not a model validator: that one would run again each time a fact is put into a table.
    def model_post_init(self, context: Any, /) -> None:
        """Refuses a value no claim carries, and claims between which nobody says why one was chosen."""
        if self.value is not None and all(claim.value != self.value for claim in self.claims):
            raise ValueError("a value without a claim")
        if self.why is None and self.claims and (self.value is None or self.disagrees):
            raise ValueError("the claims disagree and `why` does not say why one was chosen")

    @property
    def known(self) -> bool:
        """Whether a value was chosen."""
        return self.value is not None

    @property
    def disagrees(self) -> bool:
        """Whether the claims carry more than one value."""
        return any(claim.value != self.claims[0].value for claim in self.claims[1:])

    @property
    def chosen(self) -> Claim[T] | None:
        """The first claim that carries the value, or None for an unknown."""
        if self.value is None:
            return None
        return next(claim for claim in self.claims if claim.value == self.value)

    @property
    def others(self) -> tuple[Claim[T], ...]:
        """All claims but the chosen one, those that agree included."""
        chosen = self.chosen
        return tuple(claim for claim in self.claims if claim is not chosen)

    @property
    def dissenting(self) -> tuple[Claim[T], ...]:
        """The claims that carry another value than the chosen one."""
        return tuple(claim for claim in self.claims if claim.value != self.value)

    @property
    def source(self) -> str | None:
        """Id of the chosen claim's source, or None for an unknown."""
        return self.chosen.source if self.chosen else None

    @property
    def kind(self) -> Kind | None:
        """Kind of the chosen claim, or None for an unknown."""
        return self.chosen.kind if self.chosen else None

    @property
    def read(self) -> date | None:
        """The day the chosen claim was read, or None for an unknown."""
        return self.chosen.read if self.chosen else None

    @property
    def as_of(self) -> str | None:
        """The date the chosen claim's document carries, where it carries one."""
        return self.chosen.as_of if self.chosen else None

    @property
    def note(self) -> str | None:
        """The chosen claim's note."""
        return self.chosen.note if self.chosen else None


AnyFact = Fact[Any]


class FactTable(Frozen):
    """A table whose fields are facts (and, in some, further tables); the walk below finds them all."""

    def items(self) -> tuple[tuple[str, AnyFact], ...]:
        """Each fact with its key, in the order of the class; keys of inner tables are joined with a dot."""
        found: list[tuple[str, AnyFact]] = []
        for name in type(self).model_fields:
            entry = getattr(self, name)
            if isinstance(entry, Fact):
                found.append((name, entry))
            elif isinstance(entry, FactTable):
                found.extend((f"{name}.{key}", fact) for key, fact in entry.items())
        return tuple(found)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys of the facts without a value."""
        return tuple(key for key, fact in self.items() if not fact.known)


CONDITIONS_SEPARATOR = ", "
"""Between the parts of what a score was run under."""


class Score(Frozen):
    """A published result on a benchmark.

    `value` is the number, `published` the text as the source prints it ("$4,432.12"), `unit` what it counts.
    `conditions` is everything it was run under, in one text: harness, effort, time limit, runs, and the rest (a subset,
    tools); the first four stand in their own fields too. It is None where the source states none of it.
    """

    benchmark: str
    value: Decimal
    published: str
    unit: str | None = None
    conditions: str | None = None
    harness: str | None = None
    effort: str | None = None
    time_limit: str | None = None
    runs: str | None = None
    publisher: str
    source: str
    kind: Kind
    read: date
    as_of: str | None = None


def _whole(raw: object) -> int:
    if type(raw) is not int:
        raise ValueError(f"expected a whole number, got {raw!r}")
    return raw


def exact_number(raw: object) -> Decimal:
    """A finite decimal written as text, so that no binary fraction gets in; ValueError otherwise."""
    if not isinstance(raw, str):
        raise ValueError(f"expected a number in quotes, got {raw!r}")
    try:
        number = Decimal(raw)
    except ArithmeticError:
        raise ValueError(f"expected a number in quotes, got {raw!r}") from None
    if not number.is_finite():
        raise ValueError(f"expected a finite number, got {raw!r}")
    return number


def plain_text(raw: object) -> str:
    """A text with something in it; ValueError otherwise."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(f"expected a text, got {raw!r}")
    return raw


def texts(raw: object) -> tuple[str, ...]:
    """A non-empty list of texts; ValueError otherwise."""
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"expected a list of texts, got {raw!r}")
    return tuple(plain_text(entry) for entry in raw)


def day(raw: object) -> date:
    """A date without a time; ValueError otherwise."""
    if type(raw) is not date:
        raise ValueError(f"expected a date such as 2026-11-23, got {raw!r}")
    return raw


def _yes_or_no(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError(f"expected true or false, got {raw!r}")
    return raw


# How a value is read from a data file, by the fact's type.
READERS: dict[Any, Callable[[object], Any]] = {
    Fact[int]: _whole,
    Fact[Decimal]: exact_number,
    Fact[str]: plain_text,
    Fact[bool]: _yes_or_no,
    Fact[date]: day,
    Fact[tuple[str, ...]]: texts,
}
# The claims' classes, looked up once: subscripting a generic model is slow.
CLAIMS: dict[Any, Any] = {
    Fact[int]: Claim[int],
    Fact[Decimal]: Claim[Decimal],
    Fact[str]: Claim[str],
    Fact[bool]: Claim[bool],
    Fact[date]: Claim[date],
    Fact[tuple[str, ...]]: Claim[tuple[str, ...]],
}
