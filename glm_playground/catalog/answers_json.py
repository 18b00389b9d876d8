"""Answers for programs that ask, made of the catalogue alone: the list, a comparison, disagreements, what a load costs.

All are JSON values. What nobody published is null and says why; it is never zero or false.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.comparison import GROUPS, KEY_FACTS, ComparedRow, compare, score_names
from glm_playground.catalog.models_json import NOBODY, claim_json, fact_json, plain_json
from glm_playground.catalog.running_cost import Load, running_cost
from glm_playground.catalog.sellers import SELLERS, Basis, offer
from glm_playground.catalog.types import AnyFact

SCORES = "scores"
SUBJECTS: Mapping[str, tuple[str, ...]] = {"key": KEY_FACTS, **GROUPS, SCORES: ()}
"""What models are compared by: keys of facts by the name of the subject."""

Json = dict[str, Any]


class NotAnswered(Exception):
    """A question that the catalogue cannot answer; the text says why and what could be asked."""


def cards_of(catalog: Catalog, models: Sequence[str]) -> list[ModelCard]:
    """The cards of these ids.

    Raises:
        NotAnswered: one has no card.
    """
    found = []
    for model in models:
        card = catalog.get(model.strip().lower())
        if card is None:
            near = catalog.near_names(model) or catalog.order
            raise NotAnswered(f"there is no model {model!r}; there are {', '.join(near)}")
        found.append(card)
    return found


def list_json(catalog: Catalog) -> list[Json]:
    """Every model with what most people look for first, newest first."""
    return [
        {
            "id": card.id,
            "name": card.name,
            "released": plain_json(card.facts.release.value),
            "context_tokens": card.facts.context_tokens.value,
            "max_output_tokens": card.facts.max_output_tokens.value,
            "input": plain_json(card.facts.input_modalities.value),
            "licence": card.facts.license.value,
            "open_weights": card.facts.open_weights.value,
            "sold_by": [table.id for table in card.gateways],
        }
        for card in catalog.cards
    ]


def comparison_json(catalog: Catalog, models: Sequence[str], subject: str = "key") -> Json:
    """The facts of a subject, or the published scores, side by side.

    Raises:
        NotAnswered: no such model or subject.
    """
    cards = cards_of(catalog, models)
    if subject not in SUBJECTS:
        raise NotAnswered(f"there is no subject {subject!r}; there are {', '.join(SUBJECTS)}")
    scores = score_names(cards) if subject == SCORES else []
    rows = compare(cards, SUBJECTS[subject], scores).rows
    return {"models": [card.id for card in cards], "rows": [_row(catalog, cards, row) for row in rows]}


def conflicts_json(catalog: Catalog, models: Sequence[str]) -> Json:
    """Where sources disagree about these models, or, without one, about any: by fact, and as this project reads them.

    Raises:
        NotAnswered: no such model.
    """
    if models:
        cards = cards_of(catalog, models)
        entries = list(dict.fromkeys(entry for card in cards for entry in card.discrepancies))
    else:
        cards, entries = list(catalog.cards), list(dict.fromkeys(catalog.discrepancies))
    return {
        "facts": [
            {"model": card.id, "fact": key, **fact_json(catalog, fact)}
            for card in cards
            for key, fact in card.all_facts()
            if fact.disagrees
        ],
        "readings": [
            {
                "topic": entry.topic,
                "about": entry.subject,
                "models": list(entry.models),
                "claims": [claim_json(catalog, claim, with_value=True) for claim in entry.claims],
                "reading": entry.reading,
            }
            for entry in entries
        ],
    }


def cost_json(catalog: Catalog, models: Sequence[str], load: Load, sellers: Basis) -> list[Json]:
    """What a load costs on each model at the first of the sellers that has a price, in US dollars.

    Raises:
        NotAnswered: no such model or seller.
    """
    for seller in sellers:
        if seller not in SELLERS:
            raise NotAnswered(f"there is no seller {seller!r}; there are {', '.join(SELLERS)}")
    return [_cost(catalog, card, load, sellers) for card in cards_of(catalog, models)]


def _cost(catalog: Catalog, card: ModelCard, load: Load, sellers: Basis) -> Json:
    offered = offer(card, sellers, load, {})
    cost = running_cost(card, offered.price, load)
    sums = {"per_day": cost.per_day, "per_30_days": cost.per_30_days, "per_1m_tokens": cost.per_million}
    sums = {"per_request": offered.cost.per_day, **sums}
    found: Json = {"model": card.id, "seller": offered.seller, "currency": "USD"}
    found |= {name: _dollars(amount) for name, amount in sums.items()}
    if offered.seller is None:
        found["why_unknown"] = {seller: _missing(card, seller, load) for seller in sellers}
        found["sold_by"] = [table.id for table in card.gateways]
    else:
        found["prices"] = {
            term.token_class: {"tokens_a_day": plain_json(term.tokens_a_day), **_cell(catalog, term.price)}
            for term in cost.terms
        }
    return found


def _missing(card: ModelCard, seller: str, load: Load) -> str:
    if card.gateway(seller) is None:
        return "not known to sell the model"
    missing = running_cost(card, card.price(seller), load).missing
    return ", ".join(f"{term.token_class}: {term.price.why or NOBODY}" for term in missing)


def _dollars(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _row(catalog: Catalog, cards: Iterable[ModelCard], row: ComparedRow) -> Json:
    found: Json = {"fact": row.key, "difference": row.difference.value}
    if row.score:
        stated = {"benchmark": row.score.benchmark, "conditions": row.score.conditions or "not stated"}
        found = {**stated, "difference": row.difference.value}
    found["values"] = {card.id: _cell(catalog, fact) for card, fact in zip(cards, row.facts, strict=True)}
    return found


def _cell(catalog: Catalog, fact: AnyFact) -> Json:
    """A value with the source of the chosen claim; whether others say otherwise."""
    found: Json = {"value": plain_json(fact.value)}
    if fact.unit:
        found["unit"] = fact.unit
    if fact.chosen:
        found["source"] = claim_json(catalog, fact.chosen)
    else:
        found["why_unknown"] = fact.why or NOBODY
    if fact.disagrees:
        found["disagreement"] = fact.why
    return found
