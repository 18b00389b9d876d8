"""The JSON of a workbench, as version 1 has it: what is left out is as it is by default."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from glm_playground.chat.folders import Omission
from glm_playground.gateway import Parameters, ToolCall
from glm_playground.gateway.wire import ImageUrl


class AnswerFields(BaseModel):
    id: str
    run: str = ""
    text: str | None = None
    quoted: bool = False
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    one_by_one: bool = False


class ResultFields(BaseModel):
    call: ToolCall
    content: str


class FileFields(BaseModel):
    """An attachment that is more than a name and a text."""

    name: str
    text: str = ""
    pages: int = 0
    image: ImageUrl | Literal[""] = ""
    files: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, Omission], ...] = ()


AttachmentFields = tuple[str, str] | FileFields
"""Name and text, as version 1 had it from the first, or one of the other kinds."""


class PromptFields(BaseModel):
    text: str = ""
    attachments: tuple[AttachmentFields, ...] = ()
    results: tuple[ResultFields, ...] = ()
    template: str = ""
    values: dict[str, str] = {}


class TurnFields(BaseModel):
    id: str
    after: str = ""
    """The answer that it follows; empty at the beginning."""
    prompt: PromptFields
    answers: tuple[AnswerFields, ...] = ()
    chosen: int = -1


class LaneFields(BaseModel):
    id: str
    model: str
    gateway: str = ""
    system: str = ""
    parameters: Parameters = Parameters()
    typed: dict[str, str] = {}
    format: str | None = None
    turns: tuple[TurnFields, ...] = ()
    """Each after the answer that it follows."""
    shown: dict[str, int] = {}
    """By the answer before, which of the prompts that follow it is shown."""


class DraftFields(BaseModel):
    id: str
    text: str
    attachments: tuple[AttachmentFields, ...] = ()
    guessed: tuple[str, ...] = ()
    lane_ids: tuple[str, ...] = ()
    prompt: PromptFields | None = None
    turn_id: str = ""
    as_branch: bool = False
    literal: bool = False


class WorkbenchFields(BaseModel):
    version: int
    lanes: tuple[LaneFields, ...]
    next_lane: int
    same_settings: bool = False
    one_by_one: bool = False
    repeats: int = 1
    ask_above: Decimal | None = None
    target: str = "all"
    layout: str = ""
    run_tools: bool = False
    drafts: tuple[DraftFields, ...] = ()
    values: dict[str, str] = {}
    edits: dict[str, str] = {}
    runs: dict[str, dict[str, Any]] = {}
    """Runs that the ledger does not store, as JSON, with their cost."""
