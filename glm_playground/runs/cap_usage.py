"""What an ended run counts against the caps."""

from glm_playground.gateway import errors
from glm_playground.runs.caps import Amount, UsageClaim, picodollars_of
from glm_playground.runs.cost import CostState
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import DELTAS

_UNSEEN_A_SECOND = 1000
"""Tokens a model may write unseen before its first one arrives, such as reasoning that a server keeps to itself."""
_NOT_SENT = (errors.RequestUnsendable, errors.ConnectionFailed)


def used_by(run: LiveRun, claim: UsageClaim) -> Amount | None:
    """What `run` used: as the server reported it, else a bound on it; None where nothing was sent.

    A server that reports no usage is taken to have used the most that the prompt, the text received and the time
    allow, and never more than was reserved.
    """
    if not run.sent or (run.error and run.error.is_of(_NOT_SENT)):
        return None
    if (run.cost and run.cost.state is CostState.NOT_CHARGED) or _was_rejected(run):
        return Amount()
    usage = run.usage
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        known = _bound(run, claim)
    else:
        known = claim.amount(usage.prompt_tokens, usage.completion_tokens)
    if run.cost and run.cost.amount is not None:
        # The server's own figure, or one with a price that was read after the start.
        known = known._replace(picodollars=picodollars_of(run.cost.amount))
    return known


def _was_rejected(run: LiveRun) -> bool:
    # Nobody charges for a request that is not valid; a timeout (408) may come after the work.
    status = run.error.status if run.error else None
    return status is not None and 400 <= status < 500 and status != 408 and not run.has_delta


def _bound(run: LiveRun, claim: UsageClaim) -> Amount:
    # A tokenizer over bytes makes at most one token of each byte; of several answers only the first is recorded.
    deltas = [event for event in run.events if event.kind in DELTAS]
    received = sum(len(event.text.encode("utf-8", "replace")) for event in deltas)
    unseen_s = max(deltas[0].at_ns if deltas else run.ended_ns or 0, 0) / 1e9
    written = (received + int(unseen_s * _UNSEEN_A_SECOND)) * claim.answers
    return claim.amount(claim.prompt_tokens, min(written, claim.output_tokens))
