"""A run's figures and cost in the words of the command line."""

from decimal import Decimal

import click

from glm_playground.bundles.bundle import stand_in_notice
from glm_playground.cli.terminal import line
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Run

_UNKNOWN = {CostState.NO_USAGE: "unknown, no usage was reported", CostState.NO_PRICE: "unknown, no price is known"}


def answered_by(run: Run) -> str:
    """The gateway's name and origin, with the notice of a stand-in."""
    notice = stand_in_notice(run)
    return f"{line(run.server.name)} ({line(run.server.origin)})" + (f", {line(notice)}" if notice else "")


def figures(run: Run) -> dict[str, str]:
    """Outcome, tokens, time to first token and speed, by name."""
    metrics = metrics_of(run)
    tokens = run.usage.completion_tokens if run.usage else None
    reason = f" ({line(run.finish_reason, 40)})" if run.finish_reason else ""
    return {
        "outcome": f"{run.outcome}{reason}",
        "tokens": "unknown" if tokens is None else f"{tokens:,}",
        "TTFT": "none" if metrics.ttft is None else f"{metrics.ttft / 1e9:.2f} s",
        "speed": "none" if metrics.output_speed is None else f"{metrics.output_speed:.1f} tokens/s",
    }


def cost_text(cost: Cost | None) -> str:
    """The amount with its state, or why there is none."""
    if cost is None:
        return "unknown"
    if cost.amount is None:
        return _UNKNOWN.get(cost.state, cost.state.replace("_", " "))
    play = ", play money" if cost.price and cost.price.play_money else ""
    return f"{dollars(cost.amount)} {cost.state}{play}"


def dollars(amount: Decimal) -> str:
    """`$` and the amount, never with an exponent."""
    return f"${amount:f}"


def count(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def dollars_of(text: str | None) -> Decimal | None:
    """The US dollars that `--cap` names, such as `2.00` or `$2`; None where it is left out.

    Raises:
        click.BadParameter: it is no such number.
    """
    if text is None:
        return None
    try:
        found = Decimal(text.removeprefix("$"))
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise click.BadParameter("a number of US dollars, such as 2.00", param_hint="--cap")
    return found
