"""Facts on a page: tables of values with who says them, and a drawer with every claim behind one value.

One button opens the drawer for all values of the page: a button a value would be most of what a page draws.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import streamlit as st

from glm_playground.catalog import AnyFact, Claim, Source
from glm_playground.ui.shared.facts.fact_values import aside, fact_text, kind_name, published, table_head, value_text
from glm_playground.ui.shared.i18n import _, day, ngettext
from glm_playground.ui.shared.text.answer_markdown import literal

CLAIMS_OF = "claims_of"
"""Key of the search in the drawer; its value is the key of a row."""
_SIGNS = re.compile(r"\\(?=\W)|`")


class Row(NamedTuple):
    """One line of a sheet: a value as Markdown and the named facts it was made of."""

    key: str
    """Names the row on its page."""
    label: str
    text: str
    facts: tuple[tuple[str, AnyFact], ...]
    tag: str | None = None
    """What stands beside the value; by itself who says it and when it was read."""


Section = tuple[str, list[Row]]
"""A title and the rows under it."""


def row(key: str, label: str, fact: AnyFact, text: str | None = None) -> Row:
    """The row of one fact."""
    return Row(key, label, fact_text(fact) if text is None else text, ((label, fact),))


class FactView:
    """Draws the facts of one page and the drawer with their claims.

    Args:
        sources: the claims' sources by id.
        sections: titles and rows of the page, in its order.
    """

    def __init__(self, sources: Mapping[str, Source], sections: Iterable[Section] = ()) -> None:
        self._sources = sources
        self._rows: dict[str, Row] = {}
        self._names: dict[str, str] = {}
        for title, rows in sections:
            for entry in rows:
                if entry.key not in self._rows:
                    self._rows[entry.key] = entry
                    self._names[entry.key] = f"{_plain(entry.label)} ({title})"

    def draw_button(self) -> None:
        """Draws the button that opens the drawer, with a search for a value and the claims behind it."""
        if st.button(_("Sources and claims"), key="claims", icon=":material/fact_check:"):
            drawer = st.dialog(_("Sources and claims"), width="medium", position="right")
            drawer(_draw_claims)(self._rows, self._names, self._sources)

    def table(self, rows: Iterable[Row]) -> str:
        """Rows as a table in Markdown: label, value, who says it."""
        lines = table_head((_("Fact"), _("Value"), _("Source")))
        lines += [f"| {entry.label} | {_cell(entry.text)} | {self.tag(entry)} |" for entry in rows]
        return "\n".join(lines)

    def tag(self, entry: Row) -> str:
        """Who says the value, when it was read, and whether others say otherwise."""
        if entry.tag is not None:
            return entry.tag
        chosen = next((fact.chosen for _label, fact in entry.facts if fact.chosen), None)
        differing = sum(len(fact.dissenting) for _label, fact in entry.facts if fact.known)
        # A narrow column of a table breaks it after the publisher, and never within the month.
        parts = [f"{literal(self._publisher(chosen))} {chosen.read:%Y\u2011%m}"] if chosen else []
        if differing:
            parts.append(ngettext("{count} differs", "{count} differ", differing).format(count=differing))
        return " · ".join(parts)

    def _publisher(self, claim: Claim[object]) -> str:
        source = self._sources.get(claim.source)
        return short_name(source) if source else claim.source


def _cell(text: str) -> str:
    """`text` with its bars escaped, as a command's in a code span are not."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _plain(label: str) -> str:
    """A label without the signs of Markdown: an option of a list shows them."""
    return _SIGNS.sub("", label)


def _draw_claims(rows: Mapping[str, Row], names: Mapping[str, str], sources: Mapping[str, Source]) -> None:
    chosen = st.selectbox(
        _("Value"),
        list(rows),
        index=None,
        format_func=names.__getitem__,
        key=CLAIMS_OF,
        placeholder=_("Search for a value"),
    )
    for label, fact in rows[chosen].facts if chosen else ():
        st.markdown("\n\n".join(claims_text(label, fact, sources)))


def claims_text(label: str, fact: AnyFact, sources: Mapping[str, Source]) -> list[str]:
    """Paragraphs of Markdown: the value, why it was chosen, and a table of everybody who says something."""
    paragraphs = [f"**{label}**: {fact_text(fact)}"]
    if fact.known and fact.why:
        paragraphs.append(_("Why this value: {reason}").format(reason=published(fact.why)))
    elif not fact.known:
        reason = published(fact.why) if fact.why else _("nobody published it, as far as we read")
        paragraphs.append(_("Why it is unknown: {reason}").format(reason=reason))
    if fact.claims:
        # The chosen claim comes first, whatever the file's order.
        ordered = sorted(fact.claims, key=lambda claim: claim is not fact.chosen)
        lines = table_head((_("Value"), _("Source, kind, read on"), _("Note")))
        lines += [_claim_line(claim, fact, sources) for claim in ordered]
        paragraphs.append("\n".join(lines))
    return paragraphs


def _claim_line(claim: Claim[object], fact: AnyFact, sources: Mapping[str, Source]) -> str:
    value = value_text(claim.value, fact.unit)
    if claim is fact.chosen:
        value = f"**{value}**"
    source = sources.get(claim.source)
    notes = [published(claim.note)] if claim.note else []
    if claim.quote:
        notes.append(literal(_("in its words: “{words}”").format(words=claim.quote)))
    if claim.as_of:
        notes.append(literal(_("the document is of {date}").format(date=claim.as_of)))
    elif source and source.as_of_unknown:
        notes.append(_("its date is not known: {reason}").format(reason=published(source.as_of_unknown)))
    if source and source.read_from:
        notes.append(literal(_("read from {place}").format(place=source.read_from)))
    if source and source.licence:
        notes.append(literal(_("licence {name}").format(name=source.licence)))
    elif source and source.licence_unknown:
        notes.append(_("licence not known: {reason}").format(reason=published(source.licence_unknown)))
    if source and source.note:
        notes.append(published(source.note))
    said_by = source_link(source) if source else literal(claim.source)
    said = f"{said_by} {aside(f'{kind_name(claim.kind)}, {day(claim.read)}')}"
    return f"| {value} | {said} | {'; '.join(notes)} |"


def short_name(source: Source) -> str:
    """The publisher without the document: "Z.ai (model card)" is Z.ai."""
    return publisher_name(source).split(" (")[0]


def publisher_name(source: Source) -> str:
    """Who publishes it; this project itself in the session's language, any other by its name."""
    return _("this project") if source.publisher == "this project" else source.publisher


def source_link(source: Source, *, short: bool = False) -> str:
    """The publisher, as a link where the document has an address; `short` leaves out which document it is."""
    name = literal(short_name(source) if short else publisher_name(source))
    # An address may hold characters that end a Markdown link.
    return f"[{name}](<{source.url}>)" if source.url else name
