"""The cookie by which a browser keeps its own history."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from glm_playground.ui.server import owner_cookie
from glm_playground.ui.server.owner_cookie import (
    HOST_PREFIX,
    OWNER_HEADER,
    UNSIGNED,
    OwnerCookie,
    OwnerUnknown,
    Signer,
    owner_of_browser,
)

OLD, NEW = "the-secret-of-last-year-32-characters", "the-secret-of-this-year-32-characters"
VALUE = "earlier-versions-wrote-43-characters-alone_"
COOKIE, OLD_COOKIE = Signer([NEW, OLD]).names
HOST_COOKIE = HOST_PREFIX + COOKIE
KNOWN = {owner_of_browser(VALUE)}


async def page(request: Request) -> Response:
    if request.headers.get("if-none-match"):
        return Response(status_code=304)
    return HTMLResponse(request.headers[OWNER_HEADER])


class Visit:
    """What a browser gets with a page."""

    def __init__(self, answer: httpx.Response) -> None:
        self.owner = answer.text
        self.headers = answer.headers
        self.cookie = SimpleCookie(answer.headers.get("set-cookie", ""))

    def is_nobodys(self) -> bool:
        """Whether it is drawn for an owner whom no cookie names."""
        named = {owner_of_browser(VALUE), owner_of_browser(self.value), "0" * 32}
        return len(self.owner) == 32 and self.owner not in named

    @property
    def name(self) -> str:
        return next(iter(self.cookie))

    @property
    def text(self) -> str:
        return self.cookie[self.name].value

    @property
    def value(self) -> str:
        return self.text.split(".")[0]


async def load(
    cookies: Sequence[tuple[str, str]] = (),
    *,
    signer: Signer | None = None,
    revoked: Sequence[str] = (),
    url: str = "http://app/",
    path: str = "/",
    ledger_away: bool = False,
    **headers: str,
) -> Visit:
    async def knows(owner: str) -> bool:
        if ledger_away:
            raise OwnerUnknown
        return owner in KNOWN

    routes = [Route("/{path:path}", page)]
    app = OwnerCookie(Starlette(routes=routes), signer or Signer([NEW]), knows, revoked, path)
    sent = [(name, value.encode()) for name, value in ({"Accept": "text/html"} | headers).items()]
    if cookies:
        sent.append(("Cookie", "; ".join(f"{name}={text}" for name, text in cookies).encode()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return Visit(await client.get(url, headers=sent))


pytestmark = pytest.mark.anyio


async def test_a_browser_gets_one_cookie_that_no_script_can_read() -> None:
    first = await load()
    cookie = first.cookie[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["secure"]) == ("Lax", "/", "")
    assert first.headers["cache-control"] == "private, no-cache"
    again = await load([(COOKIE, first.text)])
    assert again.owner == owner_of_browser(first.value)
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize(
    ("url", "path", "name", "secure"),
    [
        ("https://app/", "/", HOST_COOKIE, True),
        ("https://app/glm/", "/glm", COOKIE, True),
        ("http://app/glm/", "/glm", COOKIE, False),
    ],
)
async def test_it_is_the_hosts_by_tls_and_else_the_apps_own_path(url: str, path: str, name: str, secure: bool) -> None:
    first = await load(url=url, path=path)
    assert first.name == name
    assert first.cookie[name]["path"] == path
    assert bool(first.cookie[name]["secure"]) is secure
    assert not first.cookie[name]["domain"]
    assert (await load([(name, first.text)], url=url, path=path)).owner == owner_of_browser(first.value)


async def test_only_pages_set_it_also_those_that_the_browser_still_has() -> None:
    assert "set-cookie" not in (await load(Accept="image/png")).headers
    assert "set-cookie" in (await load(**{"If-None-Match": '"page"'})).headers


@pytest.mark.parametrize(
    "text",
    [
        "admin",
        "",
        "x" * 43,
        "x" * 44,
        f'"{VALUE}"',
        VALUE.replace("e", "é"),
        "ä" * 43,
        "x" * 100_000,
        Signer(["a-secret-of-another-server-of-32-chars"]).sign(VALUE),
        Signer([NEW]).sign("admin"),
        Signer([NEW]).sign(VALUE)[:-1],
        Signer([NEW]).sign(VALUE).replace("earlier", "earlies"),
        f"{VALUE}.",
        f"{VALUE}..",
        f"{VALUE}.AAAAAA.{'A' * 43}",
    ],
    # A signature has the time in it: without names the tests would be others in each process.
    ids=[
        *("word", "empty", "43", "44", "quoted", "accents", "umlauts", "long"),
        *("other secret", "other value", "cut", "changed", "one dot", "two dots", "made up"),
    ],
)
async def test_what_was_not_signed_here_is_nobodys_and_is_replaced(text: str) -> None:
    for name in (COOKIE, HOST_COOKIE):
        answer = await load([(name, text)])
        assert answer.is_nobodys()
        assert answer.value not in {text, VALUE}
        assert Signer([NEW]).read(answer.text)


async def test_an_unsigned_one_counts_by_its_own_name_alone() -> None:
    assert (await load([(COOKIE, VALUE)])).is_nobodys()
    assert (await load([(UNSIGNED, Signer([NEW]).sign(VALUE))])).is_nobodys()
    assert (await load([(UNSIGNED, "x" * 43)])).is_nobodys()


async def test_a_cookie_of_an_earlier_version_counts_where_the_ledger_knows_its_owner() -> None:
    mine = await load([(UNSIGNED, VALUE)])
    assert (mine.owner, mine.value) == (owner_of_browser(VALUE), VALUE)
    assert Signer([NEW]).read(mine.text)
    # While the ledger cannot say, it stays in the browser.
    away = await load([(UNSIGNED, VALUE)], ledger_away=True)
    assert away.owner != owner_of_browser(VALUE)
    assert "set-cookie" not in away.headers


async def test_sent_twice_the_one_that_counts_is_found() -> None:
    signed = Signer([NEW]).sign(VALUE)
    for cookies in (
        [(COOKIE, "x" * 43), (COOKIE, signed)],
        [(COOKIE, signed), (COOKIE, "x" * 43)],
        [(UNSIGNED, "x" * 43), (UNSIGNED, VALUE)],
        [(UNSIGNED, "x" * 43), (COOKIE, signed)],
        [("other", "1"), (HOST_COOKIE, "wrong"), (COOKIE, signed)],
    ):
        assert (await load(cookies)).owner == owner_of_browser(VALUE)
    other = Signer([NEW]).sign(secrets.token_urlsafe(32))
    both = await load([(COOKIE, other), (HOST_COOKIE, signed)], url="https://app/")
    assert both.owner == owner_of_browser(VALUE)


async def test_secrets_are_rotated_and_cookies_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Signer([OLD]).sign(VALUE)
    assert (await load([(OLD_COOKIE, old)], signer=Signer([NEW, OLD]))).owner == owner_of_browser(VALUE)
    monkeypatch.setattr(owner_cookie, "_RENEWED_AFTER", timedelta(seconds=-1))
    renewed = await load([(OLD_COOKIE, old)], signer=Signer([NEW, OLD]))
    assert (renewed.name, renewed.value) == (COOKIE, VALUE)
    assert Signer([NEW]).read(renewed.text)
    for name in (OLD_COOKIE, COOKIE):
        assert (await load([(name, old)], signer=Signer([NEW]))).is_nobodys()


async def test_two_apps_of_one_host_leave_each_others_alone() -> None:
    first, second = await load(signer=Signer([OLD])), await load(signer=Signer([NEW]))
    both = [(first.name, first.text), (second.name, second.text)]
    for signer, mine in ((Signer([OLD]), first), (Signer([NEW]), second)):
        again = await load(both, signer=signer)
        assert again.owner == owner_of_browser(mine.value)
        assert "set-cookie" not in again.headers


async def test_a_revoked_owner_gets_a_new_cookie() -> None:
    for cookie in ((COOKIE, Signer([NEW]).sign(VALUE)), (UNSIGNED, VALUE)):
        answer = await load([cookie], revoked=[owner_of_browser(VALUE)])
        assert answer.is_nobodys()
        assert answer.value != VALUE


async def test_the_header_is_never_taken_from_outside() -> None:
    assert (await load(**{OWNER_HEADER: "0" * 32})).is_nobodys()
    signed = Signer([NEW]).sign(VALUE)
    assert (await load([(COOKIE, signed)], **{"X-Glm-Playground-Owner": "0" * 32})).owner == owner_of_browser(VALUE)


async def test_a_cookie_counts_as_long_as_browsers_keep_one(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = Signer([NEW]).sign(VALUE)
    read = Signer([NEW]).read(signed)
    assert read
    assert abs(datetime.now(UTC) - read.at) < timedelta(seconds=5)
    monkeypatch.setattr(owner_cookie, "_KEPT_FOR", timedelta(seconds=-1))
    assert Signer([NEW]).read(signed) is None


@given(st.text(max_size=250))
async def test_no_text_breaks_the_reader(text: str) -> None:
    assert Signer([NEW]).read(text) is None
