"""Links that are made on a page: where they are allowed, for how long, and what stands in what is shared."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import storage
from tests.app.conftest import Configure
from tests.app.playground_page import Playground

KEY = "sk-canary-0123456789abcdef0123"


def shared_page(at: AppTest) -> str:
    """What the link that is shown leads to."""
    [address] = [code.value for code in at.code if "/public/link/" in code.value]
    page = storage.needed_ledger().links.read(address.rpartition("/")[2])
    assert page
    return page


@pytest.fixture
def allowed(configure: Configure, sandbox: SandboxProcess) -> None:
    configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, GLM_PLAYGROUND_SHARING="1d")


def asked(open_page: Callable[..., AppTest], text: str, prompt: str = "", locale: str = "en-US") -> Playground:
    """A conversation with the menu Share open."""
    page = Playground(open_page("pages/playground.py", locale=locale))
    page.script(f"text={text}", prompt)
    page.open("share")
    return page


@pytest.mark.usefixtures("at_gateway")
@pytest.mark.parametrize("locale", ["en-US", "pt-BR"])
def test_where_no_links_are_allowed_one_line_says_who_may_allow_them(
    open_page: Callable[..., AppTest], locale: str
) -> None:
    page = asked(open_page, "hello", locale=locale)
    page.open("share-report-open")
    page.click("share-report-fill")
    assert ["`GLM_PLAYGROUND_SHARING`" in one.value for one in page.at.caption].count(True) == 1
    assert not [button for button in page.at.button if "link" in str(button.key)]
    history = open_page("pages/history.py", owner=page.at.session_state["session_owner"])
    assert "history_links" not in history.session_state


@pytest.mark.usefixtures("allowed")
def test_a_shared_page_holds_no_key_no_owner_and_no_id(
    open_page: Callable[..., AppTest], sandbox: SandboxProcess
) -> None:
    page = asked(open_page, f"hello%20{sandbox.key}", f'My key is "{KEY}" <{KEY}>')
    page.click("download-link-make")
    shared = shared_page(page.at)
    assert "hello" in shared
    run = page.last_run
    hidden = (sandbox.key, KEY, page.at.session_state["session_owner"], run.id, run.request_id, run.task_id)
    assert [one for one in hidden if one and one in shared] == []
    assert "[removed]" in shared


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("kind", ["conversation", "report"])
def test_a_shared_page_names_the_gateway_and_not_its_address(
    open_page: Callable[..., AppTest], sandbox: SandboxProcess, kind: str
) -> None:
    where = sandbox.base_url.partition("://")[2].partition("/")[0]
    page = asked(open_page, "hello", f"curl {sandbox.base_url}/chat/completions, or {where}")
    if kind == "report":
        page.open("share-report-open")
        page.click("share-report-fill")
    page.click("share-report-link-make" if kind == "report" else "download-link-make")
    shared = shared_page(page.at)
    assert "hello" in shared
    assert where not in shared
    # In the prompt twice, and as who was asked.
    assert unescape(shared).count("the operator's gateway") >= 3


@pytest.mark.usefixtures("allowed")
def test_a_report_is_shared_as_it_was_and_taken_back(open_page: Callable[..., AppTest]) -> None:
    page = asked(open_page, "Bras%C3%ADlia")
    page.open("share-report-open")
    page.at.text_input(key="share-report-title").set_value("Capitals")
    page.click("share-report-fill")
    page.click("share-report-link-make")
    shared = shared_page(page.at)
    assert "<h1" in shared
    assert "Capitals" in shared
    assert "Brasília" in shared
    mine = page.at.session_state["session_owner"]
    [link] = storage.needed_ledger().links.of(mine)
    assert (link.kind, link.title) == ("report", "Capitals")
    assert link.expires_at - link.created_at == timedelta(hours=1)
    page.click(f"share-links-revoke-{link.id}")
    assert storage.needed_ledger().links.of(mine) == ()
    assert not [code for code in page.at.code if "/public/link/" in code.value]


@pytest.mark.usefixtures("allowed")
def test_no_room_is_said(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LINKS", 0)
    page = asked(open_page, "hello")
    page.click("download-link-make")
    assert "There is no link." in [error.title for error in page.at.error]
