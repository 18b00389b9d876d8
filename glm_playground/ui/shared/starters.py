"""Prompts to begin with, by use."""

from glm_playground.ui.shared.i18n import _

QUICKSTART = (
    "Read this multi-file repository, find the failing integration test, and propose a patch with an explanation of "
    "the root cause."
)
"""The example prompt of RunAPI's quickstart, in its own words."""


def starters() -> dict[str, tuple[str, str]]:
    """By the key of its button: the use, and the prompt. The uses are those of RunAPI's model pages."""
    return {
        "starter": (_("Code"), QUICKSTART),
        "starter-chat": (
            _("Chat"),
            _("Explain in five sentences what a mixture-of-experts model is, for a colleague."),
        ),
        "starter-automation": (
            _("Automation"),
            _("Sort these support tickets by urgency and answer as a JSON list: printer jam; server down; new mouse."),
        ),
    }
