"""What is attached to a prompt, drawn: images as such, folders as trees, texts by name and size."""

from collections.abc import Sequence

import streamlit as st

from glm_playground.chat.attachments import Attachment, token_shares
from glm_playground.chat.folders import LeftOut, Omission, PathFile
from glm_playground.runs.tokens import estimate_tokens
from glm_playground.ui.shared.answer.images import draw_images
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code

_SHOWN_CHARACTERS = 5_000
_SHOWN_FILES = 100


def draw_attachments(
    attachments: Sequence[Attachment],
    key: str,
    *,
    shares: Sequence[tuple[str, int]] = (),
    shows_texts: bool = False,
    opens_texts: bool = False,
) -> None:
    """Draws them below a prompt.

    Args:
        attachments: of the prompt.
        key: unlike that of any other prompt on the page.
        shares: their tokens, where they were counted before.
        shows_texts: whether what was read from a PDF is shown, as it is before it is sent.
        opens_texts: whether each text can be opened, where there is no other place to read it.
    """
    if not attachments:
        return
    draw_images([file.image for file in attachments if file.image], [file.name for file in attachments if file.image])
    tokens = [count for _name, count in shares or token_shares("", attachments)]
    texts = [
        _named(file, count)
        for file, count in zip(attachments, tokens, strict=True)
        if not file.image and not file.files
    ]
    if texts and not opens_texts:
        st.caption(_("With: {names}").format(names=", ".join(texts)))
    for place, (file, count) in enumerate(zip(attachments, tokens, strict=True)):
        if file.files:
            _draw_folder(file, f"folder-{key}-{place}", count)
        elif opens_texts and not file.image:
            fold = st.expander(_named(file, count), key=f"text-{key}-{place}", type="compact", on_change="rerun")
            if fold.open:
                with fold:
                    draw_code(file.text)
        elif shows_texts and file.pages:
            with st.expander(_("What was read from {name}").format(name=literal(file.name)), expanded=True):
                draw_code(file.text, most=_SHOWN_CHARACTERS, height=200)


def _named(file: Attachment, tokens: int) -> str:
    if file.pages:
        return ngettext(
            "{name} ({count} page, about {tokens} tokens)", "{name} ({count} pages, about {tokens} tokens)", file.pages
        ).format(name=literal(file.name), count=number(file.pages), tokens=number(tokens))
    return _("{name} (about {count} tokens)").format(name=literal(file.name), count=number(tokens))


def _draw_folder(file: Attachment, key: str, tokens: int) -> None:
    label = ngettext(
        "{name}: {count} file, about {tokens} tokens", "{name}: {count} files, about {tokens} tokens", len(file.files)
    ).format(name=literal(file.name), count=number(len(file.files)), tokens=number(tokens))
    if file.left_out:
        left = ngettext("{count} left out", "{count} left out", len(file.left_out))
        label += f" · {left.format(count=number(len(file.left_out)))}"
    fold = st.expander(label, key=key, type="compact", on_change="rerun")
    if fold.open:
        with fold:
            st.code("\n".join(tree(file.files)), language=None)
            if file.left_out:
                st.caption(_("Left out:"))
                st.code("\n".join(_left_out(file.left_out)), language=None)


def tree(files: Sequence[PathFile]) -> list[str]:
    """The lines of a tree of files, each with its size and tokens."""
    lines: list[str] = []
    open_folders: list[str] = []
    for file in files[:_SHOWN_FILES]:
        *folders, name = file.path.split("/")
        same = next(
            (place for place, pair in enumerate(zip(folders, open_folders, strict=False)) if pair[0] != pair[1]),
            min(len(folders), len(open_folders)),
        )
        lines += [f"{'  ' * depth}{folder}/" for depth, folder in enumerate(folders) if depth >= same]
        open_folders = folders
        size = _("{name} ({size} KB, about {count} tokens)").format(
            name=name, size=number(len(file.text.encode()) / 1024, 1), count=number(estimate_tokens(file.text))
        )
        lines.append("  " * len(folders) + size)
    if len(files) > _SHOWN_FILES:
        lines.append(_("and {count} more").format(count=number(len(files) - _SHOWN_FILES)))
    return lines


def _left_out(files: Sequence[LeftOut]) -> list[str]:
    reasons = {
        Omission.SKIPPED: _("of a tool, not of the author"),
        Omission.SECRET: _("it may hold a key or a password"),
        Omission.NOT_TEXT: _("not text in UTF-8"),
        Omission.TOO_LARGE: _("too large"),
        Omission.NO_ROOM: _("no more room"),
        Omission.UNSAFE: _("its path leads elsewhere, or it is a link, encrypted or twice there"),
    }
    lines = [f"{file.path}: {reasons[file.why]}" for file in files[:_SHOWN_FILES]]
    if len(files) > _SHOWN_FILES:
        lines.append(_("and {count} more").format(count=number(len(files) - _SHOWN_FILES)))
    return lines
