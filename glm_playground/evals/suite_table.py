"""A suite as a table: a row a case, a column a variable, and its checks as a cell of promptfoo's tables says them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from glm_playground.chat.variables import variables_of
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.suite import Case, Check, Suite, SuiteError, SuiteProblem
from glm_playground.evals.tables import cell_of, check_of
from glm_playground.evals.turn_case import free_id

ID, PROMPT, EXPECTED, TAGS, ATTACHED = "id", "prompt", "expected", "tags", "attachments"
_LEAST_CHECKS = 1
_FIXED = (ID, PROMPT, TAGS, ATTACHED)


class CaseRow(NamedTuple):
    """What is shown of a case."""

    id: str
    cells: dict[str, str]
    """By column."""


class TableEdits(NamedTuple):
    """What somebody changed in the rows that were shown."""

    changed: Mapping[str, Mapping[str, object]]
    """By the id of the case: cells by column."""
    removed: frozenset[str] = frozenset()
    added: Sequence[Mapping[str, object]] = ()


def columns_of(suite: Suite) -> list[str]:
    """The columns: id, variables, checks, tags; the prompt where there are several, and attachments where there are
    any, which a cell names and does not change."""
    names = dict.fromkeys(name for prompt in suite.prompts for name in prompt.variables)
    names |= dict.fromkeys(name for case in suite.cases for name in case.variables)
    checks = max((len(case.checks) for case in suite.cases), default=0)
    several = [PROMPT] if len(suite.prompts) > 1 else []
    return [
        ID,
        *several,
        *(_variable(name) for name in names),
        *(_expected(place) for place in range(max(checks, _LEAST_CHECKS))),
        TAGS,
        *([ATTACHED] if any(case.attachments for case in suite.cases) else []),
    ]


def rows_of(suite: Suite) -> list[CaseRow]:
    """A row for each case, with a cell for each of `columns_of`."""
    columns = columns_of(suite)
    found = []
    for case in suite.cases:
        cells = dict.fromkeys(columns, "")
        cells |= {ID: case.id, TAGS: " ".join(case.tags)}
        if ATTACHED in cells:
            cells[ATTACHED] = ", ".join(file.name for file in case.attachments)
        if PROMPT in cells:
            cells[PROMPT] = case.prompts[0] if len(case.prompts) == 1 else ""
        cells |= {_variable(name): value for name, value in case.variables.items()}
        cells |= {_expected(place): cell_of(check) for place, check in enumerate(case.checks)}
        found.append(CaseRow(case.id, cells))
    return found


def edited(suite: Suite, edits: TableEdits) -> Suite:
    """The suite with those edits; a case that is not there any more is left alone.

    Raises:
        SuiteError: a cell holds no check, an id stands twice, or no case is left.
    """
    cases = [
        _changed(suite, case, edits.changed[case.id]) if case.id in edits.changed else case
        for case in suite.cases
        if case.id not in edits.removed
    ]
    for cells in edits.added:
        empty = Case(id=free_id({case.id for case in cases}), variables=_empty(suite, cells))
        cases.append(_changed(suite, empty, cells))
    if not cases:
        raise SuiteError(SuiteProblem("", "a suite has a case at least: delete it as a whole"))
    return Suite(name=suite.name, prompts=suite.prompts, cases=tuple(cases))


def attached(suite: Suite, case: str, files: Sequence[CaseFile]) -> Suite:
    """The suite with files more that a case sends; itself where the case is not there any more."""
    return _with_files(suite, case, lambda before: (*before, *files))


def detached(suite: Suite, case: str, place: int) -> Suite:
    """The suite without one of the files that a case sends, by its place."""
    return _with_files(suite, case, lambda before: (*before[:place], *before[place + 1 :]))


def _with_files(suite: Suite, case: str, change: Callable[[tuple[CaseFile, ...]], tuple[CaseFile, ...]]) -> Suite:
    cases = [
        one.model_copy(update={"attachments": change(one.attachments)}) if one.id == case else one
        for one in suite.cases
    ]
    return Suite(name=suite.name, prompts=suite.prompts, cases=tuple(cases))


def _changed(suite: Suite, case: Case, cells: Mapping[str, object]) -> Case:
    texts = {column: "" if value is None else str(value) for column, value in cells.items()}
    variables = dict(case.variables)
    checks: list[Check | None] = list(case.checks)
    fields: dict[str, object] = {}
    names = {_variable(name): name for prompt in suite.prompts for name in prompt.variables}
    names |= {_variable(name): name for one in suite.cases for name in one.variables}
    for column, text in texts.items():
        if column in names:
            variables[names[column]] = text
        elif column == ID and text.strip():
            fields["id"] = text.strip()
        elif column == TAGS:
            fields["tags"] = tuple(text.split())
        elif column == PROMPT:
            fields["prompts"] = (text,) if text else ()
        elif column.partition(" ")[0] == EXPECTED:
            place = int(column.partition(" ")[2] or 1) - 1
            checks += [None] * (place + 1 - len(checks))
            checks[place] = _check(text, case.id)
    fields |= {"variables": variables, "checks": tuple(check for check in checks if check)}
    try:
        return Case.model_validate(dict(case) | fields)
    except ValidationError:
        raise SuiteError(SuiteProblem(case.id, "an id has at most 200 characters")) from None


def _check(text: str, case: str) -> Check | None:
    try:
        return check_of(text) if text.strip() else None
    except ValueError as error:
        raise SuiteError(SuiteProblem(case, str(error))) from None


def _empty(suite: Suite, cells: Mapping[str, object]) -> dict[str, str]:
    """The variables that a new row needs a value of."""
    prompts = [prompt for prompt in suite.prompts if cells.get(PROMPT) in (None, "", prompt.label)]
    return {name: "" for prompt in prompts for message in prompt.messages for name in variables_of(message.content)}


def _variable(name: str) -> str:
    """A variable's column, which is no other column's name."""
    taken = name in _FIXED or name.partition(" ")[0] == EXPECTED
    return f"{{{{{name}}}}}" if taken else name


def _expected(place: int) -> str:
    return EXPECTED if place == 0 else f"{EXPECTED} {place + 1}"
