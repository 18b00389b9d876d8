"""One suite of the owner's, as a table that can be edited; it can be renamed, taken away, asked and deleted."""

from codecs import BOM_UTF8
from functools import partial

import streamlit as st

from glm_playground import bounds
from glm_playground.evals import own_suites
from glm_playground.evals.suite import Suite, SuiteError
from glm_playground.evals.suite_file import WRITERS, left_out
from glm_playground.evals.suite_table import (
    ATTACHED,
    EXPECTED,
    ID,
    PROMPT,
    TAGS,
    CaseRow,
    TableEdits,
    columns_of,
    edited,
    rows_of,
)
from glm_playground.ledger import Ledger
from glm_playground.ledger.suites import SuiteRow
from glm_playground.ui.evaluate.address import close_suite, open_suite_page
from glm_playground.ui.evaluate.case_files import draw_case_files
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.files.add_to_suite import suite_fault
from glm_playground.ui.shared.files.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.files.suite_upload import opened_of
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal

_DRAWN, _FAULT = "own_suite_drawn", "own_suite_fault"
_TYPES = {
    "yaml": ("YAML", "yaml", "application/yaml"),
    "csv": ("CSV", "csv", "text/csv"),
    "jsonl": ("JSON Lines", "jsonl", "application/jsonl"),
}


def draw_own_suite(ledger: Ledger, owner: str, id: str, kept_under: str) -> None:
    """Draws it.

    Args:
        ledger: where it is.
        owner: whose it is.
        id: of the suite.
        kept_under: where the form of a new evaluation finds the suite that it asks.
    """
    st.button(_("Back"), key="own_suite_back", icon=":material/arrow_back:", on_click=close_suite)
    row = next((one for one in ledger.suites.all(owner) if one.id == id), None)
    try:
        suite = own_suites.opened(ledger, owner, id) if row else None
    except SuiteError as error:
        st.error(suite_fault(error))
        return
    if row is None or suite is None:
        st.markdown(_("There is no such suite."))
        return
    cases = ngettext("{count} case", "{count} cases", row.cases).format(count=number(row.cases))
    st.markdown(f"**{literal(row.name)}** · {cases}")
    if fault := st.session_state.pop(_FAULT, None):
        st.error(fault, title=_("Nothing is saved."))
    _draw_table(ledger, owner, row, suite)
    draw_case_files(ledger, owner, row, suite)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            on_accent(_("Ask it")),
            type="primary",
            key="own_suite_ask",
            on_click=ask_own_suite,
            args=(ledger, owner, id, kept_under),
        )
        _draw_rename(ledger, owner, row)
        _draw_files(suite)
        _draw_delete(ledger, owner, row)
    _draw_left_out(suite)


def ask_own_suite(ledger: Ledger, owner: str, id: str, kept_under: str) -> None:
    """Chooses a suite in the form of a new evaluation, in a callback; where it cannot be read, its page says so."""

    def take() -> None:
        try:
            with released():
                suite = own_suites.opened(ledger, owner, id)
                asked = None if suite is None else opened_of(suite)
        except SuiteError:
            asked = None
        if asked is None:
            open_suite_page(id)
            return
        st.session_state[kept_under] = asked
        with released():
            ledger.suites.note_use(owner, id)
        close_suite()

    attempt(_("The suite was not opened."), take, f"suite {id}")


def _draw_table(ledger: Ledger, owner: str, row: SuiteRow, suite: Suite) -> None:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while

    rows, columns = rows_of(suite), columns_of(suite)
    frame = pd.DataFrame([one.cells for one in rows], columns=columns, dtype=str)
    # Its edits are of the rows as they are drawn: where these are others, it is another table.
    key = f"own-suite-{row.id}-{row.used_at.timestamp()}"
    st.session_state[_DRAWN] = rows
    text = st.column_config.TextColumn
    expected = _("Expected")
    labels = [prompt.label for prompt in suite.prompts]
    checks = _("A text that the answer is, or a check such as `icontains: Lima` or `llm-rubric: names the capital`.")
    st.data_editor(
        frame,
        key=key,
        num_rows="dynamic",
        hide_index=True,
        alt=_("The cases, a column a variable"),
        column_config={
            ID: text(_("Case"), width="small"),
            PROMPT: st.column_config.SelectboxColumn(_("Prompt"), options=labels, width="small"),
            TAGS: text(_("Tags"), width="small"),
            ATTACHED: text(_("Attachments"), width="small", disabled=True),
            **{
                column: text(expected + column.removeprefix(EXPECTED), help=checks, width="medium")
                for column in columns
                if column.partition(" ")[0] == EXPECTED
            },
        },
    )
    edits: dict[str, object] = st.session_state[key] or {}
    if any(edits.get(name) for name in ("edited_rows", "added_rows", "deleted_rows")):
        st.button(_("Save the changes"), key="own_suite_save", on_click=_save, args=(ledger, owner, row, key))
    for prompt in suite.prompts:
        with st.expander(
            _("Prompt: {name}").format(name=literal(prompt.label)),
            type="compact",
            key=f"own-suite-prompt-{prompt.label}",
        ):
            for message in prompt.messages:
                st.text(f"{message.role}: {message.content}")


def _save(ledger: Ledger, owner: str, row: SuiteRow, key: str) -> None:
    edits = edits_of(st.session_state[_DRAWN], st.session_state[key])

    def save() -> None:
        try:
            with released():
                own_suites.change(ledger, owner, row.id, lambda suite: edited(suite, edits))
        except SuiteError as error:
            st.session_state[_FAULT] = suite_fault(error)

    attempt(_("The changes of the suite are not saved."), save, f"suite {row.id}")


def edits_of(rows: list[CaseRow], state: dict[str, object]) -> TableEdits:
    """What was changed in the rows that were drawn, as the browser says it by their places."""
    changed, removed, added = (state.get(name) or {} for name in ("edited_rows", "deleted_rows", "added_rows"))
    assert isinstance(changed, dict)
    places = list(removed) if isinstance(removed, list) else []
    return TableEdits(
        {rows[int(place)].id: cells for place, cells in changed.items() if int(place) < len(rows)},
        frozenset(rows[place].id for place in places if place < len(rows)),
        tuple(added) if isinstance(added, list) else (),
    )


def _draw_rename(ledger: Ledger, owner: str, row: SuiteRow) -> None:
    with st.popover(_("Rename"), icon=":material/edit:", type="tertiary", key="own_suite_rename"):
        name = st.text_input(
            _("Its name"), row.name, max_chars=bounds.SUITE_NAME_CHARACTERS, key=f"own-suite-name-{row.id}-{row.name}"
        )
        if st.button(_("Rename"), key="own_suite_rename_now", disabled=not name.strip()):
            said = _("The suite is not renamed.")
            attempt(said, lambda: own_suites.rename(ledger, owner, row.id, name), f"suite {row.id} name")
            st.rerun()


def _draw_files(suite: Suite) -> None:
    def written(kind: str) -> bytes:
        # The mark at the beginning tells spreadsheets that the file is UTF-8.
        return (BOM_UTF8 if kind == "csv" else b"") + WRITERS[kind](suite).encode("utf-8", "replace")

    kinds = [FileKind(*words, partial(written, kind)) for kind, words in _TYPES.items()]
    draw_file_buttons(kinds, dated("glm-playground-suite"), "own_suite", "tertiary")


def _draw_left_out(suite: Suite) -> None:
    """Says what a file of each format does not hold."""
    said = []
    for kind, (name, *_type) in _TYPES.items():
        missing = left_out(suite, kind)
        what = [text for text, count in ((_("tools"), missing.tools), (_("attachments"), missing.attachments)) if count]
        if what:
            said.append(_("{format} has no {what}").format(format=name, what=", ".join(what)))
    if said:
        st.caption("; ".join(said) + ".")


def _draw_delete(ledger: Ledger, owner: str, row: SuiteRow) -> None:
    with st.popover(_("Delete"), icon=":material/delete:", type="tertiary", key="own_suite_delete"):
        st.markdown(_("The suite is deleted for good. Evaluations that asked it keep their copy."))
        if st.button(_("Delete for good"), key="own_suite_delete_now"):
            said = _("The suite was not deleted.")
            if attempt(said, lambda: ledger.suites.delete(owner, row.id), f"suite {row.id} deletion"):
                close_suite()
            st.rerun()
