"""Shared links: read by their secret until they end, taken back, deleted and moved with the history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from glm_playground import bounds
from glm_playground.ledger import Ledger
from glm_playground.ledger.links import Link, LinksFull
from glm_playground.ledger.links_schema import links
from tests.ledger.engine import engine_of
from tests.ledger.made import keep, made_run

HOUR = timedelta(hours=1)


def share(ledger: Ledger, owner: str, page: str = "<p>page</p>", **fields: Any) -> tuple[Link, str]:
    usual: dict[str, Any] = {"kind": "report", "title": "A report", "runs": (), "lasts": HOUR}
    return ledger.links.make(owner, page=page, **usual | fields)


def test_a_link_is_read_by_its_secret_and_counted(ledger: Ledger, owner: str) -> None:
    link, secret = share(ledger, owner, "<p>München \U0001f600</p>")
    assert ledger.links.of(owner) == (link,)
    assert ledger.links.read(secret, counts=False) == "<p>München \U0001f600</p>" == ledger.links.read(secret)
    assert [one.opened for one in ledger.links.of(owner)] == [1]
    for other in ("", secret[:-1], secret + "A", secret.swapcase(), link.id, "\ud800"):
        assert ledger.links.read(other) is None
    assert ledger.links.of("somebody else") == ()


def test_a_link_that_is_taken_back_is_gone_with_its_page(ledger: Ledger, owner: str) -> None:
    link, secret = share(ledger, owner)
    assert not ledger.links.revoke("somebody else", link.id)
    assert ledger.links.read(secret)
    assert ledger.links.revoke(owner, link.id)
    assert ledger.links.read(secret) is None
    assert not ledger.links.revoke(owner, link.id)


def test_a_link_ends(ledger: Ledger, owner: str) -> None:
    _link, secret = share(ledger, owner, lasts=timedelta(seconds=-1))
    assert ledger.links.read(secret) is None
    assert ledger.links.of(owner) == ()


def test_a_deleted_run_takes_its_links_with_it_and_a_deleted_history_all(ledger: Ledger, owner: str) -> None:
    first, second = made_run("first"), made_run("second")
    keep(ledger, owner, first, second)
    _one, of_first = share(ledger, owner, runs=[first.id])
    _two, of_both = share(ledger, owner, runs=[second.id, first.id])
    _three, of_second = share(ledger, owner, runs=[second.id])
    _four, of_none = share(ledger, owner)
    foreign, of_foreign = share(ledger, f"{owner}-other", runs=[first.id])
    deletion = ledger.delete(owner, [first.id])
    secrets = (of_first, of_both, of_second, of_none, of_foreign)
    assert [bool(ledger.links.read(one)) for one in secrets] == [False, False, True, True, True]
    ledger.restore(owner, deletion.id)
    assert ledger.links.read(of_first) is None
    ledger.delete_all(owner)
    assert [bool(ledger.links.read(one)) for one in secrets] == [False, False, False, False, True]
    assert ledger.links.revoke(f"{owner}-other", foreign.id)


def test_a_link_ends_with_runs_that_are_too_old(ledger: Ledger, owner: str) -> None:
    old = made_run("old", started_at=datetime(2020, 1, 1, tzinfo=UTC))
    keep(ledger, owner, old)
    _link, secret = share(ledger, owner, runs=[old.id])
    ledger.expire(datetime(2020, 1, 2, tzinfo=UTC).date())
    assert ledger.links.read(secret) is None


def test_links_move_with_the_history(ledger: Ledger, owner: str) -> None:
    link, secret = share(ledger, owner)
    ledger.move(ledger.offer_move(owner).code, f"{owner}-other")
    assert ledger.links.read(secret)
    assert not ledger.links.revoke(owner, link.id)
    assert ledger.links.revoke(f"{owner}-other", link.id)


def test_links_are_bounded(ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LinksFull):
        share(ledger, owner, "x" * (bounds.LINK_BYTES + 1))
    made = [share(ledger, owner)[0] for _ in range(bounds.LINKS)]
    with pytest.raises(LinksFull):
        share(ledger, owner)
    share(ledger, f"{owner}-other")
    ledger.links.revoke(owner, made[0].id)
    share(ledger, owner)
    monkeypatch.setattr(bounds, "LINKS_BYTES", 1)
    with pytest.raises(LinksFull):
        share(ledger, f"{owner}-other")


def test_a_secret_of_a_link_stands_nowhere_in_the_database(tmp_path: Any) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path}/runs.sqlite3")
    _link, secret = share(ledger, "me")
    ledger.close()
    files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert any(b"A report" in data for data in files)
    assert not any(secret.encode() in data for data in files)


def test_what_ended_is_removed(url: str) -> None:
    ledger = Ledger.open(url)
    link, _secret = share(ledger, "me")
    engine = engine_of(url)
    with engine.begin() as connection:
        past = datetime.now(UTC) - HOUR
        connection.execute(update(links).where(links.c.id == link.id).values(expires_at=past))
    ledger.purge(datetime.now(UTC) - timedelta(days=1))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM links")).scalar_one() == 0
    engine.dispose()
    ledger.close()
