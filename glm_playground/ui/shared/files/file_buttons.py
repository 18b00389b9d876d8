"""Buttons that give a file; it is written when its button is pressed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import streamlit as st


class FileKind(NamedTuple):
    """One kind of file that something can be taken away as."""

    label: str
    ending: str
    """Of its name, without the first dot; unlike that of any other kind beside it."""
    mime: str
    write: Callable[[], str | bytes]


def dated(stem: str) -> str:
    """A file's name with the time it is written at, which is UTC and says so."""
    return f"{stem}-{datetime.now(UTC):%Y%m%d-%H%M}-UTC"


def draw_file_buttons(
    kinds: Sequence[FileKind], name: str, key: str, type: Literal["secondary", "tertiary"] = "secondary"
) -> None:
    """Draws a button for each kind; `name` is the file's without its ending."""
    for kind in kinds:
        st.download_button(
            kind.label,
            kind.write,
            file_name=f"{name}.{kind.ending}",
            mime=kind.mime,
            key=f"{key}-{kind.ending}",
            on_click="ignore",
            type=type,
            icon=":material/download:",
        )
