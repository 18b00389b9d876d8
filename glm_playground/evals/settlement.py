"""What an ended run makes of its cell: how it stands, whether it may be asked again, and what it used."""

import logging
from typing import NamedTuple

from glm_playground.gateway import errors
from glm_playground.ledger.evaluation_values import CellState, Claimed, EndedCell
from glm_playground.ledger.run_writes import EndedRun
from glm_playground.runs.cap_usage import used_by
from glm_playground.runs.caps import CAP_REACHED, Amount, Refusal, UsageClaim
from glm_playground.runs.cost import cost_of
from glm_playground.runs.engine import DRAINING
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome, RunError
from glm_playground.runs.tokens import image_count

_log = logging.getLogger(__name__)
_NOTHING = Amount()
_ASK_AGAIN = (
    errors.ConnectionFailed,
    errors.AuthenticationFailed,
    errors.CreditsExhausted,
    errors.RateLimited,
    errors.ServiceUnavailable,
    errors.Overloaded,
)
_UNTIL_MENDED = (errors.AuthenticationFailed, errors.CreditsExhausted)


class CellSettlement(NamedTuple):
    """What a cell comes to."""

    state: CellState
    used: Amount | None
    """None where nobody knows; then the reservation stays."""


def settlement_of(run: LiveRun, claim: UsageClaim) -> CellSettlement:
    """What the cell of `run` comes to; WAITING where nothing was charged and another time may do better."""
    if run.outcome in (Outcome.STOPPED, Outcome.INTERRUPTED):
        return CellSettlement(CellState.INTERRUPTED, _known_use(run, claim)) if run.sent else _WAITS
    if run.outcome is not Outcome.FAILED:
        return CellSettlement(CellState.FINISHED, used_by(run, claim) or _NOTHING)
    error = run.error
    refusal = Refusal.of(error) if error else None
    if refusal and refusal.too_large:
        return CellSettlement(CellState.REFUSED, _NOTHING)
    if error and (error.kind in (CAP_REACHED, DRAINING) or error.is_of(_ASK_AGAIN)):
        return _WAITS
    if error and image_count(run.request) and error.is_of((errors.CapabilityUnsupported,)):
        return CellSettlement(CellState.UNSUPPORTED, _known_use(run, claim))
    return CellSettlement(CellState.FAILED, _known_use(run, claim))


def unsent_cell(claimed: Claimed) -> EndedCell:
    """What is stored of a cell that was claimed and is not sent, since the model does not take its images."""
    return EndedCell(claimed.key, claimed.run_id, CellState.UNSUPPORTED, claimed.most, _NOTHING, None)


def ended_cell(claimed: Claimed, run: LiveRun, claim: UsageClaim, owner: str) -> EndedCell:
    """What is stored of a cell whose run has ended; the run itself where it was sent and can be stored."""
    state, used = settlement_of(run, claim)
    packed = _packed(run, owner) if state is not CellState.WAITING else None
    return EndedCell(claimed.key, run.id, state, claimed.most, used, packed)


def _packed(run: LiveRun, owner: str) -> EndedRun | None:
    try:
        return EndedRun.of(run, owner, run.cost or cost_of(run, None))
    except ValueError:
        _log.exception("run %s cannot be stored; its cell is", run.id)
        return None


def _known_use(run: LiveRun, claim: UsageClaim) -> Amount | None:
    """What a run used that did not come to its end; None where nobody said so."""
    used = used_by(run, claim)
    if used is None or used == _NOTHING:
        return _NOTHING
    usage = run.usage
    told = usage is not None and usage.prompt_tokens is not None and usage.completion_tokens is not None
    return used if told else None


def halts(error: RunError) -> bool:
    """Whether nobody who asks that gateway will get an answer until somebody mends something."""
    if error.kind == CAP_REACHED:
        return error.code is None
    return error.kind == DRAINING or error.is_of(_UNTIL_MENDED)


_WAITS = CellSettlement(CellState.WAITING, _NOTHING)
