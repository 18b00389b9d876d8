"""Our own Markdown as HTML: what strangers' words in it are escaped to stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.ui.shared.page.own_html import own_html
from glm_playground.ui.shared.text.answer_markdown import literal
from tests.app.drawn_text import read_back


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (":small[a **b**]", '<p><span class="small">a <strong>b</strong></span></p>\n'),
        (":small[:gray-badge[a] b]", '<p><span class="small"><span class="gray badge">a</span> b</span></p>\n'),
        ("a :color[]b", "<p>a b</p>\n"),
        (r"\:red[a] 12:30 [", "<p>:red[a] 12:30 [</p>\n"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>\n"),
        ("[a](javascript:b)", "<p>[a](javascript:b)</p>\n"),
        ("[a](<https://b.c>)", '<p><a href="https://b.c" target="_blank" rel="noopener noreferrer">a</a></p>\n'),
    ],
)
def test_what_it_reads(text: str, html: str) -> None:
    assert own_html(text) == html


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_escaped_words_are_text_inside_a_style_and_a_cell(words: str) -> None:
    assert read_back(own_html(f":small[{literal(words)}]")) == f":small[{words}]"
    assert f"| {words} |" in read_back(own_html(f"| a |\n|---|\n| {literal(words)} |"))
