"""Pages that a model wrote: who gets them, how long, how many, and with which policy."""

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from glm_playground import bounds
from glm_playground.ui.server.headers import SecurityHeaders
from glm_playground.ui.server.model_pages import ModelPages, model_page_route
from glm_playground.ui.server.owner_cookie import OWNER_HEADER

PAGE = "<!doctype html><p>a</p>"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_page_is_its_owners_until_it_ends_or_is_hidden() -> None:
    clock = Clock()
    pages = ModelPages(clock)
    id = pages.show("a", PAGE)
    assert pages.find("a", id) == (PAGE.encode(), False)
    assert pages.find("b", id) is None
    assert pages.find("", id) is None
    clock.now = bounds.MODEL_PAGE_S - 1
    assert pages.show("a", PAGE) == id
    clock.now = 2 * bounds.MODEL_PAGE_S - 2
    assert pages.find("a", id)
    clock.now = 2 * bounds.MODEL_PAGE_S - 1
    assert pages.find("a", id) is None
    with_scripts = pages.show("a", PAGE, scripts=True)
    assert with_scripts != id
    assert pages.show("b", PAGE) != id
    pages.hide("a", PAGE)
    assert pages.find("a", with_scripts) is None


def test_an_owner_has_few_and_takes_nobody_elses_room(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = ModelPages()
    mine = pages.show("a", PAGE)
    many = [pages.show("b", f"{PAGE}{number}") for number in range(bounds.MODEL_PAGES_BY_ONE + 3)]
    assert [pages.find("b", id) is not None for id in many] == [False] * 3 + [True] * bounds.MODEL_PAGES_BY_ONE
    large = "x" * (bounds.MODEL_PAGE_BYTES - 1000)
    monkeypatch.setattr(bounds, "MODEL_PAGES_BYTES", 3 * bounds.MODEL_PAGE_BYTES)
    others = [pages.show("c", f"{large}{number}") for number in range(6)]
    assert [pages.find("c", id) is not None for id in others] == [False] * 3 + [True] * 3
    assert pages.find("a", mine)
    pages.hide_all("c")
    assert not any(pages.find("c", id) for id in others)


@pytest.mark.parametrize(("owner", "page"), [("", PAGE), ("a", "x" * (bounds.MODEL_PAGE_BYTES + 1))])
def test_nobodys_pages_and_too_large_ones_are_refused(owner: str, page: str) -> None:
    with pytest.raises(ValueError, match="largest size"):
        ModelPages().show(owner, page)


@pytest.fixture
def ask() -> Callable[..., TestClient]:
    def client(pages: ModelPages) -> TestClient:
        app = Starlette(routes=[model_page_route("/glm", pages)])
        return TestClient(SecurityHeaders(app))

    return client


def test_the_routes_policy_stands_alone(ask: Callable[..., TestClient]) -> None:
    pages = ModelPages()
    plain, scripted = pages.show("a", PAGE), pages.show("a", PAGE, scripts=True)
    client = ask(pages)
    found = client.get(f"/glm/model-page/{plain}", headers={OWNER_HEADER: "a"})
    assert (found.text, found.headers["content-type"]) == (PAGE, "text/html; charset=utf-8")
    [policy] = found.headers.get_list("content-security-policy")
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; ")
    assert "script" not in policy
    assert found.headers["cache-control"] == "no-store"
    [policy] = client.get(f"/glm/model-page/{scripted}", headers={OWNER_HEADER: "a"}).headers.get_list(
        "content-security-policy"
    )
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; ")
    assert "allow-same-origin" not in policy
    missing = client.get(f"/glm/model-page/{plain}", headers={OWNER_HEADER: "b"})
    assert (missing.status_code, "frame-src 'self'" in missing.headers["content-security-policy"]) == (404, True)
    assert client.post(f"/glm/model-page/{plain}", headers={OWNER_HEADER: "a"}).status_code == 405


@pytest.mark.parametrize("tag", ["<link rel=preconnect href=//e>", "<LINK\n", "<link/", "<svg><link >"])
def test_no_element_opens_a_connection_that_no_policy_governs(tag: str) -> None:
    pages = ModelPages()
    content, _scripts = pages.find("a", pages.show("a", PAGE + tag)) or (b"", False)
    assert b"<link" not in content.lower()
    assert content.startswith(PAGE.encode())
