"""Who is asked the cases of a suite: a model at a gateway with its settings."""

import json
from collections.abc import Sequence

from pydantic import TypeAdapter

from glm_playground.chat.setup import Setup, from_link
from glm_playground.evals.suite import FilledCase
from glm_playground.gateway import ChatRequest, Dialect, Message

_ALL = TypeAdapter(tuple[Setup, ...])


class CandidateError(Exception):
    """A candidate that cannot be asked; the text is a sentence."""


def read_candidates(texts: Sequence[str], gateway: str = "") -> tuple[Setup, ...]:
    """The candidates in texts such as `glm-5.1;temperature=0.5`, written as a lane in an address is.

    Args:
        texts: one each.
        gateway: who is asked where a text names no gateway.

    Raises:
        CandidateError: one cannot be read.
    """
    found: list[Setup] = []
    for text in texts:
        setups, ignored = from_link([text])
        if ignored or not setups or not setups[0].model:
            what = ", ".join(map(repr, ignored)) or "a model"
            raise CandidateError(f"{text[:80]!r} is no candidate: {what} is not understood")
        setup = setups[0]
        found.append(setup if setup.gateway else setup.model_copy(update={"gateway": gateway}))
    return tuple(found)


def write_candidates(candidates: Sequence[Setup]) -> str:
    """They as JSON."""
    return json.dumps([one.model_dump(mode="json", exclude_defaults=True) for one in candidates], ensure_ascii=False)


def stored_candidates(text: str) -> tuple[Setup, ...]:
    """Those of `write_candidates`.

    Raises:
        ValueError: the text is anything else.
    """
    return _ALL.validate_json(text)


def name_of(candidate: Setup, stand_in: str | None = None) -> str:
    """Model, gateway and settings; `stand_in` is what answered in the model's place."""
    name = f"{candidate.model} at {candidate.gateway}" if candidate.gateway else candidate.model
    if stand_in:
        name += f" (stand-in model, not GLM: {stand_in})"
    settings = ", ".join(f"{key}={_shown(value)}" for key, value in sorted(candidate.parameters.fields().items()))
    return f"{name}, {settings}" if settings else name


def request_for(candidate: Setup, asked: FilledCase, dialect: Dialect) -> ChatRequest:
    """What is sent for a case: the same each time, since repeats are of one request."""
    system = (Message(role="system", content=candidate.system),) if candidate.system.strip() else ()
    fields = {name: getattr(candidate.parameters, name) for name in type(candidate.parameters).model_fields}
    own = asked.case.parameters
    fields |= {name: getattr(own, name) for name in own.model_fields_set}
    if asked.case.tools:
        fields["tools"] = asked.case.tools
    request = ChatRequest(model=candidate.model, messages=(*system, *asked.messages), **fields)
    return request.said_in(dialect)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
