"""The sentences of values that hold them: each stands in one place, in English, and is translated from there."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

NOT_SAID_HERE: Final = {"not_said_here": True}
"""The metadata of a field that is filled from elsewhere: signs of numbers, and words that a page has too."""

_NAMES = frozenset({"t0", "TTFT", "TTFA", "E2E", "TPOT", "finish_reason"})
"""Figures and fields, which are called so in every language."""

T = TypeVar("T")


def said(words: T, /, say: Callable[[str], str], **elsewhere: Any) -> T:
    """`words` with each sentence as `say` says it.

    Args:
        words: a data class, a mapping or a tuple of texts, also within each other.
        say: translates one text.
        elsewhere: values of the fields of `words` that are not said here.
    """
    found: Any = _said(words, say)
    translated: T = replace(found, **elsewhere) if elsewhere else found
    return translated


def sentences(words: object) -> tuple[str, ...]:
    """Each text that `said` translates, once."""
    found: dict[str, None] = {}

    def note(text: str) -> str:
        found[text] = None
        return text

    said(words, note)
    return tuple(found)


def _said(value: Any, say: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if value in _NAMES else say(value)
    if isinstance(value, Mapping):
        return {key: _said(text, say) for key, text in value.items()}
    if isinstance(value, tuple):
        texts = [_said(one, say) for one in value]
        # A named tuple takes its values one by one.
        return type(value)(*texts) if hasattr(value, "_fields") else tuple(texts)
    if is_dataclass(value) and not isinstance(value, type):
        own = [field.name for field in fields(value) if field.metadata != NOT_SAID_HERE]
        return replace(value, **{name: _said(getattr(value, name), say) for name in own})
    raise TypeError(f"{type(value).__name__} holds no sentences")
