"""A folder of the user's as one attachment, which the chat input itself does not take."""

import streamlit as st

from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.workbench import Draft
from glm_playground.ui.playground.form import take_changes
from glm_playground.ui.playground.panel import Panel, close_panel, draw_panel_button, draw_panel_head, in_panel
from glm_playground.ui.server.scheduler import action_slot, released
from glm_playground.ui.shared.files.taken_files import take_files
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.session import say

_KEY, _ROUND = "folder_upload", "folder_upload_round"


def draw_folder_button() -> None:
    """Draws the button that opens what takes a folder."""
    draw_panel_button(Panel.FOLDER, _("Folder"), ":material/folder_open:")


def draw_folder_upload(session: Session) -> None:
    """Draws what takes a folder, where it was opened."""
    if in_panel() != Panel.FOLDER:
        return
    with st.sidebar:
        draw_panel_head(_("**Folder**"))
        st.file_uploader(
            _("A folder of texts, sent as one attachment. A .zip file can be dropped on the input instead."),
            accept_multiple_files="directory",
            # Another one after each use: what was taken is not taken twice.
            key=_key(),
            on_change=_take,
            args=(session,),
        )


def _key() -> str:
    return f"{_KEY}-{st.session_state.get(_ROUND, 0)}"


@action_slot()
def _take(session: Session) -> None:
    """Lets a prompt wait that has the folder; the user writes what is asked of it."""
    take_changes(session)
    say(None)
    files = st.session_state[_key()]
    if not files:
        return
    with released():
        taken = take_files(files)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    problems = Notice(NoticeKind.FILES, files=taken.problems) if taken.problems else None
    if not taken.files:
        say(problems)
        return
    session.wait(
        Draft(
            "",
            tuple(file.attachment for file in taken.files),
            session.bench.targets(),
            notice=problems or Notice(NoticeKind.FOLDER),
            guessed=taken.guessed,
        )
    )
    close_panel()
