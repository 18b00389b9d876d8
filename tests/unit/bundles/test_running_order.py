"""Running orders: what is presented in which order, as a file that another machine opens."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.bundles.bundle import BundleInvalid, BundleNewer, BundleTampered, RecordedRun, write_bundle
from glm_playground.bundles.running_order import RunningOrder, Scenario, bundle_of, read_order, scenarios_of
from glm_playground.bundles.secrets import without_secrets
from glm_playground.bundles.shown_verdict import ShownPair, ShownRate, ShownVerdict
from glm_playground.bundles.snapshot import snapshot
from glm_playground.gateway import ChatRequest, Message
from tests.bundles import recorded_run

KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"


def scenario(title: str, *ids: str, lanes: bool = True) -> Scenario:
    runs = [RecordedRun(recorded_run(id, f"answer {id}"), lane=lane if lanes else 0) for lane, id in enumerate(ids)]
    return Scenario(title, tuple(runs), notes=f"say {title}", language="pt_BR")


ORDER = RunningOrder("Board", (scenario("one", "1", "2"), scenario("two", "3"), scenario("three", "4")), note="n")


def written(order: RunningOrder) -> bytes:
    return write_bundle(bundle_of(order))


def with_part(data: bytes, path: str, old: bytes, new: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as changed, zipfile.ZipFile(io.BytesIO(data)) as whole:
        for name in whole.namelist():
            body = whole.read(name)
            changed.writestr(name, body.replace(old, new) if name == path else body)
    return made.getvalue()


def test_an_order_opens_as_it_was_written() -> None:
    assert read_order(written(ORDER)) == ORDER


def test_any_other_bundle_is_one_scenario() -> None:
    runs = ORDER.scenarios[0].runs
    found = read_order(write_bundle(snapshot(runs, "Plain", "its note")))
    assert found.scenarios == (Scenario("Plain", runs, notes="its note"),)


def test_a_broken_scenario_is_told_and_the_others_are_there() -> None:
    found = read_order(with_part(written(ORDER), "runs/0003.json", b"answer 3", b"answer 9"))
    assert [one.title for one in found.scenarios] == ["one", "three"]
    assert [(one.title, type(one.error)) for one in found.broken] == [("two", BundleTampered)]
    # What is written again has what could be read.
    assert read_order(written(found)).scenarios == found.scenarios


def test_a_later_version_is_refused_whole() -> None:
    later = with_part(written(ORDER), "manifest.json", b'"version":3', b'"version":5')
    with pytest.raises(BundleNewer, match="version 5"):
        read_order(later)


def test_scenarios_that_do_not_fit_the_runs_are_refused() -> None:
    for old, new in ((b'"runs":2', b'"runs":1'), (b'"runs":2', b'"runs":900')):
        with pytest.raises(BundleInvalid, match="scenarios"):
            read_order(with_part(written(ORDER), "manifest.json", old, new))


def test_what_no_earlier_version_knows_is_of_version_3_only() -> None:
    manifest = zipfile.ZipFile(io.BytesIO(written(ORDER))).read("manifest.json")
    assert json.loads(manifest)["version"] == 3
    with pytest.raises(BundleInvalid, match="scenarios"):
        read_order(with_part(written(ORDER), "manifest.json", b'"version":3', b'"version":2'))


@given(st.integers(0, 2), st.integers(-5, 5))
def test_moving_keeps_every_scenario(place: int, by: int) -> None:
    moved = ORDER.moved(ORDER.scenarios[place].id, by)
    assert sorted(one.title for one in moved.scenarios) == sorted(one.title for one in ORDER.scenarios)
    assert moved.scenarios[min(max(place + by, 0), 2)] == ORDER.scenarios[place]


def test_the_same_run_is_on_stage_once() -> None:
    again = replace(ORDER.scenarios[1], title="again")
    assert [one.title for one in ORDER.put(again).scenarios] == ["one", "three", "again"]


@pytest.mark.parametrize("put_again", [("1", "2"), ("2",), ("9", "1")])
def test_what_is_put_on_stage_again_keeps_the_words_that_it_was_given(put_again: tuple[str, ...]) -> None:
    said = RunningOrder().joined(scenarios_of(ORDER.scenarios[0].runs), "en").changed("1", "Mine", "say it", "pt_BR")
    [found] = said.joined(scenarios_of(scenario("", *put_again, lanes=False).runs), "en").scenarios
    assert (found.title, found.notes, found.language) == ("Mine", "say it", "pt_BR")
    # Its own words, as in a file that is opened, come before them.
    [found] = said.put(replace(scenario("other", *put_again), language="")).scenarios
    assert (found.title, found.notes, found.language) == ("other", "say other", "pt_BR")


def test_a_lane_shows_its_last_run_and_the_question_is_the_users() -> None:
    both = scenario("x", "1", "2", lanes=False)
    assert [one.run.id for one in both.lanes] == ["2"]
    assert both.question == both.runs[-1].run.request.messages[-1].content


def test_a_key_in_the_notes_does_not_leave() -> None:
    order = ORDER.changed("3", KEY, f"say {KEY}", "en")
    found = read_order(write_bundle(without_secrets(bundle_of(order))))
    assert KEY not in found.scenarios[1].notes + found.scenarios[1].title
    assert found.scenarios[0] == ORDER.scenarios[0]


def test_lanes_with_the_same_question_stand_side_by_side() -> None:
    def asked(id: str, text: str, lane: int) -> RecordedRun:
        run = recorded_run(id, "answer")
        messages = (run.request.messages[0].model_copy(update={"content": text}),)
        return RecordedRun(replace(run, request=run.request.model_copy(update={"messages": messages})), lane=lane)

    runs = [asked("1", "first", 0), asked("2", "same", 0), asked("3", "other " * 50, 1), asked("4", "same", 2)]
    same, other = RunningOrder().joined(scenarios_of(runs), "en").scenarios
    assert [one.run.id for one in same.lanes] == ["2", "4"]
    assert (same.title, same.language) == ("same", "en")
    assert [one.run.id for one in other.runs] == ["3"]
    assert len(other.title) <= 80


VERDICT = ShownVerdict(
    suite="Capitals",
    cases=30,
    answers=60,
    rates=(
        ShownRate(model="glm-5.1", settings="at RunAPI", passed=24, answers=30, rate=(0.8, 0.6, 0.9), dollars="0.001"),
        ShownRate(model="glm-4.6", passed=12, answers=30, rate=None, stand_in="SmolLM2"),
    ),
    pairs=(ShownPair(first=0, second=1, low=0.1, high=0.5, separable=True),),
    grades={"1": "passed", "2": "failed"},
)


def evaluation(*cases: tuple[str, ...]) -> Scenario:
    """A scenario with the answers to each case by the ids of their runs."""
    runs = [
        RecordedRun(recorded_run(id, "answer", request=asking(f"case {place}")), lane=lane)
        for place, ids in enumerate(cases)
        for lane, id in enumerate(ids)
    ]
    return Scenario("Capitals", tuple(runs), language="en", verdict=VERDICT)


def asking(text: str) -> ChatRequest:
    return ChatRequest(model="glm-5.1", messages=(Message(role="user", content=text),))


def test_an_evaluation_is_of_version_4_and_opens_as_it_was_written() -> None:
    order = RunningOrder("Board", (scenario("one", "9"), evaluation(("1", "2"), ("3", "4"))))
    assert json.loads(zipfile.ZipFile(io.BytesIO(written(order))).read("manifest.json"))["version"] == 4
    assert read_order(written(order)) == order
    # What older apps read has no field that they do not know.
    assert b"verdict" not in zipfile.ZipFile(io.BytesIO(written(ORDER))).read("manifest.json")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"version":4', b'"version":3'), (b'"second":1', b'"second":7'), (b'"0.001"', b'"1e9"'), (b"0.8,", b"1.8,")],
)
def test_a_verdict_that_cannot_be_is_refused(old: bytes, new: bytes) -> None:
    data = written(RunningOrder("Board", (evaluation(("1", "2")),)))
    with pytest.raises(BundleInvalid, match=r"scenarios|verdict"):
        read_order(with_part(data, "manifest.json", old, new))


def test_the_stage_shows_the_verdict_and_then_each_case_side_by_side() -> None:
    shown = evaluation(("1", "2"), ("3", "4"), ("5",), ("6", "7"))
    order = RunningOrder("Board", (scenario("one", "9"), shown, scenario("two", "10")))
    scenes = order.scenes.scenarios
    ids = [[one.run.id for one in scene.lanes] for scene in scenes]
    assert ids == [["9"], [], ["1", "2"], ["3", "4"], ["5"], ["6", "7"], ["10"]]
    assert [order.scene(place) for place in range(3)] == [0, 1, 6]
    assert scenes[1].question == ""
    assert all(scene.verdict is VERDICT for scene in scenes[1:6])


def test_a_key_in_the_names_of_a_verdict_does_not_leave() -> None:
    one = evaluation(("1", "2"))
    rates = (VERDICT.rates[0].model_copy(update={"settings": KEY}), VERDICT.rates[1])
    told = VERDICT.model_copy(update={"suite": f"of {KEY}", "rates": rates})
    order = RunningOrder("", (replace(one, verdict=told),))
    found = read_order(write_bundle(without_secrets(bundle_of(order))))
    assert KEY not in repr(found)
    assert found.scenarios[0].verdict
    assert found.scenarios[0].verdict.rates[1] == VERDICT.rates[1]
