"""Charts as office programs have them: drawn by the program that opens the file, with their values to edit.

python-pptx writes them for slides; in a Word document the same XML stands in a part of its own.
"""

from collections.abc import Sequence
from typing import Any

from lxml import etree
from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE
from pptx.oxml import parse_xml
from pptx.util import Pt

from glm_playground.reports.charts import Bar, BarChart, DotChart, largest, ticks
from glm_playground.reports.shown_text import on_one_line

FILL, INK, LINE = RGBColor(0x2F, 0x66, 0x90), RGBColor(0x12, 0x16, 0x1B), RGBColor(0xD5, 0xDA, 0xE1)
_NAME_CHARACTERS = 60
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def chart_type(chart: BarChart | DotChart) -> XL_CHART_TYPE:
    """What office programs call a chart of this kind."""
    return XL_CHART_TYPE.BAR_CLUSTERED if isinstance(chart, BarChart) else XL_CHART_TYPE.XY_SCATTER


def chart_data(chart: BarChart | DotChart) -> CategoryChartData | XyChartData:
    """The chart's values; its sheet, too, holds them as numbers."""
    if isinstance(chart, BarChart):
        data = CategoryChartData()
        bars = _upwards(chart)
        data.categories = [f"{on_one_line(bar.name, _NAME_CHARACTERS)} ({on_one_line(bar.text)})" for bar in bars]
        data.add_series(on_one_line(chart.axis), [bar.value for bar in bars])
        return data
    dots = XyChartData()
    for dot in chart.dots:
        dots.add_series(on_one_line(dot.name, _NAME_CHARACTERS)).add_data_point(dot.x, dot.y)
    return dots


def style_chart(drawn: Chart, chart: BarChart | DotChart, points: float) -> None:
    """Gives a chart its colours, the names of its axes, and letters of that size."""
    drawn.has_legend = False
    drawn.has_title = False
    drawn.font.size = Pt(points)
    drawn.font.name = "Calibri"
    drawn.font.color.rgb = INK
    drawn.value_axis.major_gridlines.format.line.color.rgb = LINE
    if isinstance(chart, BarChart):
        _name(drawn.value_axis, chart.axis, points)
        plot = drawn.plots[0]
        plot.gap_width = 60
        series = plot.series[0]
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = FILL
        drawn.value_axis.minimum_scale = 0
        # Office programs end the axis by the bars alone, which may cut the lines over them.
        drawn.value_axis.maximum_scale = ticks(0, largest(chart.bars))[-1]
        _add_spread(series, _upwards(chart))
        return
    _name(drawn.category_axis, chart.x_axis, points)
    _name(drawn.value_axis, chart.y_axis, points)
    drawn.category_axis.minimum_scale = 0
    above = _stand_above(chart)
    for series, is_above in zip(drawn.plots[0].series, above, strict=True):
        series.format.line.fill.background()
        series.marker.style = XL_MARKER_STYLE.CIRCLE
        series.marker.size = 9
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = FILL
        label = series.points[0].data_label
        label.has_text_frame = True
        label.text_frame.text = series.name
        label.position = XL_LABEL_POSITION.ABOVE if is_above else XL_LABEL_POSITION.BELOW


def chart_xml(chart: BarChart | DotChart, points: float) -> Any:
    """The chart's XML with its style, as an element."""
    data: Any = chart_data(chart)
    space = parse_xml(data.xml_bytes(chart_type(chart)))
    style_chart(Chart(space, None), chart, points)
    return space


def workbook(chart: BarChart | DotChart) -> bytes:
    """The sheet behind the chart."""
    return bytes(chart_data(chart)._workbook_writer.xlsx_blob)


def _upwards(chart: BarChart) -> Sequence[Bar]:
    """The bars as office programs take them, the lowest first."""
    return chart.bars[::-1]


def _stand_above(chart: DotChart) -> list[bool]:
    """Whether the name of each dot stands above it: of two that lie close, the lower has its name below."""
    wide = max(dot.x for dot in chart.dots) or 1
    high = (max(dot.y for dot in chart.dots) - min(dot.y for dot in chart.dots)) or 1
    return [
        not any(
            abs(dot.x - other.x) < wide / 6 and 0 <= other.y - dot.y < high / 8 for other in chart.dots if other != dot
        )
        for dot in chart.dots
    ]


def _name(axis: Any, name: str, points: float) -> None:
    axis.has_title = True
    frame = axis.axis_title.text_frame
    frame.text = on_one_line(name)
    font = frame.paragraphs[0].runs[0].font
    font.size, font.bold = Pt(points), False


def _add_spread(series: Any, bars: Sequence[Bar]) -> None:
    """Draws a line from the least to the most of each bar; python-pptx has no call for it."""
    if all(bar.least is None for bar in bars):
        return
    above = [(bar.most - bar.value) if bar.most is not None else 0 for bar in bars]
    below = [(bar.value - bar.least) if bar.least is not None else 0 for bar in bars]
    spread = etree.fromstring(
        f'<c:errBars xmlns:c="{_C}" xmlns:a="{_A}"><c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/><c:plus>{_values(above)}</c:plus><c:minus>{_values(below)}</c:minus>'
        '<c:spPr><a:ln w="15875"><a:solidFill><a:srgbClr val="12161B"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    element = series._element
    element.find(f"{{{_C}}}cat").addprevious(spread)


def _values(values: Sequence[float]) -> str:
    points = "".join(f'<c:pt idx="{place}"><c:v>{value:.9g}</c:v></c:pt>' for place, value in enumerate(values))
    return f'<c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}</c:numLit>'
