"""The app's pages with the catalog in the folder that BENCH_CATALOG names, for benchmarks of many models."""

import os
from pathlib import Path

import streamlit as st

from glm_playground.catalog import loader
from glm_playground.ui.server.doors import base_path, doors
from glm_playground.ui.server.first_page import first_page_routes
from glm_playground.ui.server.lifespan import lifespan
from glm_playground.ui.shared.i18n import preferred_language
from glm_playground.ui.shared.page.script_error import on_script_error

loader.DATA = Path(os.environ["BENCH_CATALOG"])
_SCRIPT = Path(__file__).resolve().parent.parent / "glm_playground" / "ui" / "script.py"

app = st.App(
    _SCRIPT,
    routes=first_page_routes(base_path(), preferred_language),
    middleware=doors(),
    lifespan=lifespan,
    on_script_error=on_script_error,
)
