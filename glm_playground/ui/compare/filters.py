"""Which rows of a comparison are shown, and which way round."""

from collections.abc import Sequence
from dataclasses import replace
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
from glm_playground.ui.compare.compared_models import chosen_order, draw_order
from glm_playground.ui.compare.own_rows import OwnRow
from glm_playground.ui.compare.words import group_names, row_label, searched, with_unit
from glm_playground.ui.shared.facts.plain_values import bare_texts, common_unit, plain_texts
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.filter_count import draw_filter_count
from glm_playground.ui.shared.searched import has_words

MOST_COLUMNS = 12
"""More models than this stand below each other, one a row."""

MODELS_A_PAGE = 50
_ROWS = "compare_rows"


class WantedRows(NamedTuple):
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

    def page(self, number: int) -> "Shown":
        """The same rows with the models of that page alone, counted from 1."""
        # The page last chosen may be of a longer list of models.
        number = min(number, -(-len(self.comparison.cards) // MODELS_A_PAGE))
        part = slice((number - 1) * MODELS_A_PAGE, number * MODELS_A_PAGE)
        rows = tuple(replace(row, facts=row.facts[part]) for row in self.comparison.rows)
        texts = tuple(cells[part] for cells in self.texts)
        return Shown(Comparison(self.comparison.cards[part], rows), self.labels, texts)


def draw_filters(models: int) -> WantedRows:
    """Draws the filters in one line, and once they are opened those that few need; what they say."""
    groups, state = group_names(), st.session_state
    # Many models side by side are no table: the choice is made anew when their number passes the limit.
    many = models > MOST_COLUMNS
    way = f"compare_way_{many}"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        group = st.selectbox(
            _("Facts"),
            list(groups),
            format_func=groups.__getitem__,
            key="compare_group",
            width=190,
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
        order = chosen_order()
        used = sum((state.get(_ROWS, "all") != "all", order is not None, state.get(way, many) != many))
        popover = st.popover(_("Filters"), icon=":material/filter_list:", key="compare_filters", on_change="rerun")
        if popover.open:
            with popover:
                _draw_more(way, many)
        draw_filter_count(used)
    return WantedRows(group, state.get(_ROWS, "all"), text or "", order, bool(state.get(way, many)))


def _draw_more(way: str, many: bool) -> None:
    kinds, ways = _row_kinds(), {False: _("Fact"), True: _("Model")}
    st.selectbox(_("Rows"), list(kinds), format_func=kinds.__getitem__, key=_ROWS, persist_state="session")
    draw_order()
    st.segmented_control(
        _("Rows show"),
        list(ways),
        format_func=ways.__getitem__,
        default=many,
        key=way,
        required=True,
        persist_state="session",
    )


def _row_kinds() -> dict[str, str]:
    return {"all": _("All"), "different": _("Values differ"), "unknown": _("With an unknown")}


def shown_rows(cards: Sequence[ModelCard], wanted: WantedRows, laid_over: LaidOver, own: Sequence[OwnRow]) -> Shown:
    """The comparison of these models in the rows that the filters let through; `own` come first."""
    ids = ",".join(card.id for card in cards)
    read_now = tuple((*place, str(fact.value), fact.note) for place, fact in sorted(laid_over.items()))
    whole = _all_rows(cards, ids, wanted.group, language(), laid_over, read_now)
    rows = [_Row(one.row, one.label, one.texts, searched(one.row, (one.label, *one.texts))) for one in own]
    kept = [
        row
        for row in (*rows, *whole)
        if _is_kind(row.compared, wanted.rows) and (not wanted.text.strip() or has_words(wanted.text, row.searched))
    ]
    return Shown(
        Comparison(tuple(cards), tuple(row.compared for row in kept)),
        tuple(row.label for row in kept),
        tuple(row.texts for row in kept),
    )


class _Row(NamedTuple):
    compared: ComparedRow
    label: str
    texts: tuple[str, ...]
    searched: str


# Public facts only, and nothing that changes: so every session may have the same.
@st.cache_resource(max_entries=16, show_spinner=False)
def _all_rows(
    _cards: Sequence[ModelCard],
    ids: str,
    group: str,
    spoken: str,
    _laid_over: LaidOver,
    read_now: tuple[tuple[str | None, ...], ...],
) -> list[_Row]:
    """Every row of a subject; what stands for the arguments with an underscore are the others."""
    scores = score_names(_cards) if group in {"scores", "all"} else []
    return [_row(row) for row in compare(_cards, _keys(group), scores, _laid_over).rows]


def _row(row: ComparedRow) -> _Row:
    """The row with its unit in its name, where all its values are numbers of one."""
    unit = common_unit(row.facts)
    texts = bare_texts(row.facts) if unit else plain_texts(row.facts)
    return _Row(row, with_unit(row_label(row), unit), texts, searched(row, texts))


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
