"""The totals of many runs, added up by day, model, gateway or outcome."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from glm_playground.ledger.values import Total
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome

_UNKNOWN = frozenset({CostState.NO_USAGE, CostState.NO_PRICE, None})
_NOTHING = frozenset({CostState.NOT_CHARGED, CostState.FREE})


class By(StrEnum):
    """What totals are added up by."""

    DAY = "day"
    MODEL = "model"
    SERVER = "server"
    """Only of totals by gateway."""
    OUTCOME = "outcome"


@dataclass(frozen=True)
class Sum:
    """Some runs together. The amounts are US dollars and cover only the runs whose cost is known that way."""

    name: str
    """The day (ISO 8601), the model, the gateway or the outcome; empty for all together, for warm-ups of all models,
    and for outcomes that this version does not know."""
    runs: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    estimated: Decimal
    estimated_runs: int
    settled: Decimal
    settled_runs: int
    not_charged_runs: int
    """Not charged by the gateway's policy, or free."""
    unknown_runs: int
    """Nobody can say what they cost: no usage, or no price."""

    @property
    def known(self) -> Decimal:
        """US dollars of all runs whose cost is estimated or settled."""
        return self.estimated + self.settled


_KEYS: dict[By, Callable[[Total], str]] = {
    By.DAY: lambda total: total.day.isoformat(),
    By.MODEL: lambda total: "" if total.warm_up else total.model,
    By.SERVER: lambda total: total.server,
    By.OUTCOME: lambda total: total.outcome.value if total.outcome else "",
}


def sums(totals: Sequence[Total], by: By) -> tuple[Sum, ...]:
    """The totals by day, newest first, or by another key, most runs first. Warm-ups are no model's runs."""
    key = _KEYS[by]
    groups: dict[str, list[Total]] = {}
    for total in totals:
        groups.setdefault(key(total), []).append(total)
    found = [sum_of(group, name) for name, group in groups.items()]
    if by is By.DAY:
        return tuple(sorted(found, key=lambda one: one.name, reverse=True))
    return tuple(sorted(found, key=lambda one: (not one.name, -one.runs, one.name)))


def sum_of(totals: Sequence[Total], name: str = "") -> Sum:
    """All of `totals` together."""

    def runs(*states: CostState | None) -> int:
        return sum(total.runs for total in totals if total.cost_state in states)

    def cost(state: CostState) -> Decimal:
        return sum((total.cost for total in totals if total.cost_state is state), Decimal(0))

    return Sum(
        name=name,
        runs=sum(total.runs for total in totals),
        failed=sum(total.runs for total in totals if total.outcome is Outcome.FAILED),
        prompt_tokens=sum(total.prompt_tokens for total in totals),
        completion_tokens=sum(total.completion_tokens for total in totals),
        estimated=cost(CostState.ESTIMATED),
        estimated_runs=runs(CostState.ESTIMATED),
        settled=cost(CostState.SETTLED),
        settled_runs=runs(CostState.SETTLED),
        not_charged_runs=runs(*_NOTHING),
        unknown_runs=runs(*_UNKNOWN),
    )
