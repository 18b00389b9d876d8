"""Opens a configuration of promptfoo as a suite (promptfoo.dev/docs/configuration); `promptfoo_written` writes one.

Our own suites are such files. What promptfoo can say and is not supported here is listed, never skipped in silence. No
address that a configuration names is opened, none of its code is run, and files are read on the command line alone, as
values of variables and as attachments, from below the configuration's folder (`suite_folder`). Checks that promptfoo
does not have are its `javascript` or `python` assertions, whose `config` says what they are; promptfoo runs the code
beside it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from pydantic import JsonValue, ValidationError

from glm_playground import bounds
from glm_playground.chat.tools import ToolProblem, read_tools
from glm_playground.evals.promptfoo_assertions import CHANGES_OUTPUT, Assertions
from glm_playground.evals.promptfoo_files import (
    IMAGE,
    Slots,
    base_label,
    files_of,
)
from glm_playground.evals.promptfoo_messages import PartError, messages_of
from glm_playground.evals.promptfoo_unsupported import Unsupported
from glm_playground.evals.promptfoo_values import has_template, listed, mapping, names_file, plain
from glm_playground.evals.suite import (
    Case,
    Check,
    CheckKind,
    PromptTemplate,
    Suite,
    SuiteError,
    SuiteProblem,
    problems_of,
)
from glm_playground.evals.suite_folder import SCHEME, FileError, SuiteFolder
from glm_playground.evals.yaml_text import Lines, read_yaml

_TOP = {"description", "prompts", "tests", "defaultTest", "assertionTemplates", "tags"}
_ELSEWHERE = {
    "providers": "models are chosen where the suite is run",
    "targets": "models are chosen where the suite is run",
    "evaluateOptions": "repeats and concurrency are chosen where the suite is run",
    "commandLineOptions": "options are chosen where the suite is run",
    "outputPath": "results are kept in the history and exported from there",
    "sharing": "nothing is shared",
}
_TEST = {"description", "vars", "assert", "metadata", "options", "prompts"}
_OPTIONS = {"disableVarExpansion", "tools"}
_OF_THE_RUN = (CheckKind.COST, CheckKind.LATENCY)
"""Checks that do not look at the text."""


class Opened(NamedTuple):
    """A suite, and what of its file is not in it."""

    suite: Suite
    unsupported: tuple[SuiteProblem, ...] = ()


def read_promptfoo(text: str, folder: SuiteFolder | None = None) -> Opened:
    """The suite in a configuration.

    Args:
        text: in YAML.
        folder: whose files it may name; None where it may name none.

    Raises:
        SuiteError: it is no configuration, or nothing of it can be run.
    """
    value, lines = read_yaml(text)
    if not isinstance(value, dict):
        raise SuiteError(SuiteProblem("", "a suite has the keys prompts and tests"))
    return _Reader(lines, folder).suite(value)


class _Reader:
    def __init__(self, lines: Lines, folder: SuiteFolder | None) -> None:
        self._folder = folder
        self._slots: dict[str, Slots] = {}
        """By the label as it is written."""
        self._bases: dict[str, str] = {}
        """Likewise, what the prompt is called whose slots it has."""
        self._unsupported = Unsupported(lines)
        self._assertions = Assertions({}, self._unsupported)

    def suite(self, value: dict[str, JsonValue]) -> Opened:
        for key in value:
            if key in _ELSEWHERE:
                self._unsupported.note(key, f"{key}: {_ELSEWHERE[key]}")
            elif key not in _TOP:
                self._unsupported.note(key, f"{key} is not supported")
        self._assertions = Assertions(mapping(value.get("assertionTemplates")), self._unsupported)
        prompts = [
            prompt
            for index, one in enumerate(listed(value.get("prompts")))
            if (prompt := self._prompt(one, f"prompts[{index}]", index))
        ]
        default = value.get("defaultTest")
        if default is not None and not isinstance(default, dict):
            self._unsupported.note("defaultTest", "defaultTest is no mapping, such as a file's name")
            default = None
        needed = {prompt.label: prompt.variables for prompt in prompts}
        prompts = self._merged(prompts)
        tests = value.get("tests")
        if tests is not None and not isinstance(tests, list):
            self._unsupported.note("tests", "tests in a file or from code are not opened: add the cases to this file")
            tests = []
        cases: list[Case] = []
        for index, test in enumerate(tests or []):
            cases += self._cases(test, default or {}, f"tests[{index}]", index, needed)
            if len(cases) > bounds.SUITE_CASES:
                raise self._unsupported.error(f"tests[{index}]", f"more than {bounds.SUITE_CASES:,} cases")
        if not tests and default:
            # promptfoo asks each prompt once where there are no tests.
            cases += self._cases({}, default, "defaultTest", 0, needed)
        if not prompts:
            raise SuiteError(*self._unsupported.problems, SuiteProblem("prompts", "no prompt can be used"))
        if not cases:
            raise SuiteError(*self._unsupported.problems, SuiteProblem("tests", "no case can be used"))
        name = value.get("description")
        named = name[: bounds.SUITE_NAME_CHARACTERS] if isinstance(name, str) else ""
        suite = Suite(name=named, prompts=tuple(prompts), cases=tuple(cases))
        if problems := problems_of(suite):
            raise SuiteError(*(self._unsupported.located(problem) for problem in problems))
        return Opened(suite, self._unsupported.problems)

    def _prompt(self, value: JsonValue, path: str, index: int) -> PromptTemplate | None:
        label = f"prompt {index + 1}"
        if isinstance(value, dict):
            for key in value.keys() - {"id", "label", "raw"}:
                self._unsupported.note(f"{path}.{key}", f"{key} of a prompt is not supported")
            named = value.get("label") or value.get("id")
            label = named if isinstance(named, str) else label
            value = value.get("raw", named)
        if isinstance(value, list):
            value = json.dumps(value)
        if not isinstance(value, str) or not value.strip():
            self._unsupported.note(path, "a prompt is a text, or has one as raw")
            return None
        if names_file(value):
            self._unsupported.note(path, f"{value[:80]!r} is not opened: write the prompt here")
            return None
        if has_template(value):
            self._unsupported.note(
                path, "only {{name}} is filled in: templates with filters or statements are sent as written"
            )
        try:
            found = messages_of(value)
        except PartError as error:
            self._unsupported.note(path, f"{error}; the prompt is left out")
            return None
        except ValidationError:
            self._unsupported.note(path, "messages have a role (system, user, assistant) and a text as content")
            return None
        self._slots[label] = Slots(found.images, found.texts)
        return PromptTemplate(label=label, messages=found.messages)

    def _merged(self, prompts: Sequence[PromptTemplate]) -> list[PromptTemplate]:
        """The prompts, each once that was written several times for what its cases attach."""
        found: dict[str, PromptTemplate] = {}
        bases = {prompt.label: base_label(prompt.label) for prompt in prompts if self._is_written(prompt.label)}
        # One that some cases are asked with, which attach nothing, stands there without room for files.
        bases |= {base: base for base in bases.values() if base in self._slots}
        for prompt in prompts:
            base = bases.get(prompt.label, "")
            known = found.get(base)
            if base and (known is None or known.messages == prompt.messages):
                self._bases[prompt.label] = base
                found[base] = prompt.model_copy(update={"label": base})
            else:
                # Two of one label are a problem of the suite's, which is said with others.
                found[prompt.label if prompt.label not in found else f"{prompt.label}\0{len(found)}"] = prompt
        return list(found.values())

    def _is_written(self, label: str) -> bool:
        """Whether `write_promptfoo` has written it, with room for what cases attach."""
        slots = self._slots[label]
        return bool(slots.texts) or any(part.variable.startswith(IMAGE) for part in slots.images)

    def _cases(
        self,
        test: JsonValue,
        default: dict[str, JsonValue],
        path: str,
        index: int,
        needed: Mapping[str, tuple[str, ...]],
    ) -> Iterator[Case]:
        if not isinstance(test, dict):
            self._unsupported.note(path, "a test has vars and assert; files are not opened")
            return
        self._note_keys(test, default, path)
        metadata = mapping(default.get("metadata")) | mapping(test.get("metadata"))
        options = mapping(default.get("options")) | mapping(test.get("options"))
        tools = self._tools(options.get("tools"), f"{path}.options.tools")
        checks = self._checks(test, default, options, path)
        variables = mapping(default.get("vars")) | mapping(test.get("vars"))
        asked_with = self._labels(test.get("prompts", default.get("prompts")), needed, f"{path}.prompts")
        names = {name for label in asked_with or needed for name in needed[label]}
        described = test.get("description")
        rows = list(self._rows(variables, f"{path}.vars", expand=not options.get("disableVarExpansion")))
        given = metadata.get("id")
        name = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else f"case-{index + 1}"
        groups = self._by_slots(asked_with or tuple(needed))
        for number, row in enumerate(rows, start=1):
            for variable in names - row.keys():
                self._unsupported.note(f"{path}.vars", f"{variable} has no value: it is sent empty, as promptfoo does")
                row[variable] = ""
            for part, (slots, labels) in enumerate(groups.items(), start=1):
                try:
                    files = files_of(metadata.get("attachments"), slots, row, self._folder)
                except FileError as error:
                    self._unsupported.note(path, f"the case is left out: {error}")
                    continue
                marks = [number] * (len(rows) > 1) + [part] * (len(groups) > 1)
                unused = slots.variables - {one for label in labels for one in needed[label]}
                yield Case(
                    id="-".join([name, *map(str, marks)])[:200],
                    description=described if isinstance(described, str) else "",
                    variables={key: value for key, value in row.items() if key not in unused},
                    tags=tuple(str(tag) for tag in listed(metadata.get("tags"))),
                    prompts=self._asked_with(labels, asked_with, needed, several=len(groups) > 1),
                    tools=tools,
                    attachments=files,
                    checks=tuple(check.filled(row) for check in checks),
                )

    def _note_keys(self, test: dict[str, JsonValue], default: dict[str, JsonValue], path: str) -> None:
        for where, written in (("defaultTest", default), (path, test)):
            for key in written.keys() - _TEST:
                self._unsupported.note(where, f"{key} of a test is not supported")
            for key in mapping(written.get("options")).keys() - _OPTIONS - CHANGES_OUTPUT:
                self._unsupported.note(f"{where}.options", f"{key} is not supported")

    def _checks(
        self, test: dict[str, JsonValue], default: dict[str, JsonValue], options: dict[str, JsonValue], path: str
    ) -> tuple[Check, ...]:
        checks = tuple(self._assertions.checks(default.get("assert"), "defaultTest.assert"))
        checks += tuple(self._assertions.checks(test.get("assert"), f"{path}.assert"))
        if changed := options.keys() & CHANGES_OUTPUT:
            # Of another text than the one that came.
            kept = tuple(check for check in checks if check.kind in _OF_THE_RUN)
            if kept != checks:
                count = len(checks) - len(kept)
                self._unsupported.note(f"{path}.options", _left_out(sorted(changed)[0], count))
            checks = kept
        if len(checks) > bounds.SUITE_CHECKS:
            raise self._unsupported.error(path, f"more than {bounds.SUITE_CHECKS} checks")
        return checks

    def _by_slots(self, labels: Sequence[str]) -> dict[Slots, list[str]]:
        """The prompts by what they have room for: a case attaches the same to all of its prompts."""
        found: dict[Slots, list[str]] = {}
        for label in labels:
            found.setdefault(self._slots[label], []).append(label)
        return found

    def _asked_with(
        self, labels: Sequence[str], asked: Sequence[str], needed: Mapping[str, object], *, several: bool
    ) -> tuple[str, ...]:
        """The labels of the prompts that a case is asked with; none where it is asked with all."""
        if not (asked or several):
            return ()
        found = tuple(dict.fromkeys(self._bases.get(label, label) for label in labels))
        all_ = {self._bases.get(label, label) for label in needed}
        return () if self._bases and all_ == set(found) else found

    def _labels(self, value: JsonValue, known: Mapping[str, object], path: str) -> tuple[str, ...]:
        """The prompts that a test is asked with, by their labels; `*` at the end stands for any more letters."""
        found: dict[str, None] = {}
        for one in listed(value):
            text = str(one)
            chosen = [label for label in known if label == text or (text[-1:] == "*" and label.startswith(text[:-1]))]
            if not chosen:
                self._unsupported.note(path, f"there is no prompt labelled {text[:80]!r}")
            found |= dict.fromkeys(chosen)
        return tuple(label for label in known if label in found)

    def _tools(self, value: JsonValue, path: str) -> tuple[dict[str, JsonValue], ...]:
        """Of a test's options, which promptfoo adds to those of the provider."""
        if isinstance(value, str):
            self._unsupported.note(path, f"{value[:80]!r} is not opened: write the tools here")
            return ()
        found = read_tools(json.dumps(value)) if value is not None else ()
        if isinstance(found, ToolProblem):
            raise self._unsupported.error(
                path, f"no tools: {found.kind.value.replace('_', ' ')} {found.detail}".rstrip()
            )
        return found

    def _rows(self, variables: dict[str, JsonValue], path: str, *, expand: bool) -> Iterator[dict[str, str]]:
        """The variables of each case: a list of values makes a case of each, as in promptfoo."""
        columns = []
        count = 1
        for name, value in variables.items():
            values = value if isinstance(value, list) and expand else [value]
            count *= len(values)
            columns.append([self._value(name, one, f"{path}.{name}") for one in values])
        if count > bounds.SUITE_CASES:
            raise self._unsupported.error(path, f"the lists make more than {bounds.SUITE_CASES:,} cases")
        for row in product(*columns):
            yield dict(zip(variables, row, strict=True))

    def _value(self, name: str, value: JsonValue, path: str) -> str:
        """A variable as it stands in a prompt; an image stays its address, which a part of a prompt may take."""
        if not isinstance(value, str) or not names_file(value) or name in self._image_variables:
            return plain(value)
        try:
            if self._folder and value.startswith(SCHEME):
                return self._folder.text(value)
            self._unsupported.note(path, f"the file of {name} is not opened: its name is sent")
        except FileError as error:
            self._unsupported.note(path, f"{error}: its name is sent")
        return value

    @property
    def _image_variables(self) -> frozenset[str]:
        return frozenset(part.variable for slots in self._slots.values() for part in slots.images)


def _left_out(changed: str, count: int) -> str:
    said = "1 check of what it makes is" if count == 1 else f"{count} checks of what it makes are"
    return f"{changed} is not run: {said} left out"
