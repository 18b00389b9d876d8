"""The comparison as a grid: a click on a cell, a row's name or a column's head opens the claims behind it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from glm_playground.catalog import AnyFact, ModelCard, Source
from glm_playground.catalog.comparison import Comparison, LaidOver, differs_from
from glm_playground.catalog.comparison_files import mark
from glm_playground.ui.compare.compared_models import ordered
from glm_playground.ui.compare.exports import draw_downloads
from glm_playground.ui.compare.filters import MODELS_A_PAGE, Shown, WantedRows, draw_filters, shown_rows
from glm_playground.ui.compare.own_rows import own_rows
from glm_playground.ui.compare.reading_table import draw_reading
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.fact_view import claims_text
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.price_basis import prices_now

_PLACE = "compare_place"
_HEAD = "compare_head"
_CLOSED = "compare_closed"
_ROW_HEIGHT = 32
_MOST_HEIGHT = 600
_MOST_TINTED = 1500
_LONGEST_IN_A_CELL = 48
_LETTER, _PADDING = 5.9, 18
"""Pixels. The grid sizes a column by its first rows alone, and cuts what is longer below them. Names and
signs that are wider than six tenths of it are not frozen."""
# Seen on white and on black alike, and a difference has its sign besides.
_TINT = "background-color: rgba(110, 150, 220, 0.20)"


class Place(NamedTuple):
    """What was clicked: a row, a model, or where both meet."""

    row: str | None
    model: str | None


@st.fragment
def draw_table(cards: tuple[ModelCard, ...], sources: Mapping[str, Source], laid_over: LaidOver, own_name: str) -> None:
    """Draws the filters, the grid with the claims of what was clicked beside it, the downloads, and the plain table."""
    wanted = draw_filters(len(cards))
    cards = ordered(cards, wanted.order)
    shown = shown_rows(cards, wanted, laid_over, own_rows(cards, wanted.group, prices_now(laid_over, own_name)))
    if not shown.comparison.rows:
        st.markdown(_("No row fits. Take a filter away, or search for a part of a name such as price."))
        return
    pages = -(-len(cards) // MODELS_A_PAGE)
    page = shown
    if pages > 1:
        page = shown.page(st.pagination(pages, key="compare_page"))
    place = _place(page)
    # The second column is always there: the grid would be built anew, and lose the focus, if it came and went.
    left, right = st.columns([8, 5] if place else [1, 0.001])
    with left:
        _draw_grid(page, wanted)
    if place:
        with right:
            _draw_claims(place, page, sources)
    _draw_caption(page.comparison, tinted=_is_tinted(page.comparison))
    draw_downloads(shown, sources)
    draw_reading(page, sources)


def _place(shown: Shown) -> Place | None:
    """What was clicked, where it is still shown."""
    place: Place | None = st.session_state.get(_PLACE)
    if place is None or (place.row and not shown.comparison.row(place.row)):
        return None
    return place if place.model is None or place.model in shown.comparison.models else None


def _draw_grid(shown: Shown, wanted: WantedRows) -> None:
    comparison, by_model = shown.comparison, wanted.by_model
    frame = _by_model(shown) if by_model else _by_fact(shown)
    # Another key for other rows: a choice is kept by position, and the position would be another fact's.
    key = f"compare_grid-{st.session_state.get(_CLOSED, 0)}-{wanted}-{comparison.models[0]}"
    st.dataframe(
        frame.style.apply(_tints, axis=None, comparison=comparison, by_model=by_model)
        if _is_tinted(comparison)
        else frame,
        height=_height(shown, wanted),
        row_height=_ROW_HEIGHT,
        hide_index=True,
        column_config=_columns(shown, by_model),
        key=key,
        on_select=partial(_note_place, key, comparison, by_model),
        # A grid sorts text by its letters; with columns to choose it leaves the order to the list above it.
        selection_mode=("single-cell", "single-column"),
        alt=_("Comparison of {count} models").format(count=len(comparison.cards)),
    )


def _height(shown: Shown, wanted: WantedRows) -> int:
    rows = shown.comparison.cards if wanted.by_model else shown.comparison.rows
    return min(_MOST_HEIGHT, (len(rows) + 1) * _ROW_HEIGHT + 3)


def _is_tinted(comparison: Comparison) -> bool:
    return len(comparison.rows) * len(comparison.cards) <= _MOST_TINTED


def _by_fact(shown: Shown) -> pd.DataFrame:
    """A row a fact: its name, its sign, then the models."""
    columns: dict[str, Sequence[str]] = {
        "fact": shown.labels,
        "mark": [mark(row.difference) for row in shown.comparison.rows],
    }
    for place, model in enumerate(shown.comparison.models):
        columns[model] = [_short(cells[place]) for cells in shown.texts]
    return pd.DataFrame(columns)


def _by_model(shown: Shown) -> pd.DataFrame:
    """A row a model: its name, then the facts."""
    columns: dict[str, Sequence[str]] = {"model": [card.name for card in shown.comparison.cards]}
    for row, cells in zip(shown.comparison.rows, shown.texts, strict=True):
        columns[row.key] = [_short(text) for text in cells]
    return pd.DataFrame(columns)


def _short(text: str) -> str:
    """What a cell shows of a long text: its beginning, since a cell aligned to the right would show its end."""
    return text if len(text) <= _LONGEST_IN_A_CELL else f"{text[: _LONGEST_IN_A_CELL - 1].rstrip()}…"


def _columns(shown: Shown, by_model: bool) -> dict[str, Any]:
    rows, cards, column = shown.comparison.rows, shown.comparison.cards, st.column_config.TextColumn
    if by_model:
        heads = [f"{label} {mark(row.difference)}" for row, label in zip(rows, shown.labels, strict=True)]
        facts = {
            row.key: column(
                head,
                alignment="right" if _is_figures(row.facts) else "left",
                width=_width((head, *cells)),
            )
            for row, head, cells in zip(rows, heads, shown.texts, strict=True)
        }
        return {"model": column(_("Model"), pinned=True, width=_width(card.name for card in cards)), **facts}
    figures = sum(_is_figures(row.facts) for row in rows)
    side: Literal["left", "right"] = "right" if figures * 2 >= len(rows) else "left"
    models = {
        card.id: column(card.name, alignment=side, width=_width((card.name, *cells)))
        for card, cells in zip(cards, zip(*shown.texts, strict=True), strict=True)
    }
    return {
        "fact": column(_("Fact"), pinned=True, width=_width(shown.labels)),
        "mark": column("≠", pinned=True, width=34, alignment="center", help=_sign_help()),
        **models,
    }


def _width(texts: Iterable[str]) -> int:
    """Pixels that show each of the texts whole, as far as a cell does."""
    return round(max(len(_short(text)) for text in texts) * _LETTER) + _PADDING


def _is_figures(facts: Sequence[AnyFact]) -> bool:
    values = [fact.value for fact in facts if fact.value is not None]
    return not any(isinstance(value, str | tuple) for value in values)


def _tints(frame: pd.DataFrame, comparison: Comparison, by_model: bool) -> pd.DataFrame:
    """Tints the cells whose value is another than the first model's."""
    styles = [[_TINT if differs_from(fact, row.facts[0]) else "" for fact in row.facts] for row in comparison.rows]
    plain = [""] * len(frame)
    if by_model:
        tinted = {row.key: column for row, column in zip(comparison.rows, styles, strict=True)}
    else:
        tinted = dict(zip(comparison.models, map(list, zip(*styles, strict=True)), strict=True))
    return pd.DataFrame({name: tinted.get(name, plain) for name in frame.columns}, index=frame.index)


def _sign_help() -> str:
    return _("≠ published values differ, = all are known and the same, ? what is known agrees and something is unknown")


def _draw_caption(comparison: Comparison, *, tinted: bool) -> None:
    count = len(comparison.rows)
    parts = [ngettext("{count} row", "{count} rows", count).format(count=number(count)), _sign_help()]
    if tinted and len(comparison.cards) > 1:
        name = comparison.cards[0].name
        parts.append(_("tinted: another value than {model}'s").format(model=name))
    parts.append(_("click a cell, a row's name or a column's head for its sources"))
    parts.append(_("$/1M: US dollars for a million tokens"))
    st.caption(literal("; ".join(parts)) + "".join(f"  \n{note}" for note in _price_notes(comparison)))


def _price_notes(comparison: Comparison) -> list[str]:
    """What must be said of the prices in the table."""
    notes = []
    headline = comparison.row("gateways.runapi.price.headline")
    if headline and any(fact.known for fact in headline.facts):
        notes.append(
            _(
                "RunAPI's headline per 1K tokens is never used for a cost: where its pages print both, they "
                "disagree 10 to 100 times."
            )
        )
    dropped = [literal(card.name) for card in comparison.cards if card.price("zai").historical]
    if dropped and any(row.key.startswith("gateways.zai.price.") for row in comparison.rows):
        names = ", ".join(dropped)
        notes.append(_("No longer listed by Z.ai, whose last prices stand here: {models}.").format(models=names))
    return notes


def _note_place(key: str, comparison: Comparison, by_model: bool) -> None:
    """Notes what was clicked: a name stands for its row, a head for its column."""
    selection = st.session_state[key].selection
    rows, models = comparison.rows, comparison.models
    across: str | None = None
    along: int | None = None
    # A chosen column stays chosen while a cell is clicked, and the other way round: the one that is new counts.
    head = selection.columns[0] if selection.columns else None
    if head and head != st.session_state.get(_HEAD):
        across = head
    elif selection.cells:
        along, across = selection.cells[0]
    st.session_state[_HEAD] = head
    if by_model:
        row = across if across and comparison.row(across) else None
        model = models[along] if along is not None and along < len(models) else None
    else:
        row = rows[along].key if along is not None and along < len(rows) else None
        model = across if across in models else None
    st.session_state[_PLACE] = Place(row, model) if row or model else None


def _close() -> None:
    st.session_state[_PLACE] = st.session_state[_HEAD] = None
    st.session_state[_CLOSED] = st.session_state.get(_CLOSED, 0) + 1


def _draw_claims(place: Place, shown: Shown, sources: Mapping[str, Source]) -> None:
    """Draws who says what of the place, one fact below the other."""
    comparison = shown.comparison
    names = {card.id: card.name for card in comparison.cards}
    labels = {row.key: label for row, label in zip(comparison.rows, shown.labels, strict=True)}
    title = " · ".join(literal(name) for name in (labels.get(place.row or ""), names.get(place.model or "")) if name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{title}**")
        st.space("stretch")
        st.button(_("Close"), key="compare_close", type="tertiary", icon=":material/close:", on_click=_close)
    with st.container(height=_MOST_HEIGHT, border=False):
        for row, label in zip(comparison.rows, shown.labels, strict=True):
            if place.row not in {None, row.key}:
                continue
            for card, fact in zip(comparison.cards, row.facts, strict=True):
                if place.model in {None, card.id}:
                    name = card.name if place.row else label
                    st.markdown("\n\n".join(claims_text(literal(name), fact, sources)))
