"""Which answers hold a page that can be shown."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.whole_pages import has_scripts, whole_pages

HTML = "<!DOCTYPE html>\n<html><body>a</body></html>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'


@pytest.mark.parametrize(
    "page",
    [
        HTML,
        SVG,
        "<html lang=en><p>a</html>\n",
        f'<?xml version="1.0"?>\n<!-- a drawing -->\n{SVG}',
        f'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "a">{SVG}',
        f"\ufeff  {HTML}",
        HTML.upper(),
    ],
)
def test_a_whole_page_is_one_by_itself_and_in_a_fence(page: str) -> None:
    assert whole_pages(page) == (page,)
    fenced = f"Here:\n\n```html\n{page.rstrip()}\n```\n- in a list:\n\n  ~~~\n  {SVG}\n  ~~~\n"
    assert [found.strip() for found in whole_pages(fenced)] == [page.strip(), SVG]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Use `<html>` and </html>",
        "```html\n<div>a</div>\n```",
        f"```html\n{HTML[:-7]}\n```",
        f"The page is:\n{HTML}",
        "<svgx></svgx>",
        "```python\nprint('<html></html>')\n```",
        SVG + "x" * bounds.DRAWN_CHARACTERS,
    ],
)
def test_a_part_of_a_page_or_a_word_about_one_is_none(text: str) -> None:
    assert whole_pages(text) == ()


@pytest.mark.parametrize(
    "sign", ["<!--" * 100_000, "<!---" * 100_000, "<?xml" * 100_000, "<!doctype a" * 50_000, "`" * 500_000, "> " * 9000]
)
def test_a_hostile_beginning_costs_little(sign: str) -> None:
    began = time.process_time()
    whole_pages(f"<html>{sign}")
    whole_pages(f"{sign}<html></html>")
    whole_pages(f"```\n{sign}<html></html>\n```")
    assert time.process_time() - began < 5


@given(st.text(alphabet="<>!-?/htmlsvgdocype `\n=onx\"'"))
def test_what_is_found_is_in_the_text(text: str) -> None:
    for page in whole_pages(text):
        assert page.replace("\n", "").replace(" ", "") in text.replace("\n", "").replace(" ", "")


def test_scripts_are_noticed() -> None:
    assert has_scripts("<script>a()</script>")
    assert has_scripts('<p onclick="a()">')
    assert has_scripts("<a href='javascript:a()'>")
    assert not has_scripts(HTML)
