"""Badges that say what the answers of a page are, where they are not GLM's of now."""

from glm_playground.gateway.configured import SCRIPTED_TEXT
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.styled import styled


def stand_in_badge(stand_in: str) -> str:
    """Markdown that says who answered in place of GLM."""
    text = _("scripted text, not GLM") if stand_in == SCRIPTED_TEXT else _("stand-in model, not GLM")
    return styled("orange-badge", text)


def replay_badge() -> str:
    """Markdown that says that a recording is played."""
    return styled("blue-badge", _("REPLAY: nothing is sent"))
