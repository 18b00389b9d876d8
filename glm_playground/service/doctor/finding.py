"""What was found of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARNING = "warning"
    """The app works, but not as it should on a server."""
    PROBLEM = "problem"
    """Something does not work."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found of one thing, and what to do; both one line of plain text without a secret."""

    about: str
    level: Level
    said: str
    todo: str = ""
