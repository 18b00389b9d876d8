"""The history while its database cannot be used: what was typed stays and can be saved later, and nothing leaks."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from glm_playground.ledger import Ledger, schema
from glm_playground.ledger.database import Database
from glm_playground.runs.cost import CostState
from glm_playground.service import runtime, storage
from tests.app.conftest import Configure
from tests.app.history.test_page import ledger, open_run, run_ids, texts
from tests.app.playground_page import Playground
from tests.ledger.test_recorder import wait_until

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits 50 ms for a lock, not 5 s."""
    opening = Ledger.open
    monkeypatch.setattr(Ledger, "open", lambda url: opening(url, timeout=0.05))


@pytest.fixture
def asked(in_sandbox: None, open_page: OpenPage) -> AppTest:
    """A session that asked once, on the history's page."""
    at = open_page("pages/playground.py")
    Playground(at).script("tokens=30", "about herons")
    at.switch_page("pages/history.py").run()
    assert not at.exception
    return at


def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / storage.FILE_NAME


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    other.close()


def problems(at: AppTest) -> str:
    return "\n".join(str(part.proto) for part in (*at.error, *at.warning))


def test_a_note_that_cannot_be_saved_stays_and_is_saved_later(asked: AppTest, tmp_path: Path) -> None:
    run_id = run_ids(asked)[0]
    open_run(asked, run_id)
    key = f"history_note-{run_id}"
    with locked(database(tmp_path)):
        asked.text_area(key=key).set_value("for Friday").run()
        assert not asked.exception
        assert "The note is not saved." in problems(asked)
        assert "Another program holds the database" in problems(asked)
        assert asked.text_area(key=key).value == "for Friday"
        assert str(tmp_path) not in problems(asked)
        asked.button(key="history_back").click().run()
        open_run(asked, run_id)
        assert asked.text_area(key=key).value == "for Friday"
        asked.button(key=f"ledger-again-note {run_id}").click().run()
        assert "The note is not saved." in problems(asked)
    asked.button(key=f"ledger-again-note {run_id}").click().run()
    assert problems(asked) == ""
    assert run_ids(asked, text="friday") == [run_id]


def test_tags_that_cannot_be_saved_stay_and_are_saved_with_the_next_change(asked: AppTest, tmp_path: Path) -> None:
    run_id = run_ids(asked)[0]
    ledger().set_tags(asked.session_state["session_owner"], run_id, ["birds", "lakes"])
    open_run(asked, run_id)
    key = f"history_tags-{run_id}"
    with locked(database(tmp_path)):
        asked.multiselect(key=key).set_value(["lakes"]).run()
        assert "The tags are not saved." in problems(asked)
        assert asked.multiselect(key=key).value == ["lakes"]
    asked.multiselect(key=key).set_value([]).run()
    assert problems(asked) == ""
    assert ledger().tags(asked.session_state["session_owner"]) == ()


def test_a_deletion_that_fails_deletes_nothing_and_can_be_dismissed(asked: AppTest, tmp_path: Path) -> None:
    open_run(asked, run_ids(asked)[0])
    with locked(database(tmp_path)):
        asked.button(key="history_run_delete").click().run()
        assert not asked.exception
        assert "Nothing is deleted." in problems(asked)
        assert "about herons" in texts(asked)
        asked.button(key="history_back").click().run()
        asked.button(key="history_delete_all").click().run()
        assert len(asked.dataframe[0].value) == 1
    asked.button(key="ledger-dismiss-deletion").click().run()
    assert problems(asked) == ""
    asked.button(key="history_delete_all").click().run()
    with locked(database(tmp_path)):
        asked.button(key="history_undo_button").click().run()
        assert "Nothing is restored yet." in problems(asked)
    asked.button(key="ledger-again-restoring").click().run()
    assert len(asked.dataframe[0].value) == 1


def test_what_a_server_said_is_stored_later_without_asking_it_again(
    asked: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, owner = run_ids(asked)[0], asked.session_state["session_owner"]
    open_run(asked, run_id)
    with locked(database(tmp_path)):
        asked.button(key="task_look_up").click().run()
        assert "What the server said of the task is not saved." in problems(asked)
        asked.button(key="history_back").click().run()
        asked.session_state["history_view"] = "costs"
        asked.run()
        asked.button(key="balance_read").click().run()
        assert "The balance is read and not saved." in problems(asked)
    monkeypatch.setattr(runtime.engine(), "ask", lambda *_: pytest.fail("the server is asked again"))
    asked.button(key=f"ledger-again-task {run_id}").click().run()
    asked.button(key="ledger-again-balance").click().run()
    assert problems(asked) == ""
    stored = ledger().runs(owner, [run_id])[run_id]
    assert stored.settlement
    assert len(stored.lookups) == 1
    assert stored.row.cost_state is CostState.SETTLED
    assert len(ledger().balances(owner, stored.run.server.origin, 9)) == 1


def test_a_settled_run_shows_both_amounts(asked: AppTest) -> None:
    run_id = run_ids(asked)[0]
    open_run(asked, run_id)
    asked.button(key="task_look_up").click().run()
    assert "Settled: " in texts(asked)
    assert "estimated at the end: " in texts(asked)


def test_a_database_that_is_locked_at_the_start_is_used_once_it_is_free(
    configure: Configure, open_page: OpenPage, tmp_path: Path, in_sandbox: None
) -> None:
    path = database(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    at = open_page("pages/playground.py")
    Playground(at).script("tokens=30", "about herons")
    at.switch_page("pages/history.py").run()
    assert "Another program holds the database" in problems(at)
    other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: storage.problem() is None)
    at.run()
    assert problems(at) == ""
    assert len(at.dataframe[0].value) == 1


def test_what_any_script_meets_of_the_ledger_is_explained(in_sandbox: None, caplog: pytest.LogCaptureFixture) -> None:
    at = AppTest.from_string(
        "from glm_playground.ledger import LedgerUnreachable\n"
        "from glm_playground.ui.shared.page.script_error import on_script_error\n"
        "on_script_error(LedgerUnreachable('runs at db7.internal: no route'))\n"
    )
    at.run()
    assert not at.exception
    assert "cannot be reached" in problems(at)
    assert "db7" not in problems(at)
    (said,) = [record.getMessage() for record in caplog.records if "db7.internal" in record.getMessage()]
    assert said.split("[")[1].split("]")[0] in problems(at)


def test_an_unreadable_run_is_a_row_and_a_sentence(asked: AppTest, tmp_path: Path) -> None:
    Playground(asked.switch_page("pages/playground.py").run()).script("tokens=20", "about owls")
    asked.switch_page("pages/history.py").run()
    owls, herons = run_ids(asked)
    tables = Database(f"sqlite:///{database(tmp_path)}", 5)
    with tables.writing() as connection:
        number = select(schema.runs.c.number).where(schema.runs.c.id == herons).scalar_subquery()
        connection.execute(schema.contents.update().where(schema.contents.c.number == number).values(head=b"broken"))
        connection.execute(schema.runs.update().where(schema.runs.c.id == owls).values(outcome="dreamt"))
        connection.execute(schema.totals.update().values(outcome="dreamt"))
    tables.close()
    asked.run()
    assert list(asked.dataframe[0].value["outcome"]) == ["unreadable", "completed"]
    for run_id in (owls, herons):
        open_run(asked, run_id)
        assert "This run cannot be read." in problems(asked)
        asked.button(key="history_back").click().run()
    for view in ("costs", "runs"):
        asked.session_state["history_view"] = view
        asked.run()
        assert not asked.exception
    open_run(asked, herons)
    asked.button(key="history_run_delete").click().run()
    assert len(asked.dataframe[0].value) == 1


def test_details_of_a_run_stay_open(asked: AppTest) -> None:
    open_run(asked, run_ids(asked)[0])
    (details,) = [popover for popover in asked.get("popover") if popover.proto.popover.label == "Details"]
    asked.run()
    (again,) = [popover for popover in asked.get("popover") if popover.proto.popover.label == "Details"]
    assert details.proto.id == again.proto.id
