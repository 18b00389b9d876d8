"""Charts as SVG within a page: no script, no font of its own, the same for the same values.

Colours are for white paper; `report.css.jinja` changes them on a dark screen.
"""

from markupsafe import Markup, escape

from glm_playground.reports.charts import Bar, BarChart, DotChart, largest, ticks
from glm_playground.reports.figure_text import number_text
from glm_playground.reports.shown_text import on_one_line
from glm_playground.reports.transcript_words import Words

WIDTH = 680
INK, MUTED, LINE, FILL = "#12161b", "#4a5361", "#d5dae1", "#2f6690"
_NAMES, _RIGHT, _ROW, _TOP = 210, 130, 34, 8
_NAME_CHARACTERS = 32
_LETTER = 6.8
"""How wide a letter is, about."""
_DOT_HEIGHT, _DOT_LEFT, _DOT_BOTTOM = 300, 64, 46


def chart_svg(chart: BarChart | DotChart, words: Words, number: int) -> Markup:
    """The chart as an element; `number` tells its ids from those of other charts on the page."""
    drawn, height = _bars(chart, words) if isinstance(chart, BarChart) else _dots(chart, words)
    title, description = f"chart-{number}-title", f"chart-{number}-text"
    # All that came from elsewhere is escaped where it was put in.
    return Markup(  # noqa: S704
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_n(height)}" role="img" '
        f'aria-labelledby="{title} {description}" font-family="system-ui, sans-serif" font-size="12">'
        f'<title id="{title}">{escape(chart.title)}</title>'
        f'<desc id="{description}">{escape(on_one_line(chart.alternative))}</desc>'
        f'<rect width="{WIDTH}" height="{_n(height)}" fill="#ffffff"/>{"".join(drawn)}</svg>'
    )


def _bars(chart: BarChart, words: Words) -> tuple[list[str], float]:
    marks = ticks(0, largest(chart.bars))
    scale = (WIDTH - _NAMES - _RIGHT) / (marks[-1] or 1)
    bottom = _TOP + _ROW * len(chart.bars)
    drawn = []
    for mark in marks:
        x = _NAMES + mark * scale
        drawn.append(f'<path d="M{_n(x)} {_TOP}V{bottom}" stroke="{LINE}"/>')
        drawn.append(_tick_text(x, bottom + 16, _tick(mark, marks, words)))
    for place, bar in enumerate(chart.bars):
        drawn += _bar(bar, _TOP + _ROW * place, scale)
    # A long one begins further to the left, so that its end is on the page.
    left = max(min(_NAMES, WIDTH - 8 - len(chart.axis) * _LETTER), 8)
    drawn.append(_text(left, bottom + 34, chart.axis, MUTED))
    return drawn, bottom + 42


def _bar(bar: Bar, top: float, scale: float) -> list[str]:
    middle, width = top + _ROW / 2, max(bar.value * scale, 1)
    drawn = [
        _text(_NAMES - 8, middle + 4, on_one_line(bar.name, _NAME_CHARACTERS), INK, "end"),
        f'<rect x="{_NAMES}" y="{_n(middle - 9)}" width="{_n(width)}" height="18" fill="{FILL}"/>',
    ]
    end = width
    if bar.least is not None and bar.most is not None:
        least, most = _NAMES + bar.least * scale, _NAMES + bar.most * scale
        end = max(end, bar.most * scale)
        path = f"M{_n(least)} {_n(middle)}H{_n(most)}M{_n(least)} {_n(middle - 5)}v10M{_n(most)} {_n(middle - 5)}v10"
        drawn.append(f'<path d="{path}" stroke="#ffffff" stroke-width="4" fill="none"/>')
        drawn.append(f'<path d="{path}" stroke="{INK}" stroke-width="1.5" fill="none"/>')
    drawn.append(_text(_NAMES + end + 9, middle + 4, bar.text, INK))
    return drawn


def _dots(chart: DotChart, words: Words) -> tuple[list[str], float]:
    across = ticks(0, max(dot.x for dot in chart.dots))
    up = ticks(min(dot.y for dot in chart.dots), max(dot.y for dot in chart.dots))
    right, bottom, top = WIDTH - 24, _DOT_HEIGHT - _DOT_BOTTOM, 28
    wide = (right - _DOT_LEFT) / ((across[-1] - across[0]) or 1)
    high = (bottom - top) / ((up[-1] - up[0]) or 1)
    drawn = [_text(8, 14, chart.y_axis, MUTED)]
    for mark in across:
        x = _DOT_LEFT + (mark - across[0]) * wide
        drawn.append(f'<path d="M{_n(x)} {top}V{bottom}" stroke="{LINE}"/>')
        drawn.append(_tick_text(x, bottom + 16, _tick(mark, across, words)))
    for mark in up:
        y = bottom - (mark - up[0]) * high
        drawn.append(f'<path d="M{_DOT_LEFT} {_n(y)}H{right}" stroke="{LINE}"/>')
        drawn.append(_text(_DOT_LEFT - 8, y + 4, _tick(mark, up, words), MUTED, "end"))
    taken: list[tuple[float, float, float]] = []
    for dot in chart.dots:
        x, y = _DOT_LEFT + (dot.x - across[0]) * wide, bottom - (dot.y - up[0]) * high
        drawn.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="5" fill="{FILL}" stroke="#ffffff"/>')
        name, level = on_one_line(dot.name, _NAME_CHARACTERS), y - 8
        long = len(name) * _LETTER
        anchor, begins = ("end", x - long) if x + long > WIDTH - 4 else ("start", x)
        ends = begins + long
        # Names that would cover one another stand one above the other.
        while any(abs(level - other) < 13 and begins < upto and left < ends for left, upto, other in taken):
            level -= 13
        taken.append((begins, ends, level))
        drawn.append(_text(x, level, name, INK, anchor))
    drawn.append(_text(_DOT_LEFT, _DOT_HEIGHT - 10, chart.x_axis, MUTED))
    return drawn, _DOT_HEIGHT


def _tick_text(x: float, y: float, text: str) -> str:
    """Under its mark, and whole: the last one of an axis may stand close to the edge."""
    return _text(min(x, WIDTH - 4 - len(text) * _LETTER / 2), y, text, MUTED, "middle")


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" fill="{colour}" text-anchor="{anchor}">{escape(on_one_line(text))}</text>'


def _tick(value: float, marks: tuple[float, ...], words: Words) -> str:
    """The value with as many decimals as tell the marks apart."""
    step = marks[1] - marks[0] if len(marks) > 1 else 1
    digits = 0
    while digits < 8 and abs(round(step, digits) - step) > 1e-9:
        digits += 1
    return number_text(value, words, digits)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
