"""`glm-playground caps`: who used what, and the operator's stop."""

from collections.abc import Callable, Iterator

import pytest

from glm_playground.cli import main
from glm_playground.ledger import Ledger
from glm_playground.ledger.caps import UsageBatch
from glm_playground.runs.caps import Key, Scope
from glm_playground.settings import settings
from tests.ledger.test_caps import claim_for

Caps = Callable[..., tuple[int, str]]


@pytest.fixture
def caps(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Caps]:
    monkeypatch.setenv("GLM_PLAYGROUND_DATABASE_URL", url)
    monkeypatch.setenv("GLM_PLAYGROUND_OWNER_CAPS", "requests=7 running=none")

    def run(*words: str) -> tuple[int, str]:
        status = main(["caps", *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    settings.cache_clear()
    yield run
    settings.cache_clear()


def test_show_names_who_used_most(caps: Caps, url: str) -> None:
    ledger = Ledger.open(url)
    address = Key(Scope.ADDRESS, "192.0.2.1")
    ledger.caps.count(UsageBatch([("run", claim_for(Key(Scope.OWNER, "ana"), address, Key(Scope.TOTAL)))]), {})
    ledger.close()
    status, said = caps("show")
    assert status == 0
    assert "Requests are sent." in said
    assert "owner: 7 requests a minute, 50,000,000 tokens a day, $25" in said
    rows = [line.split() for line in said.splitlines() if "1 running" in line]
    assert [row[0] for row in rows] == ["ana", "192.0.2.1", "everybody"]
    assert all("150 tokens" in " ".join(row) for row in rows)


def test_stop_and_resume(caps: Caps, url: str) -> None:
    assert caps("stop", "--reason", "the bill")[0] == 0
    ledger = Ledger.open(url)
    assert ledger.caps.stop() is not None
    assert "stopped since" in (said := caps("show")[1])
    assert "the bill" in said
    assert "sent again" in caps("resume")[1]
    assert ledger.caps.stop() is None
    assert "Nothing was stopped" in caps("resume")[1]
    ledger.close()


def test_a_database_that_cannot_be_used_is_said_in_a_line(caps: Caps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLM_PLAYGROUND_DATABASE_URL", "sqlite:////proc/none/runs.sqlite3")
    settings.cache_clear()
    status, said = caps("stop")
    assert status == 1
    assert said.startswith("Error: the database cannot be used")
