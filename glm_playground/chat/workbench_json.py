"""A workbench as JSON and back, as the ledger stores it.

Runs that the ledger stores are named by their id; others, such as replays, are inside. The tree of a conversation is a
flat list of turns, so that a long one is not nested deeply. Undo and warm-ups are of one process and are not stored.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Conversation, Fork, Turn
from glm_playground.chat.encodings import Guessed, is_reading
from glm_playground.chat.folders import LeftOut, PathFile
from glm_playground.chat.lane import FORMATS, WRITTEN, Lane
from glm_playground.chat.merge import take_over
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.setup import MAX_LANES, Setup
from glm_playground.chat.workbench import MAX_REPEATS, Draft, Workbench, tell_apart
from glm_playground.chat.workbench_fields import (
    AnswerFields,
    AttachmentFields,
    DraftFields,
    FileFields,
    LaneFields,
    PromptFields,
    ResultFields,
    TurnFields,
    WorkbenchFields,
)
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run
from glm_playground.runs.run_json import (
    RecordingError,
    cost_to_json,
    known_cost_from_json,
    known_run_from_json,
    run_to_json,
)

VERSION = 1


class WorkbenchUnreadable(Exception):
    """The JSON is not a workbench that this version reads."""


class WorkbenchNewer(WorkbenchUnreadable):
    """A later version of the app has written it."""


class KnownRun(NamedTuple):
    """A run that an answer names, as far as it can be found."""

    run: Run
    cost: Cost | None = None


Runs = Mapping[str, KnownRun]


_OPTIONS = (
    "next_lane",
    "same_settings",
    "one_by_one",
    "repeats",
    "ask_above",
    "target",
    "layout",
    "run_tools",
    "values",
    "edits",
)


def to_json(bench: Workbench, stored: Callable[[Run], bool]) -> str:
    """`bench` as JSON; runs for which `stored` says no are written whole."""
    with bench.lock:
        lanes = [_lane(lane) for lane in bench.lanes]
        runs = [answer for lane in bench.lanes for answer in lane.conversation.all_answers() if answer.run]
        inside = {
            answer.run.id: {
                "run": run_to_json(answer.run),
                "cost": cost_to_json(answer.cost) if answer.cost else None,
            }
            for answer in runs
            if answer.run and not stored(answer.run)
        }
        if bench.unreadable:
            missing = {answer.missing for lane in bench.lanes for answer in lane.conversation.all_answers()}
            inside |= {run_id: one for run_id, one in bench.unreadable.items() if run_id in missing}
        found = WorkbenchFields(
            version=VERSION,
            lanes=tuple(lanes),
            drafts=tuple(map(_draft, bench.drafts)),
            runs=inside,
            **{name: getattr(bench, name) for name in _OPTIONS} | {"edits": _edits(bench)},
        )
    # Lone surrogates, which a text may hold, are escaped.
    return json.dumps(found.model_dump(mode="json", exclude_defaults=True))


def _edits(bench: Workbench) -> dict[str, str]:
    """What is typed for turns and answers that are there: what an undo could still bring back is not stored either."""
    if not bench.edits:
        return {}
    conversations = [lane.conversation for lane in bench.lanes]
    ids = {turn.id for conversation in conversations for turn in conversation.all_turns()}
    ids |= {answer.id for conversation in conversations for answer in conversation.all_answers()}
    return {place: text for place, text in bench.edits.items() if not ids.isdisjoint(place.split("-"))}


def run_ids(text: str) -> tuple[str, ...]:
    """The ids of the runs that a stored workbench names.

    Raises:
        WorkbenchUnreadable: it is none, or a later version has written it.
    """
    found = _read(text)
    named = (answer.run for lane in found.lanes for turn in lane.turns for answer in turn.answers)
    return tuple(dict.fromkeys(run_id for run_id in named if run_id and run_id not in found.runs))


def from_json(text: str, known: Runs, *, id: str, name: str) -> Workbench:
    """The workbench that `to_json` made `text` of.

    Args:
        text: as stored.
        known: the runs of `run_ids` that can still be read; an answer whose run is not among them is missing.
        id: of the workbench.
        name: as the user, or its first prompt, named it.

    Raises:
        WorkbenchUnreadable: it is none, or a later version has written it.
    """
    found = _read(text)
    inside = {run_id: _known_run(one) for run_id, one in found.runs.items()}
    runs = {**known, **{run_id: run for run_id, run in inside.items() if run}}
    lanes = [_lane_of(lane, runs) for lane in found.lanes]
    bench = Workbench(id=id, name=name, lanes=lanes[:MAX_LANES] or [Lane("1")])
    bench.unreadable = {run_id: found.runs[run_id] for run_id, run in inside.items() if run is None}
    bench.drafts = [_draft_of(draft) for draft in found.drafts]
    for option in _OPTIONS:
        setattr(bench, option, getattr(found, option))
    bench.repeats = min(max(bench.repeats, 1), MAX_REPEATS)
    _tell_apart(bench, bench.lanes + lanes[MAX_LANES:])
    if lanes[MAX_LANES:]:
        take_over(bench, Workbench(lanes=lanes[MAX_LANES:]))
    return bench


def _known_run(stored: dict[str, Any]) -> KnownRun | None:
    """A run that is inside; None where it cannot be read, which harms no other."""
    try:
        run, _left_out = known_run_from_json(stored.get("run"))
        cost = stored.get("cost")
        return KnownRun(run, known_cost_from_json(cost) if cost else None)
    except RecordingError:
        return None


def _tell_apart(bench: Workbench, lanes: Sequence[Lane]) -> None:
    """Gives a lane, a turn, an answer or a prompt that waits another id where one before it has its own.

    Widgets are known by them.
    """
    taken = set[str]()
    for lane in lanes:
        while lane.id in taken:
            lane.id = str(bench.next_lane)
            bench.next_lane += 1
        taken.add(lane.id)
    conversations = [lane.conversation for lane in lanes]
    tell_apart(turn for conversation in conversations for turn in conversation.all_turns())
    tell_apart(answer for conversation in conversations for answer in conversation.all_answers())
    tell_apart(bench.drafts)


def _read(text: str) -> WorkbenchFields:
    try:
        value = json.loads(text)
        version = value["version"]
        if type(version) is not int:
            raise ValueError("its version is no whole number")
        if version > VERSION:
            raise WorkbenchNewer(f"version {version}")
        return WorkbenchFields.model_validate(value)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise WorkbenchUnreadable(reason) from None


def _lane(lane: Lane) -> LaneFields:
    conversation = lane.conversation
    followed = {"": conversation.start, **{answer.id: answer.after for answer in conversation.all_answers()}}
    turns = [_turn(turn, after) for after, fork in _parents_first(conversation.start) for turn in fork.turns]
    return LaneFields(
        id=lane.id,
        model=lane.setup.model,
        gateway=lane.setup.gateway,
        system=lane.setup.system,
        parameters=lane.setup.parameters,
        typed=lane.typed,
        format=lane.format,
        turns=tuple(turns),
        shown={after: fork.chosen for after, fork in followed.items() if len(fork.turns) > 1},
    )


def _parents_first(start: Fork) -> list[tuple[str, Fork]]:
    found, waiting = [], [("", start)]
    while waiting:
        after, fork = waiting.pop()
        found.append((after, fork))
        waiting += [(answer.id, answer.after) for turn in fork.turns for answer in turn.answers if answer.after.turns]
    return found


def _turn(turn: Turn, after: str) -> TurnFields:
    answers = tuple(
        AnswerFields(
            id=answer.id,
            run=answer.run.id if answer.run else answer.missing,
            text=answer.text,
            quoted=answer.quoted,
            calls=answer.calls,
            reasoning=answer.reasoning if answer.quoted else "",
            one_by_one=answer.one_by_one,
        )
        for answer in turn.answers
    )
    return TurnFields(id=turn.id, after=after, prompt=_prompt(turn.prompt), answers=answers, chosen=turn.chosen)


def _prompt(prompt: Prompt) -> PromptFields:
    results = tuple(ResultFields(call=result.call, content=result.content) for result in prompt.results)
    return PromptFields(
        text=prompt.text,
        attachments=tuple(map(_attached, prompt.attachments)),
        results=results,
        template=prompt.template,
        values=dict(prompt.values),
    )


def _attached(file: Attachment) -> AttachmentFields:
    if file == Attachment(file.name, file.text):
        return (file.name, file.text)
    return FileFields(**file._asdict())


def _text_of(stored: AttachmentFields) -> str:
    return stored.text if isinstance(stored, FileFields) else stored[1]


def _attachment_of(stored: AttachmentFields) -> Attachment:
    if not isinstance(stored, FileFields):
        return Attachment(*stored)
    files = tuple(PathFile(*one) for one in stored.files)
    left_out = tuple(LeftOut(*one) for one in stored.left_out)
    return Attachment(stored.name, stored.text, stored.pages, stored.image, files, left_out)


def _draft(draft: Draft) -> DraftFields:
    return DraftFields(
        id=draft.id,
        text=draft.text,
        attachments=tuple(map(_attached, draft.attachments)),
        guessed=draft.guessed,
        lane_ids=draft.lane_ids,
        prompt=_prompt(draft.prompt) if draft.prompt else None,
        turn_id=draft.turn_id,
        as_branch=draft.as_branch,
        literal=draft.literal,
    )


def _lane_of(stored: LaneFields, known: Runs) -> Lane:
    lane = Lane(stored.id)
    conversation = Conversation()
    places = {"": conversation.start}
    for one in stored.turns:
        answers = [_answer_of(answer, known) for answer in one.answers]
        places |= {answer.id: answer.after for answer in answers}
        if one.after not in places:
            raise WorkbenchUnreadable("a turn follows an answer that is not there")
        places[one.after].turns.append(Turn(_prompt_of(one.prompt), answers, _within(one.chosen, answers), one.id))
    for after, chosen in stored.shown.items():
        if after in places:
            places[after].chosen = _within(chosen, places[after].turns)
    # Not checked again: a system prompt that came with a bundle may be longer than one that may be typed.
    setup = {name: getattr(stored, name) for name in Setup.model_fields}
    lane.use(Setup.model_construct(**setup))
    if stored.format in FORMATS:
        lane.edit("format", stored.format)
    for name in WRITTEN:
        if name in stored.typed:
            lane.edit(name, stored.typed[name])
    lane.conversation = conversation
    return lane


def _within(chosen: int, items: list[Any]) -> int:
    return chosen if -len(items) <= chosen < len(items) else -1


def _answer_of(stored: AnswerFields, known: Runs) -> Answer:
    found = known.get(stored.run)
    return Answer(
        run=found.run if found else None,
        text=stored.text,
        quoted=stored.quoted,
        calls=stored.calls,
        quoted_reasoning=stored.reasoning,
        one_by_one=stored.one_by_one,
        stored_cost=found.cost if found else None,
        missing="" if found else stored.run,
        id=stored.id,
    )


def _prompt_of(stored: PromptFields) -> Prompt:
    results = tuple(ToolResult(result.call, result.content) for result in stored.results)
    attachments = tuple(map(_attachment_of, stored.attachments))
    return Prompt(stored.text, attachments, results, stored.template, stored.values)


def _draft_of(stored: DraftFields) -> Draft:
    return Draft(
        text=stored.text,
        attachments=tuple(map(_attachment_of, stored.attachments)),
        guessed=tuple(
            encoding if is_reading(Guessed(text, encoding)) else ""
            for text, encoding in zip(map(_text_of, stored.attachments), stored.guessed, strict=False)
        ),
        lane_ids=stored.lane_ids,
        prompt=_prompt_of(stored.prompt) if stored.prompt else None,
        turn_id=stored.turn_id,
        as_branch=stored.as_branch,
        literal=stored.literal,
        id=stored.id,
    )
