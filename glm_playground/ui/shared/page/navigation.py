"""The pages, their addresses, and what is around each of them."""

from copy import copy
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from glm_playground.app_folder import APP_FOLDER
from glm_playground.ui.server.first_page import PAGES
from glm_playground.ui.server.scheduler import page_slot
from glm_playground.ui.shared.i18n import _, language, settle_language
from glm_playground.ui.shared.text.paced_text import backlog, draw_what_waits

_PAGES = APP_FOLDER / "pages"
MODELS = _PAGES / "models.py"
CHOOSE = _PAGES / "choose.py"
COMPARE = _PAGES / "compare.py"
PLAYGROUND = _PAGES / "playground.py"
HISTORY = _PAGES / "history.py"
EVALUATE = _PAGES / "evaluate.py"
VOTE = _PAGES / "vote.py"
PRESENT = _PAGES / "present.py"
VIEW, STAGE, NOTES = "view", "stage", "notes"
"""Name in the address what the page Present shows without the app's menu."""
PANEL = "settings_panel"
"""Names what is open beside the page."""
PANEL_OPENED = "panel_opened"
"""Names whether it was opened just now."""
SUITE = "suite"
"""Names a suite in the address of the page Evaluate."""
RUN = "run"
"""Names a run in the history's address."""
_PANEL_WIDTH = 440
"""In pixels: lines of code are long, and lanes are to stay readable at 1280."""
_ICON = Path(__file__).parent / "icon.svg"
_LOGO = _ICON.with_name("logo.svg").read_text(encoding="utf-8")
_NAME = "GLM Playground"


def draw_page() -> None:
    """Draws the page that the address names."""
    with page_slot():
        settle_language()
        # An empty one would keep its width until the next run ends.
        panel: Literal["expanded", "collapsed"] = "expanded" if st.session_state.get(PANEL) else "collapsed"
        # A page can be run once; making it anew takes longer than all else here.
        bare = st.query_params.get(VIEW) in {STAGE, NOTES}
        page = st.navigation([copy(page) for page in _pages(language())], position="hidden" if bare else "top")
        if st.session_state.pop(PANEL_OPENED, False):
            # The first one to open has its width until a reader drags it; alone this leaves a phone's folded away.
            st.set_page_config(initial_sidebar_state=_PANEL_WIDTH)
        st.set_page_config(page_title(page.title), str(_ICON), layout="wide", initial_sidebar_state=panel)
        st.logo(_LOGO, size="large")
        with backlog().page(page.url_path):
            page.run()
            draw_what_waits()


def page_title(subject: str) -> str:
    """What the browser's tab and its history call a page."""
    return f"{subject} · {_NAME}"


def app_path() -> str:
    """The path of the app as the browser has it, without a slash at its end: a proxy may serve it below one."""
    # While a page is gone to, the address may still be that of the one before.
    path = urlsplit(st.context.url or "").path.rstrip("/")
    above, _slash, last = path.rpartition("/")
    return quote(above if last in PAGES else path, safe="/%")


@cache
def _pages(language: str) -> tuple[StreamlitPage, ...]:
    """The pages with their titles in a language, to be copied."""
    return (
        st.Page(MODELS, title=_("Models"), default=True),
        st.Page(CHOOSE, title=_("Choose"), url_path="choose"),
        st.Page(COMPARE, title=_("Compare"), url_path="compare"),
        st.Page(PLAYGROUND, title=_("Playground"), url_path="playground"),
        st.Page(HISTORY, title=_("History"), url_path="history"),
        st.Page(EVALUATE, title=_("Evaluate"), url_path="evaluate"),
        st.Page(VOTE, title=_("Vote"), url_path="vote"),
        st.Page(PRESENT, title=_("Present"), url_path="present"),
    )
