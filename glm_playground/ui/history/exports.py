"""Runs of the history as files: CSV, JSON Lines, a report, a bundle; made when they are asked for."""

from collections.abc import Iterator
from itertools import islice

import streamlit as st

from glm_playground import bounds
from glm_playground.bundles.bundle import RecordedRun
from glm_playground.chat.setup import MAX_LANES as MOST_LANES
from glm_playground.ledger import Ledger, RunFilter, StoredRun
from glm_playground.reports.history_files import Kept, csv_lines, json_lines
from glm_playground.ui.shared.files.bundle_download import draw_bundle_download
from glm_playground.ui.shared.files.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.files.put_on_stage import draw_put_on_stage
from glm_playground.ui.shared.i18n import _, number

MOST_EXPORTED = 10_000


def draw_exports(ledger: Ledger, owner: str, wanted: RunFilter, chosen: list[str]) -> None:
    """Draws the menu: the chosen runs, or all that fit the filters."""
    with st.popover(_("Export"), icon=":material/download:", key="history_export", on_change="rerun") as popover:
        if not popover.open:
            return
        what = _("The chosen runs.") if chosen else _("The newest {most} runs that fit the filters, at most.")
        left_out = _("Runs that cannot be read are left out.")
        st.caption(f"{what.format(most=number(MOST_EXPORTED))} {left_out}")
        kinds = (
            # The mark at the beginning tells spreadsheets that the file is UTF-8.
            FileKind(
                "CSV", "csv", "text/csv", lambda: "\ufeff" + "".join(csv_lines(_kept(ledger, owner, wanted, chosen)))
            ),
            FileKind(
                "JSON Lines",
                "jsonl",
                "application/jsonl",
                lambda: "".join(json_lines(_kept(ledger, owner, wanted, chosen))),
            ),
        )
        with st.container(horizontal=True):
            draw_file_buttons(kinds, dated("glm-playground-runs"), "history")
        if 0 < len(chosen) <= bounds.REPORT_RUNS:
            st.markdown(_("**As a transcript**, with figures, sources and limits."))
            # Jinja is loaded once somebody wants a report.
            from glm_playground.ui.shared.files.downloads import (  # noqa: PLC0415
                draw_downloads,
                draw_lanes_report,
                recorded_lanes,
            )

            draw_downloads(lambda: recorded_lanes(_recorded(ledger, owner, chosen)), "history-transcript")
            draw_lanes_report(lambda: recorded_lanes(_recorded(ledger, owner, chosen)), "history-report")
        else:
            most = _("Select 1 to {most} runs for a report.")
            st.caption(most.format(most=number(bounds.REPORT_RUNS)))
        if 0 < len(chosen) <= MOST_LANES:
            draw_bundle_download(lambda: _recorded(ledger, owner, chosen), "history-bundle")
            draw_put_on_stage(lambda: _recorded(ledger, owner, chosen), "history-put-on-stage")
        else:
            most = _("Select 1 to {most} runs for a bundle.")
            st.caption(most.format(most=number(MOST_LANES)))


def _recorded(ledger: Ledger, owner: str, chosen: list[str]) -> list[RecordedRun]:
    """The chosen runs, oldest first, each in a lane of its own."""
    found = ledger.runs(owner, chosen)
    ended = [found[run_id] for run_id in reversed(chosen) if run_id in found and found[run_id].run.ended]
    return [RecordedRun(run=stored.run, cost=stored.cost, lane=lane) for lane, stored in enumerate(ended)]


def _kept(ledger: Ledger, owner: str, wanted: RunFilter, chosen: list[str]) -> Iterator[Kept]:
    for stored in _found(ledger, owner, wanted, chosen):
        yield stored.run, stored.cost, stored.row.tags, stored.row.note


def _found(ledger: Ledger, owner: str, wanted: RunFilter, chosen: list[str]) -> Iterator[StoredRun]:
    """What can be read of them; an unreadable run is on its page only."""
    if chosen:
        found = ledger.runs(owner, chosen)
        return (found[run_id] for run_id in chosen if run_id in found)
    readable = (stored for stored in ledger.each(owner, wanted) if isinstance(stored, StoredRun))
    return islice(readable, MOST_EXPORTED)
