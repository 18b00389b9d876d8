"""The first HTML page is served at the address of every page, and fetches what this version of Streamlit has."""

import re
from pathlib import Path

import streamlit

from glm_playground.app_folder import APP_FOLDER
from glm_playground.ui.server.first_page import PAGES, first_page


def test_every_page_has_its_address() -> None:
    scripts = {path.stem for path in (APP_FOLDER / "pages").glob("*.py")}
    assert scripts - {"__init__", "models"} == set(PAGES)


def test_the_code_of_elements_that_it_fetches_is_there() -> None:
    files = set(re.findall(r'"\./(static/js/[^"]+)"', first_page()))
    names = {Path(file).name.partition(".")[0] for file in files}
    assert {"Button", "ButtonGroup", "PageLink", "TextInput", "Selectbox", "DataFrame", "ChatInput"} <= names
    assert all((Path(streamlit.__file__).parent / "static" / file).is_file() for file in files)
