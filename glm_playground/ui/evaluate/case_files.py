"""What the cases of one of the owner's suites attach: shown, added to and removed."""

from collections.abc import Sequence

import streamlit as st

from glm_playground.chat.attachments import MAX_FILE_BYTES
from glm_playground.evals import own_suites
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.suite import Case, Suite, SuiteError
from glm_playground.evals.suite_table import attached, detached
from glm_playground.ledger import Ledger
from glm_playground.ledger.suites import SuiteRow
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer.attachment_view import draw_attachments
from glm_playground.ui.shared.answer.attachment_words import explain_attachment
from glm_playground.ui.shared.files.add_to_suite import suite_fault
from glm_playground.ui.shared.files.taken_files import take_files
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.text.answer_markdown import literal

_FAULT, _UPLOADS = "case_files_fault", "case_files_uploads"


def draw_case_files(ledger: Ledger, owner: str, row: SuiteRow, suite: Suite) -> None:
    """Draws them, one case at a time, once they are opened."""
    # A label that changed with their number would close it.
    with st.expander(_("Attachments"), type="compact", key="own_suite_files", on_change="rerun") as fold:
        if fold.open:
            _draw(ledger, owner, row, suite)


def _draw(ledger: Ledger, owner: str, row: SuiteRow, suite: Suite) -> None:
    cases = {case.id: case for case in suite.cases}
    first = next((case.id for case in suite.cases if case.attachments), suite.cases[0].id)
    chosen = st.selectbox(
        _("Case"),
        list(cases),
        list(cases).index(first),
        key=f"case-files-{row.id}",
    )
    case = cases.get(chosen)
    if case is None:
        return
    if said := st.session_state.pop(_FAULT, None):
        st.error(said, title=_("Not every file was attached."))
    _draw_files(ledger, owner, row, case)
    # A field that is drawn anew under another key is empty.
    key = f"case-files-new-{row.id}-{case.id}-{st.session_state.get(_UPLOADS, 0)}"
    files = st.file_uploader(
        _("Attach files: texts, PDFs, images, or a folder as .zip"),
        accept_multiple_files=True,
        key=key,
        max_upload_size=MAX_FILE_BYTES // 1024**2,
    )
    if files:
        st.button(_("Attach"), key="case_files_attach", on_click=_attach, args=(ledger, owner, row, case.id, key))


def _draw_files(ledger: Ledger, owner: str, row: SuiteRow, case: Case) -> None:
    for place, file in enumerate(case.attachments):
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            with st.container(width="stretch", gap="xsmall"):
                if file.image:
                    st.markdown(literal(file.name))
                draw_attachments([file.attachment], f"case-{case.id}-{place}", opens_texts=True)
            st.button(
                _("Remove {name}").format(name=literal(file.name)),
                key=f"case-file-remove-{place}",
                icon=":material/close:",
                type="tertiary",
                on_click=_remove,
                args=(ledger, owner, row, case.id, place),
            )


def _attach(ledger: Ledger, owner: str, row: SuiteRow, case: str, key: str) -> None:
    with released():
        taken = take_files(st.session_state[key])
    files = [CaseFile.of(file.attachment) for file in taken.files]
    said = [explain_attachment(problem) for problem in taken.problems]
    for file in taken.files:
        if count := len(file.attachment.left_out):
            left = ngettext("{count} left out", "{count} left out", count).format(count=number(count))
            said.append(f"{literal(file.attachment.name)}: {left}")
    if said:
        st.session_state[_FAULT] = "\n".join(f"- {one}" for one in said)
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
    if files:
        _change(ledger, owner, row, case, files)


def _change(ledger: Ledger, owner: str, row: SuiteRow, case: str, files: Sequence[CaseFile]) -> None:
    def save() -> None:
        try:
            with released():
                own_suites.change(ledger, owner, row.id, lambda suite: attached(suite, case, files))
        except SuiteError as error:
            st.session_state[_FAULT] = suite_fault(error)

    attempt(_("The changes of the suite are not saved."), save, f"suite {row.id} attachments")


def _remove(ledger: Ledger, owner: str, row: SuiteRow, case: str, place: int) -> None:
    def save() -> None:
        with released():
            own_suites.change(ledger, owner, row.id, lambda suite: detached(suite, case, place))

    attempt(_("The changes of the suite are not saved."), save, f"suite {row.id} attachments")
