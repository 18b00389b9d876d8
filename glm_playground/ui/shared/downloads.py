"""Conversations as files: Markdown, JSON and a report in HTML that prints."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import streamlit as st

from glm_playground.bundles.bundle import RecordedRun
from glm_playground.reports.stored_lanes import lanes_of
from glm_playground.reports.transcript import TranscriptLane, to_html, to_markdown
from glm_playground.reports.transcript_json import to_json
from glm_playground.ui.shared.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.i18n import language
from glm_playground.ui.shared.report_words import report_words


def recorded_lanes(recorded: Sequence[RecordedRun]) -> list[TranscriptLane]:
    """Stored runs, oldest first: a lane for each model and prompt, with the repeats of one request together."""
    return lanes_of([(one.run, one.cost) for one in recorded])


def draw_downloads(lanes: Callable[[], Sequence[TranscriptLane]], key: str) -> None:
    """Draws a button for each kind of file; `lanes` is asked, and the file written, when it is pressed."""
    now = datetime.now(UTC)
    words, spoken = report_words(), language()
    kinds = (
        FileKind("Markdown", "md", "text/markdown", lambda: to_markdown(lanes(), words, exported_at=now)),
        FileKind("JSON", "json", "application/json", lambda: to_json(lanes(), exported_at=now)),
        FileKind("HTML", "html", "text/html", lambda: to_html(lanes(), words, exported_at=now, language=spoken)),
    )
    with st.container(horizontal=True):
        draw_file_buttons(kinds, dated("glm-playground"), key)
