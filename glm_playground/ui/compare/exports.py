"""Downloads of what the comparison shows, each with its sources; a file is made when it is asked for."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from glm_playground.catalog import Source
from glm_playground.catalog.comparison_files import csv_text, json_text, markdown_text
from glm_playground.ui.compare.filters import Shown
from glm_playground.ui.shared.files.file_buttons import FileKind, draw_file_buttons
from glm_playground.ui.shared.i18n import _

_NAME = "glm-comparison"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def draw_downloads(shown: Shown, sources: Mapping[str, Source]) -> None:
    """Draws the menu with a button a format, which are made once it is open."""
    popover = st.popover(
        _("Download these rows, with sources"), icon=":material/download:", key="compare_download", on_change="rerun"
    )
    if not popover.open:
        return
    comparison = shown.comparison
    labels = {row.key: label for row, label in zip(comparison.rows, shown.labels, strict=True)}
    head = (_("Fact"), _("Sources"))
    write_markdown = partial(markdown_text, comparison, labels, shown.texts, sources, head)
    kinds = (
        # The mark at the beginning tells spreadsheets that the file is UTF-8.
        FileKind("CSV", "csv", "text/csv", lambda: "\ufeff" + csv_text(comparison, labels, sources)),
        FileKind("Markdown", "md", "text/markdown", write_markdown),
        FileKind("JSON", "json", "application/json", partial(json_text, comparison, labels, sources)),
        FileKind("Excel", "xlsx", _XLSX, lambda: _workbook(shown, labels, sources)),
    )
    with popover:
        draw_file_buttons(kinds, _NAME, "download", type="tertiary")


def _workbook(shown: Shown, labels: Mapping[str, str], sources: Mapping[str, Source]) -> bytes:
    # Its writer is loaded once somebody wants the file.
    from glm_playground.catalog.comparison_workbook import SheetWords, workbook  # noqa: PLC0415

    words = SheetWords(_("Values"), _("Sources"), _("Fact"), _("Unit"), _("unknown"))
    return workbook(shown.comparison, labels, sources, words)
