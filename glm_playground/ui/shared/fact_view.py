"""Facts on a page: a row with a value and its source, and a drawer with every claim behind it.

A click draws only the drawer again, so a page may hold a hundred values.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import streamlit as st

from glm_playground.catalog import AnyFact, Claim, Source
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_values import aside, fact_text, kind_name, published, table_head, value_text
from glm_playground.ui.shared.i18n import _, day, ngettext

_OPENED = "opened_fact"
_DRAWER = "claims"
# A longer value stands as text beside a button that opens its claims.
_LONGEST_ON_A_BUTTON = 48
_LABEL_WIDTH = 148


class Row(NamedTuple):
    """One line of a sheet: a value as Markdown and the named facts it was made of."""

    key: str
    """Names the row on its page, and its button."""
    label: str
    text: str
    facts: tuple[tuple[str, AnyFact], ...]
    tag: str | None = None
    """What stands behind the value; by itself who says it and when it was read."""


def row(key: str, label: str, fact: AnyFact, text: str | None = None) -> Row:
    """The row of one fact."""
    return Row(key, label, fact_text(fact) if text is None else text, ((label, fact),))


class FactView:
    """Draws the rows of one page and the drawer that they open.

    Args:
        sources: the claims' sources by id.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._rows: dict[str, Row] = {}

    def draw_rows(self, rows: Iterable[Row]) -> None:
        """Draws each row as label, value and source, where this is called."""
        # A value that a narrow screen pushes below its label stays nearer to it than to the next.
        with st.container(gap=3):
            for entry in rows:
                self._draw_row(entry)

    def draw_value(self, entry: Row) -> None:
        """Draws the value alone, as a button that opens its claims; for a cell of a table."""
        self._rows[entry.key] = entry
        self._button(entry, _grey_unknown(entry))

    def draw_drawer(self) -> None:
        """Opens the claims of the row that was clicked; call it once, behind all rows."""
        _draw_drawer(self._rows, self._sources)

    def tag(self, entry: Row) -> str:
        """Who says the value, when it was read, and whether others say otherwise."""
        if entry.tag is not None:
            return entry.tag
        chosen = next((fact.chosen for _label, fact in entry.facts if fact.chosen), None)
        differing = sum(len(fact.dissenting) for _label, fact in entry.facts if fact.known)
        parts = [f"{literal(self._publisher(chosen))} {chosen.read:%Y-%m}"] if chosen else []
        if differing:
            parts.append(ngettext("{count} differs", "{count} differ", differing).format(count=differing))
        return " · ".join(parts)

    def _publisher(self, claim: Claim[object]) -> str:
        source = self._sources.get(claim.source)
        return short_name(source) if source else claim.source

    def _draw_row(self, entry: Row) -> None:
        self._rows[entry.key] = entry
        long = len(entry.text) > _LONGEST_ON_A_BUTTON
        # A button needs a word of its own where the value stands beside it.
        said = self.tag(entry) or (_("why") if long else "")
        tag = aside(said) if said else ""
        with st.container(horizontal=True, vertical_alignment="center", gap=None):
            st.markdown(aside(entry.label), width=_LABEL_WIDTH)
            self._button(entry, tag if long else f"{_grey_unknown(entry)} {tag}".strip())
        if long:
            st.markdown(f":small[{entry.text}]")

    def _button(self, entry: Row, label: str) -> None:
        st.button(
            label,
            key=f"fact-{entry.key}",
            type="tertiary",
            icon=":material/chevron_right:",
            icon_position="right",
            wrap=True,
            on_click=_open,
            args=(entry.key,),
        )


def _grey_unknown(entry: Row) -> str:
    return entry.text if any(fact.known for _label, fact in entry.facts) else f":gray[{entry.text}]"


def _open(key: str) -> None:
    st.session_state[_OPENED] = key
    st.rerun(_DRAWER)


@st.fragment(key=_DRAWER)
def _draw_drawer(rows: Mapping[str, Row], sources: Mapping[str, Source]) -> None:
    opened = rows.get(st.session_state.pop(_OPENED, ""))
    if opened:
        st.dialog(opened.label, width="medium", position="right")(_draw_claims)(opened, sources)


def _draw_claims(entry: Row, sources: Mapping[str, Source]) -> None:
    for label, fact in entry.facts:
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
    if source and source.note:
        notes.append(published(source.note))
    said_by = source_link(source) if source else literal(claim.source)
    said = f"{said_by} {aside(f'{kind_name(claim.kind)}, {day(claim.read)}')}"
    return f"| {value} | {said} | {'; '.join(notes)} |"


def short_name(source: Source) -> str:
    """The publisher without the document: "Z.ai (model card)" is Z.ai."""
    return source.publisher.split(" (")[0]


def source_link(source: Source, *, short: bool = False) -> str:
    """The publisher, as a link where the document has an address; `short` leaves out which document it is."""
    name = literal(short_name(source) if short else source.publisher)
    # An address may hold characters that end a Markdown link.
    return f"[{name}](<{source.url}>)" if source.url else name
