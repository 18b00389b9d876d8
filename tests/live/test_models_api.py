"""The catalogue for other programs, read by one."""

import httpx
import jsonschema
import pytest

from tests.live.app_process import AppProcess


@pytest.fixture
def client(app: AppProcess) -> httpx.Client:
    return httpx.Client(base_url=app.base_url, headers={"Accept-Encoding": "identity"})


def test_a_program_reads_all_models_and_one(client: httpx.Client, app: AppProcess) -> None:
    schema = client.get("/api/models.schema.json").json()
    models = client.get("/api/models.json")
    assert models.headers["content-type"] == "application/json"
    jsonschema.validate(models.json(), schema)
    provider = models.json()["zai"]
    one = client.get("/api/models/glm-5.1.json").json()
    assert one["providers"]["zai"] == provider["models"]["glm-5.1"]
    sheet = client.get("/models/glm-5.1.md")
    assert sheet.headers["content-type"] == "text/markdown; charset=utf-8"
    assert sheet.text.startswith("# GLM-5.1\n")
    links = client.get("/llms.txt").text
    assert f"({app.base_url}/models/glm-5.1.md)" in links


def test_what_did_not_change_is_not_sent_again(client: httpx.Client) -> None:
    for path in ("/api/models.json", "/models/glm-5.1.md", "/llms.txt"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert client.head(path).headers["content-length"] == str(len(first.content))


@pytest.mark.parametrize("path", ["/api/models/glm-9.json", "/models/glm-9.md"])
def test_a_model_that_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    found = client.get(path)
    assert (found.status_code, found.json()) == (404, {"error": "no model has this id"})


def test_only_reading_is_answered(client: httpx.Client) -> None:
    found = client.post("/api/models.json", json={})
    assert found.status_code == 405
    assert found.headers["allow"] == "GET, HEAD"
