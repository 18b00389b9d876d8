"""Values of facts as plain text, for grids and files, which draw no Markdown."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from glm_playground.catalog import AnyFact
from glm_playground.ui.shared.facts.fact_values import bare_text, value_text
from glm_playground.ui.shared.i18n import _, language

_ESCAPE = re.compile(r"\\([\\`*_{}\[\]<>()#+\-.!|~$:&\"'])")


def unescaped(markdown: str) -> str:
    """The text that was escaped as Markdown (`answer_markdown.literal`)."""
    return _ESCAPE.sub(r"\1", markdown)


def plain(fact: AnyFact) -> str:
    """The fact's value as plain text, or the word "unknown"."""
    return plain_texts((fact,))[0]


def plain_texts(facts: Iterable[AnyFact]) -> tuple[str, ...]:
    """The facts' values as plain texts."""
    # Asking for the language costs more than a text that is kept, so it is asked for once.
    spoken, unknown = language(), _("unknown")
    return tuple(
        unknown if (value := fact.value) is None else _plain(spoken, _Exact(value), fact.unit) for fact in facts
    )


def common_unit(facts: Sequence[AnyFact]) -> str | None:
    """The unit of every known value, where they are numbers of one unit that is longer than a sign."""
    known = [fact for fact in facts if fact.value is not None]
    units = {fact.unit for fact in known}
    numbers = all(isinstance(fact.value, int | Decimal) and not isinstance(fact.value, bool) for fact in known)
    return units.pop() if len(units) == 1 and units != {"%"} and numbers else None


def bare_texts(facts: Iterable[AnyFact]) -> tuple[str, ...]:
    """The facts' numbers as plain texts without their unit."""
    unknown = _("unknown")
    return tuple(unknown if fact.value is None else bare_text(fact.value, fact.unit) for fact in facts)


class _Exact(tuple[type, Any]):
    """A value as a key: True is not 1, and 0.60 not 0.6, since each has a text of its own."""

    __slots__ = ()

    def __new__(cls, value: Any) -> Self:
        return super().__new__(cls, (type(value), value.as_tuple() if isinstance(value, Decimal) else value))

    @property
    def value(self) -> Any:
        """The value itself."""
        return Decimal(self[1]) if self[0] is Decimal else self[1]


@lru_cache(maxsize=20_000)
def _plain(language: str, exact: _Exact, unit: str | None) -> str:
    return unescaped(value_text(exact.value, unit))
