"""A bad data file is refused with its name, the key and the reason, and the rest of the catalog loads."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glm_playground.catalog import Catalog, load_catalog
from glm_playground.catalog.__main__ import main
from glm_playground.catalog.files import FILE_READERS, read_card
from glm_playground.catalog.loader import DATA
from glm_playground.catalog.shorthand import FactReader


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the data with two models."""
    kept = {"glm-5.1.toml", "glm-5-turbo.toml"}
    shutil.copytree(
        DATA, tmp_path / "data", ignore=lambda folder, names: set(names) - kept if folder.endswith("models") else ()
    )
    return tmp_path / "data"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def reasons(catalog: Catalog) -> list[tuple[str, str, str]]:
    return [(entry.file, entry.key, entry.reason) for entry in catalog.rejected]


LICENSE = 'license = { value = "MIT", source = "hf_51" }'
EFFORT = 'reasoning_effort = { unknown = "documented for GLM-5.2 and later" }'
SETTING = '"%", "not stated"'
FIRST = "scores.hf_51[0]"
BAD_MODEL_FILES = [
    (
        "unknown source",
        LICENSE,
        'license = { value = "MIT", source = "nobody" }',
        "facts.license.source",
        "unknown sourc",
    ),
    ("no source", LICENSE, 'license = { value = "MIT" }', "facts.license", "a value without a claim"),
    ("bare, no source", LICENSE, 'license = "MIT"', "facts.license", "a value without a claim"),
    ("source alone", LICENSE, 'license = { source = "hf_51" }', "facts.license", "a source without a value"),
    (
        "wrong unit",
        'size_active.unit = "B"',
        'size_active.unit = "M"',
        "facts.size_active.unit",
        "wrong unit: 'M' where 'B'",
    ),
    (
        "unit where none",
        LICENSE,
        'license = { value = "MIT", unit = "B", source = "hf_51" }',
        "facts.license.unit",
        "wrong",
    ),
    ("unknown fact", LICENSE, 'licence = { value = "MIT", source = "hf_51" }', "facts.licence", "unknown key"),
    ("unknown key", LICENSE, 'license = { value = "MIT", from = "hf_51" }', "facts.license.from", "unknown key"),
    ("unknown table", "[arithmetic]", "[arithmetics]", "arithmetics", "unknown key"),
    (
        "text for number",
        "context_tokens.value = 200000",
        'context_tokens.value = "200K"',
        "facts.context_tokens.value",
        "whole",
    ),
    ("float for price", 'input = "1.40"', "input = 1.40", "gateways.zai.price.input.value", "a number in quotes"),
    (
        "text for date",
        "release.value = 2026-04-07",
        'release.value = "April"',
        "facts.release.value",
        "expected a date",
    ),
    (
        "number for flag",
        "open_weights = { value = true",
        "open_weights = { value = 1",
        "facts.open_weights.value",
        "true or",
    ),
    ("unknown kind", LICENSE, LICENSE[:-2] + ', kind = "rumour" }', "facts.license.kind", "unknown kind 'rumour'"),
    ("date of reading", LICENSE, LICENSE[:-2] + ', read = "now" }', "facts.license.read", "expected a date"),
    ("bad as_of", LICENSE, LICENSE[:-2] + ', as_of = "summer" }', "facts.license.as_of", "expected a date"),
    ("note is a text", LICENSE, LICENSE[:-2] + ", note = 3 }", "facts.license.note", "expected a text"),
    ("value and unknown", LICENSE, LICENSE[:-2] + ', unknown = "x" }', "facts.license", "both a value and"),
    ("silent choice", 'max_output_tokens.why = "', 'max_output_tokens.note = "', "facts.max_output_tokens", "`why`"),
    ("bad other", 'source = "apxml"', 'source = "apxmll"', "facts.size_active.others[0].source", "unknown source"),
    ("others", EFFORT, 'reasoning_effort = { unknown = "x", others = 3 }', "facts.reasoning_effort.others", "a list"),
    ("score source", "hf_51 = [", "hf_510 = [", "scores.hf_510", "unknown source"),
    (
        "score value",
        f'["SWE-bench Pro", "58.4", {SETTING}]',
        f'["SWE-bench Pro", 58.4, {SETTING}]',
        FIRST + ".value",
        "in quotes",
    ),
    ("no unit", f'"58.4", {SETTING}]', '"58.4"]', FIRST, "expected [benchmark, value, unit, conditions]"),
    ("no conditions", f'"58.4", {SETTING}]', '"58.4", "%"]', FIRST, "expected [benchmark, value, unit, conditions]"),
    ("score unit", 'unit = "USD", published', 'unit = "EUR", published', "scores.hf_51[17].unit", "wrong unit: 'EUR'"),
    ("no unit in a table", 'unit = "USD", published', "published", "scores.hf_51[17].unit", "wrong unit: None"),
    (
        "no conditions in a table",
        'published = "$5,634.41", conditions = "not stated"',
        'published = "$5,634.41"',
        "scores.hf_51[17]",
        "a score without conditions",
    ),
    ("more than all", f'"58.4", {SETTING}]', '"58.4", "of 50", "not stated"]', FIRST + ".unit", "58.4 is not of 50"),
    ("of nothing", f'"58.4", {SETTING}]', '"58.4", "of 0", "not stated"]', FIRST + ".unit", "wrong unit: 'of 0'"),
    ("quote is a text", LICENSE, LICENSE[:-2] + ", quote = 3 }", "facts.license.quote", "expected a text"),
    ("capability", '"advertised"', '"maybe"', "gateways.runapi.capabilities.function_tools", "'maybe' is none of"),
    ("id", 'id = "glm-5.1"', 'id = "glm-5.9"', "id", "'glm-5.9' in a file called glm-5.1.toml"),
    ("gateway id", "[gateways.zai]\n", '[gateways.zai]\nid = "zai"\n', "gateways.zai.id", "unknown key"),
    ("not TOML", "[facts]", "[facts", "", "is not TOML"),
]


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [(case[1:3], *case[3:]) for case in BAD_MODEL_FILES],
    ids=[case[0] for case in BAD_MODEL_FILES],
)
def test_a_bad_model_file_is_refused_and_the_rest_loads(
    data: Path, change: tuple[str, str], key: str, reason: str
) -> None:
    edit(data / "models" / "glm-5.1.toml", *change)
    catalog = load_catalog(data)
    assert "glm-5.1" not in catalog
    assert len(catalog) == 1
    assert {entry.file for entry in catalog.rejected} == {"glm-5.1.toml"}
    assert any(found == key and reason in text for _, found, text in reasons(catalog)), reasons(catalog)


def test_a_file_tells_all_its_problems(data: Path) -> None:
    path = data / "models" / "glm-5.1.toml"
    edit(path, LICENSE, 'license = { value = "MIT" }')
    edit(path, 'provider = "Z.ai"', "provider = 3")
    assert [entry.key for entry in load_catalog(data).rejected] == ["facts.license", "gateways.runapi.provider.value"]


def test_unreadable_files(data: Path) -> None:
    (data / "models" / "glm-5.1.toml").write_bytes(b"\xff\xfe")
    (data / "variants.toml").unlink()
    catalog = load_catalog(data)
    assert {(file, reason.split(":")[0]) for file, _, reason in reasons(catalog)} == {
        ("glm-5.1.toml", "is not UTF-8 text"),
        ("variants.toml", "cannot be read"),
    }
    assert len(catalog) == 1
    assert catalog.variants == ()


def test_a_bad_source_takes_only_its_users_with_it(data: Path) -> None:
    edit(data / "sources.toml", '[doc_5t]\npublisher = "Z.ai"\n', "[doc_5t]\n")
    catalog = load_catalog(data)
    assert ("sources.toml", "doc_5t.publisher", "a source without a publisher") in reasons(catalog)
    assert "glm-5-turbo" not in catalog
    assert "glm-5.1" in catalog


@pytest.mark.parametrize(
    ("file", "change", "key", "reason"),
    [
        ("sources.toml", ('kind = "vendor"', 'kind = "rumour"'), "zai_openapi.kind", "unknown kind"),
        ("sources.toml", ('kind = "vendor"', 'kind = "vendor"\nsite = "x"'), "zai_openapi.site", "unknown key"),
        ("sources.toml", ("read = 2026-11-23\n", ""), "zai_openapi.read", "expected a date"),
        ("sources.toml", ("as_of = { unknown", "as_of = { known"), "zai_openapi.as_of.unknown", "expected a text"),
        ("sources.toml", ("licence = { unknown", "note = { unknown"), "zai_openapi.licence", "neither given nor"),
        ("parameters.toml", ('type = "float"', 'type = "number"'), "temperature.type", "unknown type"),
        ("parameters.toml", ('bounds = "items"', 'bounds = "things"'), "tools.bounds", "unknown bounds"),
        ("parameters.toml", ('minimum = "0"', "minimum = 0.0"), "temperature.minimum.value", "a number in quotes"),
        ("parameters.toml", ("documented = false", 'documented = "no"'), "stream_options.documented", "true or false"),
        (
            "parameters.toml",
            ('type = "object"\ndocumented', 'type = "object"\ndefault = 1\ndocumented'),
            "stream_options.default",
            "no default",
        ),
        ("discrepancies.toml", ('topic = "size"', "topic = 1"), "discrepancy[0].topic", "expected a text"),
        (
            "discrepancies.toml",
            ('source = "gh_5"', 'source = "gh"'),
            "discrepancy[0].claims[0].source",
            "unknown source",
        ),
        ("discrepancies.toml", ("unknown = [", "unknowns = ["), "unknowns", "unknown key"),
        ("gateways.toml", ('name = "RunAPI"', ""), "gateways.runapi.name", "expected a text"),
        ("gateways.toml", ("base_url", "base_uri"), "gateways.runapi.base_uri", "unknown key"),
        ("variants.toml", ('input = "2.20"', "input = 2.2"), "glm-4.5-x.gateways.zai.price.input.value", "in quotes"),
        ("tokenizers.toml", ("models = [", "model = ["), "vocabularies.glm-4.5.models", "expected a list"),
    ],
)
def test_a_bad_shared_file_leaves_the_cards(
    data: Path, file: str, change: tuple[str, str], key: str, reason: str
) -> None:
    edit(data / file, *change)
    catalog = load_catalog(data)
    assert any(entry[:2] == (file, key) and reason in entry[2] for entry in reasons(catalog)), reasons(catalog)
    if file != "sources.toml":
        assert len(catalog) == 2


def test_an_empty_folder_gives_an_empty_catalog(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path)
    assert len(catalog) == 0
    assert {entry.file for entry in catalog.rejected} == set(FILE_READERS)
    assert str(catalog.rejected[0]) == "sources.toml: -: cannot be read: No such file or directory"


def test_another_gateway_is_another_table(data: Path) -> None:
    path = data / "models" / "glm-5.1.toml"
    table = """
[gateways.other]
source = "openrouter"
model_id = "z-ai/glm-5.1"

[gateways.other.price]
input = { unknown = "not read" }
"""
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    catalog = load_catalog(data)
    assert catalog.rejected == ()
    other = catalog["glm-5.1"].gateway("other")
    assert other is not None
    assert other.model_id.value == "z-ai/glm-5.1"
    assert other.model_id.kind == "third_party"
    assert not other.price.known
    assert [card.id for card in catalog.listed_on("other")] == ["glm-5.1"]


def test_check_prints_counts_or_one_line_a_problem(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list(DATA.rglob("*.toml")))
    assert all(line.startswith("ok ") for line in lines)
    path = data / "models" / "glm-5.1.toml"
    assert main(["check", str(path)]) == 0
    assert "22 scores, on runapi, zai" in capsys.readouterr().out
    edit(path, LICENSE, 'license = { value = "MIT", source = "nobody" }')
    assert main(["check", str(path), str(data / "variants.toml")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: facts.license.source: unknown source 'nobody': not in sources.toml",
        f"ok {data / 'variants.toml'}: 7 entries",
    ]


def test_check_uses_the_packaged_sources_for_a_lone_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "glm-5.1.toml"
    shutil.copy(DATA / "models" / "glm-5.1.toml", path)
    assert main(["check", str(path)]) == 0
    assert main(["check", str(tmp_path / "glm-9.toml")]) == 1
    assert "cannot be read" in capsys.readouterr().out


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
tables = [
    "id",
    "name",
    "facts",
    "arithmetic",
    "scores",
    "gateways",
    "discrepancy",
    "unknown",
    "vocabularies",
    "counting",
]
keys = st.sampled_from([*tables, "license", "size_total", "value", "source", "others", "why", "price", "read"])
wild = st.dictionaries(keys | st.text(max_size=5), anything | st.dictionaries(keys, anything, max_size=4), max_size=6)


@pytest.mark.parametrize("name", [*sorted(FILE_READERS), "model"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=wild)
def test_no_content_makes_a_reader_raise(name: str, raw: dict[str, Any]) -> None:
    reading = FactReader(load_catalog().sources)
    if name == "model":
        read_card(raw, reading, "glm-5.1")
    else:
        FILE_READERS[name](raw, reading)
    for problem in reading.problems:
        assert problem.reason
