"""The texts of the data files that this project wrote: reasons, notes, readings, and descriptions of features.

They are shown in the reader's language; what a source says is not among them, nor are names and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.types import CONDITIONS_SEPARATOR, AnyFact, Score

DESCRIPTIONS = frozenset(
    {
        "architecture",
        "attention",
        "availability",
        "benchmarks_note",
        "coding_plan",
        "context_caching",
        "data_policy",
        "deprecated",
        "license_conditions",
        "on_runapi",
        "plans",
        "reasoning_effort",
        "remark",
        "replaced_by",
        "retired",
        "small_machines",
        "structured_output",
        "thinking",
        "tiers",
        "weight_sizes",
    }
)
"""Facts whose value describes in this project's words what a source says at length."""


_WORD = re.compile(r"\b[a-z]{3,}\b")


def explanations(catalog: Catalog) -> tuple[str, ...]:
    """Each text once, in the order of the files."""
    return tuple(dict.fromkeys(_texts(catalog)))


def _texts(catalog: Catalog) -> Iterator[str]:
    for card in catalog.cards:
        yield from _of_facts(card.all_facts())
        yield from _of_scores((*card.scores, *(score for table in card.gateways for score in table.scores)))
    for sheet in catalog.gateways:
        yield from _of_facts(sheet.items())
    for variant in catalog.variants:
        yield from _of_facts(variant.items())
        for _gateway, price in variant.prices:
            yield from _of_facts(price.items())
    for parameter in catalog.parameters:
        yield from _of_facts(parameter.items())
    for entry in catalog.discrepancies:
        yield entry.subject
        yield entry.reading
        for claim in entry.claims:
            # What several sources say is told here in a line; names and numbers alone need no translation.
            if _WORD.search(claim.value):
                yield claim.value
            if claim.note:
                yield claim.note
    for source in catalog.sources.values():
        yield from (text for text in (source.note, source.as_of_unknown, source.licence_unknown) if text)


def _of_scores(scores: Iterable[Score]) -> Iterator[str]:
    """What they were run under, but for the names of harnesses."""
    for score in scores:
        parts = score.conditions.split(CONDITIONS_SEPARATOR) if score.conditions else []
        yield from (part for part in parts if part != score.harness)


def _of_facts(facts: Iterable[tuple[str, AnyFact]]) -> Iterator[str]:
    for key, fact in facts:
        if fact.why:
            yield fact.why
        for claim in fact.claims:
            if claim.note:
                yield claim.note
            if key.rpartition(".")[2] in DESCRIPTIONS:
                yield from (claim.value,) if isinstance(claim.value, str) else claim.value
