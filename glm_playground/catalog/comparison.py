"""Models side by side: one row a fact, one cell a model, every cell with the claims behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from glm_playground.catalog.card import PRICE_CLASSES, ROW_KEYS, Capabilities, ModelCard, ParameterCount, Protocols
from glm_playground.catalog.types import AnyFact, Claim, Fact, FactTable, Kind, Score

KEY_FACTS = (
    "facts.release",
    "facts.size_total",
    "facts.size_active",
    "facts.context_tokens",
    "gateways.runapi.context_tokens",
    "facts.max_output_tokens",
    "gateways.runapi.price.input",
    "gateways.runapi.price.output",
    "gateways.runapi.price.headline",
    "gateways.zai.price.input",
    "gateways.zai.price.output",
    "gateways.zai.price.cache_read",
    "facts.license",
    "facts.tool_calling",
    "facts.thinking_types",
    "facts.input_modalities",
    "gateways.runapi.status",
)
"""What most people choose a model by."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "sheet": tuple(f"gateways.runapi.{key}" for key in ROW_KEYS),
    "limits": (
        "facts.size_total",
        "facts.size_active",
        "facts.context_tokens",
        "gateways.runapi.context_tokens",
        "facts.max_output_tokens",
        "gateways.runapi.max_output_tokens",
        "facts.max_tokens_default",
        "facts.vocabulary",
        "facts.training_tokens",
    ),
    "prices": tuple(
        f"gateways.{gateway}.price.{key}"
        for gateway in ("runapi", "zai", "vercel")
        for key in (*PRICE_CLASSES, "headline", "cache_storage", "tiers")
    ),
    "release": (
        "facts.release",
        "facts.availability",
        "facts.best_for",
        "facts.license",
        "facts.license_conditions",
        "facts.open_weights",
        "facts.weights",
        "facts.knowledge_cutoff",
        "gateways.zai.model_id",
        "gateways.zai.billing",
        "gateways.zai.endpoint",
        "gateways.vercel.model_id",
        "gateways.vercel.billing",
    ),
    "lifecycle": (
        "facts.on_runapi",
        "facts.deprecated",
        "facts.retired",
        "facts.replaced_by",
        "facts.providers",
        "gateways.zai.coding_plan",
        "gateways.zai.plans",
        "gateways.zai.endpoints",
        *(f"gateways.{gateway}.data_policy" for gateway in ("runapi", "zai", "vercel")),
    ),
    "self_host": (
        "facts.weight_formats",
        "facts.weight_sizes",
        "facts.gpu_memory_bf16",
        "facts.gpu_memory_fp8",
        "facts.gpu_memory_nvfp4",
        "facts.small_machines",
        "facts.vllm_command",
        "facts.sglang_command",
        "facts.tool_parser",
        "facts.vllm_reasoning_parser",
        "facts.sglang_reasoning_parser",
    ),
    "features": (
        "facts.input_modalities",
        "facts.output_modalities",
        "facts.thinking",
        "facts.thinking_types",
        "facts.reasoning_effort",
        "facts.reasoning_efforts",
        "facts.reasoning_effort_default",
        "facts.reasoning_field",
        "facts.tool_calling",
        "facts.tool_stream",
        "facts.structured_output",
        "facts.context_caching",
        "facts.temperature_default",
        "facts.top_p_default",
    ),
    "runapi": (
        *(f"gateways.runapi.capabilities.{key}" for key in Capabilities.model_fields),
        *(f"gateways.runapi.protocols.{key}" for key in Protocols.model_fields),
        "gateways.runapi.default_choice",
        "gateways.runapi.skill_use_when",
        "gateways.runapi.overview",
        "gateways.runapi.card_text",
    ),
    "architecture": (
        "facts.architecture",
        "gateways.runapi.architecture",
        "facts.layers",
        "facts.dense_layers",
        "facts.moe_layers",
        "facts.mtp_layers",
        "facts.hidden_size",
        "facts.attention",
        "facts.attention_heads",
        "facts.kv_heads",
        "facts.experts",
        "facts.experts_per_token",
        "facts.shared_experts",
        "facts.tokenizer",
    ),
    "arithmetic": tuple(f"arithmetic.{key}" for key in ParameterCount.model_fields),
}
"""Keys of facts, as `ModelCard.all_facts` names them, by subject and in the order of their rows."""

# What a model is not compared by: addresses, names of skills, sample prompts, and what only qualifies other facts.
NOT_COMPARED = frozenset(
    {"page", "family", "catalog_entry", "compared_with", "skill", "quickstart_prompt", "benchmarks_note"}
)

CARDS_OF_RUNAPI = ("glm-5.1", "glm-4.5", "glm-4.5-air", "glm-4.6")
"""The models that RunAPI's own page puts side by side, its subject first."""

_NO_TABLE: AnyFact = Fact[Any](why="no page of this id was seen")
_NO_SCORE: AnyFact = Fact[Any]()
_NO_ARITHMETIC: AnyFact = Fact[Any](why="no open weights")


class Difference(StrEnum):
    """Whether the published values of a row differ; an unknown is no value, so it differs from nothing."""

    DIFFERENT = "different"
    SAME = "same"
    OPEN = "open"
    """What is known agrees, and something is unknown."""


class ScoreName(NamedTuple):
    """What makes two scores comparable: the benchmark, its conditions, its unit, and what kind of source ran it."""

    benchmark: str
    conditions: str | None
    unit: str | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One fact of every model, in the order of the models."""

    key: str
    facts: tuple[AnyFact, ...]
    difference: Difference
    score: ScoreName | None = None

    @property
    def has_unknown(self) -> bool:
        """Whether nobody published a value for some model."""
        return any(fact.value is None for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Some models and the rows that compare them."""

    cards: tuple[ModelCard, ...]
    rows: tuple[ComparedRow, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Ids of the models."""
        return tuple(card.id for card in self.cards)

    def row(self, key: str) -> ComparedRow | None:
        """The row of that key, or None."""
        return next((row for row in self.rows if row.key == key), None)


LaidOver = Mapping[tuple[str, str], AnyFact]
"""Facts that stand in place of a card's own, by model id and key: what a gateway said of itself just now."""


def compare(
    cards: Sequence[ModelCard],
    keys: Iterable[str],
    scores: Iterable[ScoreName] = (),
    laid_over: LaidOver | None = None,
) -> Comparison:
    """The rows of `keys`, then those of `scores`."""
    over = laid_over or {}
    rows = []
    tables: dict[str, list[FactTable | None]] = {}
    for key in keys:
        place = _place(key)
        if place.table not in tables:
            tables[place.table] = [_table(card, place.table) for card in cards]
        facts = tuple(place.read(table) if table else place.nothing for table in tables[place.table])
        if over:
            facts = tuple(over.get((card.id, key), fact) for card, fact in zip(cards, facts, strict=True))
        rows.append(ComparedRow(key, facts, difference(facts)))
    wanted = list(scores)
    by_card = [_scores_by_name(card) for card in cards] if wanted else []
    for name in wanted:
        facts = tuple(score_fact(found[name]) if name in found else _NO_SCORE for found in by_card)
        rows.append(ComparedRow(score_key(name), facts, difference(facts), name))
    return Comparison(tuple(cards), tuple(rows))


def fact_at(card: ModelCard, key: str) -> AnyFact:
    """The fact of that key; an unknown one where the card lacks the table it would stand in."""
    place = _place(key)
    table = _table(card, place.table)
    return place.read(table) if table else place.nothing


class _Place(NamedTuple):
    """Where a fact stands: its table by name ("facts", "arithmetic" or a gateway's id), and how to read it there."""

    table: str
    read: Callable[[Any], AnyFact]
    nothing: AnyFact


@cache
def _place(key: str) -> _Place:
    head, _, rest = key.partition(".")
    if head != "gateways":
        return _Place(head, attrgetter(rest), _NO_ARITHMETIC)
    gateway, _, rest = rest.partition(".")
    return _Place(gateway, attrgetter(rest), _NO_TABLE)


def _table(card: ModelCard, name: str) -> FactTable | None:
    if name == "facts":
        return card.facts
    return card.arithmetic if name == "arithmetic" else card.gateway(name)


def difference(facts: Iterable[AnyFact]) -> Difference:
    """Whether at least two published values differ; a list is compared whatever its order."""
    values = {_comparable(fact) for fact in facts}
    known = values - {None}
    if len(known) > 1:
        return Difference.DIFFERENT
    return Difference.OPEN if None in values else Difference.SAME


def differs_from(fact: AnyFact, reference: AnyFact) -> bool:
    """Whether both are known and not the same."""
    one, other = _comparable(fact), _comparable(reference)
    return one is not None and other is not None and one != other


def _comparable(fact: AnyFact) -> object:
    value = fact.value
    if value is None:
        return None
    # True is 1 and False is 0 to Python, not to a reader.
    return (frozenset(value) if isinstance(value, tuple) else value, fact.unit, isinstance(value, bool))


def score_key(name: ScoreName) -> str:
    """The key of a score's row."""
    return "scores." + "|".join(part or "" for part in name)


def score_names(cards: Iterable[ModelCard]) -> list[ScoreName]:
    """Every score that some model has, those of most models first."""
    counts: dict[ScoreName, int] = {}
    for card in cards:
        for name in _scores_by_name(card):
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name.benchmark.casefold(), name.conditions or "", name.kind))


def _scores_by_name(card: ModelCard) -> dict[ScoreName, tuple[Score, ...]]:
    found: dict[ScoreName, tuple[Score, ...]] = {}
    for score in chain(card.scores, *(table.scores for table in card.gateways)):
        name = ScoreName(score.benchmark, score.conditions, score.unit, score.kind)
        found[name] = (*found.get(name, ()), score)
    return found


@lru_cache(maxsize=20_000)
def score_fact(scores: tuple[Score, ...]) -> AnyFact:
    """Scores under one name as a fact: the first is shown, the others are claims beside it."""
    claims = tuple(
        Claim[Any](
            value=score.value,
            source=score.source,
            read=score.read,
            kind=score.kind,
            as_of=score.as_of,
            note=None if score.published == str(score.value) else score.published,
        )
        for score in scores
    )
    several = len({score.value for score in scores}) > 1
    why = "the first of several published under the same conditions" if several else None
    return Fact[Any](value=scores[0].value, unit=scores[0].unit, claims=claims, why=why)


def in_order(cards: Sequence[ModelCard], key: str, *, descending: bool = False) -> list[ModelCard]:
    """The cards by the value of a fact; those where it is unknown come last, either way."""
    known = [card for card in cards if fact_at(card, key).value is not None]
    unknown = [card for card in cards if fact_at(card, key).value is None]
    known.sort(key=lambda card: _sortable(fact_at(card, key)), reverse=descending)
    return known + unknown


def _sortable(fact: AnyFact) -> Any:
    value = fact.value
    if isinstance(value, tuple):
        return ", ".join(value).casefold()
    return value.casefold() if isinstance(value, str) else value
