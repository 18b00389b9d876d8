"""Recordings asked again while they are on stage: within a cap, and with the recording in the place of what fails."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from glm_playground import bounds
from glm_playground.bundles.bundle import RecordedRun
from glm_playground.bundles.running_order import Scenario
from glm_playground.runs.run import Outcome, Server
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime
from tests.app.conftest import Configure, wait_for_answers
from tests.app.present_page import OpenPage, asked, on_stage, press, put, stage_of, texts


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


@pytest.mark.parametrize(("finish", "outcome"), [("", Outcome.TOOL_CALLS), (" finish=stop", Outcome.COMPLETED)])
def test_an_answer_that_is_a_tool_call_alone_is_no_empty_stage(
    in_sandbox: None, open_page: OpenPage, finish: str, outcome: Outcome
) -> None:
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    put(me, Scenario("Call", (asked(f"@script tool_call=1{finish}", "recorded"),)))
    at = on_stage(open_page, me)
    press(at, "stage_live")
    assert stage_of(at).runs[0].outcome is outcome
    (call,) = at.code
    assert call.value.startswith("get_weather({")
    assert not at.warning


def test_reasoning_and_the_rest_of_an_answer_open_on_stage(
    in_sandbox: None, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "DRAWN_CHARACTERS", 200)
    me = uuid.uuid4().hex
    open_page("pages/present.py", owner=me)
    put(me, Scenario("Long", (asked("@script tokens=180 rate=0 reasoning=12", "recorded"),)))
    at = on_stage(open_page, me)
    press(at, "stage_live")
    shown, folds = [], set()
    for _click in range(3):
        shown.append(len(texts(at)))
        folds.add(at.expander[0].proto.id)
        [more] = [button for button in at.button if button.label == "Show more of the answer"]
        more.click().run()
    assert shown == sorted(set(shown))
    # One that had another id at each click would close at once.
    assert len(folds) == 1


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
