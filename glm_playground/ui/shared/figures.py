"""Figures as text: durations, tokens, money, with their units and by locale."""

from decimal import Decimal

from glm_playground.ui.shared.i18n import _, number

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
    return _("unknown") if count is None else _("{count} tokens").format(count=number(count))


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
