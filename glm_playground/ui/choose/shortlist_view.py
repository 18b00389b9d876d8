"""The shortlist on the page: a table of places, the reasons below it, and who may fit or is excluded, and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from glm_playground.catalog import AnyFact, Catalog, Source
from glm_playground.catalog.choice import AssessedModel, Shortlist
from glm_playground.catalog.needs import Checked
from glm_playground.ui.choose.words import (
    Statement,
    aspect_names,
    aspects_of,
    checked_statement,
    place_text,
    reasons,
    shorter_reasons,
    standing_text,
)
from glm_playground.ui.shared.facts.fact_values import table_head, title
from glm_playground.ui.shared.facts.fact_view import source_link
from glm_playground.ui.shared.facts.price_basis import PriceBasis, amount_text, seller_name
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.text.answer_markdown import literal

_MOST_ROWS, _MOST_REASONS, _MOST_MORE_REASONS, _MOST_NAMED = 20, 3, 20, 20


def draw_places(shortlist: Shortlist, basis: PriceBasis) -> None:
    """Draws the table of places."""
    draw_text(_places(shortlist, basis))


def draw_reasons(shortlist: Shortlist, catalog: Catalog, sources: Mapping[str, Source]) -> None:
    """Draws the reasons of the first, folded those of the others, and who has no place and why."""
    told = _Told(shortlist, catalog, sources)
    if shortlist.placed:
        draw_text("\n\n".join([title(_("Why")), *map(told.why, shortlist.placed[:_MOST_REASONS])]))
    if others := shortlist.placed[_MOST_REASONS:_MOST_MORE_REASONS]:
        fold = st.expander(
            _("Why the others stand where they do"), key="choose_others", type="compact", on_change="rerun"
        )
        if fold.open:
            with fold:
                draw_text("\n\n".join(map(told.why, others)))
    groups = (
        told.group(_("They meet the needs; too little is compared for a place"), shortlist.unplaced, told.not_compared),
        told.group(_("May fit, not known"), shortlist.may_fit, lambda one: told.checks(one, one.open)),
        told.group(_("Excluded"), shortlist.excluded, lambda one: told.checks(one, one.missed)),
    )
    if text := "\n\n".join(filter(None, groups)):
        draw_text(text)


class _Told(NamedTuple):
    """A shortlist as Markdown."""

    shortlist: Shortlist
    catalog: Catalog
    sources: Mapping[str, Source]

    def why(self, one: AssessedModel) -> str:
        """A model with all its reasons."""
        found = reasons(one, self.shortlist, self.catalog)
        return "\n".join(
            [f"**{literal(one.card.name)}**", "", *(f"- {self._statement(statement)}" for statement in found)]
        )

    def not_compared(self, one: AssessedModel) -> str:
        """What a model is not compared in, on one line."""
        return self._line(shorter_reasons(one, self.shortlist, self.catalog))

    def checks(self, one: AssessedModel, checks: Sequence[Checked]) -> str:
        """What the facts say of some needs, on one line."""
        need, own_name = self.shortlist.question.need, self.shortlist.known.own_name
        return self._line([checked_statement(checked, one, need, own_name) for checked in checks])

    def group(self, name: str, candidates: Sequence[AssessedModel], told: Callable[[AssessedModel], str]) -> str:
        """Models under a heading, each with a line; empty without models."""
        if not candidates:
            return ""
        lines = [title(f"{name} ({number(len(candidates))})"), ""]
        lines += [f"- **{literal(one.card.name)}**: {told(one)}" for one in candidates[:_MOST_NAMED]]
        if (more := len(candidates) - _MOST_NAMED) > 0:
            lines.append(f"- {_more(more)}")
        return "\n".join(lines)

    def _line(self, statements: Sequence[Statement]) -> str:
        return "; ".join(map(self._statement, statements))

    def _statement(self, statement: Statement) -> str:
        links = source_links(statement.facts, self.sources)
        return literal(statement.text) + (f" :small[:gray[{links}]]" if links else "")


def _link(one: AssessedModel) -> str:
    return literal(one.card.name)


def _places(shortlist: Shortlist, basis: PriceBasis) -> str:
    if not shortlist.placed:
        return _nobody(shortlist)
    aspects, names = aspects_of(shortlist), aspect_names()
    weights = shortlist.question.weights
    heads = [names[aspect] + (f" ×{weights[aspect]}" if weights[aspect] > 1 else "") for aspect in aspects]
    head = (_("Place"), _("Model"), _("Price, 1M tokens"), *map(literal, heads))
    lines = table_head(head, ("--:", "---", "--:", *("--:" for _aspect in aspects)))
    not_compared = _("not compared")
    for one in shortlist.placed[:_MOST_ROWS]:
        stands = [one.standings.get(aspect) for aspect in aspects]
        cells = (
            f"**{place_text(one)}**",
            f"**{literal(one.card.name)}**",
            _price(one, shortlist, basis),
            *(standing_text(found) if found else f":gray[{not_compared}]" for found in stands),
        )
        lines.append(f"| {' | '.join(cells)} |")
    text = "\n".join(lines)
    if (more := len(shortlist.placed) - _MOST_ROWS) > 0:
        text += "\n\n" + _more(more)
    return text


def _price(one: AssessedModel, shortlist: Shortlist, basis: PriceBasis) -> str:
    amount = amount_text(one.offer.cost.per_million, basis.rates)
    if one.offer.seller is None:
        return f":gray[{amount}]"
    return f"{amount} :small[:gray[{literal(seller_name(one.offer.seller, shortlist.known.own_name))}]]"


def _nobody(shortlist: Shortlist) -> str:
    if not aspects_of(shortlist):
        return _("Choose at least one thing that matters; these models meet the needs.")
    if shortlist.unplaced:
        return _("No model is compared in enough of what matters to get a place.")
    return _("No model is known to meet every need. Take one away, or look at those that may fit.")


def _more(count: int) -> str:
    text = ngettext("{count} more is in the decision record.", "{count} more are in the decision record.", count)
    return text.format(count=number(count))


def source_links(facts: Iterable[AnyFact], sources: Mapping[str, Source]) -> str:
    """Who says the facts, with the month each was read in; every document once."""
    found = {}
    for fact in facts:
        if fact.source and fact.read:
            source = sources.get(fact.source)
            name = source_link(source, short=True) if source else literal(fact.source)
            found[fact.source] = f"{name} {fact.read:%Y\u2011%m}"
    return ", ".join(found.values())
