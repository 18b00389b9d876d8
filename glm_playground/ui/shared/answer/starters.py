"""Prompts to begin with, by use."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from glm_playground.chat.attachments import Attachment, ReadFile, read_folder
from glm_playground.ui.shared.i18n import _

QUICKSTART = (
    "Read this multi-file repository, find the failing integration test, and propose a patch with an explanation of "
    "the root cause."
)
"""The example prompt of RunAPI's quickstart, in its own words; `starters` has it in the session's language."""

REPOSITORY = Path(__file__).with_name("starter_repository")
"""The one that it speaks of: small, and one of its tests fails."""


class Starter(NamedTuple):
    """A prompt to begin with."""

    use: str
    prompt: str
    attachments: tuple[Attachment, ...] = ()


def starters() -> dict[str, Starter]:
    """By the key of its button. The uses are those of RunAPI's model pages."""
    return {
        "starter": Starter(
            _("Code"),
            _(
                "Read this multi-file repository, find the failing integration test, and propose a patch with an "
                "explanation of the root cause."
            ),
            (_repository(),),
        ),
        "starter-chat": Starter(
            _("Chat"),
            _("Explain in five sentences what a mixture-of-experts model is, for a colleague."),
        ),
        "starter-automation": Starter(
            _("Automation"),
            _("Sort these support tickets by urgency and answer as a JSON list: printer jam; server down; new mouse."),
        ),
    }


@cache
def _repository() -> Attachment:
    paths = sorted(path for path in REPOSITORY.rglob("*") if path.is_file() and path.suffix in {".py", ".md"})
    files = [(path.relative_to(REPOSITORY).as_posix(), path.read_bytes()) for path in paths]
    found = read_folder("orders", files)
    assert isinstance(found, ReadFile)
    return found.attachment
