"""The folder that holds app.py, pages/ and .streamlit/config.toml."""

from pathlib import Path

_PACKAGED = Path(__file__).parent / "_app"

APP_FOLDER = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1]
"""`_app` inside an installed package, the top of the repository otherwise."""
