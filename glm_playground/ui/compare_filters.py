"""Which rows of a comparison are shown, and which way round."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from glm_playground.catalog import ModelCard
from glm_playground.catalog.comparison import (
    GROUPS,
    KEY_FACTS,
    ComparedRow,
    Comparison,
    Difference,
    LaidOver,
    compare,
    score_names,
)
from glm_playground.ui.compare_choice import draw_order
from glm_playground.ui.compare_words import group_names, plain_texts, row_label
from glm_playground.ui.i18n import _

MOST_COLUMNS = 12
"""More models than this stand below each other, one a row."""


class Wanted(NamedTuple):
    """What the filters ask for."""

    group: str
    rows: str
    text: str
    order: tuple[str, bool] | None
    by_model: bool
    """Whether a row is a model, not a fact."""


class Shown(NamedTuple):
    """The rows that are shown, each with its name and its cells as plain text."""

    comparison: Comparison
    labels: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]


def draw_filters(models: int) -> Wanted:
    """Draws the filters in one line."""
    groups, kinds = group_names(), _row_kinds()
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="bottom"):
        group = st.selectbox(
            _("Facts"),
            list(groups),
            format_func=groups.__getitem__,
            key="compare_group",
            width=190,
            persist_state="session",
        )
        rows = st.selectbox(
            _("Rows"),
            list(kinds),
            format_func=kinds.__getitem__,
            key="compare_rows",
            width=170,
            persist_state="session",
        )
        text = st.text_input(
            _("Search"),
            key="compare_search",
            type="search",
            live="200ms",
            placeholder=_("Fact or value"),
            width=170,
            persist_state="session",
        )
        order = draw_order()
        ways = {False: _("Fact"), True: _("Model")}
        by_model = st.segmented_control(
            _("A row is a"),
            list(ways),
            format_func=ways.__getitem__,
            default=models > MOST_COLUMNS,
            # Many models side by side are no table: the choice is made anew when their number passes the limit.
            key=f"compare_way_{models > MOST_COLUMNS}",
            required=True,
            persist_state="session",
        )
    return Wanted(group, rows, text or "", order, bool(by_model))


def _row_kinds() -> dict[str, str]:
    return {"all": _("All"), "different": _("Values differ"), "unknown": _("With an unknown")}


def shown_rows(cards: Sequence[ModelCard], wanted: Wanted, laid_over: LaidOver) -> Shown:
    """The comparison of these models in the rows that the filters let through."""
    keys = _keys(wanted.group)
    scores = score_names(cards) if wanted.group in {"scores", "all"} else []
    whole = compare(cards, keys, scores, laid_over)
    words = wanted.text.casefold().split()
    rows, labels, texts = [], [], []
    for row in whole.rows:
        if not _is_kind(row, wanted.rows):
            continue
        label, cells = row_label(row), plain_texts(row.facts)
        if words and not _has_words(words, label, cells):
            continue
        rows.append(row)
        labels.append(label)
        texts.append(cells)
    return Shown(Comparison(whole.cards, tuple(rows)), tuple(labels), tuple(texts))


def _keys(group: str) -> tuple[str, ...]:
    if group == "key":
        return KEY_FACTS
    if group == "all":
        return tuple(dict.fromkeys(key for keys in GROUPS.values() for key in keys))
    return GROUPS.get(group, ())


def _is_kind(row: ComparedRow, kind: str) -> bool:
    if kind == "different":
        return row.difference is Difference.DIFFERENT
    return kind != "unknown" or row.has_unknown


def _has_words(words: list[str], label: str, cells: tuple[str, ...]) -> bool:
    everything = " ".join((label, *cells)).casefold()
    return all(word in everything for word in words)
