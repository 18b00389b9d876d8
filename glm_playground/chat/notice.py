"""What a session has to say of a command that was not done, or not wholly; the page has the words."""

from dataclasses import dataclass
from enum import StrEnum

from glm_playground.chat.attachments import AttachmentProblem
from glm_playground.chat.checks import Finding


class NoticeKind(StrEnum):
    """What is said."""

    BUSY = "busy"
    """An answer of the lane is still being written."""
    VARIABLES = "variables"
    """The prompt has variables to fill in."""
    CONFIRM = "confirm"
    """The prompt may cost more than the user's limit."""
    CONFIRM_TOGETHER = "confirm_together"
    """The prompt and what the same act has sent already may."""
    SETTINGS = "settings"
    """A field of the settings cannot be used."""
    CHECK = "check"
    """A check refused the request."""
    ENCODING = "encoding"
    """The encoding of a file is a guess."""
    PDF = "pdf"
    """The text of a PDF is to be looked at before it is sent."""
    FOLDER = "folder"
    """A folder waits for what is asked of it."""
    FILES = "files"
    """Files cannot be attached."""
    READY = "ready"
    """A prompt of a preset: nothing is wrong with it."""
    LANES_FULL = "lanes_full"
    LANE_TAKEN_IN = "lane_taken_in"
    """Turns of a lane that another tab added stand in this one, since six lanes were there."""
    LINK_IGNORED = "link_ignored"
    ONLY_SOME_LANES = "only_some_lanes"
    NO_GATEWAY = "no_gateway"
    """The gateway that the lane names is not among those of this server."""
    NO_WORKBENCH = "no_workbench"
    """The address names one that is not among the owner's."""
    NO_LANE = "no_lane"
    """The lanes it was for are gone."""


@dataclass(frozen=True)
class Notice:
    """What is said, with what it is about."""

    kind: NoticeKind
    names: tuple[str, ...] = ()
    """Fields of the settings, pieces of a link, or a gateway."""
    finding: Finding | None = None
    model: str = ""
    files: tuple[AttachmentProblem, ...] = ()
