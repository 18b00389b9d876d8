"""Probes of a model on a gateway: what they will cost, why they must not begin, and what the stored ones show.

Probes are an evaluation of a suite of their own, so their cap holds over all processes, nothing is paid twice, and
their runs are those of the history. Nothing more is stored: what they show is found in these runs each time, and is
moved and deleted with them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import stored_candidates
from glm_playground.evals.evaluation import (
    EvaluationForecast,
    check_caps,
    execution_of,
    named,
    new_evaluation,
    outlook,
    with_caps,
    work_of,
)
from glm_playground.evals.execution import Execution
from glm_playground.evals.probe_claims import thinks_always
from glm_playground.evals.probe_findings import ProbeFinding, findings
from glm_playground.evals.probe_suite import CONTEXT_NAME, NAME, REPEATS, TAG, context_suite, probe_suite
from glm_playground.evals.suite import Suite
from glm_playground.evals.work import Work
from glm_playground.gateway import Gateway, Gateways
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.runs.caps import Amount, Refusal, UsageClaim, refusal_of
from glm_playground.runs.run import Run
from glm_playground.service import storage
from glm_playground.service.limits import limits_of
from glm_playground.settings import settings

_NAMES = (NAME, CONTEXT_NAME)
_AT_ONCE = 4


class ProbeError(Exception):
    """Why nothing is asked; the text is a sentence."""


class NoContextError(ProbeError):
    """Nobody says how long the context is, or it is longer than a prompt may be."""


class MeasuredTodayError(ProbeError):
    """The same was measured on this day already.

    Attributes:
        row: the evaluation that it was.
    """

    def __init__(self, row: EvaluationRow) -> None:
        super().__init__(f"it was measured today already, in the evaluation {row.id}")
        self.row = row


class UnderWayError(MeasuredTodayError):
    """The same is asked at this moment."""


class AboveCapError(ProbeError):
    """What it may use at most is above a cap that was given.

    Attributes:
        most: what it is.
        dollars: the cap on them, where there is one.
        tokens: likewise.
    """

    def __init__(self, most: Amount, dollars: Decimal | None, tokens: int | None) -> None:
        over_dollars = dollars is not None and most.dollars > dollars
        used, cap = (most.dollars, dollars) if over_dollars else (most.tokens, tokens)
        said = f"${used:f}, above the cap of ${cap:f}" if over_dollars else f"{used:,} tokens, above the cap of {cap:,}"
        super().__init__(f"it may use {said}; nothing is sent")
        self.most, self.dollars, self.tokens = most, dollars, tokens


class CapsRefuseError(ProbeError):
    """The operator's caps have no room for the largest cost.

    Attributes:
        refusal: which one, and when it frees.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.error(datetime.now(UTC)).message)
        self.refusal = refusal


@dataclass(frozen=True)
class ProbePlan:
    """Probes that may begin."""

    owner: str
    setups: tuple[Setup, ...]
    work: Work
    repeats: int
    outlook: EvaluationForecast

    @property
    def gateway(self) -> Gateway:
        """Who is asked."""
        return self.work.candidates[0].gateway

    @property
    def cap_tokens(self) -> int | None:
        """The cap on tokens where there is no price; else dollars are counted."""
        return self.outlook.most.tokens if self.outlook.unpriced else None

    @property
    def cap_dollars(self) -> Decimal | None:
        """The smallest cap in dollars that it fits into, in whole hundredths of a cent; None without a price."""
        if self.outlook.unpriced:
            return None
        return Decimal(math.ceil(self.outlook.most.dollars * 10_000)) / 10_000


def plan(
    ledger: Ledger,
    owner: str,
    gateways: Gateways,
    model: str,
    gateway: str = "",
    *,
    repeats: int = REPEATS,
    context: bool = False,
) -> ProbePlan:
    """What will be asked and what it will cost; waits a few seconds for the gateway's prices.

    Args:
        ledger: where earlier runs are, by which the likely cost is found.
        owner: whose runs they will be.
        gateways: those that may be asked.
        model: its id.
        gateway: its name; the first one where it is empty.
        repeats: how often each request is asked; that of the context once.
        context: whether the context's edge is asked in place of the others.

    Raises:
        CandidateError: there is no such gateway.
        NoContextError: nobody says how long the context is.
    """
    setups = named([Setup(model=model, gateway=gateway)], gateways)
    always = thinks_always(load_catalog().get(model))
    if context:
        asked = gateways.find(setups[0].gateway)
        tokens = limits_of(asked, model).context_tokens if asked else None
        if tokens is None or tokens > bounds.PROBE_CONTEXT_TOKENS:
            raise NoContextError("nobody says how long the context is here, or it is too long for one prompt")
        suite, repeats = context_suite(tokens, thinks_always=always), 1
    else:
        suite = probe_suite(thinks_always=always)
    work = work_of(suite, setups, gateways, owner)
    return ProbePlan(owner, setups, work, repeats, outlook(work, repeats, ledger, owner))


def begin(
    ledger: Ledger, found: ProbePlan, dollars: Decimal | None, tokens: int | None = None, *, again: bool = False
) -> tuple[EvaluationRow, Execution]:
    """The evaluation of these probes and what works on it; what was begun today and stopped is resumed.

    Args:
        ledger: where it is stored.
        found: what is asked.
        dollars: the cap.
        tokens: likewise.
        again: whether what was measured today is measured once more.

    Raises:
        ProbeError: why nothing is asked.
        CapError: the caps cannot hold.
    """
    check_caps(found.work, dollars, tokens)
    earlier = of_today(ledger, found)
    if earlier and earlier.cells.get(CellState.CLAIMED):
        raise UnderWayError(earlier)
    waits = bool(earlier and earlier.cells.get(CellState.WAITING))
    if earlier and not waits and not again:
        raise MeasuredTodayError(earlier)
    if earlier is None or not waits:
        most = found.outlook.most
        if (dollars is not None and most.dollars > dollars) or (tokens is not None and most.tokens > tokens):
            raise AboveCapError(most, dollars, tokens)
        if refusal := _refusal(ledger, found):
            raise CapsRefuseError(refusal)
        suite = found.work.suite
        new = new_evaluation(suite, found.setups, found.repeats, name="", dollars=dollars, tokens=tokens)
        earlier = ledger.evaluations.add(found.owner, new)
    row = replace(earlier, spending=with_caps(earlier.spending, dollars, tokens))
    return row, execution_of(ledger, row, found.work, _AT_ONCE)


def stored_findings(ledger: Ledger, owner: str, model: str | None = None) -> list[ProbeFinding]:
    """What the newest probes of each model on each gateway show, of all models or of one.

    Answers of a stand-in are told apart by `ProbeFinding.stand_in`. A probe that could not be told lately shows what an
    earlier one told.
    """
    found: dict[tuple[str, str, str | None, str], ProbeFinding] = {}
    for row in probe_rows(ledger, owner, model):
        for finding in findings(_runs(ledger, row)):
            key = (finding.model, finding.origin, finding.stand_in, finding.probe)
            if key not in found or not found[key].counted:
                found[key] = finding if finding.counted or key not in found else found[key]
    return list(found.values())


def probe_rows(ledger: Ledger, owner: str, model: str | None = None) -> Iterator[EvaluationRow]:
    """The evaluations that are probes, newest first."""
    for row in ledger.evaluations.all(owner, bounds.PROBE_EVALUATIONS):
        if row.name not in _NAMES:
            continue
        try:
            setups = stored_candidates(row.candidates)
        except ValueError:
            # A later version has written it.
            continue
        if len(setups) == 1 and model in (None, setups[0].model):
            yield row


def of_today(ledger: Ledger, found: ProbePlan) -> EvaluationRow | None:
    """The newest probes of the same day with the same requests."""
    (setup,) = found.setups
    today = datetime.now(UTC).date()
    for row in probe_rows(ledger, found.owner, setup.model):
        same = row.digest == found.work.suite.digest and stored_candidates(row.candidates) == found.setups
        if same and row.created_at.date() == today:
            return row
    return None


def _refusal(ledger: Ledger, found: ProbePlan) -> Refusal | None:
    """Why the operator's caps refuse the whole of it; what runs at once, or in a minute, only slows it down."""
    asked = list(found.work.once())
    first = asked[0].claim
    whole = UsageClaim(
        first.keys,
        found.repeats * sum(one.claim.prompt_tokens for one in asked),
        found.repeats * sum(one.claim.output_tokens for one in asked),
        first.input_rate,
        first.output_rate,
    )
    if whole.at_operators_cost and (not settings().sending or ledger.caps.stop()):
        return Refusal()
    caps = {scope: limits._replace(running=None, requests=None) for scope, limits in storage.counter().caps.items()}
    return refusal_of(whole, ledger.caps.tallies(whole.keys), caps, datetime.now(UTC))


def _runs(ledger: Ledger, row: EvaluationRow) -> dict[str, list[Run]]:
    """The ended runs of an evaluation by the id of the case that they asked."""
    try:
        suite = Suite.model_validate_json(ledger.evaluations.suite(row.number))
    except ValueError:
        # A later version has written it.
        return {}
    ids = [asked.case.id for asked in suite.asked() if TAG in asked.case.tags]
    if len(ids) != row.cases:
        # Somebody has given another suite this name.
        return {}
    asked = {cell.run_id: ids[cell.key.case] for cell in ledger.evaluations.cells(row.number) if cell.run_id}
    by_case: dict[str, list[Run]] = {}
    for id, stored in ledger.runs(row.owner, list(asked)).items():
        if stored.run.ended:
            by_case.setdefault(asked[id], []).append(stored.run)
    return by_case
