"""The plots' drawings, in Altair: shapes and lightness tell apart what colour does, so that they print in grey."""

from collections.abc import Sequence

import altair as alt
import pandas as pd  # type: ignore[import-untyped]
import streamlit as st
from babel.numbers import get_decimal_symbol, get_group_symbol

from glm_playground.ui.compare.points import Point
from glm_playground.ui.shared.i18n import locale
from glm_playground.ui.shared.plain_values import plain

Plot = alt.LayerChart | alt.FacetChart

_BAR_HEIGHT = 20
_POINT_HEIGHT = 26
# The height of a chart is that of its axis and legend too.
_AXIS_HEIGHT = 60
_LEGEND_HEIGHT = 30
_MODEL, _SERIES, _VALUE, _TEXT = "model", "series", "value", "text"


def scatter(drawn: Sequence[Point], best: Sequence[Point]) -> Plot:
    """A point a model by its first and second figure, named beside it; a line joins the best, which are filled."""
    first, second = (figure.series for figure in drawn[0].figures)
    frame = pd.DataFrame(
        [
            {
                _MODEL: point.card.name,
                "x": point.figures[0].number,
                "y": point.figures[1].number,
                "first": plain(point.figures[0].fact),
                "second": plain(point.figures[1].fact),
                "best": point in best,
            }
            for point in drawn
        ]
    )
    base = alt.Chart(frame).encode(
        x=alt.X("x:Q", title=first, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6)),
        y=alt.Y("y:Q", title=second, scale=alt.Scale(zero=False, padding=20)),
    )
    line = base.transform_filter("datum.best").mark_line(color=_pale(), strokeDash=[4, 3], interpolate="step-after")
    marks = base.mark_point(size=90, opacity=1, color=_dark()).encode(
        tooltip=[_tip(_MODEL), _tip("first", first), _tip("second", second)],
        fill=alt.condition("datum.best", alt.value(_dark()), alt.value("transparent")),
    )
    names = base.mark_text(align="left", dx=9, dy=-6, color=_text()).encode(text=f"{_MODEL}:N")
    return _localised(alt.layer(line, marks, names).properties(height=330))


def bars(drawn: Sequence[Point], axis: str) -> Plot:
    """A group of bars a model, a bar a figure, with its text at the end; what is unknown has no bar."""
    series = [figure.series for figure in drawn[0].figures]
    frame = pd.DataFrame(
        [
            {_MODEL: point.card.name, _SERIES: figure.series, _VALUE: figure.number, _TEXT: plain(figure.fact)}
            for point in drawn
            for figure in point.figures
            if figure.number is not None
        ]
    )
    order = [point.card.name for point in drawn]
    base = alt.Chart(frame).encode(
        x=alt.X(f"{_VALUE}:Q", title=axis, scale=alt.Scale(zero=True), axis=alt.Axis(format="~s", tickCount=6)),
        y=alt.Y(f"{_MODEL}:N", title=None, sort=order, axis=alt.Axis(labelLimit=140)),
        yOffset=alt.YOffset(f"{_SERIES}:N", sort=series),
    )
    several = len(series) > 1
    colours = alt.Color(
        f"{_SERIES}:N",
        sort=series,
        title=None,
        scale=alt.Scale(domain=series, range=[_dark(), _pale()][: len(series)]),
        legend=alt.Legend(orient="top") if several else None,
    )
    tips = [_tip(_MODEL), _tip(_SERIES), _tip(_TEXT)]
    marks = base.mark_bar().encode(color=colours, tooltip=tips)
    texts = base.mark_text(align="left", dx=4, color=_text()).encode(text=f"{_TEXT}:N")
    height = len(drawn) * len(series) * _BAR_HEIGHT + _AXIS_HEIGHT + (_LEGEND_HEIGHT if several else 0)
    return _localised(alt.layer(marks, texts).properties(height=height))


def timeline(drawn: Sequence[Point]) -> Plot:
    """A point a model at its first figure, a date, one below the other from the oldest."""
    frame = pd.DataFrame(
        [
            {_MODEL: point.card.name, _VALUE: pd.Timestamp(day), _TEXT: plain(point.figures[0].fact)}
            for point in drawn
            if (day := point.figures[0].day)
        ]
    ).sort_values(_VALUE)
    base = alt.Chart(frame).encode(
        x=alt.X(f"{_VALUE}:T", title=drawn[0].figures[0].series, axis=alt.Axis(format="%Y-%m"), scale=_with_room()),
        y=alt.Y(f"{_MODEL}:N", title=None, sort=list(frame[_MODEL])),
    )
    marks = base.mark_point(size=90, filled=True, opacity=1, color=_dark(), shape="diamond").encode(
        tooltip=[_tip(_MODEL), _tip(_TEXT)]
    )
    texts = base.mark_text(align="left", dx=10, color=_text()).encode(text=f"{_TEXT}:N")
    return _localised(alt.layer(marks, texts).properties(height=len(frame) * _POINT_HEIGHT + _AXIS_HEIGHT))


def _with_room() -> alt.Scale:
    """Room at the end of an axis of dates for the last one's text."""
    return alt.Scale(padding=70)


def _tip(field: str, title: str = " ") -> alt.Tooltip:
    """A line of what hovering shows; fields have plain names, since a dot in one would be a path into the data."""
    return alt.Tooltip(field, type="nominal", title=title)


def _localised(chart: Plot) -> Plot:
    """The chart with the separators of the session's language on its axes."""
    here = locale()
    form = alt.NumberLocale(
        decimal=get_decimal_symbol(here), thousands=get_group_symbol(here), grouping=[3], currency=["$", ""]
    )
    localised: Plot = chart.configure(locale=alt.Locale(number=form))
    return localised


def _is_dark() -> bool:
    return st.context.theme.type == "dark"


def _dark() -> str:
    """The first colour: it keeps 3:1 against the page and is told from the second by lightness."""
    return "#7db0ff" if _is_dark() else "#0b57d0"


def _pale() -> str:
    return "#6f7a89" if _is_dark() else "#8a94a3"


def _text() -> str:
    return "#e6e9ee" if _is_dark() else "#1b1f24"
