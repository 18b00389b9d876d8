"""Scripted text at a set rate, with any fault on request."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from glm_playground.sandbox.chat_request import ReceivedChat
from glm_playground.sandbox.engines import EngineIdentity
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.generation import Burst, Delta, Finish, TokenCounts
from glm_playground.sandbox.script import Script, parse_script, refusal
from glm_playground.sandbox.script_text import DEFAULT_TEXT, markdown_tokens, pieces, reasoning_tokens

REDIRECTED_PATH = "/sandbox/redirected"

_BURST_DELTAS = 256
_TOOL_ARGUMENTS = ('{"', "city", '": "', "Lis", "bon", '", "', "unit", '": "', "celsius", '"}')
_REMEMBERED_KEYS = 1000


@dataclass(frozen=True, slots=True)
class _Plan:
    """The texts of an answer, already cut at max_tokens."""

    reasoning: list[str]
    content: list[str]
    tool_arguments: tuple[str, ...]
    tool_name: str
    cut: bool

    @property
    def tokens(self) -> int:
        return len(self.reasoning) + len(self.content) + len(self.tool_arguments)


class ScriptedEngine:
    """Answers with fixed text, as the request's `@script` line says; see `script`."""

    def __init__(self, defaults: Mapping[str, object] | None = None) -> None:
        self._defaults = dict(defaults or {})
        self._failures: OrderedDict[str, int] = OrderedDict()

    @property
    def identity(self) -> EngineIdentity:
        """Who answers: nobody."""
        return EngineIdentity("scripted", None, "scripted text (not GLM)", "sandbox-scripted")

    def script_for(self, request: ReceivedChat) -> Script:
        """The directive of the last user message over the server's defaults; a fault without a place gets one."""
        script = parse_script(request.last_user_text, self._defaults)
        if script.fault is not None and script.fault.at is None:
            middle = max(1, _plan(request, script).tokens // 2)
            return replace(script, fault=replace(script.fault, at=middle))
        return script

    async def generate(self, request: ReceivedChat, script: Script) -> AsyncGenerator[Burst | Finish, None]:
        """The scripted answer, or the refusal the script asks for."""
        error = self._refusal(script)
        if error is not None:
            await asyncio.sleep(script.delay / 1000)
            raise error
        yield []
        await asyncio.sleep(script.delay / 1000)
        plan = _plan(request, script)
        paced = _paced(_deltas(plan, script), script.rate)
        async for burst in paced:
            yield burst
        usage = TokenCounts(request.estimated_prompt_tokens, plan.tokens, reasoning_tokens=len(plan.reasoning))
        yield Finish(_finish_reason(plan, script), usage)

    def _refusal(self, script: Script) -> ApiError | None:
        if script.redirect:
            return ApiError(302, "moved", "Moved.", headers={"Location": REDIRECTED_PATH})
        error = refusal(script)
        if error is None or script.key is None or not script.fail_times:
            return error
        failed = self._failures.get(script.key, 0)
        if failed >= script.fail_times:
            return None
        self._failures[script.key] = failed + 1
        if len(self._failures) > _REMEMBERED_KEYS:
            self._failures.popitem(last=False)
        return error


def _plan(request: ReceivedChat, script: Script) -> _Plan:
    left = request.most_tokens if request.most_tokens is not None else 1_000_000_000
    calls = script.tool_call and request.takes_calls
    reasoning = reasoning_tokens(script.reasoning)
    content = _until(request.stops, _content(script, calls))
    arguments = _TOOL_ARGUMENTS if calls else ()
    cut = len(reasoning) + len(content) + len(arguments) > left
    kept_reasoning = reasoning[:left]
    left -= len(kept_reasoning)
    kept_content = content[:left]
    left -= len(kept_content)
    return _Plan(kept_reasoning, kept_content, arguments[:left], _tool_name(request), cut)


def _content(script: Script, calls: bool) -> list[str]:
    if script.text is not None:
        return pieces(script.text)
    if script.tokens is not None:
        return markdown_tokens(script.tokens)
    return [] if calls else pieces(DEFAULT_TEXT)


def _until(stops: Sequence[str], tokens: list[str]) -> list[str]:
    """`tokens` up to the first of the texts that end an answer, which is not part of it."""
    text = "".join(tokens) if stops else ""
    end = min((place for stop in stops if (place := text.find(stop)) >= 0), default=None)
    if end is None:
        return tokens
    kept: list[str] = []
    for token in tokens:
        if end <= 0:
            break
        kept.append(token[:end])
        end -= len(token)
    return kept


def _tool_name(request: ReceivedChat) -> str:
    """The tool that the request asks for, else the first it offers, so that a client finds the call among its own."""
    asked = request.tool_choice if isinstance(request.tool_choice, dict) else None
    function = (asked or (request.tools or [{}])[0]).get("function")
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else "get_weather"


def _finish_reason(plan: _Plan, script: Script) -> str:
    if script.finish is not None:
        return script.finish
    if plan.cut:
        return "length"
    return "tool_calls" if plan.tool_arguments else "stop"


def _bundles(tokens: list[str], size: int) -> Iterator[tuple[str, int]]:
    for start in range(0, len(tokens), size):
        bundle = tokens[start : start + size]
        yield "".join(bundle), len(bundle)


def _deltas(plan: _Plan, script: Script) -> Iterator[Delta]:
    last = len(plan.reasoning)
    sent = 0
    for text, count in _bundles(plan.reasoning, script.bundle):
        sent += count
        if script.think_tags:
            opened = "<think>" + text if sent == count else text
            yield Delta(content=opened + "</think>\n\n" if sent == last else opened, tokens=count)
        else:
            yield Delta(reasoning=text, tokens=count)
    for text, count in _bundles(plan.content, script.bundle):
        yield Delta(content=text, tokens=count)
    for number, piece in enumerate(plan.tool_arguments):
        if number == 0:
            function = {"name": plan.tool_name, "arguments": piece}
            yield Delta(tool_call={"index": 0, "id": "call_sandbox_1", "type": "function", "function": function})
        else:
            yield Delta(tool_call={"index": 0, "function": {"arguments": piece}})


async def _paced(deltas: Iterator[Delta], rate: float) -> AsyncGenerator[Burst, None]:
    """Release token k at start + k / rate, so that a late one delays no other; rate 0 releases all at once."""
    if rate == 0:
        while burst := list(islice(deltas, _BURST_DELTAS)):
            yield burst
            # A client that reads fast never lets `send` wait: give the loop a turn to see one that left.
            await asyncio.sleep(0)
        return
    clock = asyncio.get_running_loop().time
    start = clock()
    released = 0
    burst = []
    for delta in deltas:
        released += delta.tokens
        due = start + (released - 1) / rate
        if burst and (due > clock() or len(burst) >= _BURST_DELTAS):
            yield burst
            burst = []
        if due > clock():
            await asyncio.sleep(due - clock())
        burst.append(delta)
    if burst:
        yield burst
