"""Files that a user attaches to a prompt."""

from collections.abc import Sequence
from typing import Protocol

from glm_playground.chat.attachments import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS,
    Attachment,
    AttachmentFault,
    AttachmentProblem,
    read_attachment,
)
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import Explanation
from glm_playground.ui.shared.i18n import _, number


class Uploaded(Protocol):
    """A file as Streamlit hands it over."""

    name: str
    size: int

    def getvalue(self) -> bytes: ...


def take_files(files: Sequence[Uploaded]) -> tuple[tuple[Attachment, ...], Explanation | None]:
    """The attachments in `files`; none, and why, where one of them cannot be taken."""
    if len(files) > MAX_ATTACHMENTS:
        return (), explain_attachment(AttachmentProblem(AttachmentFault.TOO_MANY, "", len(files)))
    found: list[Attachment] = []
    for file in files:
        # Before it is read: an upload may be as large as the server lets in.
        if file.size > MAX_ATTACHMENT_BYTES:
            return (), explain_attachment(AttachmentProblem(AttachmentFault.TOO_LARGE, file.name, file.size))
        attachment = read_attachment(file.name, file.getvalue())
        if isinstance(attachment, AttachmentProblem):
            return (), explain_attachment(attachment)
        found.append(attachment)
    return tuple(found), None


def explain_attachment(problem: AttachmentProblem) -> Explanation:
    """Why a file was not taken."""
    size, most = number(problem.size / 1024**2, 1), number(MAX_ATTACHMENT_BYTES / 1024**2)
    reasons = {
        AttachmentFault.TOO_LARGE: _("It has {size} MB; at most {most} MB can be attached.").format(
            size=size, most=most
        ),
        AttachmentFault.BINARY: _("It is not text. Attach text files, such as source code, CSV or Markdown."),
        AttachmentFault.EMPTY: _("It is empty."),
        AttachmentFault.TOO_MANY: _("At most {count} files can be attached.").format(count=number(MAX_ATTACHMENTS)),
    }
    name = literal(problem.name) if problem.name else _("The files")
    return Explanation(
        _("{name}: not attached.").format(name=name),
        " ".join((reasons[problem.fault], _("Nothing was sent; your text is kept."))),
    )
