"""Presets and links: what is written is read back, and whatever else comes is refused with a reason."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from glm_playground.chat.setup import (
    MAX_PRESET_FILE_BYTES,
    Preset,
    PresetProblem,
    Setup,
    from_link,
    left_out,
    read_presets,
    to_link,
    write_presets,
)
from glm_playground.gateway import Parameters

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=2)
switches = st.none() | st.booleans()
linked: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.none() | st.floats(0, 2),
    "top_p": st.none() | st.floats(0.01, 1),
    "max_tokens": st.none() | st.integers(1, 10_000_000),
    "seed": st.none() | st.integers(0, 2**63 - 1),
    "thinking": switches,
    "clear_thinking": switches,
    "reasoning_effort": st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
    "do_sample": switches,
}
models = st.from_regex(r"[A-Za-z0-9._:/-]{0,200}", fullmatch=True)
gateways = st.just("") | st.from_regex(r"[\w][\w .()+-]{0,39}", fullmatch=True)
linked_setups = st.builds(Setup, model=models, gateway=gateways, parameters=st.builds(Parameters, **linked))
finite = st.none() | st.floats(allow_nan=False, allow_infinity=False)
any_setups = st.builds(
    Setup,
    model=st.text(max_size=20),
    gateway=st.text(max_size=20),
    system=st.text(max_size=20),
    parameters=st.builds(
        Parameters,
        temperature=finite,
        top_p=finite,
        max_tokens=st.none() | st.integers(),
        seed=st.none() | st.integers(),
        stop=st.none() | st.text(max_size=5),
        thinking=switches,
        clear_thinking=switches,
        reasoning_effort=st.none() | st.text(max_size=5),
        do_sample=switches,
        tools=st.lists(objects, max_size=2).map(tuple),
        response_format=st.none() | objects,
        extra=objects,
    ),
)
presets = st.lists(
    st.builds(
        Preset,
        name=st.text(min_size=1, max_size=10).filter(str.strip),
        prompt=st.text(max_size=10),
        lanes=st.lists(any_setups, min_size=1, max_size=2).map(tuple),
    ),
    max_size=3,
    unique_by=lambda preset: preset.name,
)
HOSTILE = {
    "deep": b'{"presets":' + b"[" * 100_000,
    "deep extra": b'{"a":' * 400 + b"1" + b"}" * 400,
    "nan": b'{"presets": NaN}',
    "surrogate": b'"\\ud800"',
    "long number": b"9" * 5000,
    "not UTF-8": b"\xff\xfe{",
    "null": b"null",
    "empty": b"",
}


def file(presets: object, **others: object) -> bytes:
    return json.dumps({"kind": "glm-playground-presets", "version": 1, "presets": presets, **others}).encode()


def lane(**parameters: object) -> bytes:
    return file([{"name": "a", "lanes": [{"model": "m", "parameters": parameters}]}])


def problem(data: bytes) -> PresetProblem:
    found = read_presets(data)
    assert isinstance(found, PresetProblem)
    return found


def test_setups_differ_by_their_fields() -> None:
    setup = Setup(model="a", parameters=Parameters(temperature=0.5, thinking=True))
    other = Setup(model="b", system="s", parameters=Parameters(temperature=0.5, thinking=False, stop="x"))
    assert setup.differing(other) == ("model", "system", "stop", "thinking")
    assert setup.differing(setup) == ()


def test_a_name_is_stripped_and_not_blank() -> None:
    assert Preset(name=" a ", lanes=(Setup(model="m"),)).name == "a"
    with pytest.raises(ValidationError):
        Preset(name=" \n", lanes=(Setup(model="m"),))


@given(presets)
def test_presets_are_read_as_they_were_written(rows: list[Preset]) -> None:
    assert read_presets(write_presets(rows).encode()) == tuple(rows)


def test_a_file_leaves_defaults_out() -> None:
    preset = Preset(name="Two", prompt="{{question}}", lanes=(Setup(model="a", parameters=Parameters(thinking=False)),))
    assert json.loads(write_presets([preset]))["presets"] == [
        {"name": "Two", "prompt": "{{question}}", "lanes": [{"model": "a", "parameters": {"thinking": False}}]}
    ]


def test_a_file_that_an_editor_gave_a_byte_order_mark_is_read() -> None:
    assert read_presets(b"\xef\xbb\xbf" + file([])) == ()


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (file([], kind="other"), "kind", "kind glm-playground-presets"),
        (b"[]", "kind", "kind glm-playground-presets"),
        (file([], version=2, news={}), "version", "later version than 1"),
        (file([], version=True), "version", "whole number"),
        (file([], owner="me"), "owner", "unknown key"),
        (file([{"name": "a", "lanes": [{"model": "m", "temp": 1}]}]), "presets[0].lanes[0].temp", "unknown key"),
        (lane(temprature=1), "presets[0].lanes[0].parameters.temprature", "unknown key"),
        (lane(thinking="on"), "presets[0].lanes[0].parameters.thinking", "boolean"),
        (lane(temperature="1"), "presets[0].lanes[0].parameters.temperature", "number"),
        (file([{"name": "a", "lanes": []}]), "presets[0].lanes", "at least 1"),
        (file([{"name": "a", "lanes": [{"model": "m"}] * 7}]), "presets[0].lanes", "at most 6"),
        (file([{"name": " ", "lanes": [{"model": "m"}]}]), "presets[0].name", "at least 1"),
        (file([{"name": "a", "lanes": [{"model": "m" * 201}]}]), "presets[0].lanes[0].model", "at most 200"),
        (
            file([{"name": n, "lanes": [{"model": "m"}]} for n in ("b", "a", "a ")]),
            "presets",
            "2 presets are named 'a'",
        ),
        (file([{"name": str(n), "lanes": [{"model": "m"}]} for n in range(201)]), "presets", "at most 200"),
        (lane(temperature=math.nan), "", "NaN is not a finite number"),
        (lane(extra={"a": math.inf}), "", "Infinity is not a finite number"),
        (lane(extra={"a": 1}).replace(b"1}}", b"1e999}}"), "", "1e999 is not a finite number"),
        (lane(temperature=10**400), "", "not a finite number"),
        (lane(extra={"a": "\ud800"}), "", "JSON"),
        (b" " * (MAX_PRESET_FILE_BYTES + 1), "", "bytes"),
    ],
)
def test_a_file_is_refused_with_the_place_and_the_reason(data: bytes, path: str, message: str) -> None:
    found = problem(data)
    assert found.path == path
    assert message in found.message


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_a_problem(data: bytes) -> None:
    assert problem(data).message
    assert problem(file([]).replace(b"[]", data or b"?")).message


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()) | st.lists(values, max_size=2).map(file))
def test_any_bytes_are_presets_or_a_problem(data: bytes) -> None:
    assert isinstance(read_presets(data), tuple)


@pytest.mark.parametrize(
    "rows",
    [
        [Preset(name="a", lanes=(Setup(model="m"),))] * 2,
        [Preset(name=str(n), prompt="a" * 200_000, lanes=(Setup(model="m"),)) for n in range(6)],
        [Preset(name="a", lanes=(Setup(model="m", parameters=Parameters(temperature=math.nan)),))],
        [Preset(name="a", lanes=(Setup(model="m", parameters=Parameters(extra={"a": "\ud800"})),))],
        [Preset(name="a", lanes=(Setup(model="m", parameters=Parameters(extra={"a": object()})),))],
    ],
)
def test_what_could_not_be_read_is_not_written(rows: list[Preset]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        write_presets(rows)


def test_a_link_names_the_model_and_its_settings() -> None:
    parameters = Parameters(temperature=0.5, thinking=True, reasoning_effort="high", do_sample=False)
    setups = (Setup(model="glm-5.1", parameters=parameters), Setup(model="z-ai/glm:free"))
    lanes = ["glm-5.1;temperature=0.5;thinking=on;effort=high;do_sample=off", "z-ai/glm:free"]
    assert to_link(setups) == lanes
    assert from_link(lanes) == (setups, ())


@given(st.lists(linked_setups, max_size=6))
@example([Setup(model="m", parameters=Parameters(temperature=5e-324, seed=2**63 - 1))])
def test_what_a_link_may_carry_is_read_as_it_was_written(setups: list[Setup]) -> None:
    assert from_link(to_link(setups)) == (tuple(setups), ())


@given(st.lists(any_setups, max_size=6))
def test_a_link_leaves_out_what_it_may_not_carry(setups: list[Setup]) -> None:
    read, ignored = from_link(to_link(setups))
    assert len(read) == len(setups)
    assert ignored == ()
    for setup, before in zip(read, setups, strict=True):
        assert set(setup.differing(Setup(model=setup.model))) <= linked.keys() | {"gateway"}
        assert setup.gateway in {"", before.gateway}
        for name in linked:
            value = getattr(setup.parameters, name)
            assert value is None or value == getattr(before.parameters, name)


def test_texts_never_stand_in_a_link() -> None:
    parameters = Parameters(
        stop="secret", tools=({"a": "secret"},), response_format={"a": "secret"}, extra={"secret": 1}
    )
    assert to_link([Setup(model="m", system="secret", parameters=parameters)]) == ["m"]


@pytest.mark.parametrize(
    "piece",
    [
        "system=be kind",
        "stop=x",
        "prompt=hi",
        "reasoning_effort=high",
        "temperature",
        "temperature=",
        "temperature=2.01",
        "gateway=",
        "gateway=a=b",
        "gateway=" + "a" * 41,
        "temperature=-0.5",
        "temperature=nan",
        "temperature=1e999",
        "temperature=0_1",
        "temperature=٠",
        "temperature= 1",
        "top_p=0",
        "max_tokens=0",
        "max_tokens=1.0",
        "max_tokens=10000001",
        "seed=9223372036854775808",
        "seed=-1",
        "thinking=yes",
        "effort=very high",
        "effort=" + "a" * 41,
        "seed=2",
    ],
)
def test_a_piece_that_is_not_a_setting_is_ignored_and_told(piece: str) -> None:
    assert from_link([f"m;seed=1;{piece};do_sample=on;"]) == (
        (Setup(model="m", parameters=Parameters(seed=1, do_sample=True)),),
        (piece,),
    )


def test_a_model_that_cannot_be_an_id_is_ignored_and_the_settings_stay() -> None:
    read = (Setup(model="", parameters=Parameters(seed=1)),)
    assert from_link(["<b>glm</b>;seed=1"]) == (read, ("<b>glm</b>",))
    assert from_link(["m" * 201 + ";seed=1"]) == (read, ("m" * 80,))


def test_lanes_that_are_too_many_or_too_long_are_ignored() -> None:
    setups, ignored = from_link(["a;" * 251, *"bcdefgh"])
    assert [setup.model for setup in setups] == list("bcdef")
    assert ignored == ("a;" * 40, "g", "h")


pieces = st.lists(
    st.sampled_from([*linked, "effort", "gateway", ";", "=", "on", "off", "1", "0.5", "glm", "\ud800", "\n", "9" * 30]),
    max_size=12,
).map("".join)


@given(st.lists(pieces | st.text(st.characters()), max_size=8))
def test_any_lanes_are_read(lanes: list[str]) -> None:
    setups, ignored = from_link(lanes)
    assert len(setups) <= 6
    "".join(ignored).encode()
    assert from_link(to_link(setups)) == (setups, ())


@pytest.mark.parametrize(
    ("setup", "names"),
    [
        (Setup(model="vendor/glm-5.1@2026+fp8~x", parameters=Parameters(temperature=0.5, thinking=True)), ()),
        (Setup(model="glm-5.1", system="Be brief.", parameters=Parameters(stop="END", seed=3)), ("system", "stop")),
        (Setup(model="glm 5.1", parameters=Parameters(extra={"top_k": 3})), ("model", "extra")),
    ],
)
def test_what_a_link_does_not_carry_is_named(setup: Setup, names: tuple[str, ...]) -> None:
    assert left_out(setup) == names
