"""The whole catalog: the cards, their sources, and what belongs to no single model."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from glm_playground.catalog.card import Discrepancy, Flag, ModelCard, Parameter, PriceFacts, Text, Texts
from glm_playground.catalog.types import AnyFact, Fact, FactTable, Frozen, Source

_TEXT = Fact[str]()
_COUNT = Fact[int]()
_LIST = Fact[tuple[str, ...]]()


class RejectedFile(Frozen):
    """One reason why a data file was refused: its name, the key ("" for the file as a whole) and what is wrong."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key or '-'}: {self.reason}"


class GatewaySheet(FactTable):
    """What holds for a gateway whatever the model: addresses, protocol, charging, its lists and codes."""

    id: str
    name: str
    base_url: Text = _TEXT
    sdk_base_url: Text = _TEXT
    chat_endpoint: Text = _TEXT
    coding_plan_endpoint: Text = _TEXT
    endpoints: Texts = _LIST
    plans: Texts = _LIST
    data_policy: Text = _TEXT
    method: Text = _TEXT
    protocol: Text = _TEXT
    auth: Text = _TEXT
    paths: Texts = _LIST
    text_models: Texts = _LIST
    vision_models: Texts = _LIST
    messages: Text = _TEXT
    finish_reasons: Texts = _LIST
    not_documented: Texts = _LIST
    caching: Text = _TEXT
    caching_discount: Text = _TEXT
    failed_generations: Text = _TEXT
    status_codes: Texts = _LIST
    error_codes: Texts = _LIST
    retryable_codes: Texts = _LIST
    unsupported_feature_code: Text = _TEXT
    output_over_limit_code: Text = _TEXT
    skill: Text = _TEXT
    skill_install: Text = _TEXT
    skill_text: Text = _TEXT
    highlights: Texts = _LIST
    uses: Texts = _LIST
    faq: Texts = _LIST
    steps: Texts = _LIST
    rules: Texts = _LIST


class Variant(FactTable):
    """A model id seen on a price list that has no card of its own."""

    id: str
    release: Fact[date] = Fact[date]()
    remark: Text = _TEXT
    prices: tuple[tuple[str, PriceFacts], ...] = ()

    def price(self, gateway_id: str) -> PriceFacts:
        """The gateway's prices, every class unknown where it lists none."""
        return dict(self.prices).get(gateway_id, PriceFacts())


class Tokenizer(FactTable):
    """One vocabulary and the models that use it."""

    id: str
    models: tuple[str, ...]
    vocabulary: Fact[int] = _COUNT
    base: Fact[int] = _COUNT
    used: Fact[int] = _COUNT
    special_tokens: Texts = _LIST
    eos_ids: Texts = _LIST
    file: Text = _TEXT


class TokenCounting(FactTable):
    """What is published about counting GLM tokens without asking a model; the ratios are rules of thumb."""

    lineage: Text = _TEXT
    prompt_layout: Text = _TEXT
    english_words_per_token: Fact[Decimal] = Fact[Decimal]()
    chinese_chars_per_token: Fact[Decimal] = Fact[Decimal]()
    file_license: Text = _TEXT
    ships_in_a_package: Flag = Fact[bool]()
    counter_url: Text = _TEXT
    counter_models: Texts = _LIST
    counter_returns: Text = _TEXT
    counter_needs: Text = _TEXT
    advice: Texts = _LIST


@dataclass(frozen=True, eq=False, repr=False)
class Catalog(Mapping[str, ModelCard]):
    """The cards by model id, newest first, with everything around them. Never changes after loading."""

    cards: tuple[ModelCard, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    rejected: tuple[RejectedFile, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    gateways: tuple[GatewaySheet, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    variants: tuple[Variant, ...] = ()
    tokenizers: tuple[Tokenizer, ...] = ()
    counting: TokenCounting = field(default_factory=TokenCounting)
    unknown: tuple[str, ...] = ()

    @cached_property
    def _by_id(self) -> dict[str, ModelCard]:
        return {card.id: card for card in self.cards}

    def __getitem__(self, model_id: str) -> ModelCard:
        return self._by_id[model_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self.cards)

    def __repr__(self) -> str:
        return f"Catalog({len(self.cards)} cards, {len(self.rejected)} problems)"

    def __hash__(self) -> int:
        return hash(tuple(self._by_id))

    @property
    def order(self) -> tuple[str, ...]:
        """The ids as lists show them: newest release first, unknown dates last, then by id."""
        return tuple(self._by_id)

    def near_names(self, model_id: str, limit: int = 3) -> tuple[str, ...]:
        """Ids of cards spelled much like `model_id`, best first; empty where none is near."""
        return tuple(difflib.get_close_matches(model_id.strip().lower(), self.order, n=limit, cutoff=0.6))

    def gateway(self, gateway_id: str) -> GatewaySheet | None:
        """The gateway's own sheet, or None for one that has no table."""
        return next((sheet for sheet in self.gateways if sheet.id == gateway_id), None)

    def listed_on(self, gateway_id: str) -> tuple[ModelCard, ...]:
        """The cards of the models seen on that gateway, in list order."""
        return tuple(card for card in self.cards if card.gateway(gateway_id))

    def variant(self, model_id: str) -> Variant | None:
        """The priced variant of that id, or None."""
        return next((entry for entry in self.variants if entry.id == model_id), None)

    def tokenizer(self, model_id: str) -> Tokenizer | None:
        """The vocabulary a model uses, or None where nobody said."""
        return next((entry for entry in self.tokenizers if model_id in entry.models), None)

    def source_of(self, fact: AnyFact) -> Source | None:
        """The source of a fact's chosen claim, or None for an unknown."""
        return self.sources[fact.source] if fact.source else None


def newest_first(card: ModelCard) -> tuple[int, str]:
    """Sort key of `Catalog.order`."""
    release = card.facts.release.value
    return (-release.toordinal() if release else 1, card.id)
