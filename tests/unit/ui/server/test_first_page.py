"""The first HTML page is served at the address of every page, and fetches what this version of Streamlit has."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.testclient import TestClient

from glm_playground.app_folder import APP_FOLDER
from glm_playground.ui.server.alternates import ALTERNATES
from glm_playground.ui.server.first_page import PAGES, first_page, first_page_routes


def test_every_page_has_its_address() -> None:
    scripts = {path.stem for path in (APP_FOLDER / "pages").glob("*.py")}
    assert scripts - {"__init__", "models"} == set(PAGES)


def test_the_code_of_elements_that_it_fetches_is_there() -> None:
    files = set(re.findall(r'"\./(static/js/[^"]+)"', first_page()))
    assert {Path(file).name.partition(".")[0] for file in files} >= {"StreamlitSyntaxHighlighter"}
    assert all((Path(streamlit.__file__).parent / "static" / file).is_file() for file in files)


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("", "/"),
        ("", "/compare"),
        ("/glm", "/glm"),
        ("/glm", "/glm/compare"),
        ("/some/where", "/some/where"),
        ("/some/where", "/some/where/history"),
    ],
)
def test_it_leads_to_the_facts_for_other_programs(base: str, address: str) -> None:
    client = TestClient(Starlette(routes=first_page_routes(base, lambda accepted: "en")), base_url="http://host")
    page = client.get(address)
    assert page.status_code == 200
    found = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', page.text)
    there = [(media_type, urljoin(f"http://host{address}", href)) for media_type, href in found]
    assert there == [(media_type, f"http://host{base}/{path}") for media_type, path, _title in ALTERNATES]
