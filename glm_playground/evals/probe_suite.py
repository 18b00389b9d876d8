"""The probes: short requests that show whether a model on a gateway does what its card claims.

They are the cases of a suite, so they are asked, bounded, recorded and resumed as every evaluation is; what their
runs show is judged by `probe_findings`.
"""

from enum import StrEnum
from itertools import cycle, islice
from typing import Any

from glm_playground.evals.suite import Case, PromptTemplate, Suite
from glm_playground.gateway import Message, Parameters

NAME, CONTEXT_NAME = "Probes", "Probe of the context"
"""Of the suites; evaluations with these names are looked through for findings."""
REPEATS = 3
"""How often each request is asked."""
TAG = "probe"
"""Every case of these suites has it."""
TOOL_NAME = "read_thermometer"
STOP_WORD, BEFORE_STOP, AFTER_STOP = "gamma", "beta", "delta"
FEW_TOKENS = 16
CODE = "KESTREL-4817"
"""Stands at the beginning of the prompt that fills the context."""
CONTEXT_SHARE = 0.92
"""How much of the context is filled: no tokenizer is known exactly, and the answer needs room."""
MAY_BE_SHORT = 0.8
"""Of a filled prompt, the share of tokens that a gateway must count for it to be whole."""

_THOUGHT_TOKENS = 1024
"""Room for what a model thinks that cannot be told not to."""
_WORDS = ("time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdict_code": {"type": "integer"},
        "season": {"type": "string", "enum": ["dry", "wet"]},
    },
    "required": ["verdict_code", "season"],
    "additionalProperties": False,
}
"""Nobody fits it who was not told of it: the prompt does not name its keys."""
_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": TOOL_NAME,
        "description": "Reads the thermometer of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
_JSON_OBJECT: dict[str, Any] = {"type": "json_object"}
_JSON_SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "weather", "strict": True, "schema": SCHEMA},
}
_INVENT = "Invent a town: its name, the year of its founding and how many people live there. Answer in one line."
_READ = f"How warm is it in Recife now? Call {TOOL_NAME} to find out."


class Probe(StrEnum):
    """One thing that is measured."""

    STREAMS = "streams"
    """The answer comes in several pieces."""
    USAGE = "usage"
    """Tokens of prompt and answer are reported."""
    JSON_MODE = "json-mode"
    """`response_format` of type `json_object` gives JSON where the prompt asks for a sentence."""
    JSON_SCHEMA = "json-schema"
    """`response_format` of type `json_schema` gives JSON that fits, though the prompt does not name the keys."""
    TOOL = "tool"
    """The tool is called with the arguments that it has."""
    TOOL_SCHEMA = "tool-schema"
    """Likewise where a JSON Schema is given, too."""
    STOP = "stop"
    """The answer ends before the stop sequence."""
    MAX_TOKENS = "max-tokens"
    """The answer is as long as `max_tokens` at most."""
    SEED = "seed"
    """The same seed gives the same answer where others differ."""
    THINKING_OFF = "thinking-off"
    """Nothing is thought where thinking is off."""
    CONTEXT = "context"
    """A prompt that nearly fills the context is read whole."""


NO_SEED = "no-seed"
"""The case that `Probe.SEED` is held against: the same request without a seed."""
CASES: dict[Probe, tuple[str, ...]] = {probe: (probe.value,) for probe in Probe} | {
    Probe.USAGE: (Probe.STREAMS.value,),
    Probe.SEED: (Probe.SEED.value, NO_SEED),
}
"""The ids of the cases that each probe is judged by."""


def probe_suite(*, thinks_always: bool = False) -> Suite:
    """Every probe but that of the context.

    Args:
        thinks_always: whether the model refuses to be told not to think; then it is not told, has room for what it
            thinks, and that probe is left out.
    """
    # Where several features are refused, the answers between them keep the gateway from being given up.
    cases = [
        _case(Probe.STREAMS, "Write the numbers from one to thirty in words.", Parameters(max_tokens=128)),
        _case(
            Probe.JSON_MODE,
            "Say in one friendly sentence what the capital of Peru is. A program reads your answer as JSON.",
            Parameters(max_tokens=96, response_format=_JSON_OBJECT),
        ),
        _case(
            Probe.STOP,
            f"Write these words, each on a line of its own, and nothing else: alpha {BEFORE_STOP} {STOP_WORD} "
            f"{AFTER_STOP} epsilon",
            Parameters(max_tokens=48, stop=STOP_WORD),
        ),
        _case(
            Probe.JSON_SCHEMA,
            "Say in JSON how the weather in Recife is in June.",
            Parameters(max_tokens=96, response_format=_JSON_SCHEMA),
        ),
        _case(Probe.MAX_TOKENS, "Write the numbers from one to fifty in words.", Parameters(max_tokens=FEW_TOKENS)),
        _case(Probe.TOOL, _READ, Parameters(max_tokens=96), tools=(_TOOL,)),
        _case(Probe.SEED, _INVENT, Parameters(max_tokens=48, temperature=1.0, seed=20)),
        _case(
            Probe.TOOL_SCHEMA,
            f"{_READ} Say the result in JSON afterwards.",
            Parameters(max_tokens=96, response_format=_JSON_SCHEMA),
            tools=(_TOOL,),
        ),
        _case(NO_SEED, _INVENT, Parameters(max_tokens=48, temperature=1.0)),
    ]
    if not thinks_always:
        puzzle = "A bat and a ball cost 1.10 together. The bat costs 1 more than the ball. What does the ball cost?"
        cases.append(_case(Probe.THINKING_OFF, puzzle, Parameters(max_tokens=96)))
    return _suite(NAME, [_bounded(case, thinks_always) for case in cases])


def context_suite(tokens: int, *, thinks_always: bool = False) -> Suite:
    """One request that fills a context of `tokens`, a word a token, and asks for what stands at its beginning."""
    count = max(int(tokens * CONTEXT_SHARE) - 2 * _THOUGHT_TOKENS, 16)
    words = islice(cycle(_WORDS), count)
    prompt = f"The code is {CODE}.\n\n{' '.join(words)}\n\nWhat is the code at the beginning? Answer with it alone."
    case = _case(Probe.CONTEXT, prompt, Parameters(max_tokens=32))
    return _suite(CONTEXT_NAME, [_bounded(case, thinks_always)])


def _case(probe: str, prompt: str, parameters: Parameters, tools: tuple[dict[str, Any], ...] = ()) -> Case:
    return Case(id=str(probe), variables={"prompt": prompt}, tags=(TAG,), tools=tools, parameters=parameters)


def _bounded(case: Case, thinks_always: bool) -> Case:
    """The case with thinking off; where that is refused, with room to think."""
    given = case.parameters.model_dump(exclude_unset=True)
    if not thinks_always:
        given["thinking"] = False
    elif case.id != Probe.MAX_TOKENS:
        given["max_tokens"] += _THOUGHT_TOKENS
    return case.model_copy(update={"parameters": Parameters(**given)})


def _suite(name: str, cases: list[Case]) -> Suite:
    prompt = PromptTemplate(label="", messages=(Message(role="user", content="{{prompt}}"),))
    return Suite(name=name, prompts=(prompt,), cases=tuple(cases))
