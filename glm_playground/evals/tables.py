"""Suites in tables: CSV with a column a variable, as promptfoo has it, and JSONL with `input` and `ideal` a line.

promptfoo's columns: promptfoo.dev/docs/configuration/test-cases, "CSV with assertions"; the lines are those of OpenAI's
evals (github.com/openai/evals, docs/build-eval.md).
"""

import csv
import io
import json
import re
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment, split_attachments
from glm_playground.chat.images import image_name
from glm_playground.chat.strict_json import read_json
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.check_fault import fault_of
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.promptfoo_files import Slots, files_of
from glm_playground.evals.promptfoo_messages import messages_of
from glm_playground.evals.suite import (
    INPUT,
    LISTED,
    Case,
    Check,
    CheckKind,
    FilledCase,
    PromptTemplate,
    Suite,
    SuiteError,
    SuiteProblem,
    problems_of,
)
from glm_playground.evals.suite_folder import SCHEME, FileError, SuiteFolder
from glm_playground.gateway import Message

_KINDS = {kind.value: kind for kind in CheckKind} | {"grade": CheckKind.RUBRIC}
_PREFIXED = re.compile(r"(not-)?([a-z-]+)(?:\(([-+\d.eE]+)\))?(?::\s*(.*))?", re.DOTALL)
_ATTACHMENTS = "__attachments"
_OURS = {"__description", "__id", "__tags", "__metric", _ATTACHMENTS}


def read_csv(text: str, prompt: str = "", folder: SuiteFolder | None = None) -> Opened:
    """The suite in a table; each line is asked with `prompt`, or with its column `prompt` or `input` where it is blank.

    Args:
        text: of the table.
        prompt: of all its lines.
        folder: whose files a cell may name as `file://notes.txt`; None where it may name none.

    Raises:
        SuiteError: it is no table, or holds more than a suite may.
    """
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), dialect=_dialect(text), strict=True))
    except csv.Error as error:
        raise SuiteError(SuiteProblem("", f"not CSV: {error}")) from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise SuiteError(SuiteProblem("", "a table has a line of names, and a line for each case"))
    if len(rows) - 1 > bounds.SUITE_CASES:
        raise SuiteError(SuiteProblem("", f"{len(rows) - 1:,} lines; a suite has at most {bounds.SUITE_CASES:,} cases"))
    head = [name.strip() for name in rows[0]]
    if twice := sorted({name for name in head if head.count(name) > 1}):
        raise SuiteError(SuiteProblem("", f"the column {twice[0]!r} stands twice", 1))
    unsupported = [
        SuiteProblem(name, f"the column {name} is not supported", 1)
        for name in head
        if name.startswith("__") and name not in _OURS and not re.fullmatch(r"__expected\d*", name)
    ]
    cases = []
    for number, cells in enumerate(rows[1:], start=1):
        if len(cells) > len(head):
            raise SuiteError(SuiteProblem("", f"{len(cells)} cells under {len(head)} names", number + 1))
        case = _case(dict(zip(head, cells, strict=False)), number, unsupported, folder)
        cases += [case] if case else []
    if not cases:
        raise SuiteError(*unsupported)
    column = next((name for name in ("prompt", INPUT) if name in head), "")
    if not prompt.strip() and not column:
        raise SuiteError(SuiteProblem("", f"no prompt: add one, or a column named {INPUT}"))
    return _opened(prompt or f"{{{{{column}}}}}", cases, unsupported)


def read_jsonl(text: str, folder: SuiteFolder | None = None) -> Opened:
    """The suite in lines of JSON with `input`, a text or messages, and `ideal`, a text or several that are right.

    Args:
        text: of the lines.
        folder: whose files `attachments` may name; None where it may name none.

    Raises:
        SuiteError: a line is no such object, or there are more than a suite may have.
    """
    unsupported: list[SuiteProblem] = []
    cases: list[Case] = []
    prompts: dict[str, PromptTemplate] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        if len(cases) >= bounds.SUITE_CASES:
            raise SuiteError(SuiteProblem("", f"a suite has at most {bounds.SUITE_CASES:,} cases", number))
        try:
            row, asked = _line(line, folder)
        except FileError as error:
            unsupported.append(SuiteProblem("", f"the case is left out: {error}", number))
            continue
        except (ValueError, ValidationError) as error:
            raise SuiteError(SuiteProblem("", str(error).splitlines()[0], number)) from None
        for name in row.keys() - {INPUT, "ideal", "id", "tags", "attachments"}:
            problem = SuiteProblem(name, f"{name} is not supported", number)
            if all(problem.path != one.path for one in unsupported):
                unsupported.append(problem)
        template = asked.template
        key = template.model_dump_json()
        if key not in prompts:
            label = template.label if not prompts else f"{template.label} {len(prompts) + 1}"
            prompts[key] = template.model_copy(update={"label": label})
        cases.append(_case_of(row, asked, prompts[key].label, len(cases) + 1))
    if not cases:
        raise SuiteError(*unsupported, SuiteProblem("", "no line"))
    if len(prompts) == 1:
        cases = [case.model_copy(update={"prompts": ()}) for case in cases]
    suite = Suite(name="", prompts=tuple(prompts.values()), cases=tuple(cases))
    if problems := problems_of(suite):
        raise SuiteError(*problems)
    return Opened(suite, tuple(unsupported))


def write_csv(suite: Suite) -> str:
    """The cases as promptfoo's table; a check that a cell cannot say is left out, and its prompts are elsewhere."""
    names = list(dict.fromkeys(name for case in suite.cases for name in case.variables))
    most = max((len(case.checks) for case in suite.cases), default=0)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*names, *(f"__expected{number + 1}" for number in range(most)), "__description", "__id", "__tags"])
    for case in suite.cases:
        cells = [cell_of(check) for check in case.checks]
        writer.writerow(
            [
                *(case.variables.get(name, "") for name in names),
                *cells,
                *[""] * (most - len(cells)),
                case.description,
                case.id,
                " ".join(case.tags),
            ]
        )
    return file.getvalue()


def write_jsonl(suite: Suite) -> str:
    """A line for each case with each prompt: the messages that are sent, and the text that is expected, if one is."""
    lines = []
    for prompt, case in suite.asked():
        ideal = [check.value for check in case.checks if check.kind is CheckKind.EQUALS and not check.negated]
        alone = len(suite.prompts) == 1 or len(case.prompts) == 1
        name = case.id if alone else f"{case.id} {prompt.label}"
        row: dict[str, Any] = {"id": name, INPUT: [one.body() for one in FilledCase(prompt, case).messages]}
        row |= {"ideal": ideal[0]} if ideal else {}
        row |= {"tags": list(case.tags)} if case.tags else {}
        lines.append(json.dumps(row, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines)


def check_of(cell: str) -> Check:
    """The check that a cell of a table says.

    Raises:
        ValueError: it is no check that is supported here.
    """
    check = _expected(cell.strip(), "")
    if check is None:
        raise ValueError(f"the check {cell.strip()[:60]!r} is not supported")
    if fault := fault_of(check):
        raise ValueError(fault)
    return check


def _dialect(text: str) -> type[csv.Dialect]:
    """Commas, or what spreadsheets of other languages write in their place."""
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)

    class Table(csv.excel):
        delimiter = mark

    return Table


def _case(row: dict[str, str], number: int, unsupported: list[SuiteProblem], folder: SuiteFolder | None) -> Case | None:
    """The case in a line; None where a file cannot be taken that it attaches."""
    checks = []
    for name, cell in row.items():
        if re.fullmatch(r"__expected\d*", name) and cell.strip():
            if check := _expected(cell.strip(), row.get("__metric", "")):
                checks.append(check)
            else:
                unsupported.append(SuiteProblem(name, f"the check {cell.strip()[:60]!r} is not supported", number + 1))
    for check in checks:
        if fault := fault_of(check):
            raise SuiteError(SuiteProblem("", fault, number + 1))
    variables = {}
    for name, cell in row.items():
        if not name.startswith("__"):
            variables[name] = _cell(cell, folder, name, number, unsupported)
    try:
        named = [address.strip() for address in row.get(_ATTACHMENTS, "").split(",") if address.strip()]
        files = files_of(list(named), Slots(), {}, folder)
    except FileError as error:
        unsupported.append(SuiteProblem(_ATTACHMENTS, f"the case is left out: {error}", number + 1))
        return None
    return Case(
        id=(row.get("__id") or f"case-{number}")[:200],
        description=row.get("__description", ""),
        variables=variables,
        tags=tuple(row.get("__tags", "").split()),
        attachments=files,
        checks=tuple(check.filled(variables) for check in checks),
    )


def _cell(cell: str, folder: SuiteFolder | None, name: str, number: int, unsupported: list[SuiteProblem]) -> str:
    """A cell's text, or that of the file which it names."""
    if not cell.startswith(SCHEME):
        return cell
    try:
        if folder:
            return folder.text(cell)
        said = f"the file of {name} is not opened: its name is sent"
    except FileError as error:
        said = f"{error}: its name is sent"
    unsupported.append(SuiteProblem(name, said, number + 1))
    return cell


def _expected(cell: str, metric: str) -> Check | None:
    """The check that a cell says, such as `contains: ok`; a text alone is the answer."""
    found = _PREFIXED.fullmatch(cell)
    negated, name, number, value = found.groups() if found else (None, "", None, None)
    kind = _KINDS.get(name or "")
    if kind is None:
        if name in ("fn", "eval", "file", "javascript", "python", "similar", "levenshtein", "rouge-n", "webhook"):
            return None
        return Check(kind=CheckKind.EQUALS, value=cell, metric=metric)
    plain: JsonValue = value
    if kind in LISTED:
        plain = [part.strip() for part in (value or "").split(",") if part.strip()]
    elif kind in (CheckKind.NUMERIC, CheckKind.TOOL_CALLED) or (kind is CheckKind.IS_JSON and value):
        try:
            plain = read_json(value or "")
        except ValueError:
            return None
    threshold = float(number) if number else None
    if kind in (CheckKind.COST, CheckKind.LATENCY) and threshold is None and value:
        try:
            threshold, plain = float(value), None
        except ValueError:
            return None
    if kind is CheckKind.NUMERIC:
        return Check(kind=kind, value=plain, tolerance=threshold or 0.0, negated=bool(negated), metric=metric)
    return Check(kind=kind, value=plain, threshold=threshold, negated=bool(negated), metric=metric)


def cell_of(check: Check) -> str:
    """A check as a cell of a table says it."""
    name, value = check.name, check.value
    if check.kind is CheckKind.EQUALS and not check.negated and isinstance(value, str):
        return f"equals: {value}"
    if check.kind is CheckKind.NUMERIC:
        return (
            f"{name}({check.tolerance:g}): {json.dumps(value)}" if check.tolerance else f"{name}: {json.dumps(value)}"
        )
    if check.threshold is not None:
        name = f"{name}({check.threshold:g})"
    if value is None:
        return name
    if check.kind in LISTED and isinstance(value, list):
        return f"{name}: {', '.join(map(str, value))}"
    return f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"


class _Input(NamedTuple):
    template: PromptTemplate
    variables: dict[str, str]
    files: tuple[CaseFile, ...]


def _line(line: str, folder: SuiteFolder | None) -> tuple[dict[str, JsonValue], _Input]:
    row = read_json(line)
    if not isinstance(row, dict) or INPUT not in row:
        raise ValueError("each line is an object with input")
    found = _input(row[INPUT])
    return row, found._replace(files=(*found.files, *files_of(row.get("attachments"), Slots(), {}, folder)))


def _case_of(row: dict[str, JsonValue], asked: _Input, label: str, number: int) -> Case:
    tags = row.get("tags")
    return Case(
        id=str(row.get("id") or f"case-{number}")[:200],
        variables=asked.variables,
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
        attachments=asked.files,
        prompts=(label,),
        checks=_ideal(row.get("ideal")),
    )


def _input(value: JsonValue) -> _Input:
    """A template with a variable for each message, their texts, and what they attach: so all lines share one prompt."""
    given: JsonValue = [{"role": "user", "content": value}] if isinstance(value, str) else value
    if not isinstance(given, list) or not given:
        raise ValueError("input is a text or a list of messages")
    rows = [row for row in given if isinstance(row, dict)]
    if len(rows) < len(given):
        raise ValueError("a message has a role and a text as content")
    said = messages_of(json.dumps(rows)) if any(isinstance(row.get("content"), list) for row in rows) else None
    if said and said.images:
        raise ValueError("an image is a data URL")
    texts = [message.content for message in said.messages] if said else [row.get("content") for row in rows]
    users = [place for place in reversed(range(len(rows))) if rows[place].get("role") == "user"]
    messages, variables, files = [], {}, []
    for place, (row, content) in enumerate(zip(rows, texts, strict=True)):
        if not isinstance(content, str):
            raise ValueError("a message has a role and a text as content")
        name = INPUT if len(rows) == 1 else f"{INPUT}_{place + 1}"
        variables[name] = content
        messages.append(Message.model_validate({"role": row.get("role"), "content": f"{{{{{name}}}}}"}))
        if place in users:
            back = users.index(place)
            images = said.messages[place].images if said else ()
            variables[name], attached = split_attachments(content)
            shown = [Attachment(image_name(url, number), image=url) for number, url in enumerate(images, start=1)]
            files += [CaseFile.of(one, back) for one in (*attached, *shown)]
    return _Input(PromptTemplate(label=INPUT, messages=tuple(messages)), variables, tuple(files))


def _ideal(value: JsonValue) -> tuple[Check, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return (Check(kind=CheckKind.CONTAINS_ANY, value=[str(one) for one in value]),)
    return (Check(kind=CheckKind.EQUALS, value=value),)


def _opened(prompt: str, cases: list[Case], unsupported: list[SuiteProblem]) -> Opened:
    template = PromptTemplate(label="prompt 1", messages=(Message(role="user", content=prompt),))
    suite = Suite(name="", prompts=(template,), cases=tuple(cases))
    if problems := problems_of(suite):
        raise SuiteError(*problems)
    return Opened(suite, tuple(unsupported))
