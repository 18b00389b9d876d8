"""Under a path of its own (`server.baseUrlPath`): the app's routes, its cookie and its checks are there, too."""

import asyncio
import base64
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from urllib.parse import urljoin

import httpx
import pytest
from pydantic import SecretStr

from glm_playground.gateway.callbacks import sign
from glm_playground.sandbox.process import SandboxProcess
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve
from tests.live.stream_socket import owner_cookie

pytestmark = pytest.mark.slow

SECRET = SecretStr(base64.b64encode(b"a secret for callbacks, 32 bytes").decode())


@pytest.fixture(scope="module")
def under_glm(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_CALLBACK_SECRET": SECRET.get_secret_value(),
    }
    with serve(tmp_path_factory.mktemp("under"), environment, {"server.baseUrlPath": "glm"}) as process:
        yield process


def test_callbacks_are_taken_there_alone(under_glm: AppProcess) -> None:
    body = b'{"id": "task_1", "status": "completed"}'
    headers = sign("cb-1", body, SECRET, datetime.now(UTC))
    url = f"{under_glm.base_url}/callbacks/runapi"
    assert url.endswith("/glm/callbacks/runapi")
    taken = httpx.post(url, content=body, headers=headers, trust_env=False)
    deadline = time.monotonic() + 20
    while taken.status_code == 503 and time.monotonic() < deadline:
        # The ledger is opened while the app starts.
        taken = httpx.post(url, content=body, headers=headers, trust_env=False)
    assert (taken.status_code, taken.json()) == (200, {"stored": True})
    assert httpx.post(url, content=body, trust_env=False).status_code == 401
    elsewhere = f"http://127.0.0.1:{under_glm.port}/callbacks/runapi"
    assert httpx.post(elsewhere, content=body, headers=headers, trust_env=False).status_code == 404


def test_the_cookie_is_the_paths_own(under_glm: AppProcess) -> None:
    page = httpx.get(f"{under_glm.base_url}/", headers={"Accept": "text/html"}, trust_env=False)
    cookies = SimpleCookie(page.headers["set-cookie"])
    name, _text = owner_cookie({name: morsel.value for name, morsel in cookies.items()})
    assert cookies[name]["path"] == "/glm"


def test_a_session_there_is_its_browsers_own(under_glm: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(under_glm.base_url, "/playground") as tab:
            await tab.run(30)
            assert problems(tab) == []
            upload = f"{under_glm.base_url}/_stcore/upload_file/{tab.session_id}/f"
            xsrf = tab.cookies["_streamlit_xsrf"]
            mine = "; ".join(f"{name}={value}" for name, value in tab.cookies.items())
            async with httpx.AsyncClient(trust_env=False) as client:
                for cookies, status in ((mine, 204), (f"_streamlit_xsrf={xsrf}", 403)):
                    headers = {"Cookie": cookies, "X-Xsrftoken": xsrf}
                    assert (await client.put(upload, headers=headers, files={"f": b"x"})).status_code == status
                    assert (await client.delete(upload, headers=headers)).status_code == status

    asyncio.run(visit())


def test_the_facts_for_other_programs_are_there_alone(under_glm: AppProcess) -> None:
    paths = ("/api/models.json", "/api/models/glm-5.1.json", "/api/changes.atom", "/api.json", "/models/glm-5.1.md")
    for path in (*paths, "/llms.txt"):
        there = httpx.get(under_glm.base_url + path, trust_env=False)
        assert (there.status_code, "html" in there.headers["content-type"]) == (200, False)
        assert httpx.get(f"http://127.0.0.1:{under_glm.port}{path}", trust_env=False).status_code == 404
    text = httpx.get(f"{under_glm.base_url}/llms.txt", trust_env=False).text
    assert f"{under_glm.base_url}/models/glm-5.1.md" in text
    page = httpx.get(under_glm.base_url, headers={"Accept": "text/html"}, trust_env=False, follow_redirects=True)
    href = re.findall(r'type="application/json" href="([^"]+)"', page.text)[0]
    assert urljoin(str(page.url), href) == f"{under_glm.base_url}/api/models.json"
