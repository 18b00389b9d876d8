"""What is known of the features that are needed: advertised by who sells or makes a model, and measured by probes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from glm_playground.catalog import Claim, Fact, ModelCard
from glm_playground.catalog.needs import Checked, Evidence, Feature, Features, Need, Said
from glm_playground.catalog.sellers import OWN, gateway_of, seller_at
from glm_playground.evals.probe_claims import Advertised, advertised
from glm_playground.evals.probe_findings import ProbeFinding, ProbeOutcome
from glm_playground.evals.probe_suite import Probe
from glm_playground.evals.probes import stored_findings
from glm_playground.gateway import Gateway
from glm_playground.gateway.gateways import ZAI
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.facts.price_basis import Prices
from glm_playground.ui.shared.facts.probe_words import measured_fact
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import draw_error, ledger
from glm_playground.ui.shared.page.own_key import asked_gateways

_MET = {ProbeOutcome.YES: True, ProbeOutcome.NO: False, ProbeOutcome.UNCLEAR: None}
Findings = Mapping[Probe, ProbeFinding]
"""What probes of one model on one gateway came to."""


def features_of(cards: Iterable[ModelCard], need: Need, prices: Prices, server: Gateway) -> Mapping[str, Features]:
    """What is known of the needed features, by model; the ledger is read where one must have been measured."""
    if not need.features:
        return {}
    measured = any(feature.said is Said.MEASURED for feature in need.features)
    found = _findings(_origins(need.seller, server)) if measured else {}
    return {card.id: of_model(card, need.features, prices, found.get(card.id, ())) for card in cards}


def _origins(seller: str | None, server: Gateway) -> frozenset[str]:
    """The gateways whose probes count: all that are configured, or those that the model must be offered by."""
    known = asked_gateways().all
    if seller is None:
        return frozenset(gateway.origin for gateway in known)
    if seller == OWN:
        return frozenset({server.origin})
    return frozenset(gateway.origin for gateway in known if seller in {gateway.seller, seller_at(gateway.name)})


def _findings(origins: frozenset[str]) -> Mapping[str, Sequence[Findings]]:
    """What probes at some gateways came to, by model and a mapping a gateway; a stand-in's say nothing of a model."""
    opened = ledger()
    try:
        stored = stored_findings(opened, owner()) if isinstance(opened, Ledger) else opened
    except LedgerError as error:
        stored = error
    if isinstance(stored, LedgerError):
        draw_error(stored)
        return {}
    found: dict[str, dict[str, dict[Probe, ProbeFinding]]] = {}
    for one in stored:
        if one.stand_in is None and one.origin in origins:
            found.setdefault(one.model, {}).setdefault(one.origin, {})[one.probe] = one
    return {model: tuple(gateways.values()) for model, gateways in found.items()}


def of_model(
    card: ModelCard, asked: Sequence[Feature], prices: Prices, gateways: Sequence[Findings]
) -> dict[Feature, Checked]:
    """What is known of the features of one model; all that is measured is of the gateway that misses the fewest.

    Args:
        card: the model.
        asked: the features.
        prices: by which the seller is found whose word counts before the maker's.
        gateways: what probes came to, a mapping a gateway.
    """
    probes = [Probe(feature.name) for feature in asked if feature.said is Said.MEASURED]
    best = min(gateways, key=lambda one: _missed_and_unmet(one, probes), default={})
    seller = _seller(card, prices)
    return {feature: _checked(feature, advertised(card, Probe(feature.name), seller), best) for feature in asked}


def _seller(card: ModelCard, prices: Prices) -> str:
    """The catalog's gateway whose word counts: who would be paid, else the first asked if it has it, else Z.ai."""
    offered = prices.offer(card)
    if offered.seller is None:
        return offered.first if card.gateway(offered.first) else ZAI
    return "" if offered.seller == OWN or gateway_of(offered.seller) is not None else offered.seller


def _missed_and_unmet(found: Findings, probes: Iterable[Probe]) -> tuple[int, int]:
    answers = [_MET[found[probe].answer] if probe in found else None for probe in probes]
    return answers.count(False), len(answers) - answers.count(True)


def _checked(feature: Feature, claim: Advertised | None, found: Findings) -> Checked:
    said = Evidence(f"advertised.{feature.name}", _as_claimed(claim))
    if feature.said is Said.ADVERTISED:
        return Checked(feature, said.fact.value, (said,))
    one = found.get(Probe(feature.name))
    # What is advertised stands beside it and decides nothing.
    evidence = (Evidence(f"probe.{feature.name}", measured_fact(one)), said)
    return Checked(feature, _MET[one.answer] if one else None, evidence)


def _as_claimed(claim: Advertised | None) -> Fact[Any]:
    """Whether it is claimed, by the source that does so."""
    if claim is None or claim.fact.chosen is None:
        return Fact[Any](why=_("nobody says"))
    chosen = claim.fact.chosen
    same = Claim[Any](value=claim.holds, source=chosen.source, read=chosen.read, kind=chosen.kind, quote=chosen.quote)
    return Fact[Any](value=claim.holds, claims=(same,))
