"""Links that are made on a page: where they are allowed, for how long, and what stands in what is shared."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

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


@pytest.mark.usefixtures("at_gateway")
def test_nothing_of_links_is_drawn_where_none_are_allowed(playground: Callable[..., Playground]) -> None:
    page = playground()
    page.ask("@script text=hello rate=0")
    page.open_share()
    assert not [button for button in page.at.button if "link" in str(button.key)]


@pytest.mark.usefixtures("allowed")
def test_a_shared_page_holds_no_key_no_owner_and_no_id(
    playground: Callable[..., Playground], sandbox: SandboxProcess
) -> None:
    page = playground()
    page.ask(f"@script text=hello%20{sandbox.key}%20and%20{KEY} rate=0\nMy key is {KEY}")
    page.open_share()
    page.at.button(key="download-link-make").click().run()
    shared = shared_page(page.at)
    assert "hello" in shared
    run = page.last_run()
    hidden = (sandbox.key, KEY, page.at.session_state["session_owner"], run.id, run.request_id, run.task_id)
    assert [one for one in hidden if one and one in shared] == []
    assert "[removed]" in shared
