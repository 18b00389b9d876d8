"""Pages for anybody on the served app, under a path of its own: what the operator allows, and what the log says."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from glm_playground import bounds
from glm_playground.ledger import Ledger
from glm_playground.ledger.polls import Poll
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.live.app_process import AppProcess
from tests.live.conftest import serve

pytestmark = pytest.mark.slow

ALLOWED = {"GLM_PLAYGROUND_SHARING": "7d", "GLM_PLAYGROUND_AUDIENCE_VOTES": "on", "GLM_PLAYGROUND_LOG_LEVEL": "debug"}
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One that both apps use, as replicas do."""
    opened = Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('kept')}/runs.sqlite3")
    yield opened
    opened.close()


def serve_at(ledger: Ledger, sandbox: SandboxProcess, folder: Path, **environment: str) -> Iterator[AppProcess]:
    asked = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    kept = {"GLM_PLAYGROUND_DATABASE_URL": f"sqlite:///{ledger._database.where}"}
    with serve(folder, {**asked, **kept, **environment}, {"server.baseUrlPath": "glm"}) as process:
        yield process


@pytest.fixture(scope="module")
def public_app(
    ledger: Ledger, sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppProcess]:
    yield from serve_at(ledger, sandbox, tmp_path_factory.mktemp("public"), **ALLOWED)


@pytest.fixture(scope="module")
def closed_app(
    ledger: Ledger, sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppProcess]:
    """Without a setting, as the app starts."""
    yield from serve_at(ledger, sandbox, tmp_path_factory.mktemp("closed"))


def get(url: str) -> httpx.Response:
    return httpx.get(url, headers=PAGE, trust_env=False)


def test_a_link_works_where_it_is_allowed_and_its_secret_is_in_no_log(
    ledger: Ledger, public_app: AppProcess, closed_app: AppProcess
) -> None:
    link, secret = ledger.links.make(
        "me", kind="report", title="t", page="<p>shared</p>", runs=(), lasts=timedelta(hours=1)
    )
    found = get(f"{public_app.base_url}/public/link/{secret}")
    assert (found.status_code, found.text) == (200, "<p>shared</p>")
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in found.headers
    refused = get(f"{closed_app.base_url}/public/link/{secret}")
    elsewhere = get(f"http://127.0.0.1:{public_app.port}/public/link/{secret}")
    assert refused.status_code == 404
    assert elsewhere.status_code == 404
    ledger.links.revoke("me", link.id)
    gone = get(f"{public_app.base_url}/public/link/{secret}")
    assert (gone.status_code, gone.text) == (404, refused.text)
    assert "/glm/public" in public_app.output
    assert secret not in public_app.output + closed_app.output


def test_who_takes_no_page_keeps_little_of_them(ledger: Ledger, public_app: AppProcess) -> None:
    page = secrets.token_hex(bounds.LINK_BYTES // 2 - 10)
    made = {"kind": "report", "title": "t", "runs": (), "lasts": timedelta(hours=1)}
    _link, secret = ledger.links.make("reader", page=page, **made)
    _link, short = ledger.links.make("reader", page="<p>short</p>", **made)
    address = f"{public_app.base_url}/public/link/{secret}"

    def begin(sent: ExitStack) -> int:
        """Asks for the page and reads its head alone; its status."""
        # Else the system itself keeps all of it for a reader on the same computer.
        transport = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        client = sent.enter_context(httpx.Client(headers={**PAGE, "Accept-Encoding": "identity"}, transport=transport))
        return sent.enter_context(client.stream("GET", address)).status_code

    with ExitStack() as sent:
        most = bounds.PUBLIC_SENT_BYTES_AN_ADDRESS // len(page)
        assert [begin(sent) for _ in range(most + 2)] == [200] * most + [429] * 2
        # What is short still finds room.
        assert get(f"{public_app.base_url}/public/link/{short}").status_code == 200
    wait_until(lambda: get(address).status_code == 200, 10)
    assert get(address).text == page
    head = httpx.head(address, headers={"Accept-Encoding": "identity"}, trust_env=False)
    assert head.headers["content-length"] == str(len(page))


def test_votes_count_over_processes_and_outlast_one(ledger: Ledger, public_app: AppProcess) -> None:
    poll = Poll("scenario", "en", "Which?", "First", "Second", "glm-5.1", "glm-4.6")
    ledger.polls.begin("me", poll)
    address = f"{public_app.base_url}/public/vote/{poll.id}"
    origin = {"Origin": f"http://127.0.0.1:{public_app.port}"}
    with httpx.Client(headers=PAGE, trust_env=False) as browser:
        page = browser.get(address)
        assert page.status_code == 200
        assert "glm-" not in page.text
        assert len(page.headers.get_list("set-cookie")) == 1
        for foreign in ({"Origin": "http://evil.test"}, {"Origin": "null"}, {}):
            assert browser.post(address, data={"choice": "first"}, headers=foreign).status_code == 403
        done = browser.post(address, data={"choice": "first"}, headers=origin, follow_redirects=True)
        assert "Your vote is counted" in done.text
        assert str(done.url) == address
    assert ledger.polls.count("me", poll.id).votes == 1
    assert poll.id not in public_app.output


def test_a_large_vote_is_not_read(ledger: Ledger, public_app: AppProcess) -> None:
    poll = Poll("other", "en", "Which?", "First", "Second", "glm-5.1", "glm-4.6")
    ledger.polls.begin("me", poll)
    address = f"{public_app.base_url}/public/vote/{poll.id}"
    origin = {"Origin": f"http://127.0.0.1:{public_app.port}"}
    with httpx.Client(headers=PAGE, trust_env=False) as browser:
        browser.get(address)
        large = browser.post(address, data={"choice": "first", "more": "x" * 100_000}, headers=origin)
        assert large.status_code == 413
    assert ledger.polls.count("me", poll.id).votes == 0
