"""The catalogue for other programs, read by one."""

from xml.etree import ElementTree

import httpx
import jsonschema
import pytest

from glm_playground.catalog.models_schema import models_dev_schema
from tests.live.app_process import AppProcess


@pytest.fixture
def client(app: AppProcess) -> httpx.Client:
    return httpx.Client(base_url=app.base_url, headers={"Accept-Encoding": "identity"})


def test_a_program_reads_all_models_and_one(client: httpx.Client, app: AppProcess) -> None:
    schema = client.get("/api/models.schema.json").json()
    models = client.get("/api/models.json")
    assert models.headers["content-type"] == "application/json"
    assert models.headers["access-control-allow-origin"] == "*"
    jsonschema.validate(models.json(), schema)
    provider = models.json()["zai"]
    one = client.get("/api/models/glm-5.1.json").json()
    jsonschema.validate(one, {"$ref": "#/$defs/one", "$defs": schema["$defs"]})
    assert one["providers"]["zai"] == provider["models"]["glm-5.1"]
    sheet = client.get("/models/glm-5.1.md")
    assert sheet.headers["content-type"] == "text/markdown; charset=utf-8"
    assert sheet.text.startswith("# GLM-5.1\n")
    links = client.get("/llms.txt").text
    assert f"({app.base_url}/models/glm-5.1.md)" in links


def test_a_client_of_models_dev_reads_what_it_expects(client: httpx.Client) -> None:
    found = client.get("/api.json")
    assert found.headers["content-type"] == "application/json"
    jsonschema.validate(found.json(), models_dev_schema())
    assert found.json()["zai"]["models"]["glm-5.1"]["limit"] == {"context": 200000, "output": 131072}


def test_a_feed_reader_reads_what_changed(client: httpx.Client, app: AppProcess) -> None:
    found = client.get("/api/changes.atom")
    assert found.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(found.text)
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall("{http://www.w3.org/2005/Atom}link")}
    assert links == {"self": f"{app.base_url}/api/changes.atom", "alternate": f"{app.base_url}/"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/models.json",
        "/api/models.schema.json",
        "/api/models/glm-5.1.json",
        "/api/changes.atom",
        "/api.json",
        "/models/glm-5.1.md",
        "/llms.txt",
    ],
)
def test_what_did_not_change_is_not_sent_again(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    for tags in (f'"other", W/{first.headers["etag"]}', "*"):
        again = client.get(path, headers={"If-None-Match": tags})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content
    head = client.head(path)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(first.content)))
    for name in ("content-type", "etag"):
        assert head.headers[name] == first.headers[name]


@pytest.mark.parametrize("path", ["/api/models/glm-9.json", "/models/glm-9.md"])
def test_a_model_that_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    found = client.get(path)
    assert (found.status_code, found.json()) == (404, {"error": "no model has this id"})


def test_only_reading_is_answered(client: httpx.Client) -> None:
    found = client.post("/api/models.json", json={})
    assert found.status_code == 405
    assert found.headers["allow"] == "GET, HEAD"


def test_it_is_sent_packed_to_who_takes_that(app: AppProcess) -> None:
    plain = httpx.get(f"{app.base_url}/api/models.json", headers={"Accept-Encoding": "identity"}, trust_env=False)
    packed = httpx.get(f"{app.base_url}/api/models.json", headers={"Accept-Encoding": "gzip"}, trust_env=False)
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in packed.headers["vary"]
    headers = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    assert httpx.get(f"{app.base_url}/api/models.json", headers=headers, trust_env=False).status_code == 304
