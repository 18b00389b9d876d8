"""Charts as SVG: every word is whole and covers no other, and a dark screen has a colour for each of theirs."""

import re
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from glm_playground import reports
from glm_playground.reports.chart_svg import INK, WIDTH, chart_svg
from glm_playground.reports.charts import Bar, BarChart, Dot, DotChart
from glm_playground.reports.transcript_words import Words

LETTER = 6.0
"""How wide one is in most fonts, at least."""
PRICES = st.integers(0, 10**6).map(lambda price: price / 100) | st.floats(1e-7, 1e-4)
SCORES = st.integers(0, 1000).map(lambda score: score / 10)
NAMES = st.sampled_from(["GLM-5.1", "1: glm-5.1 (stand-in, not GLM)", "glm-4.5-air at Sandbox, max_tokens=1000"])


class Word(NamedTuple):
    """Where a text stands."""

    left: float
    right: float
    y: float
    colour: str
    text: str


def words_of(chart: BarChart | DotChart) -> list[Word]:
    root = ElementTree.fromstring(str(chart_svg(chart, Words(), 1)))
    found = []
    for one in root.iter("{http://www.w3.org/2000/svg}text"):
        text, x = one.text or "", float(one.attrib["x"])
        left = x - len(text) * LETTER * {"start": 0, "middle": 0.5, "end": 1}[one.attrib["text-anchor"]]
        found.append(Word(left, left + len(text) * LETTER, float(one.attrib["y"]), one.attrib["fill"], text))
    return found


@given(st.lists(st.builds(Dot, NAMES, PRICES, SCORES, st.just("")), min_size=1, max_size=6))
def test_names_of_dots_cover_no_other_and_all_is_within_the_picture(dots: list[Dot]) -> None:
    found = words_of(DotChart("Price", "US$", "Score", tuple(dots)))
    assert [word for word in found if word.left < 0 or word.right > WIDTH] == []
    names = [word for word in found if word.colour == INK]
    assert len(names) == len(dots)
    for one, other in combinations(names, 2):
        assert abs(one.y - other.y) > 12 or one.right <= other.left or other.right <= one.left


def test_a_dark_screen_has_a_colour_for_each() -> None:
    bars = BarChart("Time", "Seconds", (Bar("a", 2, "2 s", 1, 3), Bar("b", 0, "0 s")))
    dots = DotChart("Price", "US$", "Score", (Dot("a", 1, 2, ""),))
    drawn = f"{chart_svg(bars, Words(), 1)}{chart_svg(dots, Words(), 2)}"
    style = (Path(reports.__file__).parent / "report.css.jinja").read_text()
    assert set(re.findall(r'(?:fill|stroke)="#\w+"', drawn)) == set(re.findall(r'\[((?:fill|stroke)="#\w+")\]', style))
