"""The plots' drawings, in Altair: shapes and lightness tell apart what colour does, so that they print in grey."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import altair as alt
import pandas as pd  # type: ignore[import-untyped]
import streamlit as st
from babel.numbers import get_decimal_symbol, get_group_symbol

from glm_playground.ui.compare.label_places import HEIGHT, Spot, places
from glm_playground.ui.compare.points import Point, family
from glm_playground.ui.shared.facts.plain_values import plain
from glm_playground.ui.shared.i18n import locale

Plot = alt.LayerChart | alt.FacetChart

_BAR_HEIGHT = 20
_POINT_HEIGHT = 26
# The height of a chart is that of its axis and legend too.
_AXIS_HEIGHT = 60
_LEGEND_HEIGHT = 30
_AROUND = 125
"""Pixels of a plot of points above and below its inside."""
_MODEL, _FAMILY, _SERIES, _VALUE, _TEXT = "model", "family", "series", "value", "text"
_ROOM = 0.12
"""Of what the points span, on each side."""


def scatter(drawn: Sequence[Point], best: Sequence[Point]) -> Plot:
    """A point a model by its first and second figure, named beside it; a line joins the best, which are filled."""
    first, second = (figure.series for figure in drawn[0].figures)
    across = _Span.of([point.figures[0].number or 0.0 for point in drawn], from_zero=True)
    up = _Span.of([point.figures[1].number or 0.0 for point in drawn], from_zero=False)
    spots = [
        Spot(point.card.name, across.share(point.figures[0].number or 0.0), up.share(point.figures[1].number or 0.0))
        for point in drawn
    ]
    rows = [
        {
            _MODEL: point.card.name,
            _FAMILY: family(point.card),
            "x": point.figures[0].number,
            "y": point.figures[1].number,
            "label_y": (point.figures[1].number or 0.0) + place.rise / HEIGHT * up.size,
            "right": place.right,
            "first": plain(point.figures[0].fact),
            "second": plain(point.figures[1].fact),
            "best": point in best,
        }
        for point, place in zip(drawn, places(spots), strict=True)
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title=first, scale=across.scale(), axis=alt.Axis(tickCount=6)),
        y=alt.Y("y:Q", title=second, scale=up.scale()),
    )
    line = base.transform_filter("datum.best").mark_line(color=_pale(), strokeDash=[4, 3], interpolate="step-after")
    families = list(dict.fromkeys(family(point.card) for point in drawn))
    marks = base.mark_point(size=90, opacity=1).encode(
        tooltip=[_tip(_MODEL), _tip("first", first), _tip("second", second)],
        stroke=_by_family(families, alt.Stroke),
        shape=alt.Shape(f"{_FAMILY}:N", title=None, scale=alt.Scale(domain=families, range=_shapes(families))),
        fill=alt.condition("datum.best", _by_family(families, alt.Fill), alt.value("transparent")),
    )
    names = [
        base.transform_filter(f"datum.right == {str(right).lower()}")
        .mark_text(align="left" if right else "right", dx=9 if right else -9, **look)
        .encode(y=alt.Y("label_y:Q"), text=f"{_MODEL}:N")
        for look in ({"stroke": _page(), "strokeWidth": 4}, {"color": _text()})
        for right in (True, False)
    ]
    return _localised(alt.layer(line, marks, *names).properties(height=HEIGHT + _AROUND))


class _Span(NamedTuple):
    """The part of an axis that is drawn, with room around the points."""

    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float], *, from_zero: bool) -> "_Span":
        least, most = (min(0.0, *values) if from_zero else min(values)), max(values)
        room = (most - least or abs(most) or 1.0) * _ROOM
        return cls(least if from_zero else least - room, most + room)

    @property
    def size(self) -> float:
        return self.most - self.least

    def share(self, value: float) -> float:
        return (value - self.least) / self.size

    def scale(self) -> alt.Scale:
        return alt.Scale(domain=[self.least, self.most], nice=False)


def bars(drawn: Sequence[Point], axis: str) -> Plot:
    """A group of bars a model, a bar a figure, with its text at the end; what is unknown has no bar."""
    series = [figure.series for figure in drawn[0].figures]
    frame = pd.DataFrame(
        [
            {
                _MODEL: point.card.name,
                _FAMILY: family(point.card),
                _SERIES: figure.series,
                _VALUE: figure.number,
                _TEXT: plain(figure.fact),
            }
            for point in drawn
            for figure in point.figures
            if figure.number is not None
        ]
    )
    order = [point.card.name for point in drawn]
    base = alt.Chart(frame).encode(
        x=alt.X(
            f"{_VALUE}:Q",
            title=axis,
            # The text at the end of the longest bar needs room too.
            scale=alt.Scale(domain=[min(0.0, frame[_VALUE].min()), frame[_VALUE].max() * 1.3 or 1.0], nice=False),
            axis=alt.Axis(format="~s", tickCount=6),
        ),
        y=alt.Y(f"{_MODEL}:N", title=None, sort=order, axis=alt.Axis(labelLimit=140)),
        yOffset=alt.YOffset(f"{_SERIES}:N", sort=series),
    )
    several = len(series) > 1
    colours = (
        alt.Color(
            f"{_SERIES}:N",
            sort=series,
            title=None,
            scale=alt.Scale(domain=series, range=[_dark(), _pale()][: len(series)]),
            legend=alt.Legend(orient="top"),
        )
        if several
        else _by_family(list(dict.fromkeys(frame[_FAMILY])), alt.Color)
    )
    tips = [_tip(_MODEL), _tip(_SERIES), _tip(_TEXT)]
    marks = base.mark_bar().encode(color=colours, tooltip=tips)
    texts = base.mark_text(align="left", dx=4, color=_text()).encode(text=f"{_TEXT}:N")
    height = len(drawn) * len(series) * _BAR_HEIGHT + _AXIS_HEIGHT + (_LEGEND_HEIGHT)
    return _localised(alt.layer(marks, texts).properties(height=height))


def timeline(drawn: Sequence[Point]) -> Plot:
    """A point a model at its first figure, a date, one below the other from the oldest."""
    frame = pd.DataFrame(
        [
            {
                _MODEL: point.card.name,
                _FAMILY: family(point.card),
                _VALUE: pd.Timestamp(day),
                _TEXT: plain(point.figures[0].fact),
            }
            for point in drawn
            if (day := point.figures[0].day)
        ]
    ).sort_values(_VALUE)
    base = alt.Chart(frame).encode(
        x=alt.X(f"{_VALUE}:T", title=drawn[0].figures[0].series, axis=alt.Axis(format="%Y-%m"), scale=_with_room()),
        y=alt.Y(f"{_MODEL}:N", title=None, sort=list(frame[_MODEL])),
    )
    families = list(dict.fromkeys(frame[_FAMILY]))
    marks = base.mark_point(size=90, filled=True, opacity=1).encode(
        tooltip=[_tip(_MODEL), _tip(_TEXT)],
        color=_by_family(families, alt.Color),
        shape=alt.Shape(f"{_FAMILY}:N", title=None, scale=alt.Scale(domain=families, range=_shapes(families))),
    )
    texts = base.mark_text(align="left", dx=10, color=_text()).encode(text=f"{_TEXT}:N")
    return _localised(
        alt.layer(marks, texts).properties(height=len(frame) * _POINT_HEIGHT + _AXIS_HEIGHT + _LEGEND_HEIGHT)
    )


_Channel = TypeVar("_Channel", alt.Color, alt.Fill, alt.Stroke)


def _by_family(families: Sequence[str], channel: type[_Channel]) -> _Channel:
    """The family in its colour, told in a legend above the plot where there are several."""
    return channel(
        f"{_FAMILY}:N",
        title=None,
        scale=alt.Scale(domain=list(families), range=[_colour(name) for name in families]),
        legend=alt.Legend(orient="top") if len(families) > 1 else None,
    )


def _colour(name: str) -> str:
    return {"GLM-5": _dark(), "GLM-4": "#5cc9a7" if _is_dark() else "#0f766e"}.get(name, _pale())


def _shapes(families: Sequence[str]) -> list[str]:
    return [{"GLM-5": "circle", "GLM-4": "square"}.get(name, "diamond") for name in families]


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


def _page() -> str:
    """The page's own colour, around names that a line crosses."""
    return "#12151a" if _is_dark() else "#ffffff"


def _text() -> str:
    return "#e6e9ee" if _is_dark() else "#1b1f24"
