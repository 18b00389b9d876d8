"""The conversations on the screen as a report: Markdown, or one HTML page that needs nothing else and prints.

Around the turns stand the figures of each lane with their n, what they mean, where the prices come from, and limits.

An answer is rendered, as on the page: without HTML, images and hidden links, and with headings below the report's own,
so a hostile one stays inside its place. All else that users and models wrote is text. In Markdown that is the content
of a fenced code block whose fence is longer than any run of backticks in it, which no content can end
(spec.commonmark.org/0.31.2/#fenced-code-blocks); the user's blocks stand in a quote. Values within a line are code
spans.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Conversation, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import Setup
from glm_playground.gateway.wire import clean_text
from glm_playground.markdown.document import to_document
from glm_playground.markdown.html import to_html as answer_html
from glm_playground.reports.figure_text import cost_text, duration_text, number_text, run_speed_text
from glm_playground.reports.figures import lane_figures
from glm_playground.reports.sections import (
    MeasuredLane,
    RunsNotice,
    Table,
    VoteShown,
    asking_text,
    figures_table,
    period_text,
    replay_notice,
    sources_table,
    stand_in_notice,
    votes_table,
    warm_ups_text,
)
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import Cost, is_play_money
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Run, RunError
from glm_playground.runs.thinking import reasoning_of

_BACKTICKS = re.compile("`+")
_LINE_ENDS = re.compile(r"\r\n?|\n")
# They would turn round what follows on the line: unicode.org/reports/tr9/#Directional_Formatting_Characters
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class TranscriptLane(NamedTuple):
    """A lane of the screen."""

    setup: Setup
    conversation: Conversation
    costs: Mapping[str, Cost]
    """By run id, for all runs of the turns on the screen; one that is running has none."""
    every_answer: bool = False
    """True where the other answers to a prompt are told too, and not only the one on the screen."""

    @property
    def answers(self) -> list[Answer]:
        """The answers with a run to the turns on the screen, repeats included."""
        return [answer for turn in self.conversation.turns for answer in turn.answers if answer.run]

    @property
    def runs(self) -> list[Run]:
        """The runs behind the figures: all that answered the turns on the screen."""
        return [run for turn in self.conversation.turns for run in turn.runs]


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
    failed: bool = False
    """True for an error."""
    image: str = ""
    """A data URL in the text's place."""


class _TurnShown(NamedTuple):
    prompt: tuple[_Passage, ...]
    answer: tuple[_Passage, ...]
    stand_in: str
    """What answered in place of a GLM; empty where none did."""
    replayed: bool
    figures: tuple[tuple[str, str], ...]
    """Label and value; none for an answer that the user wrote."""


class _LaneShown(NamedTuple):
    model: str
    head: tuple[_Passage, ...]
    turns: tuple[_TurnShown, ...]


class _Measured(NamedTuple):
    """What stands around the turns where there are runs."""

    period: str
    stand_in: RunsNotice | None
    replay: RunsNotice | None
    figures: Table
    warm_ups: str
    """How many were left out of the figures; empty where there were none."""
    asking: str
    sources: Table


def to_markdown(
    lanes: Sequence[TranscriptLane], words: Words, *, exported_at: datetime, votes: Sequence[VoteShown] = ()
) -> str:
    """The report as a document in GitHub's Markdown, with headings only of its own."""
    return _rendered("transcript.md.jinja", lanes, words, exported_at, votes)


def to_html(
    lanes: Sequence[TranscriptLane],
    words: Words,
    *,
    exported_at: datetime,
    language: str,
    votes: Sequence[VoteShown] = (),
    ids: bool = True,
) -> str:
    """The report as one HTML page, which loads nothing and runs nothing.

    Args:
        lanes: in the order of the screen.
        words: the report's labels.
        exported_at: the report's date.
        language: of `words`, as "en" or "pt_BR".
        votes: between the answers; without any, nothing is said of votes.
        ids: whether the ids are shown that a gateway gave requests and tasks.
    """
    spoken, hidden = language.replace("_", "-"), () if ids else (words.request_id, words.task_id)
    return _rendered("transcript.html.jinja", lanes, words, exported_at, votes, language=spoken, hidden=hidden)


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


def table_span(text: str) -> str:
    """`text` as a code span in a table, where "|" would begin a cell and parsers disagree on how it is escaped."""
    return span(text.replace("|", "¦"))


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters.update(
    as_document=to_document, as_html=answer_html, fenced=fenced, quoted=quoted, span=span, table_span=table_span
)


def _longest_backticks(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def _rendered(
    template: str,
    lanes: Sequence[TranscriptLane],
    words: Words,
    exported_at: datetime,
    votes: Sequence[VoteShown],
    **more: object,
) -> str:
    text = TEMPLATES.get_template(template).render(
        lanes=[_lane(lane, words) for lane in lanes if not is_warm_up(lane)],
        measured=_measured(lanes, words),
        votes=votes_table(votes, words) if votes else None,
        words=words,
        exported_at=exported_at.astimezone(UTC),
        **more,
    )
    return clean_text(text)


def _measured(lanes: Sequence[TranscriptLane], words: Words) -> _Measured | None:
    """None where nothing was asked."""
    # A copied lane begins with the runs of the one it was copied from.
    runs = list({run.id: run for lane in lanes for run in lane.runs}.values())
    if not runs:
        return None
    costs = {run_id: cost for lane in lanes for run_id, cost in lane.costs.items()}
    warm_ups = [run for run in runs if run.warm_up]
    shown = [lane for lane in lanes if not is_warm_up(lane)]
    rows = [MeasuredLane(lane.setup, lane.runs, lane_figures(lane.runs, lane.costs)) for lane in shown]
    answers = list({answer.run.id: answer for lane in shown for answer in lane.answers if answer.run}.values())
    return _Measured(
        period=period_text([run.started_at for run in runs], words),
        stand_in=stand_in_notice(runs),
        replay=replay_notice(runs),
        figures=figures_table(rows, words),
        warm_ups=warm_ups_text(warm_ups, costs, words),
        asking=asking_text(answers, most_at_once=most_at_once(shown), words=words),
        sources=sources_table(runs, costs, words),
    )


def most_at_once(lanes: Sequence[TranscriptLane]) -> int:
    """The most runs that answered one turn, over all lanes."""
    by_turn = zip_longest(*(lane.conversation.turns for lane in lanes))
    return max((len({run.id for turn in turns if turn for run in turn.runs}) for turns in by_turn), default=0)


def is_warm_up(lane: TranscriptLane) -> bool:
    """Whether a lane has only runs that ready its model."""
    runs = lane.runs
    return bool(runs) and all(run.warm_up for run in runs)


def _lane(lane: TranscriptLane, words: Words) -> _LaneShown:
    head = []
    if lane.setup.system.strip():
        head.append(_Passage(words.system_prompt, lane.setup.system))
    if fields := lane.setup.parameters.fields():
        head.append(_Passage(words.settings, json.dumps(fields, ensure_ascii=False, indent=2), language="json"))
    turns = tuple(_turn(turn, lane, words) for turn in lane.conversation.turns)
    return _LaneShown(lane.setup.asked or words.unknown, tuple(head), turns)


def _turn(turn: Turn, lane: TranscriptLane, words: Words) -> _TurnShown:
    prompt = _prompt(turn.prompt, words)
    run = run_on_screen(turn.answer) if turn.answers else None
    others = _others(turn, words) if lane.every_answer else ()
    if run is None:
        told = _without_run(turn.answer, words) if turn.answers else ()
        return _TurnShown(prompt, (*told, *others), "", replayed=False, figures=())
    return _TurnShown(
        prompt,
        (*_answer(turn.answer, run, words), *others),
        run.server.stand_in or "",
        replayed=run.replayed,
        figures=_figures(run, lane.costs.get(run.id), words),
    )


def _without_run(answer: Answer, words: Words) -> tuple[_Passage, ...]:
    """What the user wrote in place of an answer, or what a later request says that the model answered."""
    calls = [_Passage(words.tool_call, call.arguments, call.name, "json") for call in answer.tool_calls]
    label = words.quoted if answer.quoted else words.written_by_user
    text = [_Passage(label, answer.content, language="markdown")] if answer.content or not calls else []
    return (*text, *calls)


def _others(turn: Turn, words: Words) -> tuple[_Passage, ...]:
    """The answers that are not on the screen, each with all its passages under its number."""
    count = len(turn.answers)
    found = []
    for number, answer in enumerate(turn.answers, start=1):
        if answer is turn.answer:
            continue
        run = run_on_screen(answer)
        passages = _answer(answer, run, words) if run else _without_run(answer, words)
        title = words.other_answer.format(number=number_text(number, words), count=number_text(count, words))
        found += [one._replace(label=f"{title}: {one.label}", folds=True) for one in passages]
    return tuple(found)


def _prompt(prompt: Prompt, words: Words) -> tuple[_Passage, ...]:
    if prompt.results:
        return tuple(_Passage(words.tool_result, result.content, result.call.name) for result in prompt.results)
    files = [passage for file in prompt.attachments for passage in _attached(file, words)]
    return (_Passage(words.user, prompt.text), *files)


def _attached(file: Attachment, words: Words) -> list[_Passage]:
    if file.files:
        return [_Passage(words.attachment, one.text, f"{file.name}/{one.path}", folds=True) for one in file.files]
    return [_Passage(words.attachment, file.text, file.name, folds=not file.image, image=file.image)]


def _answer(answer: Answer, run: Run, words: Words) -> tuple[_Passage, ...]:
    passages = []
    if (reasoning := reasoning_of(run)).strip():
        passages.append(_Passage(words.reasoning, reasoning, folds=True))
    if answer.content or not (answer.tool_calls or run.error):
        language = "json" if run.request.wants_json else "markdown"
        passages.append(_Passage(words.assistant, answer.content, language=language))
    passages += [_Passage(words.tool_call, call.arguments, call.name, "json") for call in answer.tool_calls]
    if run.error:
        passages.append(_Passage(words.error, error_text(run.error), failed=True))
    return tuple(passages)


def error_text(error: RunError) -> str:
    """An error on a line, its codes first."""
    codes = [str(code) for code in (error.status, error.code) if code is not None]
    return ": ".join(filter(None, [" ".join(codes), error.message]))


def _figures(run: Run, cost: Cost | None, words: Words) -> tuple[tuple[str, str], ...]:
    metrics = metrics_of(run)
    tokens = run.usage.completion_tokens if run.usage else None
    figures = [
        (words.model, run.request.model),
        (words.server, f"{run.server.name} ({run.server.origin})"),
        (words.outcome, words.outcomes.get(run.outcome, run.outcome.value) if run.outcome else words.running),
        (words.tokens, words.unknown if tokens is None else number_text(tokens, words)),
        (words.ttft, duration_text(metrics.ttft, words)),
        (words.ttfa, duration_text(metrics.ttfa, words)),
        (words.e2e, duration_text(metrics.e2e, words)),
        (words.tpot, duration_text(metrics.tpot, words)),
        (words.output_speed, run_speed_text(metrics, words)),
        (words.finish_reason, run.finish_reason or words.none),
        (words.cost, cost_text(cost, play_money=bool(cost and is_play_money(run, cost)), words=words)),
    ]
    ids = ((words.request_id, run.request_id), (words.task_id, run.task_id))
    return (*figures, *((label, value) for label, value in ids if value))
