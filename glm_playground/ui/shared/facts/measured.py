"""What the user's own runs measured of models on gateways, as facts beside the published ones."""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground.catalog import AnyFact, Claim, Fact, Source
from glm_playground.catalog.choice import LEAST_MEASURED, Aspect, OnGateways
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ledger.measurements import Measured, MeasuredRuns
from glm_playground.runs.samples import MIN_N_FOR_P95, Sample
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.facts.plain_values import plain
from glm_playground.ui.shared.i18n import _, ngettext, number, today
from glm_playground.ui.shared.page.ledger_notice import ledger

DAYS = 90
"""So old runs count at most."""

OWN_RUNS = "own_runs"
"""Id of the source."""


def read_measured(model: str | None = None) -> tuple[Measured, ...] | LedgerError:
    """The measurements of this session's owner, of all models or of one; why they cannot be read."""
    opened = ledger()
    if not isinstance(opened, Ledger):
        return opened
    try:
        # The ledger counts by days in UTC, which all its readers share.
        return opened.measured(owner(), datetime.now(UTC).date() - timedelta(days=DAYS), model)
    except LedgerError as error:
        return error


def with_own_runs(sources: Mapping[str, Source]) -> Mapping[str, Source]:
    """The sources, and the one that stands behind measurements."""
    own = Source(id=OWN_RUNS, publisher=_("your own runs"), kind="measured", read=today())
    return ChainMap({OWN_RUNS: own}, dict(sources))


def on_gateways(found: Sequence[Measured], aspect: Aspect) -> OnGateways:
    """What was measured in an aspect by gateway and model, of enough runs to be held against each other."""
    by_gateway: dict[str, dict[str, Fact[float]]] = {}
    names = gateway_names(found)
    for one in found:
        if fact := _measured_in(aspect, one.total):
            by_gateway.setdefault(names[one.origin], {})[one.model] = fact
    return by_gateway


def _measured_in(aspect: Aspect, total: MeasuredRuns) -> Fact[float] | None:
    if aspect is Aspect.SUCCESS:
        decided, share = total.answered + total.failed, total.answered_share
        if share is None or decided < LEAST_MEASURED:
            return None
        return _fact(100 * share, "%", decided, _("of {runs} in {days} days"))
    sample, unit, scale = (total.ttft, "s", 1e-9) if aspect is Aspect.TTFT else (total.output_speed, "tokens/s", 1)
    if sample is None or sample.n < LEAST_MEASURED:
        return None
    return _fact(sample.median * scale, unit, sample.n)


def gateway_names(found: Sequence[Measured]) -> dict[str, str]:
    """The gateways' names by address; two of one name are told apart by it."""
    names = {one.origin: one.server for one in found}
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {origin: f"{name}, {origin}" if name in twice else name for origin, name in names.items()}


def _fact(value: Any, unit: str | None, runs: int, how: str | None = None) -> Fact[Any]:
    count = ngettext("{count} run", "{count} runs", runs).format(count=number(runs))
    note = (how or _("median of {runs} in {days} days")).format(runs=count, days=DAYS)
    claim = Claim[Any](value=value, source=OWN_RUNS, read=today(), kind="measured", note=note)
    return Fact[Any](value=value, unit=unit, claims=(claim,))


class MeasuredFigure(NamedTuple):
    """One figure of some runs."""

    key: str
    label: str
    fact: AnyFact
    text: str
    """Plain text; a time or speed says of how many runs it is."""


def measured_figures(found: MeasuredRuns | None) -> tuple[MeasuredFigure, ...]:
    """The figures in the order that they are shown in; unknown where there is no run."""
    runs = found.runs if found else 0
    ttft, speed = (found.ttft, found.output_speed) if found else (None, None)
    return (
        _counted("runs", _("Runs"), _fact(runs, "count", runs, "{runs}") if found else _nothing()),
        _counted("answered", _("Answered"), _share(found.answered_share if found else None, runs)),
        _counted("failed", _("Failed"), _share(found.failed_share if found else None, runs)),
        *_spread("ttft", _("TTFT"), ttft, _seconds, "s"),
        *_spread("speed", _("Output speed"), speed, _tenths, "tokens/s"),
    )


def _counted(key: str, label: str, fact: AnyFact) -> MeasuredFigure:
    return MeasuredFigure(key, label, fact, plain(fact))


def _spread(
    key: str, label: str, sample: Sample | None, value: Callable[[float], Decimal], unit: str
) -> tuple[MeasuredFigure, MeasuredFigure]:
    if sample is None:
        middle = p95 = _nothing()
        texts = (plain(middle), plain(p95))
    else:
        middle = _fact(value(sample.median), unit, sample.n)
        n = _("n {count}").format(count=number(sample.n))
        few = _("fewer than {count} runs").format(count=MIN_N_FOR_P95)
        how = _("95th percentile of {runs} in {days} days")
        p95 = Fact[Any](why=few) if sample.p95 is None else _fact(value(sample.p95), unit, sample.n, how)
        texts = (f"{plain(middle)} ({n})", few if sample.p95 is None else f"{plain(p95)} ({n})")
    return (
        MeasuredFigure(f"{key}_p50", _("{figure}, p50").format(figure=label), middle, texts[0]),
        MeasuredFigure(f"{key}_p95", _("{figure}, p95").format(figure=label), p95, texts[1]),
    )


def _nothing() -> AnyFact:
    return Fact[Any](why=_("no run of yours has it"))


def _share(share: float | None, runs: int) -> AnyFact:
    if share is None:
        return _nothing()
    return _fact(Decimal(str(round(share * 100, 1))), "%", runs, _("of {runs} in {days} days"))


def _seconds(nanoseconds: float) -> Decimal:
    return Decimal(str(round(nanoseconds / 1e9, 3)))


def _tenths(value: float) -> Decimal:
    return Decimal(str(round(value, 1)))
