"""Languages: every string a user sees goes through `_`, every number and date through the locale.

`translations` reads what is translated.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import NumberPattern, format_decimal, parse_pattern

from glm_playground.translations import LANGUAGES, translations

SHORT_NAMES = {"en": "EN", "pt_BR": "PT"}
LANGUAGE_KEY = "language"

_T = TypeVar("_T")


def preferred_language(accepted: str | Sequence[str]) -> str:
    """Our language that fits an `Accept-Language` header or a list of tags best; English where none does."""
    tags = accepted.split(",") if isinstance(accepted, str) else list(accepted)
    names = [tag.split(";")[0].strip().replace("-", "_") for tag in tags]
    # Every Portuguese is better served by the Brazilian than by English.
    names = ["pt_BR" if name.lower().startswith("pt") else name for name in names]
    return negotiate_locale(names, list(LANGUAGES)) or "en"


_settled: ContextVar[str] = ContextVar("language")
_in_file: ContextVar[bool] = ContextVar("in_file", default=False)


def settle_language() -> None:
    """Looks the language up once for this run of the script: a page asks for it a thousand times."""
    _settled.set(_session_language())


def language() -> str:
    """The session's language: the one chosen, else the browser's."""
    return _settled.get(None) or _session_language()


def in_language(spoken: str, act: Callable[[], _T]) -> _T:
    """What `act` returns when `_` speaks that language and times are UTC: a file is asked for outside of scripts."""
    before = _in_file.set(True)
    try:
        with speaking(spoken):
            return act()
    finally:
        _in_file.reset(before)


def _session_language() -> str:
    chosen = st.session_state.get(LANGUAGE_KEY)
    return str(chosen) if chosen in LANGUAGES else browser_language()


def browser_language() -> str:
    """Our language that the browser asks for: what a session begins in."""
    return preferred_language(st.context.headers.get("Accept-Language") or st.context.locale or "en")


def in_each_language(say: Callable[[], str]) -> tuple[str, ...]:
    """What `say` says in each of our languages: who searches may use any of them."""
    found = []
    for spoken in LANGUAGES:
        with speaking(spoken):
            found.append(say())
    return tuple(found)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, that language is the session's."""
    before = _settled.set(language)
    try:
        yield
    finally:
        _settled.reset(before)


def _(message: str) -> str:
    """`message` in the session's language."""
    return translations(language()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """`singular` or `plural` in the session's language, by `count`."""
    return translations(language()).ngettext(singular, plural, count)


def locale() -> Locale:
    """The session's locale for numbers and dates."""
    return _locale(language())


@cache
def _locale(language: str) -> Locale:
    # Each new one takes a lock of Babel's for its data, for which the scripts of many sessions stood in a queue.
    return Locale.parse(language)


@cache
def _number_pattern(digits: int) -> NumberPattern:
    return parse_pattern("#,##0" + ("." + "0" * digits if digits else ""))


def number(value: float | Decimal, digits: int = 0) -> str:
    """`value` with thousands separators and `digits` decimals, by locale."""
    return format_decimal(value, format=_number_pattern(digits), locale=locale())


def day(value: date) -> str:
    """A date, by locale."""
    return format_date(value, format="medium", locale=locale())


def long_day(value: date) -> str:
    """A date with its month as a word, by locale."""
    return format_date(value, format="long", locale=locale())


def moment(value: datetime) -> str:
    """A date and time in the browser's time zone with the zone's name, by locale; UTC where the zone is not known.

    Every time on a page goes through it, `clock` or a grid's `moment_column`. Times in files are UTC and say so, as
    do the days by which the ledger adds up costs and measurements. Days of publication have no zone.
    """
    zone = _zone(_browser_zone())
    told = format_datetime(value, format="medium", tzinfo=zone, locale=locale())
    return f"{told} {format_datetime(value, format='z', tzinfo=zone, locale=locale())}"


def clock(value: datetime) -> str:
    """A time of day in the browser's time zone, by locale; in UTC, with its name, where the zone is not known."""
    zone = _zone(_browser_zone())
    told = format_time(value, format="short", tzinfo=zone, locale=locale())
    return f"{told} UTC" if zone is UTC else told


def zone_name() -> str:
    """The name of the browser's time zone; UTC where it is not known."""
    return str(_zone(_browser_zone()))


def beginning(value: date) -> datetime:
    """When a day begins in the browser's time zone."""
    return datetime.combine(value, time(), _zone(_browser_zone()))


def today() -> date:
    """The day in the browser's time zone."""
    return datetime.now(_zone(_browser_zone())).date()


def _browser_zone() -> str | None:
    return None if _in_file.get() else st.context.timezone


@lru_cache(maxsize=1000)
def _zone(name: str | None) -> tzinfo:
    # The browser says it, so it may be anything.
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
