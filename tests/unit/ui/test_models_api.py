"""The documents for other programs, asked under many names of the app."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.ui.server import models_api


def test_addresses_fill_no_memory() -> None:
    client = TestClient(Starlette(routes=models_api.models_routes(load_catalog)))
    for place in range(3 * bounds.API_ROOTS):
        host = f"host-{place}.example"
        found = client.get("/llms.txt", headers={"Host": host})
        assert f"(http://{host}/models/glm-5.1.md)" in found.text
    assert models_api._at.cache_info().currsize <= 2 * bounds.API_ROOTS


def test_a_name_of_the_app_is_text_in_a_feed() -> None:
    client = TestClient(Starlette(routes=models_api.models_routes(load_catalog, "/a&b")))
    found = client.get("/a&b/api/changes.atom")
    assert "http://testserver/a&amp;b/api/changes.atom" in found.text
