"""A session belongs to the browser that began it."""

import asyncio
from pathlib import Path

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from glm_playground.ui.server.owner_cookie import OWNER_HEADER, UNSIGNED
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import serve
from tests.live.stream_socket import owner_cookie, owner_in

pytestmark = pytest.mark.slow


async def tab_with_text(app: AppProcess, text: str) -> BrowserSession:
    tab = BrowserSession(app.base_url, path="/playground")
    await tab.connect()
    await tab.run(30)
    await tab.submit_chat(f"@script tokens=5 rate=0\n{text}")
    await tab.wait_finished()
    return tab


async def come_back(app: AppProcess, cookies: dict[str, str], session_id: str) -> BrowserSession:
    tab = BrowserSession(app.base_url, path="/playground", cookies=cookies)
    tab.session_id = session_id
    await tab.connect()
    await tab.run(30)
    return tab


@pytest.mark.parametrize("gone", [False, True])
def test_nobody_else_comes_back_to_a_session(app: AppProcess, gone: bool) -> None:
    async def visit() -> None:
        tab = await tab_with_text(app, "minealone")
        session = tab.session_id
        if gone:
            await tab.drop()
        stranger = BrowserSession(app.base_url)
        await stranger.connect()
        name, text = owner_cookie(tab.cookies)
        nobody = {found: value for found, value in stranger.cookies.items() if found != name}
        unsigned = {**nobody, UNSIGNED: text.split(".")[0]}
        wrong = ({name: text.split(".")[0]}, {name: f'"{text}"'}, {name: text[:-2]}, {UNSIGNED: "x" * 43})
        for cookies in (stranger.cookies, nobody, *({**nobody, **cookie} for cookie in wrong)):
            other = await come_back(app, cookies, session)
            assert other.session_id != session
            assert "minealone" not in other.text
            await other.close()
        mine = await come_back(app, tab.cookies, session)
        assert mine.session_id == session
        assert "minealone" in mine.text
        await mine.drop()
        # What an earlier version gave this browser, whose history the ledger has.
        earlier = await come_back(app, unsigned, session)
        assert earlier.session_id == session
        await earlier.close()
        await stranger.close()

    asyncio.run(visit())


def test_nobody_comes_back_as_nobody(app: AppProcess) -> None:
    async def visit() -> None:
        first = BrowserSession(app.base_url, cookies={"another": "cookie"})
        await first.connect()
        await first.run(30)
        again = await come_back(app, {"another": "cookie"}, first.session_id)
        assert again.session_id != first.session_id
        await first.close()
        await again.close()

    asyncio.run(visit())


def test_the_owner_cannot_be_named_from_outside(app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url) as tab:
            await tab.run(30)
            url = f"{app.base_url}/_stcore/upload_file/{tab.session_id}/f"
            xsrf = tab.cookies["_streamlit_xsrf"]
            headers = {OWNER_HEADER: owner_in(tab.cookies), "X-Xsrftoken": xsrf, "Cookie": f"_streamlit_xsrf={xsrf}"}
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.delete(url, headers=headers)).status_code == 403

    asyncio.run(visit())


def test_behind_a_proxy_that_ends_tls_the_cookie_is_the_hosts_alone(app: AppProcess) -> None:
    headers = {"Accept": "text/html", "X-Forwarded-Proto": "https"}
    cookie = httpx.get(app.base_url, headers=headers, trust_env=False).headers["set-cookie"]
    assert cookie.startswith("__Host-glm_playground_owner_")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_a_browser_keeps_its_history_over_restarts_until_it_is_revoked(sandbox: SandboxProcess, tmp_path: Path) -> None:
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"),
    }
    rotated = {"GLM_PLAYGROUND_COOKIE_SECRET": "x" * 32}

    async def begin(app: AppProcess) -> dict[str, str]:
        tab = await tab_with_text(app, "minealone")
        await tab.close()
        return tab.cookies

    async def has_history(app: AppProcess, cookies: dict[str, str]) -> bool:
        async with BrowserSession(app.base_url, "/history", cookies=cookies) as tab:
            await tab.run(30)
            if "No runs yet" in tab.text:
                return False
            await tab.set_value(tab.find_widget("expandable", "history_reading"), True)
            await tab.wait_for(lambda: "minealone" in tab.text)
            return True

    with serve(tmp_path, environment) as first:
        cookies = asyncio.run(begin(first))
    for more, mine in (
        ({}, True),
        ({"GLM_PLAYGROUND_COOKIE_SECRET": f"{'x' * 32},{(tmp_path / 'data' / 'cookie_secret').read_text()}"}, True),
        (rotated, False),
        ({"GLM_PLAYGROUND_REVOKED_OWNERS": owner_in(cookies)}, False),
    ):
        with serve(tmp_path, environment | more) as again:
            assert asyncio.run(has_history(again, cookies)) is mine


def test_what_the_operator_has_streamlit_trust_takes_nothing_from_that(sandbox: SandboxProcess, tmp_path: Path) -> None:
    environment = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    with serve(tmp_path, environment, {"server.trustedUserHeaders": '{"X-Forwarded-Email": "email"}'}) as app:
        test_nobody_else_comes_back_to_a_session(app, gone=False)
