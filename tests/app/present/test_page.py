"""The page Present, and bundles in the playground: recordings are played, and asked again within a cap."""

import io
import zipfile
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime
from glm_playground.ui.present import stage
from tests.app.conftest import Configure
from tests.app.playground_page import Playground

OpenPage = Callable[..., AppTest]
SCENARIOS = ["chat", "code", "automation"]


def texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.code]
    return "\n".join(str(part.value) for part in parts)


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception


def test_every_scenario_that_comes_along_can_be_read_and_says_who_answered() -> None:
    assert list(stage.scenarios()) == SCENARIOS
    for bundle in stage.scenarios().values():
        assert all(one.run.server.stand_in for one in bundle.runs)
        assert "not with GLM" in bundle.note


def test_a_scenario_plays_without_a_server(configure: Configure, open_page: OpenPage) -> None:
    # Nobody listens there: what is shown can only come from the recording.
    configure(RUNAPI_BASE_URL="http://127.0.0.1:9", RUNAPI_API_KEY="none")
    at = open_page("pages/present.py")
    press(at, "stage_fast")
    assert texts(at).count("REPLAY: nothing is sent") == 2
    assert texts(at).count("stand-in model, not GLM") == 2
    recorded = stage.parts(stage.scenarios()["chat"])
    for one in recorded:
        assert one.run.content.split("\n")[0][:60] in texts(at)
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Tokens"] == str(recorded[-1].run.usage.completion_tokens)  # type: ignore[union-attr]
    press(at, "stage_reset")
    assert "REPLAY" not in texts(at)


def test_live_asks_the_same_requests_until_the_cap(
    configure: Configure, open_page: OpenPage, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(GLM_PLAYGROUND_PRESENT_CAP="0.002")
    monkeypatch.setattr(runtime, "_sandbox", lambda: sandbox)
    monkeypatch.setattr(runtime, "sandbox", lambda: sandbox)
    at = open_page("pages/present.py")
    for asked in runtime._prices.values():
        asked.answer.result(10)
    press(at, "stage_live")
    assert "REPLAY" not in texts(at)
    assert len(at.metric) == 10
    for _attempt in range(5):
        press(at, "stage_live")
        if at.warning:
            break
    assert "more than is left of the spending cap" in str(at.warning[0].proto)
    assert not at.metric


def open_bundle(at: AppTest, name: str = "chat") -> None:
    at.session_state["history_view"] = "bundle"
    at.run()
    path = stage._FOLDER / f"{name}.glmrun"
    at.file_uploader(key="bundle_file").set_value((path.name, path.read_bytes(), "application/zip")).run()
    assert not at.exception


def test_a_bundle_fills_the_lanes_as_it_was(in_sandbox: None, open_page: OpenPage) -> None:
    at = open_page("pages/history.py")
    open_bundle(at)
    press(at, "bundle_show")
    at.switch_page("pages/playground.py").run()
    assert not at.exception
    bench = Playground(at).bench
    bundle = stage.scenarios()["chat"]
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
    with zipfile.ZipFile(data, "w") as changed, zipfile.ZipFile(stage._FOLDER / "chat.glmrun") as whole:
        for part in whole.namelist():
            changed.writestr(part, whole.read(part).replace(b"sky", b"sea"))
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
