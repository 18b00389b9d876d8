"""What the cards claim of a model that a probe measures: the gateway's own word first, then the maker's."""

from typing import Any, NamedTuple

from glm_playground.catalog import AnyFact, Fact, ModelCard
from glm_playground.evals.probe_findings import ProbeFinding, ProbeOutcome
from glm_playground.evals.probe_suite import Probe
from glm_playground.gateway.gateways import RUNAPI, ZAI

_CAPABILITIES = {
    Probe.STREAMS: "streaming",
    Probe.JSON_MODE: "structured_output",
    Probe.JSON_SCHEMA: "structured_output",
    Probe.TOOL: "function_tools",
    Probe.THINKING_OFF: "reasoning_controls",
}
"""As RunAPI declares them."""
_DECLARED = {"supported": True, "advertised": True, "rejected": False}
_PARAMETERS = {Probe.STREAMS: "stream", Probe.STOP: "stop", Probe.MAX_TOKENS: "max_tokens", Probe.SEED: "seed"}


class Advertised(NamedTuple):
    """What is claimed."""

    holds: bool
    fact: AnyFact
    """The fact that says so."""


def advertised(card: ModelCard, probe: Probe, seller: str) -> Advertised | None:
    """The claim about a model at a gateway; None where nobody makes one.

    Args:
        card: of the model.
        probe: what is claimed.
        seller: id of the catalog's gateway that is asked; empty for any other.
    """
    if seller == RUNAPI and (declared := _declared(card, probe)):
        return declared
    return _documented(card, probe, seller)


def agrees(claim: Advertised, measured: ProbeFinding) -> bool | None:
    """Whether what was measured is what is claimed; None where it is not clear."""
    return None if measured.answer is ProbeOutcome.UNCLEAR else (measured.answer is ProbeOutcome.YES) == claim.holds


def thinks_always(card: ModelCard | None) -> bool:
    """Whether its maker says that the model cannot be told not to think."""
    types = card.facts.thinking_types.value if card else None
    return types is not None and "disabled" not in types


def _declared(card: ModelCard, probe: Probe) -> Advertised | None:
    sold, name = card.gateway(RUNAPI), _CAPABILITIES.get(probe)
    if sold is None or name is None:
        return None
    fact: Fact[str] = getattr(sold.capabilities, name)
    holds = _DECLARED.get(fact.value or "")
    return None if holds is None else Advertised(holds, fact)


def _documented(card: ModelCard, probe: Probe, seller: str) -> Advertised | None:
    facts = card.facts
    if probe in (Probe.JSON_MODE, Probe.JSON_SCHEMA):
        return _of_formats(facts.structured_output, probe)
    if probe is Probe.TOOL and facts.tool_calling.value is not None:
        return Advertised(facts.tool_calling.value, facts.tool_calling)
    if probe is Probe.THINKING_OFF and facts.thinking_types.value is not None:
        return Advertised("disabled" in facts.thinking_types.value, facts.thinking_types)
    if probe is Probe.CONTEXT and (context := card.limits(seller or None).context).known:
        return Advertised(True, context)
    return _of_parameter(card, probe, seller)


def _of_formats(fact: Fact[str], probe: Probe) -> Advertised | None:
    said = fact.value or ""
    if probe is Probe.JSON_SCHEMA and "no json_schema" in said:
        return Advertised(False, fact)
    named = "json_object" if probe is Probe.JSON_MODE else "json_schema"
    return Advertised(True, fact) if named in said else None


def _of_parameter(card: ModelCard, probe: Probe, seller: str) -> Advertised | None:
    """The parameters are those of Z.ai's API, which RunAPI's follows; what another server takes is its own affair."""
    parameter = card.parameter(_PARAMETERS.get(probe, "")) if seller in (RUNAPI, ZAI) else None
    if parameter is None or not parameter.documented:
        return None
    known: Any = next((fact for _name, fact in parameter.items() if fact.known), None)
    return Advertised(True, known) if known else None
