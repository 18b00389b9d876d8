"""Figures as text in the reader's language."""

from decimal import Decimal

from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import Cost, CostState, Received
from glm_playground.runs.metrics import Metrics

_LEAST_SHOWN = Decimal("0.00000001")
_UNKNOWN = frozenset({CostState.NO_USAGE, CostState.NO_PRICE})


def number_text(value: float | Decimal, words: Words, digits: int = 0) -> str:
    """`value` with thousands separated and so many decimals."""
    signs = {",": words.thousands_separator, ".": words.decimal_point}
    return "".join(signs.get(sign, sign) for sign in f"{value:,.{digits}f}")


def duration_text(nanoseconds: float | None, words: Words) -> str:
    """A duration such as "9.6 ms", "420 ms" or "3.10 s"; the word for None."""
    if nanoseconds is None:
        return words.unknown
    if nanoseconds < 99.95e6:
        return f"{number_text(nanoseconds / 1e6, words, 1)} ms"
    if nanoseconds < 999.5e6:
        return f"{number_text(nanoseconds / 1e6, words)} ms"
    return f"{number_text(nanoseconds / 1e9, words, 2)} s"


def speed_text(tokens_per_second: float | None, words: Words) -> str:
    """A speed such as "61.0 tokens/s"; the word for None."""
    if tokens_per_second is None:
        return words.unknown
    return f"{number_text(tokens_per_second, words, 1)} {words.tokens}/s"


def dollars_text(amount: Decimal, words: Words) -> str:
    """US dollars with enough digits to tell a small amount from nothing."""
    if amount == 0:
        return "$0"
    if amount < _LEAST_SHOWN:
        return f"<${number_text(_LEAST_SHOWN, words, 8)}"
    digits = 2 if amount >= 1 else min(2 - amount.adjusted(), 8)
    return f"${number_text(amount, words, max(digits, 2))}"


def cost_text(cost: Cost | None, *, play_money: bool, words: Words) -> str:
    """A cost with its state; never a bare $0 where nobody said so."""
    if cost is None:
        return words.unknown
    state = words.estimated_by_server if cost.by_server else words.cost_states.get(cost.state, cost.state.value)
    if cost.amount is None:
        told = f"{words.unknown} ({state})" if cost.state in _UNKNOWN else state
        return f"{told}, {_received_text(cost.received, words)}" if cost.received else told
    play = words.play_money if play_money and cost.state is not CostState.FREE else ""
    return f"{dollars_text(cost.amount, words)} {state} {play}".rstrip()


def run_speed_text(metrics: Metrics, words: Words) -> str:
    """The output speed of a run; where no tokens were reported, that of its chunks, named as such."""
    if metrics.chunk_speed is None:
        return speed_text(metrics.output_speed, words)
    speed, count = number_text(metrics.chunk_speed, words, 1), number_text(metrics.deltas, words)
    return words.chunk_speed.format(speed=speed, count=count)


def _received_text(received: Received, words: Words) -> str:
    count = number_text(received.chunks, words)
    if not received.amount:
        return words.received_chunks.format(count=count)
    return words.received.format(amount=dollars_text(received.amount, words), count=count)
