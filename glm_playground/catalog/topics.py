"""What benchmarks are about, and which of their scores may be held against each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.types import Kind, Score


class Topic(StrEnum):
    """What a benchmark is about."""

    CODING = "coding"
    AGENTS = "agents"
    REASONING = "reasoning"
    KNOWLEDGE = "knowledge"
    VISION = "vision"
    SECURITY = "security"
    OVERALL = "overall"
    """An index over several subjects, made by somebody who sells no model."""
    SERVICE = "service"
    """Speed and price as somebody measured them: no ability of the model."""
    OTHER = "other"
    """A benchmark that no subject is known of."""


_BENCHMARKS: Mapping[Topic, tuple[str, ...]] = {
    Topic.CODING: (
        *("DeepSWE", "DeepSWE v1.1", "FrontierSWE", "LiveCodeBench", "LiveCodeBench v6", "NL2Repo", "OpenHands Index"),
        *("PostTrainBench", "ProgramBench", "ProgramBench (Almost Solved)", "SWE-bench", "SWE-bench Multilingual"),
        *("SWE-bench Pro", "SWE-bench Pro (public)", "SWE-Bench-Pro-Hard-AA", "SWE-bench Verified", "SWE-Marathon"),
        *("SWE-Marathon v1.1", "SciCode", "Terminal-Bench", "Terminal-Bench 2.0", "Terminal-Bench 2.1"),
        *("Terminal-Bench 3.0", "Terminal-Bench Hard"),
    ),
    Topic.AGENTS: (
        *("Agents' Last Exam", "Agents' Last Exam (ALE-CLI)", "AutomationBench v1.0.6", "BFCL v3", "BrowseComp"),
        *("BrowseComp-ZH", "GDPval-AA v2", "MCP-Atlas", "TAU-bench Airline", "TAU-bench Retail", "tau2-bench"),
        *("tau3-bench", "Tool-Decathlon", "Toolathlon Verified", "Vending Bench 2"),
    ),
    Topic.REASONING: (
        *("AIME 2024", "AIME 2025", "AIME 2026", "AIME 2026 I", "CritPt", "GPQA", "GPQA (reprint)", "GPQA-Diamond"),
        *("HLE", "HMMT Feb 2025", "HMMT Feb 2026", "HMMT Nov 2025", "IMOAnswerBench", "MATH-500"),
    ),
    Topic.KNOWLEDGE: ("MMLU", "MMLU-Pro", "SimpleQA"),
    Topic.VISION: (
        *("BabyVision", "Chartography", "CharXiv Reasoning", "MMVU", "MVbench", "OfficeQA Pro", "OmniDocBench V1.5"),
    ),
    Topic.SECURITY: ("CyberGym", "ExploitBench", "ExploitGym"),
    Topic.OVERALL: ("AA Intelligence Index",),
    Topic.SERVICE: ("AA cost per task", "AA output speed", "AA time to first token"),
}
_TOPICS = {benchmark: topic for topic, names in _BENCHMARKS.items() for benchmark in names}
_VERSION = re.compile(r" v\d[\d.]*$")


def topic_of(benchmark: str) -> Topic:
    """What the benchmark is about; versions of an index, "... v4.3", are about the same."""
    return _TOPICS.get(benchmark) or _TOPICS.get(_VERSION.sub("", benchmark), Topic.OTHER)


def scores_of(card: ModelCard) -> tuple[Score, ...]:
    """Every score of the model, those that gateways claim included."""
    return tuple(chain(card.scores, *(table.scores for table in card.gateways)))


@dataclass(frozen=True)
class Board:
    """Scores that may be held against each other: one benchmark, unit and publisher, under the same conditions.

    Where the publisher states no conditions, they are those of one document only, whose id is `document`.
    """

    benchmark: str
    conditions: str | None
    unit: str | None
    kind: Kind
    publisher: str
    document: str | None
    scores: Mapping[str, Score]
    """By model id; the first where a document has several."""

    @property
    def id(self) -> str:
        """Tells it from any other."""
        parts = (self.benchmark, self.conditions, self.unit, self.kind, self.publisher, self.document)
        return "|".join(part or "" for part in parts)

    @property
    def topic(self) -> Topic:
        """What it is about."""
        return topic_of(self.benchmark)

    @property
    def independent(self) -> bool:
        """Whether somebody else than the model's maker or a seller publishes it."""
        return self.kind in {"third_party", "measured"}


def boards(cards: Iterable[ModelCard], *, unstated: bool = False) -> tuple[Board, ...]:
    """Every board, those of most models first.

    Args:
        cards: the models.
        unstated: whether scores of one publisher that states no conditions stand in one board, though they come from
            different documents; they may have been made in different ways.
    """
    found: dict[tuple[str, str | None, str | None, Kind, str, str | None], dict[str, Score]] = {}
    for card in cards:
        for score in scores_of(card):
            document = score.source if score.conditions is None and not unstated else None
            # "Z.ai (model card)" and "Z.ai (blog)" are one publisher.
            publisher = score.publisher.partition(" (")[0]
            key = (score.benchmark, score.conditions, score.unit, score.kind, publisher, document)
            found.setdefault(key, {}).setdefault(card.id, score)
    everyone = [Board(*key, scores=scores) for key, scores in found.items()]
    return tuple(sorted(everyone, key=lambda board: (-len(board.scores), board.benchmark.casefold())))
