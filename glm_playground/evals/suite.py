"""A suite: prompts with variables, cases that fill them, and the checks that score an answer; values only."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from glm_playground import bounds
from glm_playground.chat.variables import fill, variables_of
from glm_playground.evals.case_files import CaseFile, fault_of_files, with_files
from glm_playground.gateway import Message, Parameters


class CheckKind(StrEnum):
    """How an answer is scored; the names are promptfoo's where it has the check."""

    EQUALS = "equals"
    """The same text but for space around it; a value that is no text is compared as JSON."""
    CONTAINS = "contains"
    CONTAINS_ALL = "contains-all"
    CONTAINS_ANY = "contains-any"
    ICONTAINS = "icontains"
    """As `contains`, whatever the case of letters; likewise the next two."""
    ICONTAINS_ALL = "icontains-all"
    ICONTAINS_ANY = "icontains-any"
    STARTS_WITH = "starts-with"
    REGEX = "regex"
    """A pattern of Python's found somewhere in the answer."""
    IS_JSON = "is-json"
    """JSON, and where the value is a JSON Schema, one that fits."""
    CONTAINS_JSON = "contains-json"
    NUMERIC = "numeric"
    """The last number in the answer is the value, within `tolerance`."""
    TOOL_CALLED = "tool-called"
    """The model calls the tool `value["name"]`, with at least the arguments `value["arguments"]`."""
    COST = "cost"
    """The run costs `threshold` US dollars at most."""
    LATENCY = "latency"
    """The whole answer is there after `threshold` ms at most."""
    PYTHON_TESTS = "python-tests"
    """The Python in the answer passes the unit tests in the value; both run confined (`confinement`)."""
    RUBRIC = "llm-rubric"
    """Another model says whether the answer is as the value describes."""


INPUT = "input"
"""The variable that holds the whole prompt, where a table has one."""
SUFFIXES = (".yaml", ".yml", ".csv", ".tsv", ".jsonl", ".ndjson")
"""How the name of a file with a suite may end; `suite_file` opens them."""
LISTED = frozenset({CheckKind.CONTAINS_ALL, CheckKind.CONTAINS_ANY, CheckKind.ICONTAINS_ALL, CheckKind.ICONTAINS_ANY})
"""The checks whose value is a list."""


class Check(BaseModel):
    """One check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CheckKind
    value: JsonValue = None
    negated: bool = False
    """Whether the answer passes where the check does not."""
    threshold: float | None = None
    tolerance: float = 0.0
    metric: str = ""
    """A name under which its results are counted apart."""

    @property
    def name(self) -> str:
        """As promptfoo writes it: `not-contains`."""
        return f"not-{self.kind}" if self.negated else self.kind.value

    def filled(self, values: Mapping[str, str]) -> "Check":
        """The check with the variables of a case in its value, as promptfoo fills them; unit tests stay as they are."""
        value = self.value if self.kind is CheckKind.PYTHON_TESTS else _filled(self.value, values)
        return self if value == self.value else self.model_copy(update={"value": value})


def _filled(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return fill(value, values) if "{{" in value else value
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, values) for name, one in value.items()}
    return value


class PromptTemplate(BaseModel):
    """The messages of a request, with variables such as `{{name}}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    messages: Annotated[tuple[Message, ...], Field(min_length=1)]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names in all messages, each once."""
        return tuple(dict.fromkeys(name for message in self.messages for name in variables_of(message.content)))

    def filled(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The messages with their variables replaced."""
        return tuple(message.model_copy(update={"content": fill(message.content, values)}) for message in self.messages)


class Case(BaseModel):
    """What one prompt is filled with, and what is expected of the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=200)]
    description: str = ""
    variables: dict[str, str] = Field(default_factory=dict)
    attachments: tuple[CaseFile, ...] = ()
    """Sent with its prompt."""
    tags: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    """Labels of the prompts that it is asked with; empty for all of them."""
    tools: tuple[dict[str, JsonValue], ...] = ()
    """Those that the model is offered, in OpenAI's form."""
    parameters: Parameters = Parameters()
    """What is sent in place of the candidate's settings; what is not set here is the candidate's."""
    checks: tuple[Check, ...] = ()


class Suite(BaseModel):
    """Every case is asked with every prompt that it does not leave out; ids of cases and labels of prompts stand once
    each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["glm-playground-suite"] = "glm-playground-suite"
    name: str
    prompts: Annotated[tuple[PromptTemplate, ...], Field(min_length=1)]
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]

    @property
    def stored(self) -> str:
        """As JSON, which `model_validate_json` opens."""
        return self.model_dump_json(exclude_defaults=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its JSON, which tells it from any other suite."""
        # Found once for each suite: `model_copy` would take it along, so make another suite anew.
        return hashlib.sha256(self.stored.encode()).hexdigest()

    def asked(self) -> Iterator["FilledCase"]:
        """Each case with each of its prompts, cases first."""
        for case in self.cases:
            for prompt in self.prompts:
                if not case.prompts or prompt.label in case.prompts:
                    yield FilledCase(prompt, case)

    @property
    def requests(self) -> int:
        """How many a candidate is asked once."""
        return sum(len(case.prompts) or len(self.prompts) for case in self.cases)


class FilledCase(NamedTuple):
    """A case with the prompt that it fills."""

    prompt: PromptTemplate
    case: Case

    @property
    def name(self) -> str:
        """Case and prompt, as the verdict pairs them."""
        return f"{self.case.id} · {self.prompt.label}" if self.prompt.label else self.case.id

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is sent."""
        return with_files(self.prompt.filled(self.case.variables), self.case.attachments)

    @property
    def has_images(self) -> bool:
        """Whether a model must take images to be asked."""
        return any(file.image for file in self.case.attachments) or any(one.images for one in self.prompt.messages)


class SuiteProblem(NamedTuple):
    """What is wrong with a suite, or is not supported in it."""

    path: str
    """Where, such as `tests[3].assert[0]`; empty for the file as a whole."""
    message: str
    line: int | None = None
    """Of the file, from 1; None where it has no lines."""

    def __str__(self) -> str:
        where = ", ".join(filter(None, [f"line {self.line}" if self.line else "", self.path]))
        return f"{where}: {self.message}" if where else self.message


class SuiteError(Exception):
    """A file that cannot be opened as a suite.

    Attributes:
        problems: every one that was found, at most 20.
    """

    def __init__(self, *problems: SuiteProblem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems[:3]))
        self.problems = problems[:20]


def problems_of(suite: Suite) -> list[SuiteProblem]:
    """What keeps the suite from being run: ids that stand twice, variables without a value, too much to ask."""
    found = []
    for what, counts in (
        ("cases have the id", Counter(case.id for case in suite.cases)),
        ("prompts have the label", Counter(prompt.label for prompt in suite.prompts)),
    ):
        found += [SuiteProblem("", f"{count} {what} {name!r}") for name, count in counts.items() if count > 1]
    if suite.requests > bounds.EVALUATION_CELLS:
        return [*found, SuiteProblem("", f"cases times prompts are more than {bounds.EVALUATION_CELLS:,}")]
    if sum(file.size for case in suite.cases for file in case.attachments) > bounds.SUITE_ATTACHED_BYTES:
        return [*found, SuiteProblem("", f"its attachments have more than {bounds.SUITE_ATTACHED_BYTES:,} bytes")]
    needed = [(prompt.label, prompt.variables, prompt.messages) for prompt in suite.prompts]
    labels = {prompt.label for prompt in suite.prompts}
    for number, case in enumerate(suite.cases):
        if unknown := [label for label in case.prompts if label not in labels]:
            found.append(SuiteProblem(f"tests[{number}].prompts", f"there is no prompt {unknown[0]!r}"))
        for label, names, messages in needed:
            if case.prompts and label not in case.prompts:
                continue
            if absent := [name for name in names if name not in case.variables]:
                found.append(SuiteProblem(f"tests[{number}].vars", f"the prompt {label!r} needs {', '.join(absent)}"))
            if fault := fault_of_files(case.attachments, messages):
                found.append(SuiteProblem(f"tests[{number}].metadata.attachments", fault))
    return found
