"""Values of facts as Markdown: units, dates, and the words that gateways publish, by language and locale."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from glm_playground.catalog import AnyFact, Kind
from glm_playground.ui.shared.i18n import _, day, language, number
from glm_playground.ui.shared.text.answer_markdown import literal


def fact_text(fact: AnyFact) -> str:
    """The fact's value, or the word "unknown"."""
    return value_text(fact.value, fact.unit)


def value_text(value: Any, unit: str | None = None) -> str:
    """A value with its unit as Markdown; "unknown" for None."""
    if value is None:
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return day(value)
    if isinstance(value, tuple):
        return ", ".join(published(entry) for entry in value)
    if isinstance(value, int | Decimal):
        return _quantity(value, unit)
    return published(str(value))


def bare_text(value: int | Decimal, unit: str | None) -> str:
    """A number without its unit, for a column or a row that names it; US dollars with two digits at least."""
    digits = _digits(value) if isinstance(value, Decimal) else 0
    return number(value, max(2, digits) if unit and unit.startswith("USD") else digits)


def unit_name(unit: str) -> str:
    """A unit in words, as the head of a column says it."""
    return {
        "B": _("billions"),
        "tokens": _("tokens"),
        "entries": _("entries"),
        "parameters": _("parameters"),
        "T tokens": _("trillions of tokens"),
        "USD / 1M tokens": _("$/1M"),
        "USD / 1K tokens": _("$/1K"),
        "USD / task": _("USD / task"),
        "count": _("count"),
        "index": _("index"),
    }.get(unit, unit)


def wire_text(fact: AnyFact) -> str:
    """The value of a request parameter as it is sent, in no language; a number by locale."""
    value = fact.value
    if isinstance(value, bool):
        return code("true" if value else "false")
    if isinstance(value, tuple):
        return ", ".join(code(entry) for entry in value)
    return code(value) if isinstance(value, str) else fact_text(fact)


def table_head(names: tuple[str, ...], alignment: tuple[str, ...] = ()) -> list[str]:
    """The first two lines of a Markdown table; a column is aligned as "---" unless another mark is given for it."""
    marks = alignment or ("---",) * len(names)
    return [f"| {' | '.join(names)} |", f"|{'|'.join(marks)}|"]


def aside(text: str) -> str:
    """Markdown on one line, small and grey; a caption of Streamlit has too little contrast in the light theme."""
    return f":small[:gray[{text}]]"


def title(text: str) -> str:
    """A heading inside a page."""
    return f"#### {text}"


def code(text: str) -> str:
    """`text` as a code span where it can be one."""
    return literal(text) if "`" in text or "\n" in text else f"`{text}`"


def money(amount: Decimal) -> str:
    """US dollars with the digits they were published with, at least two; Markdown."""
    return f"\\${number(amount, max(2, _digits(amount)))}"


def billions(value: Decimal) -> str:
    """A number of parameters: "744B"."""
    return f"{number(value, _digits(value))}B"


def published(text: str) -> str:
    """A published text as Markdown, in the session's language where it has a translation.

    Those are the words that recur and what this project wrote into the data files: see `catalog.explanations`.
    """
    return _words(language()).get(text) or literal(_(text))


def kind_name(kind: Kind) -> str:
    """Who says it, in a word."""
    return {
        "vendor": _("vendor"),
        "gateway": _("gateway"),
        "third_party": _("third party"),
        "measured": _("measured"),
        "inferred": _("inferred"),
    }[kind]


def _quantity(value: int | Decimal, unit: str | None) -> str:
    digits = _digits(value) if isinstance(value, Decimal) else 0
    match unit:
        case "B":
            return billions(Decimal(value))
        case "tokens":
            return _("{count} tokens").format(count=number(value))
        case "entries":
            return _("{count} entries").format(count=number(value))
        case "parameters":
            return _("{count} parameters").format(count=number(value))
        case "T tokens":
            return _("{count} trillion tokens").format(count=number(value, digits))
        case "USD / 1M tokens":
            return _("{amount} / 1M tokens").format(amount=money(Decimal(value)))
        case "USD / 1K tokens":
            return _("{amount} / 1K tokens").format(amount=money(Decimal(value)))
        case "USD":
            return money(Decimal(value))
        case "USD / task":
            return _("{amount} / task").format(amount=money(Decimal(value)))
        case "%":
            return f"{number(value, digits)}%"
        case "count":
            return number(value, digits)
        case _:
            return number(value, digits) + (f" {literal(unit_name(unit))}" if unit else "")


def _digits(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@cache
def _words(language: str) -> dict[str, str]:
    """The published words that recur, by what is published; the argument only keys the cache."""
    return {
        # The rows of RunAPI's model page.
        "text": _("text"),
        "synchronous": _("synchronous"),
        "1K tokens": _("1K tokens"),
        "1M tokens": _("1M tokens"),
        "Yes - included via API": _("Yes - included via API"),
        "Sim": _("Sim (yes)"),
        "Operational": _("Operational"),
        "active": _("active"),
        "OpenAI compatible": _("OpenAI compatible"),
        "Failed generations are not charged": _("Failed generations are not charged"),
        # What a gateway declares, and what Z.ai's pages say in one word.
        "supported": _("supported"),
        "rejected": _("refused"),
        "not declared": _("not declared"),
        "advertised": _("advertised"),
        "available": _("available"),
        "always on": _("always on"),
        "image": _("image"),
        "video": _("video"),
        "file": _("file"),
        "proprietary (no open weights)": _("proprietary (no open weights)"),
        "free for a limited time": _("free for a limited time"),
        # Why nothing is known.
        "not found": _("not found"),
        "not stated": _("not stated"),
        "not stated for this id": _("not stated for this id"),
        "not published": _("not published"),
        "not published by Z.ai": _("not published by Z.ai"),
        "not in the price table": _("not in the price table"),
        "no open weights": _("no open weights"),
        "no page of this id was seen": _("no page of this id was seen"),
        "undisclosed": _("undisclosed"),
        "documented for GLM-5.2 and later": _("documented for GLM-5.2 and later"),
    }


def arithmetic_labels() -> dict[str, str]:
    """What each part of our own count is called, by its key."""
    return {
        "layers": _("In layers"),
        "embedding_and_head": _("In embedding and head"),
        "mtp": _("In the MTP layer"),
        "layers_and_mtp": _("Layers and MTP"),
        "layers_embedding_and_head": _("Layers, embedding, head"),
        "all": _("All"),
        "all_with_mtp_copies": _("All, MTP with its copies"),
        "exact": _("All, one by one"),
        "indexer_layers": _("Layers with an indexer"),
        "active_without_embedding": _("Active, no embedding"),
    }
