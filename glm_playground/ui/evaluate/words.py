"""How evaluations and what they say is called on the page."""

from glm_playground.evals.execution import CAP_REACHED, INTERRUPTED, STOPPED
from glm_playground.evals.grade import Grade
from glm_playground.evals.verdict import PairedDifference, PassRate
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState
from glm_playground.runs.caps import Amount
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.i18n import _, ngettext, number


def standing(row: EvaluationRow, *, here: bool) -> str:
    """How it stands."""
    if row.state is EvaluationState.FINISHED:
        return _("finished")
    if row.state is EvaluationState.RUNNING:
        return _("running") if here or row.cells.get(CellState.CLAIMED) else _("left by its process")
    reasons = {
        CAP_REACHED: _("its cap is reached"),
        STOPPED: _("somebody stopped it"),
        INTERRUPTED: _("some of its cells are interrupted"),
    }
    return _("stopped: {why}").format(why=literal(reasons.get(row.why, row.why)))


def cell_counts(row: EvaluationRow) -> str:
    """How many cells are in each state."""
    names = {
        CellState.FINISHED: _("{count} finished"),
        CellState.CLAIMED: _("{count} under way"),
        CellState.WAITING: _("{count} waiting"),
        CellState.FAILED: _("{count} failed"),
        CellState.INTERRUPTED: _("{count} interrupted, cost unknown"),
        CellState.REFUSED: _("{count} above a cap of the operator"),
    }
    return " · ".join(
        name.format(count=number(row.cells[state])) for state, name in names.items() if row.cells.get(state)
    )


def spending(row: EvaluationRow) -> str:
    """What is spent and reserved, and the caps."""
    found = row.spending
    parts = [_("{amount} spent").format(amount=_amount(found.spent))]
    if found.reserved != Amount():
        parts.append(_("{amount} reserved").format(amount=_amount(found.reserved)))
    if found.cap_dollars is not None:
        parts.append(_("cap {amount}").format(amount=literal(dollars(found.cap_dollars))))
    if found.cap_tokens is not None:
        parts.append(_("cap {amount}").format(amount=tokens(found.cap_tokens)))
    return " · ".join(parts)


def _amount(amount: Amount) -> str:
    return (
        f"{literal(dollars(amount.dollars))}, {tokens(amount.tokens)}" if amount.picodollars else tokens(amount.tokens)
    )


def grade_name(grade: Grade) -> str:
    """A grade in a word."""
    return {Grade.PASSED: _("passed"), Grade.FAILED: _("failed"), Grade.UNTOLD: _("cannot be told")}[grade]


def rate_text(rate: PassRate) -> str:
    """A pass rate with its interval; "unknown" where nothing was graded."""
    if rate.rate is None:
        return _("unknown")
    low, estimate, high = (number(100 * value, 1) for value in (rate.rate.low, rate.rate.estimate, rate.rate.high))
    return _("{estimate}% ({low} to {high})").format(estimate=estimate, low=low, high=high)


def difference_text(found: PairedDifference) -> str:
    """The verdict on a pair, in a sentence."""
    low, high = (100 * bound for bound in (found.points.low, found.points.high))
    first, second = literal(found.first), literal(found.second)
    if found.separable:
        if found.points.estimate < 0:
            first, second, low, high = second, first, -high, -low
        said = _("**{first}** passes {low} to {high} points more than **{second}**.")
    else:
        said = _("**{first}** and **{second}** are not separable: {low} to {high} points.")
    said = said.format(first=first, second=second, low=number(low), high=number(high))
    if not found.separable and found.more_cases:
        more = ngettext("About {count} more case would tell.", "About {count} more cases would tell.", found.more_cases)
        said += " " + more.format(count=number(found.more_cases))
    cases = ngettext("{count} case", "{count} cases", found.cases).format(count=number(found.cases))
    return f"{said} ({cases}, p {found.adjusted_p:.3g})"
