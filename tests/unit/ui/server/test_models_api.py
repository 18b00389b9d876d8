"""The documents for other programs, asked under many names of the app."""

import asyncio
import gzip

import pytest
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


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, GZIP ; q = 0.8", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("br, gzip; q=0.000", None),
        ("identity, *;q=0", None),
        ("not-gzip", None),
        ("", None),
    ],
)
def test_a_document_is_packed_for_who_takes_it(accepted: str, coding: str | None) -> None:
    client = TestClient(Starlette(routes=models_api.models_routes(load_catalog)))
    found = client.get("/llms.txt", headers={"Accept-Encoding": accepted})
    assert found.headers.get("Content-Encoding") == coding
    assert found.text.startswith("#")


def test_the_servers_loop_packs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[bytes] = []

    def compress(body: bytes, *_: object, **__: object) -> bytes:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        packed.append(body)
        return body

    monkeypatch.setattr(gzip, "compress", compress)
    client = TestClient(Starlette(routes=models_api.models_routes(load_catalog)))
    for path in ("/llms.txt", "/api/models.json"):
        assert client.get(path, headers={"Host": "packed.example", "Accept-Encoding": ""}).status_code == 200
    # The first one also with its address.
    assert len(packed) == 3
