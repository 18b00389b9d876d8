"""What a run notes beside its answer, in words."""

from collections.abc import Iterable

from glm_playground.runs.notes import Note, NoteKind
from glm_playground.runs.run import Run
from glm_playground.ui.shared.answer.error_words import explain_retry
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.text.answer_markdown import literal


def explain_notes(notes: Iterable[Note], run: Run) -> list[str]:
    """What is worth knowing about an ended answer, a sentence or two each, as Markdown."""
    return [_explain_note(note, run) for note in notes]


def _explain_note(note: Note, run: Run) -> str:
    if note.kind is NoteKind.RETRIED:
        return explain_retry(note.text, run)
    sentences = {
        NoteKind.UNREADABLE: ngettext(
            "One event of the stream could not be read; what stood in it is lost.",
            "{count} events of the stream could not be read; what stood in them is lost.",
            note.number,
        ),
        NoteKind.IN_ONE_PIECE: _(
            "The answer came all at once: the server, or something before it, kept it until it was whole. TTFT and "
            "speed say little about the model."
        ),
        NoteKind.SEVERAL_ANSWERS: _(
            "{count} answers were asked for with n; the first is shown, and the usage is that of all."
        ),
        NoteKind.OTHER_MODEL: _("{name} answered, not {model}."),
        NoteKind.UNKNOWN_END: _(
            "The server ended the answer with {name}, a reason that this app does not know; it may be incomplete."
        ),
        NoteKind.REASONING_ONLY: _(
            "The model reasoned and then ended without an answer. Send again, raise max tokens, or turn thinking off."
        ),
        NoteKind.THINKING_UNCLOSED: _(
            "The model's thinking never ended, so there is no answer. Send again, or turn thinking off."
        ),
        NoteKind.NO_CALL: _(
            "The answer ended as if it called a tool, but there is no call. Send again; the server may not read this "
            "model's tool calls."
        ),
        NoteKind.EMPTY: _("No answer came. Send again, or word the prompt in another way."),
        NoteKind.REASONED_ANYWAY: _(
            "Thinking was turned off, but reasoning came: the server does not honour the switch for this model."
        ),
    }
    return sentences[note.kind].format(count=note.number, name=literal(note.text), model=literal(run.request.model))
