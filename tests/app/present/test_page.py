"""The page Present, and bundles in the playground: recordings are played, and asked again within a cap."""

import io
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.bundles.bundle import RecordedRun, write_bundle
from glm_playground.bundles.running_order import RunningOrder, Scenario, bundle_of, read_order
from glm_playground.gateway import ChatRequest, Message
from glm_playground.ledger import RUNNING_ORDER
from glm_playground.runs.run import Outcome, Server
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import running_orders, runtime, storage
from glm_playground.ui.present.order_view import bundled
from glm_playground.ui.present.stage import Stage
from tests.app.conftest import Configure, wait_for_answers
from tests.app.playground_page import Playground
from tests.bundles import recorded_run

OpenPage = Callable[..., AppTest]


def texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.code, *at.text, *at.subheader, *at.success]
    return "\n".join(str(part.value) for part in parts)


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception


def bundled_order(language: str) -> RunningOrder:
    found = bundled(language)
    assert isinstance(found, RunningOrder)
    return found


def asked(text: str, *pieces: str, lane: int = 0, **fields: object) -> RecordedRun:
    """A recorded answer to a question that the scripted sandbox obeys when it is asked again."""
    request = ChatRequest(model="glm-5.1", messages=(Message(role="user", content=text),), max_tokens=200)
    return RecordedRun(recorded_run(uuid.uuid4().hex, *pieces, request=request, **fields), lane=lane)


def put(owner: str, *scenarios: Scenario) -> None:
    running_orders.change(owner, lambda order: order.joined(scenarios))


def on_stage(open_page: OpenPage, owner: str = "") -> AppTest:
    """A tab with the stage open."""
    at = open_page("pages/present.py", owner=owner)
    wait_for_answers()
    press(at, "order_begin")
    at.query_params["view"] = "stage"
    return at


def stage_of(at: AppTest) -> Stage:
    found = at.session_state["stage"]
    assert isinstance(found, Stage)
    return found


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
    page.at.session_state["share"] = True
    page.at.run()
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


def test_a_cut_gateway_keeps_the_text_and_the_recording_takes_its_place(in_sandbox: None, open_page: OpenPage) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    cut = asked("@script tokens=60 rate=0 fault=drop@20", "the recorded answer")
    whole = asked("@script text=live", "another recording", lane=1)
    put(me, Scenario("Cut", (cut, whole)))
    at = on_stage(open_page, me)
    press(at, "stage_live")
    failed, lived = stage_of(at).runs
    assert failed.outcome is Outcome.FAILED
    assert failed.content
    assert failed.content.split()[0] in texts(at)
    press(at, "stage_instead-0")
    assert "the recorded answer" in texts(at)
    # Only what failed is replaced, and it says so.
    assert stage_of(at).runs[1] is lived
    assert "REPLAY" in texts(at)


def test_a_clicker_plays_the_recording_in_place_of_what_failed(in_sandbox: None, open_page: OpenPage) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    put(me, Scenario("No", (asked("@script status=500", "recorded"),)), Scenario("Then", (asked("x", "y"),)))
    at = on_stage(open_page, me)
    press(at, "stage_live")
    press(at, "clicker_next")
    assert stage_of(at).place == 0
    assert stage_of(at).runs[0].content == "recorded"
    press(at, "clicker_next")
    assert stage_of(at).place == 1


def test_a_model_that_is_gone_is_said_and_the_others_go_on(at_gateway: None, open_page: OpenPage) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    wait_for_answers()
    one = asked("@script text=x", "recorded")
    gone = one.run.request.model_copy(update={"model": "glm-gone"})
    put(me, Scenario("Gone", (replace(one, run=replace(one.run, request=gone)),)), Scenario("Here", (asked("x", "y"),)))
    at = open_page("pages/present.py", owner=me)
    assert [caption.value for caption in at.caption if "glm" in caption.value] == [
        "Not listed any more, so that it can be played, but hardly asked live: glm\\-gone"
    ]
    at = on_stage(open_page, me)
    press(at, "stage_live")
    press(at, "stage_instead-0")
    assert "recorded" in texts(at)
    press(at, "stage_next")
    assert "Here" in texts(at)


@pytest.mark.slow
def test_live_is_refused_at_the_cap_and_the_recording_is_offered(
    configure: Configure, open_page: OpenPage, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(GLM_PLAYGROUND_PRESENT_CAP="0.002")
    monkeypatch.setattr(runtime, "_sandbox", lambda: sandbox)
    monkeypatch.setattr(runtime, "sandbox", lambda: sandbox)
    at = on_stage(open_page)
    press(at, "stage_live")
    assert not at.warning
    for _attempt in range(8):
        press(at, "stage_live")
        if at.warning:
            break
    assert "budget for today is used up" in str(at.warning[0].proto)
    assert not stage_of(at).runs
    press(at, "stage_instead")
    assert "REPLAY" in texts(at)


def test_without_a_price_tokens_are_capped(
    configure: Configure,
    open_page: OpenPage,
    sandbox: SandboxProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text(f'[[gateway]]\nname = "Free"\naddress = "{sandbox.base_url}"\nkey_env = "ITS_KEY"\n')
    monkeypatch.setenv("ITS_KEY", sandbox.key)
    configure(GLM_PLAYGROUND_GATEWAYS=str(file), GLM_PLAYGROUND_PRESENT_TOKENS="500")
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    put(me, Scenario("Free?", (asked("@script tokens=100 rate=0", "recorded"),)))
    at = on_stage(open_page, me)
    counts = []
    for _attempt in range(4):
        press(at, "stage_live")
        counts.append(len(stage_of(at).runs))
        if at.warning:
            break
    assert counts[0] == 1
    assert counts[-1] == 0
    assert "tokens for today are used up" in str(at.warning[0].proto)
    notes = open_page("pages/present.py", owner=me, view="notes")
    assert "500 tokens" in [metric.label for metric in notes.metric][-1]


@pytest.fixture
def two_gateways(
    configure: Configure, sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first lists nothing and has no prices; the second does."""
    file = tmp_path / "gateways.toml"
    price = '[[gateway.model]]\nid = "glm-5.1"\ninput = 1\noutput = 2\n'
    file.write_text(
        '[[gateway]]\nname = "Away"\naddress = "http://127.0.0.1:9"\n'
        f'[[gateway]]\nname = "Here"\naddress = "{sandbox.base_url}"\nkey_env = "ITS_KEY"\n{price}'
    )
    monkeypatch.setenv("ITS_KEY", sandbox.key)
    configure(GLM_PLAYGROUND_GATEWAYS=str(file))


def recorded_at(gateway: str, model: str) -> RecordedRun:
    one = asked("@script text=x", "recorded")
    request = one.run.request.model_copy(update={"model": model})
    return replace(one, run=replace(one.run, request=request, server=Server(gateway, "http://127.0.0.1:9")))


@pytest.mark.parametrize(("gateway", "gone"), [("Here", ["glm\\-gone"]), ("Away", []), ("Removed", [])])
def test_whether_a_model_is_gone_is_asked_where_it_was_recorded(
    two_gateways: None, open_page: OpenPage, gateway: str, gone: list[str]
) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    put(me, Scenario("Gone", (recorded_at(gateway, "glm-gone"),)))
    open_page("pages/present.py", owner=me)
    wait_for_answers()
    at = open_page("pages/present.py", owner=me)
    said = [caption.value.rpartition(": ")[2] for caption in at.caption if "Not listed" in caption.value]
    assert said == gone


@pytest.mark.parametrize(
    ("gateways", "unit"), [(("Here",), "$1.00"), (("Away",), "tokens"), (("Here", "Away"), "tokens")]
)
def test_the_cap_is_in_dollars_where_each_lanes_own_gateway_has_a_price(
    two_gateways: None, open_page: OpenPage, gateways: tuple[str, ...], unit: str
) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    lanes = tuple(replace(recorded_at(name, "glm-5.1"), lane=lane) for lane, name in enumerate(gateways))
    put(me, Scenario("Priced?", lanes))
    # Held, since a stage lasts as long as a tab that shows it.
    shown = on_stage(open_page, me)
    notes = open_page("pages/present.py", owner=me, view="notes")
    assert stage_of(shown).scenario
    assert unit in [metric.label.replace("\\", "") for metric in notes.metric][-1]


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


TWO_LANES = write_bundle(bundle_of(RunningOrder("Lanes", bundled_order("en").scenarios[-1:])))


def open_bundle(at: AppTest, data: bytes = TWO_LANES) -> None:
    at.session_state["history_view"] = "bundle"
    at.run()
    at.file_uploader(key="bundle_file").set_value(("x.glmrun", data, "application/zip")).run()
    assert not at.exception


def test_a_bundle_fills_the_lanes_as_it_was(in_sandbox: None, open_page: OpenPage) -> None:
    at = open_page("pages/history.py")
    open_bundle(at)
    press(at, "bundle_show")
    at.switch_page("pages/playground.py").run()
    assert not at.exception
    bench = Playground(at).bench
    bundle = read_order(TWO_LANES).scenarios[0]
    assert [lane.setup.model for lane in bench.lanes] == [one.run.request.model for one in bundle.runs]
    assert "in play money" in texts(at)
    assert texts(at).count("REPLAY: nothing is sent") >= 2


def test_run_again_asks_beside_the_recording(in_sandbox: None, open_page: OpenPage) -> None:
    at = open_page("pages/history.py")
    open_bundle(at)
    press(at, "bundle_again")
    at.switch_page("pages/playground.py").run()
    bench = Playground(at).bench
    runs = [lane.conversation.turns[-1].answer.run for lane in bench.lanes]
    assert [run.replayed for run in runs] == [True, False, True, False]
    assert runs[0].request == runs[1].request
    assert "Differences between two answers" in [fold.label for fold in at.expander]


def test_a_changed_bundle_is_refused_in_words(in_sandbox: None, open_page: OpenPage) -> None:
    at = open_page("pages/history.py")
    at.session_state["history_view"] = "bundle"
    at.run()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as changed, zipfile.ZipFile(io.BytesIO(TWO_LANES)) as whole:
        for part in whole.namelist():
            changed.writestr(part, whole.read(part).replace(b"late", b"soon"))
    at.file_uploader(key="bundle_file").set_value(("x.glmrun", data.getvalue(), "application/zip")).run()
    assert not at.exception
    assert "The file was changed after it was written." in str(at.error[0].proto)


def test_a_bundle_is_made_of_what_is_on_the_screen_without_what_looks_like_a_key(
    in_sandbox: None, open_page: OpenPage
) -> None:

    at = open_page("pages/playground.py")
    Playground(at).script("tokens=20", "my key is sk-abcdefghijklmnopqrstuvwxyz123456")
    at.session_state["share"] = True
    at.session_state["share-bundle-open"] = True
    at.run()
    assert not at.exception
    assert "looks like a key" in "".join(str(warning.proto) for warning in at.warning)
    download = next(button for button in at.get("download_button") if "bundle" in str(button.proto.id))
    assert download
