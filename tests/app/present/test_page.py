"""The page Present: orders and their recordings, on stage and in the notes."""

import io
import uuid
import zipfile

import pytest

from glm_playground.bundles.bundle import write_bundle
from glm_playground.bundles.running_order import RunningOrder, Scenario, bundle_of
from glm_playground.ledger import RUNNING_ORDER
from glm_playground.runs.run import Outcome
from glm_playground.service import running_orders, storage
from tests.app.conftest import Configure
from tests.app.playground_page import Playground
from tests.app.present_page import OpenPage, asked, bundled_order, on_stage, press, put, texts


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_what_comes_along_is_worth_showing_and_says_who_answered(language: str) -> None:
    order = bundled_order(language)
    assert len(order.scenarios) == 5
    assert not order.broken
    for scenario in order.scenarios:
        assert scenario.language == language
        assert len(scenario.notes) > 100
        assert all(one.run.server.stand_in and one.run.outcome is Outcome.COMPLETED for one in scenario.runs)
    requests = [one.run.request for scenario in order.scenarios for one in scenario.lanes]
    assert any(request.tools for request in requests)
    assert any((request.response_format or {}).get("type") == "json_schema" for request in requests)
    assert any(len(scenario.lanes) > 1 for scenario in order.scenarios)


def test_a_clicker_goes_through_a_whole_order_without_a_server(configure: Configure, open_page: OpenPage) -> None:
    # Nobody listens there: what is shown can only come from the recordings.
    configure(RUNAPI_BASE_URL="http://127.0.0.1:9", RUNAPI_API_KEY="none")
    at = on_stage(open_page)
    order = bundled_order("en")
    for place, scenario in enumerate(order.scenarios, start=1):
        assert f"{place}/5" in texts(at)
        assert scenario.question in texts(at)
        assert "REPLAY" not in texts(at)
        press(at, "clicker_next")
        assert "REPLAY: nothing is sent" in texts(at)
        assert "stand-in model, not GLM" in texts(at)
        for one in scenario.lanes:
            assert one.run.content in texts(at)
        press(at, "clicker_next")
    # The last one stays; the way back clears it first.
    assert "5/5" in texts(at)
    press(at, "clicker_back")
    assert "REPLAY" not in texts(at)
    press(at, "clicker_back")
    assert "4/5" in texts(at)


def test_a_tools_call_and_result_are_on_stage(configure: Configure, open_page: OpenPage) -> None:
    configure(RUNAPI_BASE_URL="http://127.0.0.1:9", RUNAPI_API_KEY="none")
    at = open_page("pages/present.py")
    press(at, "order_from-3")
    assert 'order_status({"order": 1042})' in texts(at)
    assert "1001" not in texts(at)


def test_a_run_is_put_on_stage_with_words_and_an_order(in_sandbox: None, open_page: OpenPage) -> None:
    me = uuid.uuid4().hex
    page = Playground(open_page("pages/playground.py", owner=me))
    for name in ("heron", "otter"):
        page.script(f"text={name}")
    runs = [turn.answer.run for turn in page.bench.lanes[0].conversation.turns]
    storage.catch_up()
    for run in runs:
        history = open_page("pages/history.py", owner=me, run=run.id)
        press(history, "history_stage")
        assert "the last of your scenarios" in texts(history)
    at = open_page("pages/present.py", owner=me)
    first, second = running_orders.running_order(me).scenarios
    assert [one.runs[0].run.content for one in (first, second)] == ["heron", "otter"]
    press(at, "order_up-1")
    at.session_state[f"order_words-{second.id}"] = True
    at.run()
    at.text_input(key=f"order_title-{second.id}").set_value("An otter")
    at.text_area(key=f"order_notes-{second.id}").set_value("say otter")
    next(button for button in at.button if button.label == "Save").click().run()
    assert not at.exception
    stored = running_orders.running_order(me).scenarios
    assert [one.title for one in stored] == ["An otter", first.title]
    assert stored[0].notes == "say otter"
    press(at, "order_remove-1")
    assert [one.title for one in running_orders.running_order(me).scenarios] == ["An otter"]
    # It is nobody else's, and no workbench.
    assert running_orders.running_order(uuid.uuid4().hex).scenarios == ()
    assert RUNNING_ORDER not in [row.id for row in storage.needed_ledger().workbenches.rows(me)]


def test_a_conversation_of_lanes_is_put_on_stage(in_sandbox: None, open_page: OpenPage) -> None:
    me = uuid.uuid4().hex
    page = Playground(open_page("pages/playground.py", owner=me))
    page.script("text=heron")
    page.open("share")
    press(page.at, "share-stage")
    assert running_orders.running_order(me).scenarios[0].lanes[0].run.content == "heron"


def test_an_order_opens_on_another_machine_and_what_is_broken_is_said(in_sandbox: None, open_page: OpenPage) -> None:
    scenarios = tuple(Scenario(name, (asked("q", f"answer {name}"),)) for name in ("one", "two", "three"))
    data = write_bundle(bundle_of(RunningOrder("Mine", scenarios)))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as changed, zipfile.ZipFile(io.BytesIO(data)) as whole:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name).replace(b"answer two", b"answer 222"))
    me = uuid.uuid4().hex
    at = open_page("pages/present.py", owner=me)
    at.segmented_control(key="running_order").set_value("mine").run()
    at.session_state["order_open"] = True
    at.run()
    at.file_uploader(key="running_order_file").set_value(("x.glmrun", made.getvalue(), "application/zip")).run()
    press(at, "order_add")
    assert "two" in str(at.error[0].proto)
    assert [one.title for one in running_orders.running_order(me).scenarios] == ["one", "three"]
    later = io.BytesIO()
    with zipfile.ZipFile(later, "w") as changed, zipfile.ZipFile(io.BytesIO(data)) as whole:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name).replace(b'"version":3', b'"version":9'))
    at.file_uploader(key="running_order_file").set_value(("y.glmrun", later.getvalue(), "application/zip")).run()
    press(at, "order_add")
    assert "version 9" in str(at.error[0].proto)
    assert len(running_orders.running_order(me).scenarios) == 2


def test_a_stored_order_of_a_later_version_is_said_and_the_bundled_ones_go_on(
    in_sandbox: None, open_page: OpenPage
) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    storage.needed_ledger().workbenches.save(me, RUNNING_ORDER, "", "bm8gYnVuZGxl", 0)
    at = open_page("pages/present.py", owner=me)
    assert "Sort a customer" in texts(at)
    at.segmented_control(key="running_order").set_value("mine").run()
    assert not at.exception
    assert "This running order cannot be read." in str(at.error[0].proto)


def test_the_notes_follow_the_stage_and_a_reload_finds_it(configure: Configure, open_page: OpenPage) -> None:
    configure(RUNAPI_BASE_URL="http://127.0.0.1:9", RUNAPI_API_KEY="none")
    me = uuid.uuid4().hex
    notes = open_page("pages/present.py", owner=me, view="notes")
    assert "Nothing is on stage" in texts(notes)
    at = on_stage(open_page, me)
    first, second, *_rest = bundled_order("en").scenarios
    notes.run()
    assert first.notes in texts(notes)
    assert "Next: Read an invoice" in texts(notes)
    press(at, "stage_next")
    press(at, "stage_next")
    notes.run()
    assert second.notes in texts(notes)
    assert {metric.label: metric.value for metric in notes.metric}["Scenario"] == "2/5"
    again = open_page("pages/present.py", owner=me, view="stage")
    assert second.question in texts(again)
    other = open_page("pages/present.py", owner=uuid.uuid4().hex, view="notes")
    assert "Nothing is on stage" in texts(other)


def test_an_order_moves_with_the_history(in_sandbox: None, open_page: OpenPage) -> None:
    one, other = uuid.uuid4().hex, uuid.uuid4().hex
    open_page("pages/present.py", owner=one)
    put(one, Scenario("mine", (asked("a", "b"),)))
    put(other, Scenario("theirs", (asked("c", "d"),)))
    running_orders.join(one, other)
    assert [scenario.title for scenario in running_orders.running_order(other).scenarios] == ["theirs", "mine"]
    assert running_orders.running_order(one).scenarios == ()
