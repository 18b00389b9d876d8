"""Every claim of a catalog with the place it stands at: who is cited where, and by whom nobody is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.explanations import DESCRIPTIONS
from glm_playground.catalog.types import AnyFact, Claim, Score


class Citation(NamedTuple):
    """One value that a source stands behind: where it is, and the words of the source where they are kept."""

    place: str
    source: str
    value: Any
    unit: str | None
    kind: str
    quote: str | None
    described: bool
    """Whether the value is in this project's words."""


def citations(catalog: Catalog) -> Iterator[Citation]:
    """Every claim and score of the catalog."""
    for card in catalog.cards:
        yield from _of_facts(card.id, card.all_facts())
        yield from _of_scores(card)
    # The parameters belong to the API: each card repeats them with its own limits.
    for parameter in catalog.parameters:
        yield from _of_facts(f"parameters.{parameter.name}", parameter.items())
    for sheet in catalog.gateways:
        yield from _of_facts(sheet.id, sheet.items())
    for tokenizer in catalog.tokenizers:
        yield from _of_facts(tokenizer.id, tokenizer.items())
    for variant in catalog.variants:
        yield from _of_facts(variant.id, variant.items())
        for gateway, price in variant.prices:
            yield from _of_facts(f"{variant.id}.{gateway}", price.items())
    yield from _of_facts("counting", catalog.counting.items())
    for entry in catalog.discrepancies:
        for claim in entry.claims:
            yield _citation(f"discrepancy {entry.topic}: {entry.subject}", claim, None, described=True)


def unused_sources(catalog: Catalog) -> tuple[str, ...]:
    """Ids of the sources that nothing cites."""
    cited = {citation.source for citation in citations(catalog)}
    return tuple(source for source in catalog.sources if source not in cited)


def _of_facts(owner: str, facts: Iterable[tuple[str, AnyFact]]) -> Iterator[Citation]:
    for key, fact in facts:
        for claim in fact.claims:
            described = key.rpartition(".")[2] in DESCRIPTIONS
            yield _citation(f"{owner}: {key}", claim, fact.unit, described=described)


def _of_scores(card: ModelCard) -> Iterator[Citation]:
    own: tuple[Score, ...] = (*card.scores, *(score for table in card.gateways for score in table.scores))
    for score in own:
        place = f"{card.id}: {score.benchmark}" + (f" ({score.conditions})" if score.conditions else "")
        yield Citation(place, score.source, score.value, score.unit, score.kind, None, False)


def _citation(place: str, claim: Claim[Any], unit: str | None, *, described: bool) -> Citation:
    return Citation(place, claim.source, claim.value, unit, claim.kind, claim.quote, described)
