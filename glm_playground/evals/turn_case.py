"""A turn as a case of a suite: its texts become variables of a prompt that has their roles, its answer a check.

A prompt that was written with variables stays the template that it was, so that its cases are a table of them. Files
that were attached are the case's attachments.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from pydantic import JsonValue

from glm_playground import bounds
from glm_playground.chat.attachments import Attachment, images_of, split_attachments, with_attachments
from glm_playground.chat.images import image_name
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.strict_json import read_json
from glm_playground.chat.variables import fill, variables_of
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.suite import INPUT, Case, Check, CheckKind, PromptTemplate, Suite
from glm_playground.gateway import ChatRequest, Message, ToolCall
from glm_playground.runs.marks import unmarked_request

_SHORT_CHARACTERS = 80
_LABEL_CHARACTERS = 60
_NAMES = {"system": "system", "user": "user", "assistant": "answer", "tool": "tool"}
_VARIABLE = re.compile(r"\{\{\w+\}\}")
LIKE = "It says the same as this answer, in whatever words:\n\n"
"""How the rubric begins that an answer of some length is taken for."""


class TurnCase(NamedTuple):
    """What is added to a suite."""

    messages: tuple[Message, ...]
    """With a variable in the place of each text."""
    variables: dict[str, str]
    tools: tuple[dict[str, JsonValue], ...] = ()
    checks: tuple[Check, ...] = ()
    attachments: tuple[CaseFile, ...] = ()


def case_of(
    request: ChatRequest,
    answer: str,
    calls: Sequence[ToolCall] = (),
    expected: Check | None = None,
    prompt: Prompt | None = None,
) -> TurnCase:
    """The case that a turn makes.

    Args:
        request: what was asked.
        answer: what came, which is expected again.
        calls: of tools that the answer makes.
        expected: what is expected in its place.
        prompt: the last of the request, where it is known with its template and the names of its images.
    """
    request = unmarked_request(request)
    messages, variables, files = list[Message](), dict[str, str](), list[CaseFile]()
    users = [place for place, one in enumerate(request.messages) if one.role == "user"]
    names = _names_of(request.messages, users)
    for place, message in enumerate(request.messages):
        text, template = message.content, ""
        if message.role == "user":
            known = prompt if prompt and place == users[-1] else None
            said = _said(message, known)
            text, template = said.text, said.template
            files += [CaseFile.of(file, len(users) - 1 - users.index(place)) for file in said.attachments]
            if template:
                variables |= said.values
        if not template:
            name = _free(names[place], prompt.values if prompt else {})
            variables[name], template = text, f"{{{{{name}}}}}"
        messages.append(message.model_copy(update={"content": template, "images": ()}))
    check = expected or expected_of(answer, calls, request.response_format)
    return TurnCase(tuple(messages), variables, tuple(request.tools), (check,) if check else (), tuple(files))


def _names_of(messages: Sequence[Message], users: Sequence[int]) -> list[str]:
    """What the text of each message is called: `input` the last prompt, `user_1` and so on those before."""
    counts: Counter[str] = Counter()
    roles = Counter(message.role for message in messages)
    found = []
    for place, message in enumerate(messages):
        counts[message.role] += 1
        name = _NAMES[message.role]
        if users and place == users[-1]:
            name = INPUT
        elif message.role != "system" or roles["system"] > 1:
            name = f"{name}_{counts[message.role]}"
        found.append(name)
    return found


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _said(message: Message, known: Prompt | None) -> Prompt:
    """What the user wrote and attached, with its template where there is one."""
    text, files = split_attachments(message.content)
    images = [Attachment(image_name(url, number), image=url) for number, url in enumerate(message.images, 1)]
    found = Prompt(text, (*files, *images))
    if known is None or known.results:
        return found
    sent = with_attachments(known.text, known.attachments), images_of(known.attachments)
    if sent != (message.content, message.images):
        return found
    if known.template and variables_of(known.template) and fill(known.template, known.values) == known.text:
        values = {name: known.values.get(name, "") for name in variables_of(known.template)}
        if fill(known.template, values) == known.text:
            return replace(known, values=values)
    return replace(known, template="", values={})


def expected_of(
    answer: str, calls: Sequence[ToolCall] = (), response_format: dict[str, JsonValue] | None = None
) -> Check | None:
    """The check that an answer passes where it is as good as this one: the same call, JSON of that schema, the same
    short text, or a judge's word that it says the same. None where there is no answer.
    """
    if calls:
        arguments = _object(calls[0].arguments)
        value = {"name": calls[0].name, **({"arguments": arguments} if arguments else {})}
        return Check(kind=CheckKind.TOOL_CALLED, value=value)
    format_ = response_format or {}
    if format_.get("type") == "json_schema" and isinstance(wanted := format_.get("json_schema"), dict):
        return Check(kind=CheckKind.IS_JSON, value=wanted.get("schema"))
    if format_.get("type") == "json_object":
        return Check(kind=CheckKind.IS_JSON)
    text = answer.strip()
    if not text:
        return None
    if len(text) <= _SHORT_CHARACTERS and "\n" not in text:
        return Check(kind=CheckKind.EQUALS, value=text)
    return Check(kind=CheckKind.RUBRIC, value=f"{LIKE}{text}")


def with_case(suite: Suite | None, new: TurnCase, name: str) -> Suite:
    """The suite with that case at its end, or a new one called `name`."""
    prompts = suite.prompts if suite else ()
    template = next((one for one in prompts if one.messages == new.messages), None)
    if template is None:
        template = PromptTemplate(label=_label(new, {one.label for one in prompts}), messages=new.messages)
        prompts = (*prompts, template)
    cases = suite.cases if suite else ()
    case = Case(
        id=free_id({one.id for one in cases}),
        variables=new.variables,
        prompts=(template.label,),
        tools=new.tools,
        attachments=new.attachments,
        checks=new.checks,
    )
    return Suite(
        name=suite.name if suite else name[: bounds.SUITE_NAME_CHARACTERS], prompts=prompts, cases=(*cases, case)
    )


def free_id(taken: set[str]) -> str:
    """An id that no case has."""
    number = len(taken) + 1
    while f"case-{number}" in taken:
        number += 1
    return f"case-{number}"


def _label(new: TurnCase, taken: set[str]) -> str:
    """What a prompt is called: its variables, or its first words where it has text of its own."""
    own = " ".join(message.content for message in new.messages if not _VARIABLE.fullmatch(message.content))
    label = " ".join(own.split()) or ", ".join(new.variables)
    label = label if len(label) <= _LABEL_CHARACTERS else f"{label[: _LABEL_CHARACTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    number, found = 1, label
    while found in taken:
        number += 1
        found = f"{label} {number}"
    return found


def _object(text: str) -> dict[str, JsonValue]:
    try:
        value = read_json(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
