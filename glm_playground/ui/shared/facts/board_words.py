"""Names of boards and of what they are about."""

from functools import lru_cache

from glm_playground.catalog.topics import Board, Topic
from glm_playground.catalog.types import CONDITIONS_SEPARATOR
from glm_playground.ui.shared.i18n import _, language


def board_name(board: Board) -> str:
    """A benchmark with what its scores have in common, and who publishes them where that is not the model's maker."""
    conditions = conditions_text(board.conditions) if board.conditions else _("conditions not stated")
    name = f"{board.benchmark} ({conditions})"
    return name if board.kind == "vendor" else f"{name}, {board.publisher}"


def conditions_text(conditions: str) -> str:
    """The conditions of a score as plain text in the session's language; names of harnesses stay."""
    return _conditions(language(), conditions)


@lru_cache(maxsize=1000)
def _conditions(language: str, conditions: str) -> str:
    return CONDITIONS_SEPARATOR.join(map(_, conditions.split(CONDITIONS_SEPARATOR)))


def topic_names() -> dict[Topic, str]:
    """What benchmarks are about."""
    return {
        Topic.CODING: _("Coding"),
        Topic.AGENTS: _("Agents"),
        Topic.REASONING: _("Reasoning"),
        Topic.KNOWLEDGE: _("Knowledge"),
        Topic.VISION: _("Vision"),
        Topic.SECURITY: _("Security"),
        Topic.OVERALL: _("Overall index"),
        Topic.SERVICE: _("Speed and cost, as others measured them"),
        Topic.OTHER: _("Other"),
    }
