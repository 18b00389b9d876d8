"""Attachments of every kind are there again after a workbench was stored; what earlier versions stored opens."""

import json

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.folders import LeftOut, Omission, PathFile
from glm_playground.chat.lane import Lane
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.session import Session
from glm_playground.chat.workbench import Draft, Workbench
from glm_playground.chat.workbench_json import from_json, to_json
from tests.pictures import picture, url_of
from tests.unit.chat.fake_runner import FakeRunner

FILES = (
    Attachment("a.txt", "text"),
    Attachment("b.pdf", "[page 1 of 1]\nb\n", pages=1),
    Attachment("c.png", image=url_of(picture())),
    Attachment("d", files=(PathFile("e/f.py", ""),), left_out=(LeftOut("g.png", Omission.NOT_TEXT),)),
)


def test_every_kind_is_stored_and_read() -> None:
    lane = Lane("1")
    lane.conversation.end.add(Turn(Prompt("hi", FILES), [Answer(text="there")]))
    bench = Workbench(lanes=[lane], drafts=[Draft("later", FILES, ("1",), guessed=("", "", "", ""))])
    stored = to_json(bench, lambda run: True)
    again = from_json(stored, {}, id="x", name="y")
    assert again.lanes[0].conversation.turns[0].prompt == Prompt("hi", FILES)
    assert again.drafts[0].attachments == FILES
    # A text is stored as it always was, so that an earlier version reads it too.
    assert json.loads(stored)["drafts"][0]["attachments"][0] == ["a.txt", "text"]


def test_what_was_typed_for_a_deleted_turn_is_not_stored() -> None:
    lane = Lane("1")
    turns = [Turn(Prompt(text), [Answer(text="there")]) for text in ("one", "two", "three")]
    for turn in turns:
        lane.conversation.end.add(turn)
    answer = turns[1].answers[0]
    edits = {
        f"prompt-{turns[0].id}": "kept",
        f"answer-{answer.id}": "kept too",
        f"result-{answer.id}-0": "and this",
        f"prompt-{turns[2].id}": "gone",
    }
    session = Session(Workbench(lanes=[lane], edits=dict(edits)), FakeRunner())
    session.delete_turn(lane, turns[2])
    stored = to_json(session.bench, lambda run: True)
    assert "gone" not in stored
    assert list(from_json(stored, {}, id="x", name="y").edits) == list(edits)[:3]
    session.undo()
    assert from_json(to_json(session.bench, lambda run: True), {}, id="x", name="y").edits == edits
