"""The first HTML page is served at the address of every page."""

from glm_playground.app_folder import APP_FOLDER
from glm_playground.ui.server.first_page import PAGES


def test_every_page_has_its_address() -> None:
    scripts = {path.stem for path in (APP_FOLDER / "pages").glob("*.py")}
    assert scripts - {"__init__", "models"} == set(PAGES)
