"""Rows of a sheet by the catalog's groups: each fact of a group has a label and a row."""

import pytest

from glm_playground.catalog import load_catalog
from glm_playground.catalog.comparison import GROUPS
from glm_playground.ui.compare.words import fact_labels, group_names
from glm_playground.ui.shared.facts.fact_groups import group_rows

CATALOG = load_catalog()


@pytest.mark.parametrize("group", ["lifecycle", "self_host"])
@pytest.mark.parametrize("model", list(CATALOG))
def test_each_fact_of_the_group_has_a_row(model: str, group: str) -> None:
    card = CATALOG[model]
    served = {f"gateways.{table.id}" for table in card.gateways}
    keys = [key for key in GROUPS[group] if key.startswith("facts.") or ".".join(key.split(".")[:2]) in served]
    rows = group_rows(card, group)
    assert [row.key for row in rows] == keys
    assert all(row.label and row.text for row in rows)


def test_a_command_can_be_copied_as_it_is() -> None:
    [command] = [row for row in group_rows(CATALOG["glm-5.1"], "self_host") if row.key == "facts.vllm_command"]
    assert command.text.startswith("`vllm serve zai-org/GLM-5.1-FP8 --tensor-parallel-size 8")


def test_memory_has_its_unit_and_what_is_unknown_says_so() -> None:
    rows = {row.key: row.text for row in group_rows(CATALOG["glm-4.5"], "self_host")}
    assert rows["facts.gpu_memory_bf16"] == "859 GB"
    assert rows["facts.gpu_memory_nvfp4"] == "unknown"


def test_every_row_of_a_comparison_has_a_name() -> None:
    assert {key for keys in GROUPS.values() for key in keys} <= set(fact_labels())
    assert set(GROUPS) <= set(group_names())
