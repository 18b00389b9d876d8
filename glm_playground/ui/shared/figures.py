"""Figures as text: durations, tokens, money, with their units and by locale."""

from collections.abc import Callable
from decimal import Decimal

from glm_playground.runs.standings import Spread
from glm_playground.ui.shared.i18n import _, ngettext, number

_LEAST_SHOWN = Decimal("0.00000001")


def seconds(nanoseconds: float | None) -> str:
    """A duration: "420 ms", "3.1 s" or "2 min 5 s"; "unknown" for None."""
    if nanoseconds is None:
        return _("unknown")
    if nanoseconds < 999.5e6:
        return f"{number(nanoseconds / 1e6)} ms"
    if nanoseconds < 120e9:
        return f"{number(nanoseconds / 1e9, 2 if nanoseconds < 10e9 else 1)} s"
    minutes, rest = divmod(round(nanoseconds / 1e9), 60)
    return f"{number(minutes)} min {rest} s"


def tokens(count: int | None) -> str:
    """A number of tokens; "unknown" for None."""
    if count is None:
        return _("unknown")
    return ngettext("{count} token", "{count} tokens", count).format(count=number(count))


def chunks(count: int) -> str:
    """A number of chunks."""
    return ngettext("{count} chunk", "{count} chunks", count).format(count=number(count))


def per_second(tokens_per_second: float) -> str:
    """A speed such as "61.0 tokens/s"."""
    return _("{speed} tokens/s").format(speed=number(tokens_per_second, 1))


def min_median_max(found: Spread, text: Callable[[float], str]) -> str:
    """A spread such as "280 ms / 295 ms / 310 ms"."""
    return " / ".join(text(value) for value in (found.least, found.median, found.most))


def dollars(amount: Decimal) -> str:
    """US dollars with enough digits to tell a small amount from nothing."""
    if amount == 0:
        return "$0"
    if amount < _LEAST_SHOWN:
        return f"<${number(_LEAST_SHOWN, 8)}"
    digits = 2 if amount >= 1 else min(2 - amount.adjusted(), 8)
    return f"${number(amount, max(digits, 2))}"


def signed_dollars(amount: Decimal) -> str:
    """US dollars that may be less than none."""
    return f"−{dollars(-amount)}" if amount < 0 else dollars(amount)
