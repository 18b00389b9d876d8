"""Names of boards and of what they are about."""

from glm_playground.catalog.topics import Board, Topic
from glm_playground.ui.shared.i18n import _


def board_name(board: Board) -> str:
    """A benchmark with what its scores have in common, and who publishes them where that is not the model's maker."""
    conditions = board.conditions or _("conditions not stated")
    name = f"{board.benchmark} ({conditions})"
    return name if board.kind == "vendor" else f"{name}, {board.publisher}"


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
