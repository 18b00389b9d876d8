"""Suites in the database, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from glm_playground import bounds
from glm_playground.evals import own_suites
from glm_playground.evals.suite_table import TableEdits, edited
from glm_playground.evals.turn_case import TurnCase, case_of
from glm_playground.gateway import ChatRequest, Message
from glm_playground.ledger import Ledger, LedgerNoRoom
from tests.ledger.made import keep, made_run


def turn(prompt: str) -> TurnCase:
    return case_of(ChatRequest(model="m", messages=(Message(role="user", content=prompt),)), "yes")


def prompts(ledger: Ledger, owner: str, id: str) -> list[str]:
    suite = own_suites.opened(ledger, owner, id)
    assert suite
    return [case.variables["input"] for case in suite.cases]


def test_tabs_that_add_at_once_lose_nothing_and_make_one_suite(ledger: Ledger, owner: str) -> None:
    with ThreadPoolExecutor(8) as tabs:
        added = list(tabs.map(lambda n: own_suites.add_turn(ledger, owner, turn(f"p{n}"), "My cases"), range(24)))
    (row,) = ledger.suites.all(owner)
    assert {one.id for one in added} == {row.id}
    assert row.cases == 24
    assert sorted(prompts(ledger, owner, row.id)) == sorted(f"p{n}" for n in range(24))


def test_a_table_that_was_drawn_before_another_tab_added_keeps_both(ledger: Ledger, owner: str) -> None:
    row = own_suites.add_turn(ledger, owner, turn("one"), "")
    edits = TableEdits({"case-1": {"input": "uno"}})
    own_suites.add_turn(ledger, owner, turn("two"), "")
    own_suites.change(ledger, owner, row.id, lambda suite: edited(suite, edits))
    assert prompts(ledger, owner, row.id) == ["uno", "two"]


def test_each_look_up_and_change_is_of_one_owner(ledger: Ledger, owner: str) -> None:
    row = own_suites.add_turn(ledger, owner, turn("one"), "mine")
    other = f"{owner}-other"
    assert own_suites.opened(ledger, other, row.id) is None
    assert own_suites.rename(ledger, other, row.id, "theirs") is None
    assert not ledger.suites.delete(other, row.id)
    # A turn for a suite that is another's goes to one of its own.
    assert own_suites.add_turn(ledger, other, turn("two"), "theirs", row.id).id != row.id
    assert own_suites.rename(ledger, owner, row.id, " ours ")
    assert ledger.suites.all(owner)[0].name == "ours"
    assert ledger.suites.delete(owner, row.id)
    assert ledger.suites.all(owner) == []


def test_they_are_deleted_with_the_history_restored_and_purged(ledger: Ledger, owner: str) -> None:
    keep(ledger, owner, made_run())
    row = own_suites.add_turn(ledger, owner, turn("one"), "")
    deletion = ledger.delete_all(owner)
    assert ledger.suites.all(owner) == []
    assert ledger.restore(owner, deletion.id) == 1
    assert [one.id for one in ledger.suites.all(owner)] == [row.id]
    # Where there is no run, they go all the same.
    ledger.delete_all(owner)
    later = ledger.delete_all(owner)
    ledger.purge(datetime.now(UTC) + timedelta(minutes=1))
    ledger.restore(owner, later.id)
    assert ledger.suites.all(owner) == []


def test_they_move_with_the_history_and_go_with_time(url: str, owner: str) -> None:
    # Of its own, since whatever is old goes.
    ledger = Ledger.open(url)
    to = f"{owner}-other"
    row = own_suites.add_turn(ledger, owner, turn("one"), "")
    assert ledger.move(ledger.offer_move(owner).code, to)
    assert ledger.suites.all(owner) == []
    assert prompts(ledger, to, row.id) == ["one"]
    ledger.expire(datetime.now(UTC).date())
    assert len(ledger.suites.all(to)) == 1
    ledger.expire((datetime.now(UTC) + timedelta(days=1)).date())
    assert ledger.suites.all(to) == []
    ledger.close()


def test_an_owner_has_so_many_suites_of_so_many_cases_and_bytes(
    ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = own_suites.add_turn(ledger, owner, turn("one"), "")
    with monkeypatch.context() as patch:
        patch.setattr(bounds, "OWN_SUITES", 1)
        with pytest.raises(LedgerNoRoom):
            own_suites.begin(ledger, owner, turn("two"), "another")
    for limit in ("OWN_SUITE_CASES", "OWN_SUITE_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(bounds, limit, 1)
            with pytest.raises(own_suites.SuiteFullError):
                own_suites.add_turn(ledger, owner, turn("two"), "")
    assert prompts(ledger, owner, row.id) == ["one"]
