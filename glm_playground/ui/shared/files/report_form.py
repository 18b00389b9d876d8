"""The form where a report is taken: what the user says of it, and a button for each kind of file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st

from glm_playground import bounds
from glm_playground.reports.report import Cover, Paper, Report
from glm_playground.reports.report_files import REPORT_WRITERS
from glm_playground.translations import LANGUAGES
from glm_playground.ui.shared.files.file_buttons import FileKind, dated, draw_file_buttons
from glm_playground.ui.shared.files.link_form import SharedPage, draw_link
from glm_playground.ui.shared.files.report_words import transcript_words
from glm_playground.ui.shared.i18n import _, in_language, language, long_day, today
from glm_playground.ui.shared.text.answer_markdown import literal

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_LIMITS = {
    "title": bounds.REPORT_TITLE_CHARACTERS,
    "author": bounds.REPORT_TITLE_CHARACTERS,
    "purpose": bounds.REPORT_PURPOSE_CHARACTERS,
    "conclusion": bounds.REPORT_CONCLUSION_CHARACTERS,
}


@dataclass
class ReportDraft:
    """What was typed, kept in the session."""

    texts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_LIMITS, ""))
    day: date = field(default_factory=today)
    paper: Paper = Paper.A4
    language: str = field(default_factory=language)

    def cover(self, default_title: str) -> Cover:
        """It as a cover; texts that are too long are cut, since only browsers keep the limits of fields."""
        texts = {name: text[: _LIMITS[name]].strip() for name, text in self.texts.items()}
        return Cover(
            texts["title"] or default_title,
            self.day,
            author=texts["author"],
            purpose=texts["purpose"],
            conclusion=texts["conclusion"],
        )


MakeReport = Callable[[Cover, Paper], Report]
"""Makes the report when a file is asked for, in the language that `i18n.language` says then; it may not use the
session."""


def draw_report(
    make: MakeReport,
    default_title: Callable[[], str],
    key: str,
    *,
    stem: str = "glm-report",
    says_off: bool = True,
) -> None:
    """Draws the form, and once it is filled in a button for each kind of file in its place.

    They are never there together: a file that is asked for while a field still holds what was typed last would miss it.

    Args:
        make: makes the report.
        default_title: says the title where none is typed.
        key: tells the form from others.
        stem: of the files' names.
        says_off: whether it says that links are off.
    """
    state = st.session_state
    draft: ReportDraft = state.setdefault(f"{key}-draft", ReportDraft())
    if state.get(f"{key}-filled"):
        _draw_files(draft, default_title, make, key, stem, says_off=says_off)
    else:
        _draw_fields(draft, default_title(), key)
        st.button(_("Make the files"), key=f"{key}-fill", on_click=_fill, args=(draft, key))


def _draw_files(
    draft: ReportDraft, default_title: Callable[[], str], make: MakeReport, key: str, stem: str, *, says_off: bool
) -> None:
    # What is changed meanwhile belongs to the next files.
    paper, spoken = draft.paper, draft.language
    cover = draft.cover(in_language(spoken, default_title))
    parts = [cover.title, cover.author, long_day(cover.day), paper.value, LANGUAGES[spoken]]
    st.markdown(f"**{literal(parts[0])}** :small[{literal(' · '.join(filter(None, parts[1:])))}]")
    if not cover.conclusion:
        st.caption(_("It has no conclusion yet."))

    def write(kind: str) -> Callable[[], bytes]:
        return lambda: in_language(spoken, lambda: REPORT_WRITERS[kind](make(cover, paper), transcript_words()))

    def shared() -> SharedPage:
        report = make(cover, paper)
        html = REPORT_WRITERS["html"](report, transcript_words()).decode()
        return SharedPage(cover.title, html, report.runs, report.servers)

    kinds = (
        FileKind("HTML", "html", "text/html", write("html")),
        FileKind("Markdown", "md", "text/markdown", write("markdown")),
        FileKind(_("Word (DOCX)"), "docx", _WORD, write("docx")),
        FileKind(_("Slides (PPTX)"), "pptx", _SLIDES, write("pptx")),
    )
    with st.container(horizontal=True):
        draw_file_buttons(kinds, dated(stem), f"{key}-file")
        st.button(
            _("Change what it says"),
            key=f"{key}-change",
            on_click=st.session_state.pop,
            args=(f"{key}-filled", None),
            type="tertiary",
            icon=":material/edit:",
        )
    draw_link(lambda: in_language(spoken, shared), "report", f"{key}-link", says_off=says_off)


def _fill(draft: ReportDraft, key: str) -> None:
    _take(draft, key)
    st.session_state[f"{key}-filled"] = True


def _draw_fields(draft: ReportDraft, default_title: str, key: str) -> None:
    options: dict[str, Any] = {"on_change": _take, "args": (draft, key), "persist_state": "session"}

    def text_key(name: str) -> str:
        return f"{key}-{name}"

    st.text_input(_("Title"), placeholder=default_title, key=text_key("title"), max_chars=_LIMITS["title"], **options)
    with st.container(horizontal=True):
        st.text_input(_("Author"), key=text_key("author"), max_chars=_LIMITS["author"], width=240, **options)
        st.date_input(_("Date"), value=draft.day, key=text_key("day"), width=150, **options)
        st.segmented_control(
            _("Paper"),
            list(Paper),
            default=draft.paper,
            format_func=lambda paper: paper.value,
            key=text_key("paper"),
            required=True,
            **options,
        )
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            default=draft.language,
            format_func=LANGUAGES.__getitem__,
            key=text_key("language"),
            required=True,
            **options,
        )
    st.text_area(_("Purpose"), key=text_key("purpose"), max_chars=_LIMITS["purpose"], height=80, **options)
    st.text_area(
        _("Conclusion"),
        key=text_key("conclusion"),
        max_chars=_LIMITS["conclusion"],
        height=140,
        placeholder=_("What whoever reads only the first page should know. Markdown works."),
        **options,
    )
    _take(draft, key)


def _take(draft: ReportDraft, key: str) -> None:
    """Keeps what the fields say."""
    state = st.session_state
    for name in draft.texts:
        draft.texts[name] = state.get(f"{key}-{name}") or ""
    found = state.get(f"{key}-day")
    # While a range is typed it is a tuple; an emptied field is None.
    draft.day = found if isinstance(found, date) else draft.day
    paper = state.get(f"{key}-paper")
    draft.paper = paper if isinstance(paper, Paper) else draft.paper
    spoken = state.get(f"{key}-language")
    draft.language = spoken if spoken in LANGUAGES else draft.language
