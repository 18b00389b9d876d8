"""The catalog: what is known about each GLM model, with the source behind every value.

`load_catalog()` gives the cards by model id; `python -m glm_playground.catalog check` checks the data files.
"""

from glm_playground.catalog.card import (
    PRICE_CLASSES,
    ROW_KEYS,
    Capabilities,
    Discrepancy,
    GatewayFacts,
    ModelCard,
    ModelFacts,
    Parameter,
    ParameterCount,
    PriceFacts,
    Protocols,
    TokenLimits,
)
from glm_playground.catalog.catalog import Catalog, GatewaySheet, RejectedFile, TokenCounting, Tokenizer, Variant
from glm_playground.catalog.loader import load_catalog
from glm_playground.catalog.types import KINDS, AnyFact, Claim, Fact, FactTable, Kind, Score, Source

__all__ = [
    "KINDS",
    "PRICE_CLASSES",
    "ROW_KEYS",
    "AnyFact",
    "Capabilities",
    "Catalog",
    "Claim",
    "Discrepancy",
    "Fact",
    "FactTable",
    "GatewayFacts",
    "GatewaySheet",
    "Kind",
    "ModelCard",
    "ModelFacts",
    "Parameter",
    "ParameterCount",
    "PriceFacts",
    "Protocols",
    "RejectedFile",
    "Score",
    "Source",
    "TokenCounting",
    "TokenLimits",
    "Tokenizer",
    "Variant",
    "load_catalog",
]
