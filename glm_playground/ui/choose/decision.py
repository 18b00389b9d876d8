"""The shortlist as a decision record: every model with its reasons, and a numbered list of the sources."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from glm_playground.catalog import Catalog, Source
from glm_playground.catalog.choice import AssessedModel, Shortlist
from glm_playground.catalog.needs import Feature, Need, NeedName
from glm_playground.reports.decision import Decision, Entry, Group, Reason
from glm_playground.reports.sections import Cell, Column, Table
from glm_playground.ui.choose.words import (
    Statement,
    aspect_names,
    aspects_of,
    checked_statement,
    method,
    need_text,
    place_text,
    reasons,
    standing_text,
)
from glm_playground.ui.shared.facts.cited import Cited
from glm_playground.ui.shared.facts.plain_values import unescaped
from glm_playground.ui.shared.facts.price_basis import PriceBasis, amount_text, load_line, seller_name
from glm_playground.ui.shared.i18n import _


def decision_of(
    shortlist: Shortlist, catalog: Catalog, sources: Mapping[str, Source], basis: PriceBasis, address: str
) -> Decision:
    """The document in the reader's language; `address` is the page's."""
    cited = Cited(sources)
    groups = [group for group in _groups(shortlist, catalog, cited) if group.entries]
    return Decision(
        asked=_asked(shortlist, basis),
        places=_places(shortlist, basis) if shortlist.placed else None,
        groups=groups,
        method_title=_("How the places are made"),
        method=method(),
        sources_title=_("Sources"),
        sources=cited.lines(),
        address=address,
    )


def _asked(shortlist: Shortlist, basis: PriceBasis) -> list[tuple[str, str]]:
    question, own_name = shortlist.question, shortlist.known.own_name
    needs = [need_text(name, question.need, own_name) for name in _needed(question.need)]
    names = aspect_names()
    weights = [f"{names[aspect]} ×{question.weights[aspect]}" for aspect in aspects_of(shortlist)]
    sellers = ", ".join(seller_name(seller, own_name) for seller in question.basis)
    return [
        (_("Needs"), "; ".join(needs) or _("none")),
        (_("What matters"), ", ".join(weights) or _("nothing")),
        (_("Prices of"), _("the first that has one of: {sellers}").format(sellers=sellers)),
        (_("Workload"), load_line(basis)),
        (_("Scores without stated conditions"), _("compared") if question.unstated else _("not compared")),
    ]


def _needed(need: Need) -> Iterator[NeedName | Feature]:
    for name in NeedName:
        value = getattr(need, name.value)
        if value is not None and value is not False:
            yield name
    yield from need.features


def _places(shortlist: Shortlist, basis: PriceBasis) -> Table:
    aspects, names = aspects_of(shortlist), aspect_names()
    columns = [Column(_("Model")), Column(_("Place"), is_number=True), Column(_("Price, 1M tokens"), is_number=True)]
    columns += [Column(names[aspect], is_number=True) for aspect in aspects]
    rows = []
    for one in shortlist.placed:
        stands = (one.standings.get(aspect) for aspect in aspects)
        rows.append(
            (
                Cell(one.card.name),
                Cell(place_text(one)),
                Cell(_price(one, shortlist, basis)),
                *(Cell(standing_text(found) if found else _("not compared")) for found in stands),
            )
        )
    return Table(_("The shortlist"), tuple(columns), tuple(rows))


def _price(one: AssessedModel, shortlist: Shortlist, basis: PriceBasis) -> str:
    amount = unescaped(amount_text(one.offer.cost.per_million, basis.rates))
    seller = one.offer.seller
    return f"{amount}, {seller_name(seller, shortlist.known.own_name)}" if seller else amount


def _groups(shortlist: Shortlist, catalog: Catalog, cited: Cited) -> Iterator[Group]:
    need, own_name = shortlist.question.need, shortlist.known.own_name

    def why(candidates: Sequence[AssessedModel]) -> tuple[Entry, ...]:
        return _entries(candidates, cited, lambda one: reasons(one, shortlist, catalog))

    yield Group(_("Why"), why(shortlist.placed))
    yield Group(_("They meet the needs; too little is compared for a place"), why(shortlist.unplaced))
    yield Group(
        _("May fit, not known"),
        _entries(shortlist.may_fit, cited, lambda one: [checked_statement(c, one, need, own_name) for c in one.open]),
    )
    yield Group(
        _("Excluded"),
        _entries(
            shortlist.excluded, cited, lambda one: [checked_statement(c, one, need, own_name) for c in one.missed]
        ),
    )


def _entries(
    candidates: Iterable[AssessedModel], cited: Cited, said: Callable[[AssessedModel], Iterable[Statement]]
) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            candidate.card.name,
            tuple(Reason(one.text, cited.numbers(one.facts)) for one in said(candidate)),
        )
        for candidate in candidates
    )
