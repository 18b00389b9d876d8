"""The shortlist on the page: a table of places, the reasons below it, and who may fit or is excluded, and why."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from glm_playground.catalog import AnyFact, Catalog, Source
from glm_playground.catalog.choice import Candidate, Shortlist
from glm_playground.catalog.needs import Checked
from glm_playground.ui.choose.words import (
    Statement,
    aspect_names,
    aspects_of,
    checked_statement,
    place_text,
    reasons,
    standing_text,
)
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_values import table_head
from glm_playground.ui.shared.fact_view import source_link
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.price_basis import PriceBasis, amount_text, seller_name

_MOST_ROWS, _MOST_REASONS, _MOST_NAMED = 20, 10, 20


def draw_shortlist(shortlist: Shortlist, catalog: Catalog, sources: Mapping[str, Source], basis: PriceBasis) -> None:
    """Draws the answer, in one element: what is folded costs a page more than what is long."""
    parts = [_places(shortlist, basis)]
    parts += _why(shortlist.placed[:_MOST_REASONS], shortlist, catalog, sources, _("Why"))
    parts += _why(
        shortlist.unplaced[:_MOST_REASONS],
        shortlist,
        catalog,
        sources,
        _("They meet the needs; too little is compared for a place"),
    )
    parts += _group(shortlist.may_fit, shortlist, sources, _("May fit, not known"), "open")
    parts += _group(shortlist.excluded, shortlist, sources, _("Excluded"), "missed")
    st.markdown("\n\n".join(parts))


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


def _price(one: Candidate, shortlist: Shortlist, basis: PriceBasis) -> str:
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


def _why(
    candidates: Sequence[Candidate],
    shortlist: Shortlist,
    catalog: Catalog,
    sources: Mapping[str, Source],
    title: str,
) -> list[str]:
    if not candidates:
        return []
    parts = [f"#### {title}"]
    for one in candidates:
        lines = [f"**{literal(one.card.name)}**", ""]
        lines += [f"- {_told(statement, sources)}" for statement in reasons(one, shortlist, catalog)]
        parts.append("\n".join(lines))
    return parts


def _told(statement: Statement, sources: Mapping[str, Source]) -> str:
    links = source_links(statement.facts, sources)
    return literal(statement.text) + (f" :small[:gray[{links}]]" if links else "")


def source_links(facts: Iterable[AnyFact], sources: Mapping[str, Source]) -> str:
    """Who says the facts, with the month each was read in; every document once."""
    found = {}
    for fact in facts:
        if fact.source and fact.read:
            source = sources.get(fact.source)
            name = source_link(source, short=True) if source else literal(fact.source)
            found[fact.source] = f"{name} {fact.read:%Y\u2011%m}"
    return ", ".join(found.values())


def _group(
    candidates: Sequence[Candidate], shortlist: Shortlist, sources: Mapping[str, Source], title: str, which: str
) -> list[str]:
    if not candidates:
        return []
    lines = [f"#### {title} ({number(len(candidates))})", ""]
    need, own_name = shortlist.question.need, shortlist.known.own_name
    for one in candidates[:_MOST_NAMED]:
        checks: tuple[Checked, ...] = one.open if which == "open" else one.missed
        told = "; ".join(_told(checked_statement(checked, one, need, own_name), sources) for checked in checks)
        lines.append(f"- **{literal(one.card.name)}**: {told}")
    if (more := len(candidates) - _MOST_NAMED) > 0:
        lines.append(f"- {_more(more)}")
    return ["\n".join(lines)]
