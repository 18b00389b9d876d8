"""The workbenches of this browser: go back to one, rename and delete them."""

from collections.abc import Callable

import streamlit as st

from glm_playground.chat.session import Session
from glm_playground.ledger import LedgerError
from glm_playground.service import workbenches
from glm_playground.ui.playground.form import command
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _, moment
from glm_playground.ui.shared.page.ledger_notice import attempt, draw_error
from glm_playground.ui.shared.page.session import open_new, open_workbench, opened
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

_RESTORE = "workbench_restore"
_MOST_SHOWN = 30


def draw_workbenches(session: Session) -> None:
    """Draws the list, and the name of the one that is open."""
    try:
        with released():
            found = workbenches.rows(owner())
    except LedgerError as error:
        # The workbench that is open needs no list.
        draw_error(error)
        found = ()
    if restore := st.session_state.get(_RESTORE):
        st.button(
            _("Undo the deletion"), key="workbench_undo", icon=":material/undo:", on_click=_restore, args=(restore,)
        )
    if not found:
        st.caption(_("What you ask is listed here, and is there again after a reload."))
    for row in found[:_MOST_SHOWN]:
        here = row.id == session.bench.id
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                literal(row.name or _("Untitled")),
                key=f"workbench-open-{row.id}",
                type="tertiary",
                disabled=here,
                on_click=command,
                args=(session, _open, row.id),
                width="stretch",
            )
            st.markdown(styled("small", styled("gray", moment(row.updated_at))), width="content")
            st.button(
                _("Delete"),
                key=f"workbench-delete-{row.id}",
                type="tertiary",
                on_click=command,
                args=(session, _delete, row.id),
                help=_("Delete {name}; it can be undone").format(name=literal(row.name or _("Untitled"))),
            )
    st.text_input(
        _("Name of this workbench"),
        session.bench.name,
        key=f"workbench_name-{session.bench.id}",
        max_chars=80,
        on_change=_rename,
        args=(session,),
    )


def _open(id: str) -> None:
    def open_it() -> None:
        if found := workbenches.open_one(owner(), id):
            open_workbench(found)

    attempt(_("The workbench was not opened."), open_it, f"workbench-open {id}")


def _delete(id: str) -> None:
    here = opened().bench.id == id

    def delete() -> None:
        st.session_state[_RESTORE] = workbenches.delete(owner(), id)

    if attempt(_("The workbench was not deleted."), delete, f"workbench-delete {id}") and here:
        open_new()


def _restore(restore: Callable[[], None]) -> None:
    if attempt(_("The workbench was not restored."), restore, "workbench-restore"):
        st.session_state.pop(_RESTORE, None)


def _rename(session: Session) -> None:
    name = " ".join(str(st.session_state.get(f"workbench_name-{session.bench.id}") or "").split())
    whose, id = owner(), session.bench.id
    attempt(_("The name was not stored."), lambda: workbenches.rename(whose, id, name), f"workbench-name {id}", name)
