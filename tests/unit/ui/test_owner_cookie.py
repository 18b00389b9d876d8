"""The cookie by which a browser keeps its own history."""

from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from glm_playground.ui.server.owner import COOKIE, OwnerCookie


async def page(request: Request) -> Response:
    return HTMLResponse("<p>hi")


async def data(request: Request) -> Response:
    return JSONResponse({})


@pytest.fixture
def app() -> OwnerCookie:
    return OwnerCookie(Starlette(routes=[Route("/", page), Route("/data", data)]))


@pytest.fixture
def client(app: OwnerCookie) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")


@pytest.mark.anyio
async def test_a_browser_gets_one_cookie_that_no_script_can_read(client: httpx.AsyncClient) -> None:
    first = await client.get("/")
    cookie = SimpleCookie(first.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(cookie.value) == 43
    assert "set-cookie" not in (await client.get("/")).headers


@pytest.mark.anyio
async def test_only_pages_set_it_and_a_foreign_value_is_replaced(app: OwnerCookie) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://app") as client:
        assert "set-cookie" not in (await client.get("/data")).headers
        answer = await client.get("/", headers={"Cookie": f"{COOKIE}=admin"})
        assert SimpleCookie(answer.headers["set-cookie"])[COOKIE]["secure"]
