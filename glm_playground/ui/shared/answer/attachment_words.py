"""What is said of files: why they were not attached, and why a prompt with them waits."""

from glm_playground import bounds
from glm_playground.chat.attachments import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, AttachmentFault, AttachmentProblem
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.pdf import PdfFault, PdfProblem
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.text.answer_markdown import literal


def explain_files(notice: Notice) -> Explanation:
    """Why a prompt with files waits."""
    match notice.kind:
        case NoticeKind.ENCODING:
            return Explanation(
                _("The encoding of a file is a guess."), _("Choose the one in which it reads right, then send.")
            )
        case NoticeKind.PDF:
            return Explanation(
                _("This is the text that was read from the PDF."),
                _("Tables and formulas may have suffered, and images are not in it. Look at it, then send."),
            )
        case NoticeKind.FOLDER:
            return Explanation(_("The folder is attached."), _("Write what you ask of it, then send."))
    return Explanation(
        _("Not every file was attached."), " ".join(explain_attachment(problem) for problem in notice.files)
    )


def explain_attachment(problem: AttachmentProblem) -> str:
    """Why a file was not taken."""
    size, most = number(problem.size / 1024**2, 1), number(problem.most / 1024**2)
    reasons = {
        AttachmentFault.TOO_LARGE: _("It has {size} MB; at most {most} MB can be attached.").format(
            size=size, most=most
        ),
        AttachmentFault.BINARY: _(
            "It is not text. Attach text files, such as source code, CSV or Markdown, PDFs, images, or a .zip of texts."
        ),
        AttachmentFault.IMAGE: _(
            "It is no PNG, JPEG, WebP or GIF that can be read, or has more than {most} pixels."
        ).format(most=number(bounds.IMAGE_PIXELS)),
        AttachmentFault.ZIP: _("The .zip file is broken, or has more than {most} entries.").format(
            most=number(bounds.FOLDER_ENTRIES)
        ),
        AttachmentFault.PDF: explain_pdf(problem.pdf) if problem.pdf else "",
        AttachmentFault.EMPTY: _("It is empty."),
        AttachmentFault.TOO_MANY: _("At most {count} files can be attached.").format(count=number(MAX_ATTACHMENTS)),
    }
    name = literal(problem.name) if problem.name else _("The files")
    return f"{name}: {reasons[problem.fault]}"


def explain_pdf(problem: PdfProblem) -> str:
    """Why the text of a PDF was not read."""
    count = number(problem.pages)
    return {
        PdfFault.ENCRYPTED: _("The PDF is encrypted. Save it without a password, then attach that."),
        PdfFault.TOO_LONG: _(
            "The PDF is too long ({count} pages): at most {most} pages, and {size} MB of text."
        ).format(count=count, most=number(bounds.PDF_PAGES), size=number(MAX_ATTACHMENT_BYTES / 1024**2)),
        PdfFault.NO_TEXT: _(
            "The PDF has no text: its pages ({count}) are images. Text recognition would be needed."
        ).format(count=count),
        PdfFault.BROKEN: _("The PDF is broken."),
        PdfFault.COSTLY: _("To read the PDF takes more time or memory than a file may."),
        PdfFault.BUSY: _("Too many PDFs are read at the moment; attach it again in a while."),
    }[problem.fault]
