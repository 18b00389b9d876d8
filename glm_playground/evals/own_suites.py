"""The suites that an owner collects in the database: a turn added to one, a table edited, a file taken over."""

from collections.abc import Callable

from pydantic import ValidationError

from glm_playground import bounds
from glm_playground.evals.suite import Suite, SuiteError, SuiteProblem, problems_of
from glm_playground.evals.turn_case import TurnCase, with_case
from glm_playground.ledger import Ledger
from glm_playground.ledger.suites import SuiteBody, SuiteRow


class SuiteFullError(SuiteError):
    """A suite would have more cases, or more bytes, than one in the database may have."""


class UnreadableSuiteError(SuiteError):
    """What is stored is no suite: a later version of the app wrote it, or it is broken."""


def add_turn(ledger: Ledger, owner: str, new: TurnCase, name: str, suite_id: str = "") -> SuiteRow:
    """Adds a case to the suite of that id, else to the one used last, else to a new one called `name`.

    Raises:
        SuiteError: the suite is full, or cannot be read.
        LedgerError: it is not stored; LedgerNoRoom where it would be too much.
    """

    def added(text: str) -> SuiteBody:
        return body_of(with_case(read(text), new, name))

    def alone() -> SuiteBody:
        return body_of(with_case(None, new, name))

    row = ledger.suites.change(owner, suite_id, added) if suite_id else None
    return row or ledger.suites.change_last(owner, added, alone)


def begin(ledger: Ledger, owner: str, new: TurnCase, name: str) -> SuiteRow:
    """Makes a suite of a case alone; raises as `add_turn` does."""
    return ledger.suites.add(owner, body_of(with_case(None, new, name)))


def change(ledger: Ledger, owner: str, id: str, edit: Callable[[Suite], Suite]) -> SuiteRow | None:
    """Changes a suite by `edit`, whatever was stored of it meanwhile; None where the owner has none of that id.

    Raises:
        SuiteError: what it would become is no suite that can be asked, or the suite cannot be read.
        LedgerError: it is not stored.
    """
    return ledger.suites.change(owner, id, lambda text: body_of(edit(read(text))))


def rename(ledger: Ledger, owner: str, id: str, name: str) -> SuiteRow | None:
    """Gives a suite another name; raises as `change` does."""
    return change(ledger, owner, id, lambda suite: _anew(suite, name=name.strip()[: bounds.SUITE_NAME_CHARACTERS]))


def keep(ledger: Ledger, owner: str, suite: Suite, name: str) -> SuiteRow:
    """Stores a suite that came from elsewhere; `name` is what it is called where it has none.

    Raises:
        SuiteError: it has more than a suite in the database may have.
        LedgerError: it is not stored; LedgerNoRoom where it would be too much.
    """
    return ledger.suites.add(owner, body_of(_anew(suite, name=suite.name or name)))


def opened(ledger: Ledger, owner: str, id: str) -> Suite | None:
    """One suite; None where the owner has none of that id.

    Raises:
        SuiteError: it cannot be read.
        LedgerError: the database cannot be read.
    """
    text = ledger.suites.text(owner, id)
    return None if text is None else read(text)


def read(text: str) -> Suite:
    """The suite in a stored text.

    Raises:
        UnreadableSuiteError: it is none.
    """
    try:
        return Suite.model_validate_json(text)
    except ValidationError:
        raise UnreadableSuiteError(SuiteProblem("", "a later version of the app wrote it, or it is broken")) from None


def body_of(suite: Suite) -> SuiteBody:
    """The suite as it is stored.

    Raises:
        SuiteError: it is too large, or cannot be asked.
    """
    if len(suite.cases) > bounds.OWN_SUITE_CASES:
        raise SuiteFullError(SuiteProblem("", f"a suite here has at most {bounds.OWN_SUITE_CASES:,} cases"))
    if problems := problems_of(suite):
        raise SuiteError(*problems)
    text = suite.stored
    if len(text.encode(errors="replace")) > bounds.OWN_SUITE_BYTES:
        raise SuiteFullError(SuiteProblem("", f"a suite here has at most {bounds.OWN_SUITE_BYTES:,} bytes"))
    return SuiteBody(suite.name, len(suite.cases), text)


def _anew(suite: Suite, name: str) -> Suite:
    return Suite(name=name, prompts=suite.prompts, cases=suite.cases)
