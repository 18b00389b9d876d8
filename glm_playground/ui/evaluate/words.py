"""How evaluations and what they say is called on the page."""

import re
from collections.abc import Iterable, Mapping

from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import CandidateError, name_of
from glm_playground.evals.evaluation import CapError, NoGatewayError, UncappedError, UnpricedError
from glm_playground.evals.execution import CAP_REACHED, INTERRUPTED, STOPPED
from glm_playground.evals.grade import Grade
from glm_playground.evals.verdict import PairedDifference, PassRate
from glm_playground.gateway import Gateways, Parameters
from glm_playground.ledger.evaluation_values import NOT_BEGUN, CellState, EvaluationRow, EvaluationState
from glm_playground.runs.caps import Amount
from glm_playground.ui.shared.answer.verdict_words import pair_sentence
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal

Names = Mapping[str, str]
"""What candidates are called on the screen, by `name_of`."""
_FAILURES = re.compile(r"(\d+) failures in a row(?:: (.*))?", re.DOTALL)
_REFUSALS = re.compile(r"refused (\d+) times in a row: (.*)", re.DOTALL)
_WAIT = re.compile(r"it asks to wait ([\d,]+) s")


def candidate_name(candidate: Setup, stand_in: str | None = None) -> str:
    """Model, gateway and settings; `stand_in` is what answered in the model's place."""
    name = candidate.model
    if candidate.gateway:
        name = _("{model} at {gateway}").format(model=name, gateway=candidate.gateway)
    if stand_in:
        name = _("{name} (stand-in model, not GLM: {stand_in})").format(name=name, stand_in=stand_in)
    plain = name_of(candidate.model_copy(update={"gateway": ""}))
    return name + plain.removeprefix(candidate.model)


def short_names(candidates: Mapping[str, tuple[Setup, str | None]]) -> tuple[Names, str]:
    """What tells the candidates apart, and apart from that the gateway and the settings that all of them share.

    Args:
        candidates: by name, who it is and what answered in its place.
    """
    setups = [setup for setup, _stand_in in candidates.values()]
    if len(setups) < 2 or len({setup.model for setup in setups}) < len(setups):
        return {name: candidate_name(*one) for name, one in candidates.items()}, ""
    first = setups[0]
    dropped: dict[str, object] = {}
    said = []
    if first.gateway and all(setup.gateway == first.gateway for setup in setups):
        dropped["gateway"] = ""
        said.append(_("at {gateway}").format(gateway=first.gateway))
    fields = first.parameters.fields()
    if fields and all(setup.parameters.fields() == fields for setup in setups):
        dropped["parameters"] = Parameters()
        said.append(
            _("with {settings}").format(settings=name_of(Setup(model="", parameters=first.parameters)).lstrip(", "))
        )
    named = {
        name: candidate_name(setup.model_copy(update=dropped), stand_in)
        for name, (setup, stand_in) in candidates.items()
    }
    return named, " ".join(said)


def candidate_names(setups: Iterable[Setup], gateways: Gateways) -> Names:
    """What the candidates are called, whether or not a stand-in answers in their place."""
    found = {}
    for setup in setups:
        gateway = gateways.find(setup.gateway)
        for stand_in in {None, gateway.stand_in if gateway else None}:
            found[name_of(setup, stand_in)] = candidate_name(setup, stand_in)
    return found


def problem_text(error: CandidateError | CapError, names: Names) -> str:
    """Why an evaluation cannot be asked, as Markdown."""
    if isinstance(error, NoGatewayError):
        said = _("There is no gateway named {name}; known are {known}.")
        return said.format(name=literal(error.name), known=literal(", ".join(error.known)))
    if isinstance(error, CapError):
        sentences = {
            UnpricedError: _("No price is known of {names}: dollars cannot be counted, so give a cap on tokens."),
            UncappedError: _("{names} may cost something: give a cap."),
        }
        if said := sentences.get(type(error), ""):
            return said.format(names=literal(", ".join(names.get(name, name) for name in error.names)))
    return literal(str(error))


def reason_text(why: str, names: Names) -> str:
    """Why nothing is sent any more, as plain text; what a gateway said stays in its words."""
    return "; ".join(_one_reason(one, names) for one in why.split("; "))


def _one_reason(why: str, names: Names) -> str:
    known = {
        NOT_BEGUN: _("it has not begun"),
        CAP_REACHED: _("its cap is reached"),
        STOPPED: _("somebody stopped it"),
        INTERRUPTED: _("some of its cells are interrupted"),
    }
    if why in known:
        return known[why]
    for name, words in names.items():
        if why.startswith(f"{name}: "):
            return f"{words}: {_one_reason(why.removeprefix(f'{name}: '), names)}"
    if found := _FAILURES.fullmatch(why):
        count = int(found[1])
        said = ngettext("{count} failure in a row", "{count} failures in a row", count).format(count=number(count))
        return f"{said}: {found[2]}" if found[2] else said
    if found := _REFUSALS.fullmatch(why):
        count = int(found[1])
        said = ngettext("refused {count} time in a row", "refused {count} times in a row", count)
        return f"{said.format(count=number(count))}: {found[2]}"
    if found := _WAIT.fullmatch(why):
        return _("it asks to wait {seconds} s").format(seconds=number(int(found[1].replace(",", ""))))
    return why


def cell_reason(reason: str) -> str:
    """Why a cell did not pass; reasons of checks and errors of gateways stay as they are."""
    states = {
        CellState.INTERRUPTED: _("no answer (interrupted)"),
        CellState.FAILED: _("no answer (failed)"),
        CellState.REFUSED: _("no answer (above a cap of the operator)"),
        CellState.UNSUPPORTED: _("no answer (the model does not take images)"),
        CellState.FINISHED: _("no answer (its run is deleted)"),
    }
    return {f"no answer ({state})": said for state, said in states.items()}.get(reason, reason)


def standing(row: EvaluationRow, names: Names, *, here: bool) -> str:
    """How it stands."""
    if row.state is EvaluationState.FINISHED:
        return _("finished")
    if row.state is EvaluationState.RUNNING:
        return _("running") if here or row.cells.get(CellState.CLAIMED) else _("left by its process")
    return _("stopped: {why}").format(why=literal(reason_text(row.why, names)))


def cell_counts(row: EvaluationRow) -> str:
    """How many cells are in each state."""
    names = {
        CellState.FINISHED: _("{count} answered"),
        CellState.CLAIMED: _("{count} under way"),
        CellState.WAITING: _("{count} waiting"),
        CellState.FAILED: _("{count} failed"),
        CellState.INTERRUPTED: _("{count} interrupted, cost unknown"),
        CellState.REFUSED: _("{count} above a cap of the operator"),
        CellState.UNSUPPORTED: _("{count} not supported: the model does not take images"),
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
    said = pair_sentence(
        literal(found.first),
        literal(found.second),
        (100 * found.points.low, 100 * found.points.high),
        separable=found.separable,
        second_ahead=found.points.estimate < 0,
        more_cases=found.more_cases,
    )
    cases = ngettext("{count} case", "{count} cases", found.cases).format(count=number(found.cases))
    return f"{said} ({cases}, p {found.adjusted_p:.3g})"
