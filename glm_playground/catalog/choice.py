"""Which models fit a need, and in which order by what matters: the shortlist, with what each place is made of.

How places are made:

1. Every need is held against the facts (`needs.check`). A model that misses one is excluded; one that misses none, but
   of which something needed is not published, may fit and is told apart.
2. For each aspect with a weight, the models that fit are ranked. A topic such as coding is ranked by its boards: scores
   of one benchmark, unit and publisher under the same stated conditions (`topics.boards`). Who is ahead of another on
   more boards stands before it, and before all that this one stands before (`ranking`). What one's own runs measured
   is ranked the same way, a gateway being a board; price and context by their values. An aspect's value is the share
   of the other ranked models that one stands before, and half of those it stands neither before nor behind.
3. A model's value is the mean over the aspects it is ranked in, by weight. Aspects it is not ranked in are not counted
   as nothing: they are named, and `first` and `last` say which places it could have if they were all best or all worst
   for it. A model that is not ranked in more than half of the weight gets no place; one that alone meets the needs
   has the first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.comparison import LaidOver, fact_at
from glm_playground.catalog.needs import Checked, Features, Need, check, limit_key
from glm_playground.catalog.ranking import Order, Ranking, Standing, ranking
from glm_playground.catalog.running_cost import Load
from glm_playground.catalog.sellers import Basis, SellerOffer, offer
from glm_playground.catalog.topics import Board, Topic, boards
from glm_playground.catalog.types import Fact

ENOUGH = 0.5
"""A model must be ranked in more than this share of the weight to get a place."""

LEAST_MEASURED = 5
"""Runs of one's own that a measured speed must be of to be ranked."""


class Aspect(StrEnum):
    """What models are ordered by."""

    CODING = "coding"
    AGENTS = "agents"
    REASONING = "reasoning"
    KNOWLEDGE = "knowledge"
    VISION = "vision"
    PRICE = "price"
    SPEED = "speed"
    TTFT = "ttft"
    SUCCESS = "success"
    CONTEXT = "context"


TOPICS: Mapping[Aspect, Topic] = {
    Aspect.CODING: Topic.CODING,
    Aspect.AGENTS: Topic.AGENTS,
    Aspect.REASONING: Topic.REASONING,
    Aspect.KNOWLEDGE: Topic.KNOWLEDGE,
    Aspect.VISION: Topic.VISION,
}
"""The aspects that are ranked by published scores."""

Weights = Mapping[Aspect, int]
"""How much each aspect matters; one that is missing or 0 does not."""

MEASURED: Mapping[Aspect, int] = {Aspect.SPEED: 1, Aspect.TTFT: -1, Aspect.SUCCESS: 1}
"""The aspects that one's own runs measure: 1 where more is better, -1 where less is."""

OnGateways = Mapping[str, Mapping[str, Fact[float]]]
"""A measured figure by gateway and model id: tokens a second, seconds, or percent of the runs."""


@dataclass(frozen=True)
class ChoiceQuestion:
    """Everything that an answer depends on but the facts."""

    need: Need
    weights: Weights = field(hash=False)
    load: Load
    basis: Basis
    unstated: bool = False
    """Whether scores without stated conditions are held against each other (`topics.boards`)."""


@dataclass(frozen=True)
class Known:
    """What is known besides the catalog, of now and of this user."""

    over: LaidOver = field(default_factory=dict)
    """Prices read now."""
    listed: Mapping[str, Mapping[str, Fact[bool]]] = field(default_factory=dict)
    """Whether a configured gateway lists a model, by the seller that the gateway is, and by id."""
    features: Mapping[str, Features] = field(default_factory=dict)
    """What was found of the features that are needed, by model id."""
    measured: Mapping[Aspect, OnGateways] = field(default_factory=dict)
    own_name: str = ""
    """Of the configured gateway."""


@dataclass(frozen=True)
class AssessedModel:
    """A model with what was found out about it."""

    card: ModelCard
    offer: SellerOffer
    checked: tuple[Checked, ...]
    standings: Mapping[Aspect, Standing] = field(default_factory=dict)
    """By aspect that it is ranked in."""
    value: float | None = None
    """From 0 to 1 over the aspects it is ranked in; None where it is ranked in none."""
    covered: float = 0.0
    """The share of the weight that it is ranked in."""
    place: int | None = None
    """Shared by equals; None without a place."""
    first: int | None = None
    """The best place it could have."""
    last: int | None = None
    """The worst place it could have."""

    @property
    def missed(self) -> tuple[Checked, ...]:
        """The needs that it does not meet."""
        return tuple(checked for checked in self.checked if checked.met is False)

    @property
    def open(self) -> tuple[Checked, ...]:
        """The needs of which nobody published whether it meets them."""
        return tuple(checked for checked in self.checked if checked.met is None)


@dataclass(frozen=True)
class Shortlist:
    """The answer: every model of the catalog stands in one of the four."""

    question: ChoiceQuestion
    known: Known
    placed: tuple[AssessedModel, ...]
    """By place."""
    unplaced: tuple[AssessedModel, ...]
    """They meet the needs, and are ranked in too little of what matters."""
    may_fit: tuple[AssessedModel, ...]
    """They miss no need that is known of, and something needed is not published."""
    excluded: tuple[AssessedModel, ...]

    @property
    def fitting(self) -> tuple[AssessedModel, ...]:
        """The models that meet every need."""
        return (*self.placed, *self.unplaced)


def choose(catalog: Catalog, question: ChoiceQuestion, known: Known) -> Shortlist:
    """The shortlist for a question; by the catalog alone it is made once for all who ask the same."""
    if known.over or known.listed or known.features or known.measured:
        return _chosen(catalog, question, known)
    return replace(_published(catalog, question), known=known)


@lru_cache(maxsize=32)
def _published(catalog: Catalog, question: ChoiceQuestion) -> Shortlist:
    return _chosen(catalog, question, Known())


def _chosen(catalog: Catalog, question: ChoiceQuestion, known: Known) -> Shortlist:
    offers = _offers(catalog, question, known)
    found = [_candidate(card, offers[card.id], question, known) for card in catalog.cards]
    return _shortlist(found, catalog, question, known)


def _shortlist(found: Sequence[AssessedModel], catalog: Catalog, question: ChoiceQuestion, known: Known) -> Shortlist:
    excluded = tuple(one for one in found if one.missed)
    may_fit = tuple(one for one in found if not one.missed and one.open)
    fitting = [one for one in found if not one.missed and not one.open]
    weights = {aspect: weight for aspect in Aspect if (weight := question.weights.get(aspect, 0)) > 0}
    standings = {aspect: _standings(aspect, fitting, catalog, question, known) for aspect in weights}
    valued = [_valued(one, standings, weights) for one in fitting]
    enough = [one for one in valued if one.covered > ENOUGH]
    placed = sorted(_placed(enough, weights), key=lambda one: one.place or 0)
    unplaced = tuple(one for one in valued if one.covered <= ENOUGH)
    if weights and len(fitting) == 1:
        # There is nobody to compare it with, and nothing else to choose.
        placed, unplaced = [replace(fitting[0], place=1, first=1, last=1)], ()
    return Shortlist(question, known, tuple(placed), unplaced, may_fit, excluded)


def _offers(catalog: Catalog, question: ChoiceQuestion, known: Known) -> dict[str, SellerOffer]:
    """The offer of each model; those whose prices were not read now are made once for a load and its sellers."""
    read_now = {model for model, _key in known.over}
    found = _published_offers(catalog, question.basis, question.load)
    made = {
        card.id: offer(card, question.basis, question.load, known.over) for card in catalog.cards if card.id in read_now
    }
    return found | made


@lru_cache(maxsize=8)
def _published_offers(catalog: Catalog, basis: Basis, load: Load) -> dict[str, SellerOffer]:
    """The offer of each model by published prices."""
    return {card.id: offer(card, basis, load, {}) for card in catalog.cards}


def _candidate(card: ModelCard, offered: SellerOffer, question: ChoiceQuestion, known: Known) -> AssessedModel:
    listed = known.listed.get(question.need.seller or "", {}).get(card.id)
    return AssessedModel(card, offered, check(card, question.need, offered, listed, known.features.get(card.id)))


def _standings(
    aspect: Aspect, fitting: Sequence[AssessedModel], catalog: Catalog, question: ChoiceQuestion, known: Known
) -> dict[str, Standing]:
    ids = [one.card.id for one in fitting]
    if aspect in TOPICS:
        return topic_ranking(catalog, TOPICS[aspect], question.unstated).among(ids)
    if aspect in MEASURED:
        orders = [
            {model: MEASURED[aspect] * fact.value for model, fact in gateway.items() if fact.value is not None}
            for gateway in known.measured.get(aspect, {}).values()
        ]
        return ranking(orders).among(ids)
    if aspect is Aspect.PRICE:
        prices = ((one.card.id, one.offer.cost.per_million) for one in fitting)
        return _by_value({model: -float(price) for model, price in prices if price is not None})
    contexts = ((one.card.id, context_of(one).value) for one in fitting)
    return _by_value({model: float(tokens) for model, tokens in contexts if tokens is not None})


def context_of(candidate: AssessedModel) -> Fact[int]:
    """The context that is to be had at the candidate's offer."""
    fact: Fact[int] = fact_at(candidate.card, limit_key(candidate.card, candidate.offer.seller, "context_tokens"))
    return fact


def _by_value(order: Order) -> dict[str, Standing]:
    """Standings of one order: everybody is compared with everybody."""
    if len(order) < 2:
        return {}
    ranked = sorted(order.values())
    below = {value: place for place, value in reversed(list(enumerate(ranked)))}
    above = {value: len(ranked) - 1 - place for place, value in enumerate(ranked)}
    others = len(ranked) - 1
    return {
        model: Standing(below[value], above[value], tied=others - below[value] - above[value])
        for model, value in order.items()
    }


@lru_cache(maxsize=8)
def catalog_boards(catalog: Catalog, unstated: bool) -> tuple[Board, ...]:
    """The boards of all models of a catalog; they are looked for once."""
    return boards(catalog.cards, unstated=unstated)


@lru_cache(maxsize=32)
def topic_ranking(catalog: Catalog, topic: Topic, unstated: bool) -> Ranking:
    """Who stands before whom in a topic, among all models of a catalog; made once."""
    found = [board for board in catalog_boards(catalog, unstated) if board.topic is topic and len(board.scores) > 1]
    return ranking([{model: float(score.value) for model, score in board.scores.items()} for board in found])


def boards_of(
    candidate: AssessedModel, among: Iterable[AssessedModel], aspect: Aspect, catalog: Catalog, unstated: bool
) -> list[Board]:
    """The boards of a topic that the candidate stands on with another of `among`."""
    others = {one.card.id for one in among} - {candidate.card.id}
    return [
        board
        for board in catalog_boards(catalog, unstated)
        if board.topic is TOPICS[aspect] and candidate.card.id in board.scores and others & board.scores.keys()
    ]


def _valued(one: AssessedModel, standings: Mapping[Aspect, Mapping[str, Standing]], weights: Weights) -> AssessedModel:
    mine = {aspect: found[one.card.id] for aspect, found in standings.items() if one.card.id in found}
    ranked = sum(weights[aspect] for aspect in mine)
    if not ranked:
        return one
    value = sum(weights[aspect] * standing.value for aspect, standing in mine.items()) / ranked
    return replace(one, standings=mine, value=value, covered=ranked / sum(weights.values()))


def _placed(enough: Sequence[AssessedModel], weights: Weights) -> list[AssessedModel]:
    """The candidates with their places, and those that they could have were everything known."""
    values = sorted((round(one.value or 0, 9) for one in enough), reverse=True)
    ranges = [_range(one, weights) for one in enough]
    leasts, mosts = sorted(least for least, _most in ranges), sorted(most for _least, most in ranges)
    placed = []
    for one, (least, most) in zip(enough, ranges, strict=True):
        place = values.index(round(one.value or 0, 9)) + 1
        surely_before = len(leasts) - bisect_right(leasts, most)
        perhaps_before = len(mosts) - bisect_right(mosts, least) - (most > least)
        placed.append(replace(one, place=place, first=surely_before + 1, last=perhaps_before + 1))
    return placed


def _range(one: AssessedModel, weights: Weights) -> tuple[float, float]:
    """The least and the greatest value that the candidate could have."""
    total = sum(weights.values())
    least = sum(weights[aspect] * standing.least for aspect, standing in one.standings.items()) / total
    most = sum(weights[aspect] * standing.most for aspect, standing in one.standings.items()) / total
    return round(least, 9), round(most + 1 - one.covered, 9)


def scored_in(candidate: AssessedModel, aspect: Aspect, catalog: Catalog) -> bool:
    """Whether anybody published a score of the candidate in a topic, under whatever conditions."""
    found = catalog_boards(catalog, False)
    return any(board.topic is TOPICS[aspect] and candidate.card.id in board.scores for board in found)
