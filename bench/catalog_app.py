"""What `bench.pages_speed` serves: the app with the catalog in the folder that BENCH_CATALOG names."""

import os
from pathlib import Path

import streamlit as st

from glm_playground.catalog import loader
from glm_playground.ui.server.lifespan import lifespan
from glm_playground.ui.shared.script_error import on_script_error

loader.DATA = Path(os.environ["BENCH_CATALOG"])
_SCRIPT = Path(__file__).resolve().parent.parent / "glm_playground" / "ui" / "script.py"

app = st.App(_SCRIPT, lifespan=lifespan, on_script_error=on_script_error)
