"""Bundles in the playground: opened, asked again, refused, made of what is on the screen."""

import io
import zipfile

from streamlit.testing.v1 import AppTest

from glm_playground.bundles.bundle import write_bundle
from glm_playground.bundles.running_order import RunningOrder, bundle_of, read_order
from tests.app.playground_page import Playground
from tests.app.present_page import OpenPage, bundled_order, press, texts

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
    page = Playground(at)
    page.script("tokens=20", "my key is sk-abcdefghijklmnopqrstuvwxyz123456")
    page.open("share")
    at.session_state["share-bundle-open"] = True
    at.run()
    assert not at.exception
    assert "looks like a key" in "".join(str(warning.proto) for warning in at.warning)
    download = next(button for button in at.get("download_button") if "bundle" in str(button.proto.id))
    assert download
