"""Conversations as files: transcripts in Markdown, JSON and HTML, and reports to hand on."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import streamlit as st

from glm_playground.bundles.bundle import RecordedRun
from glm_playground.reports.conversation_report import conversation_report
from glm_playground.reports.report import Cover, Paper, Report
from glm_playground.reports.shown_text import on_one_line
from glm_playground.reports.stored_lanes import lanes_of
from glm_playground.reports.transcript import TranscriptLane, to_html, to_markdown
from glm_playground.reports.transcript_json import to_json
from glm_playground.ui.shared.facts.price_basis import kept_basis
from glm_playground.ui.shared.facts.published_facts import published_of
from glm_playground.ui.shared.files.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.files.link_form import SharedPage, draw_link
from glm_playground.ui.shared.files.report_form import draw_report
from glm_playground.ui.shared.files.report_words import report_words, transcript_words
from glm_playground.ui.shared.i18n import _, language, long_day
from glm_playground.ui.shared.page.own_key import asked_gateways

_TITLE_CHARACTERS = 80


def recorded_lanes(recorded: Sequence[RecordedRun]) -> list[TranscriptLane]:
    """Stored runs, oldest first: a lane for each model and prompt, with the repeats of one request together."""
    return lanes_of([(one.run, one.cost) for one in recorded])


def draw_downloads(lanes: Callable[[], Sequence[TranscriptLane]], key: str) -> None:
    """Draws a button for each kind of file, and a link; `lanes` is asked, and the file written, when it is pressed."""
    now = datetime.now(UTC)
    words, spoken = transcript_words(), language()

    def html(shown: Sequence[TranscriptLane], *, ids: bool = True) -> str:
        return to_html(shown, words, exported_at=now, language=spoken, ids=ids)

    def shared() -> SharedPage:
        found = lanes()
        ids = [run.id for lane in found for run in lane.runs]
        servers = [run.server for lane in found for run in lane.runs]
        return SharedPage(_title(found), html(found, ids=False), ids, servers)

    kinds = (
        FileKind("Markdown", "md", "text/markdown", lambda: to_markdown(lanes(), words, exported_at=now)),
        FileKind("JSON", "json", "application/json", lambda: to_json(lanes(), exported_at=now)),
        FileKind("HTML", "html", "text/html", lambda: html(lanes())),
    )
    with st.container(horizontal=True):
        draw_file_buttons(kinds, dated("glm-playground"), key)
    draw_link(shared, "conversation", f"{key}-link")


def draw_lanes_report(lanes: Callable[[], Sequence[TranscriptLane]], key: str) -> None:
    """Draws the fold with the form for a report; `lanes` is asked when a file is."""
    fold = st.expander(
        _("As a report to hand on, with your conclusion"), key=f"{key}-open", type="compact", on_change="rerun"
    )
    if not fold.open:
        return
    server, basis = asked_gateways().runapi, kept_basis()

    def make(cover: Cover, paper: Paper) -> Report:
        found = lanes()
        return conversation_report(
            found,
            cover,
            report_words(),
            language=language(),
            day_text=long_day(cover.day),
            written_at=datetime.now(UTC),
            paper=paper,
            published=published_of(_models(found), server, basis),
        )

    with fold:
        draw_report(make, lambda: _("Answers of GLM models compared"), key, says_off=False)


def _title(lanes: Sequence[TranscriptLane]) -> str:
    """How a conversation is named among the owner's links."""
    asked = next((turn.prompt.text for lane in lanes for turn in lane.conversation.turns), "")
    return on_one_line(asked, _TITLE_CHARACTERS) or ", ".join(_models(lanes))


def _models(lanes: Sequence[TranscriptLane]) -> list[str]:
    return [lane.setup.model for lane in lanes]
