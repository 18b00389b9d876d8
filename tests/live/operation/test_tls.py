"""Behind nginx as the operator's guide has it: TLS by an authority of one's own, under a sub-path."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.certificates import certificate
from tests.condition import wait_until
from tests.live.app_process import free_port
from tests.live.conftest import problems, serve
from tests.live.nginx import needs_nginx
from tests.live.operation.nginx import nginx
from tests.live.recording_tab import RecordingTab
from tests.live.stream_socket import owner_cookie


def headers(tab: RecordingTab, origin: str) -> dict[str, str]:
    cookies = "; ".join(f"{name}={value}" for name, value in tab.cookies.items())
    return {"Cookie": cookies, "X-Xsrftoken": tab.cookies["_streamlit_xsrf"], "Origin": origin}


@pytest.mark.slow
@needs_nginx
def test_pages_uploads_and_files_pass_and_the_cookie_is_secure(sandbox: SandboxProcess, tmp_path: Path) -> None:
    made = certificate(tmp_path, "IP:127.0.0.1")
    trusted = ssl.create_default_context(cafile=made.authority)
    port = free_port()
    origin = f"https://127.0.0.1:{port}"

    async def visit(address: str, client: httpx.Client) -> None:
        async with RecordingTab(address, path="/playground", tls=trusted) as tab:
            name, _text = owner_cookie(tab.cookies)
            assert not name.startswith("__Host-")
            await tab.run(timeout=30)
            await tab.submit_chat("@script tokens=30 rate=0\nabout plovers")
            await tab.wait_finished(20)
            assert "Section 1" in tab.text
            await tab.open("share")
            button = next(one for one in tab.widgets("download_button") if one.label == "Markdown")
            file = f"{address}{await tab.file_address(button)}"
            assert "about plovers" in client.get(file, headers=headers(tab, origin)).text
            assert client.get(file).status_code == 404
            url = f"{address}/_stcore/upload_file/{tab.session_id}/a"
            for who, status in ((origin, 204), ("https://evil.example", 403)):
                sent = client.put(url, headers=headers(tab, who), files={"file": ("a", b"x" * 2_000_000)})
                assert sent.status_code == status
            # nginx refuses what is above the app's own limit.
            assert client.put(url, headers=headers(tab, origin), content=b"x" * 11_000_000).status_code == 413
            assert not problems(tab)
            session, cookies = tab.session_id, dict(tab.cookies)
            await tab.drop()
            again = RecordingTab(address, path="/playground", tls=trusted, cookies=cookies)
            again.session_id = session
            await again.connect()
            await again.run(timeout=30)
            assert "about plovers" in again.text
            await again.close()

    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_ORIGINS": origin,
    }
    with (
        serve(tmp_path, environment, {"server.baseUrlPath": "glm"}) as app,
        nginx(tmp_path, [app], made, port) as address,
        httpx.Client(verify=trusted, trust_env=False, timeout=20) as client,
    ):
        page = client.get(f"{address}/", headers={"Accept": "text/html"})
        assert page.status_code == 200
        cookie = page.headers["set-cookie"].split("; ")
        assert {"Path=/glm", "Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie)
        wait_until(lambda: client.get(f"{address}/readyz").json()["ready"])
        asyncio.run(visit(address, client))
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
            httpx.get(f"{address}/healthz", trust_env=False)
