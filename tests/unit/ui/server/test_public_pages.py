"""Pages for anybody: what they answer to whom, their headers, and what attacks on them come to."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from glm_playground import bounds
from glm_playground.ledger import Ledger, LedgerUnreachable
from glm_playground.ledger.polls import Poll
from glm_playground.reports.public_words import PublicWords
from glm_playground.ui.server.address_rate import AddressRate
from glm_playground.ui.server.answers import SentBytes
from glm_playground.ui.server.audience import COOKIE, audience_route
from glm_playground.ui.server.headers import SecurityHeaders
from glm_playground.ui.server.origin import Origins, OwnOrigins
from glm_playground.ui.server.owner_cookie import OwnerCookie, Signer
from glm_playground.ui.server.public_door import PublicDoor
from glm_playground.ui.server.shared_links import shared_link_route

SITE = "http://glm.test"
HTML = {"Accept": "text/html"}
HOSTILE = (
    "<script>document.title='taken'</script>![x](http://evil.test/a.png)<img src=x onerror=alert(1)>"
    "</main><form action='http://evil.test'><button name=choice value=first>A is better</button></form>"
    "[click](javascript:alert(1)) <meta http-equiv=refresh content='0;url=http://evil.test'>"
)


class Served:
    """Both routes behind the doors that stand before them, over a real ledger."""

    def __init__(self, ledger: Ledger, base: str = "", *, allowed: bool = True) -> None:
        self.ledger, self.base, self.allowed = ledger, base, allowed
        self.problem: Exception | None = None
        self.door = door = PublicDoor(
            lambda language: PublicWords(language=language), lambda accepted: accepted[:2] or "en"
        )
        routes = [
            shared_link_route(base, door, self.reach, allowed=lambda: self.allowed),
            audience_route(base, door, self.reach, lambda: ("s" * 32,), allowed=lambda: self.allowed),
        ]

        async def knows(_owner: str) -> bool:
            return False

        owned = OwnerCookie(Starlette(routes=routes), Signer(["s" * 32]), knows, path=base or "/")
        self.app = SecurityHeaders(OwnOrigins(owned, Origins((), local=False)))

    def reach(self) -> Ledger:
        if self.problem:
            raise self.problem
        return self.ledger

    def browser(self, address: str = "203.0.113.1", **options: Any) -> TestClient:
        return TestClient(
            self.app, f"{SITE}{self.base}", client=(address, 1), headers=HTML, follow_redirects=False, **options
        )

    def link(self, page: str = "<p>shared</p>", **fields: Any) -> str:
        usual: dict[str, Any] = {"kind": "report", "title": "t", "runs": (), "lasts": timedelta(hours=1)}
        return f"/public/link/{self.ledger.links.make('me', page=page, **usual | fields)[1]}"

    def poll(self, **fields: Any) -> Poll:
        poll = replace(Poll("scenario", "en", "Which?", "First text", "Second text", "glm-5.1", "glm-4.6"), **fields)
        self.ledger.polls.begin("me", poll)
        return poll

    def counted(self, poll: Poll) -> int:
        return self.ledger.polls.count("me", poll.id).votes


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(f"sqlite:///{tmp_path}/runs.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def served(ledger: Ledger) -> Served:
    return Served(ledger)


def vote(client: TestClient, poll: Poll, choice: str = "first", **headers: str) -> Any:
    return client.post(f"/public/vote/{poll.id}", data={"choice": choice}, headers={"Origin": SITE, **headers})


def voter(served: Served, poll: Poll, address: str = "203.0.113.1") -> TestClient:
    """A browser that has opened the page."""
    client = served.browser(address)
    assert client.get(f"/public/vote/{poll.id}").status_code == 200
    return client


@pytest.mark.parametrize("base", ["", "/glm"])
def test_a_shared_page_is_read_by_anybody_and_kept_by_nobody(ledger: Ledger, base: str) -> None:
    served = Served(ledger, base)
    found = served.browser().get(served.link("<p>shared</p>"))
    assert (found.status_code, found.text) == (200, "<p>shared</p>")
    headers = found.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"].startswith("noindex")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    # Its reader gets no history, and no cookie.
    assert "set-cookie" not in headers
    [policy] = headers.get_list("content-security-policy")
    assert policy.startswith("sandbox; default-src 'none'; ")
    for rule in ("form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "script-src" not in policy


def test_what_is_not_there_is_one_page_whatever_it_was(served: Served) -> None:
    client = served.browser()
    revoked, ended, living = served.link(), served.link(lasts=timedelta(seconds=-1)), served.link()
    *_newer, oldest = served.ledger.links.of("me")
    served.ledger.links.revoke("me", oldest.id)
    unknown = f"/public/link/{'A' * 43}"
    asked = [revoked, ended, unknown, f"{living}x", living[:-1], "/public/link/", "/public/link/a/b", f"{living}/"]
    answers = [client.get(path) for path in asked]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}
    assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1
    assert "Nothing is shared here" in answers[0].text
    assert client.get(living).status_code == 200
    served.allowed = False
    refused = client.get(living)
    assert (refused.status_code, refused.content) == (404, answers[0].content)
    assert client.post(living, headers={"Origin": SITE}).status_code == 405


def test_a_link_is_counted_when_it_is_read(served: Served) -> None:
    path, client = served.link(), served.browser()
    assert client.head(path).status_code == 200
    client.get(path)
    client.get(path)
    assert [one.opened for one in served.ledger.links.of("me")] == [2]


def test_who_guesses_soon_waits(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PUBLIC_REQUESTS_A_SECOND", 0.001)
    served = Served(ledger)
    guessing = served.browser()
    statuses = [guessing.get(f"/public/link/{n:043}").status_code for n in range(bounds.PUBLIC_REQUESTS + 5)]
    assert statuses == [404] * bounds.PUBLIC_REQUESTS + [429] * 5
    refused = guessing.get(served.link())
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert served.browser("203.0.113.2").get(served.link()).status_code == 200


def test_who_asks_for_a_vote_again_and_again_soon_waits_and_others_vote(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "PUBLIC_REQUESTS_A_SECOND", 0.001)
    served = Served(ledger)
    poll = served.poll()
    # Each time as a browser that dropped its cookie.
    statuses = [
        served.browser().request(method, f"/public/vote/{poll.id}").status_code
        for method in ("GET", "HEAD", "POST") * (bounds.PUBLIC_REQUESTS // 3 + 1)
    ]
    assert 429 not in statuses[: bounds.PUBLIC_REQUESTS]
    assert set(statuses[bounds.PUBLIC_REQUESTS :]) == {429}
    # Links stand behind the same door.
    assert served.browser().get(served.link()).status_code == 429
    assert vote(voter(served, poll, "203.0.113.9"), poll).status_code == 303


def test_a_page_that_is_not_taken_makes_room_at_a_deadline(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.door._sent = SentBytes(1_000, 1_000)
    # Within it the other one asks, on a busy machine too.
    monkeypatch.setattr(bounds, "PUBLIC_SEND_S", 2.0)
    path = served.link("<p>" + "x" * 900)
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "http_version": "1.1"}

    async def never(_message: Any) -> None:
        await asyncio.Event().wait()

    async def one_of_two() -> tuple[int, int]:
        taken = asyncio.create_task(served.app({**scope, "client": ("203.0.113.1", 1)}, no_body, never))
        while not served.door._sent.total:
            await asyncio.sleep(0)
        meanwhile = await asyncio.to_thread(served.browser("203.0.113.2").get, path)
        await taken
        return meanwhile.status_code, (await asyncio.to_thread(served.browser("203.0.113.2").get, path)).status_code

    assert asyncio.run(one_of_two()) == (429, 200)
    assert served.door._sent.total == 0


async def no_body() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def test_a_ledger_that_is_away_is_said(served: Served) -> None:
    path, poll = served.link(), served.poll()
    served.problem = LedgerUnreachable("secret host")
    for asked in (path, f"/public/vote/{poll.id}"):
        found = served.browser().get(asked)
        assert found.status_code == 503
        assert "secret host" not in found.text


def test_a_browser_votes_once_and_reads_that_it_did(served: Served) -> None:
    poll = served.poll()
    client = served.browser()
    page = client.get(f"/public/vote/{poll.id}")
    assert re.findall(r'<button name="choice" value="(\w+)"', page.text) == ["first", "second", "tie", "both_bad"]
    assert "glm" not in page.text.lower()
    assert "form-action 'self'" in page.headers["content-security-policy"]
    cookie = page.headers["set-cookie"]
    assert cookie.startswith(COOKIE + poll.id)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    done = vote(client, poll, "second")
    assert (done.status_code, done.headers["location"]) == (303, poll.id)
    assert "You said: B is better" in client.get(f"/public/vote/{poll.id}").text
    assert vote(client, poll, "first").status_code == 303
    count = served.ledger.polls.count("me", poll.id)
    assert (count.choices["first"], count.choices["second"], count.addresses) == (0, 1, 1)


def test_a_vote_is_in_its_scenarios_language_and_under_the_apps_path(ledger: Ledger) -> None:
    served = Served(ledger, "/glm")
    poll = served.poll(language="pt_BR", stand_in=True)
    page = served.browser().get(f"/public/vote/{poll.id}")
    assert '<html lang="pt_BR">' in page.text
    assert "stand-in model, not by GLM" in page.text
    assert "Path=/glm" in page.headers["set-cookie"]


def test_a_closed_vote_counts_none_and_says_so(served: Served) -> None:
    poll = served.poll()
    client = voter(served, poll)
    served.ledger.polls.close("me", poll.id)
    assert vote(client, poll).status_code == 409
    assert "This vote is closed" in served.browser().get(f"/public/vote/{poll.id}").text
    assert served.counted(poll) == 0
    assert client.get(f"/public/vote/{'A' * 22}").status_code == 404
    served.allowed = False
    assert client.get(f"/public/vote/{poll.id}").status_code == 404


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://glm.test.evil.test", None])
def test_a_page_of_another_site_votes_for_nobody(served: Served, origin: str | None) -> None:
    poll = served.poll()
    client = voter(served, poll)
    headers = {} if origin is None else {"Origin": origin}
    said = client.post(f"/public/vote/{poll.id}", data={"choice": "first"}, headers=headers)
    assert said.status_code == 403
    assert served.counted(poll) == 0


def test_a_cookie_that_was_made_up_is_not_counted(served: Served) -> None:
    poll, other = served.poll(), served.poll()
    name = COOKIE + poll.id
    true = voter(served, other).cookies[COOKIE + other.id]
    for forged in ("", "x", f"AAAAAAAAAAAAAAAAAAAAAA.{'B' * 43}", true, true[:-1] + "A", "a" * 5000):
        said = served.browser(cookies={name: forged}).post(
            f"/public/vote/{poll.id}", data={"choice": "first"}, headers={"Origin": SITE}
        )
        assert said.status_code == 403
    assert vote(served.browser(), poll).status_code == 403
    assert served.counted(poll) == 0


def test_two_browsers_with_one_cookie_have_one_vote(served: Served) -> None:
    poll = served.poll()
    first = voter(served, poll)
    second = served.browser("198.51.100.7", cookies=dict(first.cookies))
    assert [vote(first, poll, "first").status_code, vote(second, poll, "second").status_code] == [303, 303]
    count = served.ledger.polls.count("me", poll.id)
    assert (count.choices["first"], count.choices["second"], count.addresses) == (1, 0, 1)
    # A cookie that was dropped is a new voter, whom the bounds of the address hold.
    assert vote(voter(served, poll), poll, "second").status_code == 303
    assert served.counted(poll) == 2


def test_a_hundred_votes_from_one_address_are_bounded_and_others_still_vote(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "BALLOTS_A_SECOND", 0.001)
    served = Served(ledger)
    poll = served.poll()
    said = [vote(voter(served, poll), poll).status_code for _ in range(100)]
    assert said == [303] * bounds.BALLOTS + [429] * (100 - bounds.BALLOTS)
    assert vote(voter(served, poll, "203.0.113.9"), poll).status_code == 303
    count = served.ledger.polls.count("me", poll.id)
    # How many there were, and that they came from two addresses, is what the stage says.
    assert (count.votes, count.addresses) == (bounds.BALLOTS + 1, 2)


def test_as_many_votes_as_are_counted_of_an_address(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "POLL_VOTES_AN_ADDRESS", 2)
    poll = served.poll()
    assert [vote(voter(served, poll), poll).status_code for _ in range(3)] == [303, 303, 409]


@pytest.mark.parametrize(
    "body", [b"", b"choice=A", b"choice=first&choice=second", b"choice", b"\xff=\xfe", b"a=1&b=2&c=3&d=4&choice=first"]
)
def test_a_vote_that_says_nothing_is_not_counted(served: Served, body: bytes) -> None:
    poll = served.poll()
    form = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    assert voter(served, poll).post(f"/public/vote/{poll.id}", content=body, headers=form).status_code == 400
    large = b"choice=first&x=" + b"x" * bounds.BALLOT_BYTES
    assert voter(served, poll).post(f"/public/vote/{poll.id}", content=large, headers=form).status_code == 413
    plain = {"Origin": SITE, "Content-Type": "text/plain"}
    assert (
        voter(served, poll).post(f"/public/vote/{poll.id}", content=b"choice=first", headers=plain).status_code == 403
    )
    assert served.counted(poll) == 0


def test_a_hostile_answer_is_text_on_the_page_of_a_vote(served: Served) -> None:
    poll = served.poll(question=HOSTILE, answer_a=HOSTILE, answer_b="x" * 100_000)
    page = served.browser().get(f"/public/vote/{poll.id}").text
    assert page.count("<form") == page.count("</main>") == 1
    assert page.count("<button") == 4
    for tag in ("<script", "<img", "<meta http-equiv", 'href="javascript:'):
        assert tag not in page
    assert "It is cut here" in page
    assert len(page) < 60_000


def test_an_address_asks_so_much_at_once_and_so_much_a_second() -> None:
    clock = [0.0]
    rate = AddressRate(3, 2.0, lambda: clock[0])
    assert [rate.takes("a") for _ in range(4)] == [True, True, True, False]
    assert rate.takes("b")
    clock[0] = 0.5
    assert [rate.takes("a") for _ in range(2)] == [True, False]
    clock[0] = 100.0
    assert [rate.takes("a") for _ in range(4)] == [True, True, True, False]


def test_addresses_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PUBLIC_ADDRESSES", 5)
    rate = AddressRate(1, 0.001)
    assert all(rate.takes(str(number)) for number in range(50))
    assert not rate.takes("49")
    assert rate.takes("0")
