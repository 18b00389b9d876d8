"""Rows that are this user's and no public facts: the price at their workload, and what their own runs measured."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from glm_playground.catalog import ModelCard
from glm_playground.catalog.comparison import ComparedRow, difference
from glm_playground.catalog.sellers import OWN
from glm_playground.evals.probe_findings import ProbeFinding
from glm_playground.evals.probe_suite import Probe
from glm_playground.evals.probes import stored_findings
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ui.compare.words import PRICE_AT_MY_WORKLOAD, row_label, with_unit
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.facts.measured import MeasuredFigure, gateway_names, measured_figures, read_measured
from glm_playground.ui.shared.facts.plain_values import bare_texts, common_unit, plain
from glm_playground.ui.shared.facts.price_basis import Prices, seller_name
from glm_playground.ui.shared.facts.probe_words import finding_text, measured_fact, probe_names
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import ledger

WITH_PRICE = frozenset({"key", "prices", "all"})
WITH_MEASURED = frozenset({"measured", "all"})
"""Subjects of rows that these are among."""


class OwnRow(NamedTuple):
    """A row with its name and the plain text of its cells."""

    row: ComparedRow
    label: str
    texts: tuple[str, ...]


def own_rows(cards: Sequence[ModelCard], group: str, prices: Prices) -> list[OwnRow]:
    """The rows of the user's own in a subject."""
    found = [_price_row(cards, prices), *_gateway_price_rows(cards, prices)] if group in WITH_PRICE else []
    return found + ([*_measured_rows(cards), *_probe_rows(cards)] if group in WITH_MEASURED else [])


def _price_row(cards: Sequence[ModelCard], prices: Prices) -> OwnRow:
    """The blended price, each with its seller."""
    offers = [prices.offer(card) for card in cards]
    facts = tuple(prices.blended(offered) for offered in offers)
    texts = tuple(
        f"{text}, {prices.seller(offered)}" if fact.known else text
        for text, fact, offered in zip(bare_texts(facts), facts, offers, strict=True)
    )
    row = ComparedRow(PRICE_AT_MY_WORKLOAD, facts, difference(facts))
    return OwnRow(row, with_unit(row_label(row), common_unit(facts)), texts)


def _gateway_price_rows(cards: Sequence[ModelCard], prices: Prices) -> list[OwnRow]:
    """The blended price at each configured gateway by itself, where there are several to choose from."""
    rows = []
    for seller in prices.own if len(prices.own) > 1 or OWN not in prices.own else ():
        alone = replace(prices, sellers=(seller,))
        facts = tuple(alone.blended(alone.offer(card)) for card in cards)
        label = _("{figure}, {seller}").format(
            figure=row_label(ComparedRow(PRICE_AT_MY_WORKLOAD, facts, difference(facts))),
            seller=seller_name(seller, prices.own_name),
        )
        row = ComparedRow(f"{PRICE_AT_MY_WORKLOAD}|{seller}", facts, difference(facts))
        rows.append(OwnRow(row, with_unit(label, common_unit(facts)), bare_texts(facts)))
    return rows


def _measured_rows(cards: Sequence[ModelCard]) -> list[OwnRow]:
    """A row a figure for each gateway that answered one of the models."""
    found = read_measured()
    if isinstance(found, LedgerError):
        return []
    ids = {card.id for card in cards}
    names = gateway_names([one for one in found if one.model in ids])
    rows = []
    for origin, name in names.items():
        totals = {one.model: one.total for one in found if one.origin == origin}
        columns = [measured_figures(totals.get(card.id)) for card in cards]
        rows += [_measured_row(origin, name, figures) for figures in zip(*columns, strict=True)]
    return rows


def _measured_row(origin: str, name: str, figures: tuple[MeasuredFigure, ...]) -> OwnRow:
    facts = tuple(figure.fact for figure in figures)
    label = _("{figure}, measured on {gateway}").format(figure=figures[0].label, gateway=name)
    row = ComparedRow(f"measured.{figures[0].key}|{origin}", facts, difference(facts))
    return OwnRow(row, label, tuple(figure.text for figure in figures))


def _probe_rows(cards: Sequence[ModelCard]) -> list[OwnRow]:
    """A row a probe for each gateway at which one of the models was probed; what a stand-in does is in none."""
    opened = ledger()
    if not isinstance(opened, Ledger):
        return []
    try:
        found = [one for one in stored_findings(opened, owner()) if one.stand_in is None]
    except LedgerError:
        return []
    ids = {card.id for card in cards}
    by_gateway: dict[tuple[str, str], dict[tuple[Probe, str], ProbeFinding]] = {}
    for one in found:
        if one.model in ids:
            by_gateway.setdefault((one.origin, one.gateway), {})[one.probe, one.model] = one
    names = probe_names()
    rows = []
    for (origin, gateway), findings in by_gateway.items():
        for probe in (probe for probe in Probe if any((probe, id) in findings for id in ids)):
            facts = tuple(measured_fact(findings.get((probe, card.id))) for card in cards)
            texts = tuple(
                finding_text(findings[probe, card.id]) if (probe, card.id) in findings else plain(fact)
                for card, fact in zip(cards, facts, strict=True)
            )
            label = _("{figure}, measured on {gateway}").format(figure=names[probe], gateway=gateway)
            rows.append(OwnRow(ComparedRow(f"probe.{probe}|{origin}", facts, difference(facts)), label, texts))
    return rows
