"""The conversations on the screen as a file to keep or to hand on: Markdown, or one HTML page that needs nothing else.

What users and models wrote is shown as text, never rendered: a hostile answer stays inside its place. In Markdown each
text is the content of a fenced code block whose fence is longer than any run of backticks in the text, which no content
can end (spec.commonmark.org/0.31.2/#fenced-code-blocks), so it also stays letter by letter what it was; the user's
blocks stand in a quote. Values within a line are code spans.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from glm_playground.gateway.wire import clean_text
from glm_playground.runs.conversation import Answer, Conversation, Prompt, Turn
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run, RunError
from glm_playground.runs.setup import Setup
from glm_playground.runs.thinking import reasoning_of

_BACKTICKS = re.compile("`+")
_LINE_ENDS = re.compile(r"\r\n?|\n")
# They would turn round what follows on the line: unicode.org/reports/tr9/#Directional_Formatting_Characters
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_ENGLISH_OUTCOMES = {
    Outcome.COMPLETED: "completed",
    Outcome.LENGTH: "cut at the limit",
    Outcome.FILTERED: "filtered",
    Outcome.TOOL_CALLS: "tool calls",
    Outcome.STOPPED: "stopped",
    Outcome.FAILED: "failed",
    Outcome.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True)
class Words:
    """What a transcript says in the reader's language; the caller's own text, put into Markdown as it is."""

    title: str = "Playground transcript"
    exported_on: str = "Exported on"
    lane: str = "Lane"
    turn: str = "Turn"
    system_prompt: str = "System prompt"
    settings: str = "Settings"
    user: str = "User"
    attachment: str = "Attached file"
    assistant: str = "Assistant"
    reasoning: str = "Reasoning"
    written_by_user: str = "Written by the user in place of an answer"
    tool_call: str = "Tool call"
    tool_result: str = "Tool result"
    error: str = "Error"
    stand_in: str = "Not an answer of GLM: a stand-in ({model}) answered in its place."
    """With `{model}` where its name goes."""
    model: str = "model"
    server: str = "server"
    outcome: str = "outcome"
    outcomes: Mapping[Outcome, str] = field(default_factory=lambda: _ENGLISH_OUTCOMES)
    """How a run ended; an outcome that is not in it is named as in the JSON."""
    going_on: str = "going on"
    tokens: str = "tokens"
    ttft: str = "TTFT"
    output_speed: str = "output speed"
    finish_reason: str = "finish_reason"
    cost: str = "cost"
    request_id: str = "request id"
    task_id: str = "task id"
    unknown: str = "unknown"
    none: str = "none"
    decimal_point: str = "."


class TranscriptLane(NamedTuple):
    """A lane of the screen."""

    setup: Setup
    conversation: Conversation
    costs: Mapping[str, str]
    """By run id: the cost in words as the screen says it, plain text."""


class _Passage(NamedTuple):
    """A text under its label."""

    label: str
    text: str
    name: str = ""
    """Of the file or the tool."""
    language: str = "text"
    """What a Markdown reader colours it as."""
    folds: bool = False
    """True for what a reader may want out of the way."""


class _TurnShown(NamedTuple):
    prompt: tuple[_Passage, ...]
    answer: tuple[_Passage, ...]
    stand_in: str
    """What answered in place of a GLM; empty where none did."""
    figures: tuple[tuple[str, str], ...]
    """Label and value; none for an answer that the user wrote."""


class _LaneShown(NamedTuple):
    model: str
    head: tuple[_Passage, ...]
    turns: tuple[_TurnShown, ...]


def to_markdown(lanes: Sequence[TranscriptLane], words: Words, *, exported_at: datetime) -> str:
    """The turns on the screen as a CommonMark document, with headings only of its own."""
    return _rendered("transcript.md.jinja", lanes, words, exported_at)


def to_html(lanes: Sequence[TranscriptLane], words: Words, *, exported_at: datetime, language: str) -> str:
    """The turns on the screen as one HTML page, which loads nothing and runs nothing.

    Args:
        language: of `words`, as "en" or "pt_BR".
    """
    return _rendered("transcript.html.jinja", lanes, words, exported_at, language=language.replace("_", "-"))


def run_on_screen(answer: Answer) -> Run | None:
    """The run whose text is shown; None where the user's own text stands in its place."""
    return answer.run if answer.text is None else None


def fenced(text: str, language: str = "text") -> str:
    """`text` as a fenced code block, whose content is `text` and a line end."""
    fence = "`" * max(3, 1 + _longest_backticks(text))
    return f"{fence}{language}\n{text}\n{fence}"


def quoted(markdown: str) -> str:
    """`markdown` as a block quote."""
    return "> " + _LINE_ENDS.sub(lambda end: end[0] + "> ", markdown)


def span(text: str) -> str:
    """`text` as a code span on one line, without marks of direction."""
    line = " ".join(_DIRECTION_MARKS.sub("", text).split())
    if not line:
        return "` `"
    ticks = "`" * (1 + _longest_backticks(line))
    space = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{ticks}{space}{line}{space}{ticks}"


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters.update(fenced=fenced, quoted=quoted, span=span)


def _longest_backticks(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def _rendered(
    template: str, lanes: Sequence[TranscriptLane], words: Words, exported_at: datetime, **more: object
) -> str:
    shown = [_lane(lane, words) for lane in lanes]
    when = exported_at.astimezone(UTC)
    return clean_text(_TEMPLATES.get_template(template).render(lanes=shown, words=words, exported_at=when, **more))


def _lane(lane: TranscriptLane, words: Words) -> _LaneShown:
    head = []
    if lane.setup.system.strip():
        head.append(_Passage(words.system_prompt, lane.setup.system))
    if fields := lane.setup.parameters.fields():
        head.append(_Passage(words.settings, json.dumps(fields, ensure_ascii=False, indent=2), language="json"))
    turns = tuple(_turn(turn, lane.costs, words) for turn in lane.conversation.turns)
    return _LaneShown(lane.setup.model or words.unknown, tuple(head), turns)


def _turn(turn: Turn, costs: Mapping[str, str], words: Words) -> _TurnShown:
    prompt = _prompt(turn.prompt, words)
    if not turn.answers:
        return _TurnShown(prompt, (), "", ())
    run = run_on_screen(turn.answer)
    if run is None:
        own = _Passage(words.written_by_user, turn.answer.content, language="markdown")
        return _TurnShown(prompt, (own,), "", ())
    figures = _figures(run, costs.get(run.id, words.unknown), words)
    return _TurnShown(prompt, _answer(turn.answer, run, words), run.server.stand_in or "", figures)


def _prompt(prompt: Prompt, words: Words) -> tuple[_Passage, ...]:
    if prompt.results:
        return tuple(_Passage(words.tool_result, result.content, result.call.name) for result in prompt.results)
    files = [_Passage(words.attachment, file.text, file.name, folds=True) for file in prompt.attachments]
    return (_Passage(words.user, prompt.text), *files)


def _answer(answer: Answer, run: Run, words: Words) -> tuple[_Passage, ...]:
    passages = []
    if (reasoning := reasoning_of(run)).strip():
        passages.append(_Passage(words.reasoning, reasoning, folds=True))
    if answer.content or not (answer.tool_calls or run.error):
        passages.append(_Passage(words.assistant, answer.content, language="markdown"))
    passages += [_Passage(words.tool_call, call.arguments, call.name, "json") for call in answer.tool_calls]
    if run.error:
        passages.append(_Passage(words.error, _error_text(run.error)))
    return tuple(passages)


def _error_text(error: RunError) -> str:
    codes = [str(code) for code in (error.status, error.code) if code is not None]
    return ": ".join(filter(None, [" ".join(codes), error.message]))


def _figures(run: Run, cost: str, words: Words) -> tuple[tuple[str, str], ...]:
    metrics = metrics_of(run)
    tokens = run.usage.completion_tokens if run.usage else None
    speed = metrics.output_speed
    figures = [
        (words.model, run.request.model),
        (words.server, f"{run.server.name} ({run.server.origin})"),
        (words.outcome, words.outcomes.get(run.outcome, run.outcome.value) if run.outcome else words.going_on),
        (words.tokens, words.unknown if tokens is None else str(tokens)),
        (words.ttft, words.unknown if metrics.ttft is None else _duration(metrics.ttft, words)),
        (words.output_speed, f"{_decimal(speed, 1, words)} {words.tokens}/s" if speed else words.unknown),
        (words.finish_reason, run.finish_reason or words.none),
        (words.cost, cost),
    ]
    ids = ((words.request_id, run.request_id), (words.task_id, run.task_id))
    return (*figures, *((label, value) for label, value in ids if value))


def _duration(nanoseconds: int, words: Words) -> str:
    if nanoseconds < 999.5e6:
        return f"{nanoseconds / 1e6:.0f} ms"
    return f"{_decimal(nanoseconds / 1e9, 2, words)} s"


def _decimal(value: float, digits: int, words: Words) -> str:
    return f"{value:.{digits}f}".replace(".", words.decimal_point)
