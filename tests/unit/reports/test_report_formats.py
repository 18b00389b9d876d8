"""Reports as HTML, Markdown, Word documents and slides, opened again: all that is in one is where it belongs."""

import io
import re
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from time import process_time
from xml.etree import ElementTree

import docx
import pptx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import Setup
from glm_playground.gateway import ChatRequest, Message
from glm_playground.reports.charts import Dot, DotChart
from glm_playground.reports.conversation_report import Published, conversation_report
from glm_playground.reports.report import Cover, Paper, Report
from glm_playground.reports.report_html import to_html
from glm_playground.reports.report_markdown import to_markdown
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.slides import to_pptx
from glm_playground.reports.stored_lanes import lanes_of
from glm_playground.reports.transcript import TranscriptLane
from glm_playground.reports.transcript_words import Words
from glm_playground.reports.word import to_docx
from glm_playground.runs.cost import cost_of
from glm_playground.runs.run import Server
from tests.documents import parts_of, slides_of, text_of_docx
from tests.report_lanes import AT, PRICE, lane_of, realistic_lanes, run_of, timed_run

COVER = Cover("Which GLM?", date(2026, 3, 5), "Ana", "The pilot", "**Air**, for now.\n\n- Ask again in June.")
PLOT = DotChart(
    "Price against quality",
    "US dollars",
    "Score",
    (Dot("GLM-5.1", 2.2, 77.8, "$2.20, 77.8"), Dot("Air", 0.4, 57.6, "x")),
)
RICH = """# A heading

Text with **bold**, *italic*, ~~struck~~, `code`, $x^2$ and [a link](https://example.org/a?b=1).

- one
  - two
- [x] done

3. three

> quoted

| head | other |
|---|--:|
| cell | 12 |

```python
print("</script>")
```
"""
HOSTILE = (
    "</w:t></w:r><script>alert(1)</script>\x00\x08\x1b\ud800\ufffe\u202egnp.exe\u202c\u200b\u2028 "
    '{ HYPERLINK "http://evil.test" } <w:instrText>DDEAUTO</w:instrText> =cmd|calc &lt; ]]> <!-- {{ 7*7 }} '
    "[click](javascript:alert(1)) ![i](http://evil.test/p.png) [x](data:text/html,hi) <img src=http://evil.test/q.png> "
    "[bank.com](http://evil.test/login) <iframe> # \u05e9\u05dc\u05d5\u05dd"
)
_SIGNS = (
    *("</script>", "<!--", "]]>", "&", "<", '"', "{{ 1 }}", "[a](javascript:b)", "![a](http://evil.test)", "```", "`"),
    *("\n", "\n\n", "> ", "- ", "1. ", "| a | b |\n|-|-|\n| c | d |\n", "# a\n", "---\n", "\t", "\r", "**", "*", "~~"),
    *("\x00", "\x0b", "\x85", "\ud800", "\udfff", "\ufffe", "\u202e", "\u2066", "\u200b", "\u2028", "$x$", "\\", "a"),
)
hostile = st.lists(st.sampled_from(_SIGNS), min_size=1, max_size=12).map("".join).filter(str.strip)


def report_of(*lanes: TranscriptLane, cover: Cover = COVER, paper: Paper = Paper.A4) -> Report:
    published = Published((PLOT,), None, (("Z.ai", "https://z.ai/x"),), {"glm-4.7": "GLM-4.7"})
    return conversation_report(
        lanes,
        cover,
        ReportWords(),
        language="pt_BR",
        day_text="5 de março de 2026",
        written_at=AT,
        paper=paper,
        published=published,
    )


def everywhere(text: str) -> Report:
    """A report with `text` wherever a user, a model or a server may put one."""
    clean = text.encode("utf-8", "replace").decode()
    server = Server(text, text, stand_in=text)
    run = run_of(text, text, server, served_model=text, request_id=text)
    lane = lane_of(
        (Prompt(text, (Attachment(text, text),)), Answer(run)),
        (Prompt(text), Answer(text=text)),
        setup=Setup(model=clean[:200], system="so " + clean),
        costs={"run-1": cost_of(run, PRICE)},
    )
    return report_of(lane, cover=Cover(text, date(2026, 3, 5), text, text, text))


def rich() -> Report:
    return report_of(lane_of((Prompt("Hi"), Answer(run_of(RICH)))))


def html(report: Report) -> str:
    return to_html(report, Words())


def runs_by_text(data: bytes) -> dict[str, docx.text.run.Run]:
    document = docx.Document(io.BytesIO(data))
    return {run.text: run for paragraph in document.paragraphs for run in paragraph.runs}


# -- what is in them


@pytest.mark.parametrize(
    "written",
    [
        html,
        lambda report: to_markdown(report).replace("\\", ""),
        lambda report: text_of_docx(to_docx(report)),
        lambda report: "\n".join(text for slide in slides_of(to_pptx(report)) for text in slide),
    ],
    ids=["html", "markdown", "docx", "pptx"],
)
def test_every_format_has_cover_results_questions_and_what_was_not_tested(written: Callable[[Report], str]) -> None:
    text = written(report_of(*realistic_lanes()))
    for expected in (
        *("Which GLM?", "Ana", "5 de março de 2026", "The pilot", "Ask again in June."),
        *(
            "Results",
            "455 ms",
            "Question 1: Which integration test fails",
            "1: glm-5.1. Answer 1 of 3",
            "settled twice",
        ),
        *("What was not tested", "1 of 18 runs failed", "GLM-4.7", "https://runapi.ai/api/v1/price_schedules"),
        "https://z.ai/x",
    ):
        assert expected in text, expected


def test_the_page_asks_for_its_paper_and_says_its_charts_in_words() -> None:
    page = html(report_of(*realistic_lanes(), paper=Paper.LETTER))
    assert "@page { size: Letter; }" in page
    assert '<html lang="pt-BR">' in page
    [chart, *_rest] = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    root = ElementTree.fromstring(chart)
    assert root.attrib["role"] == "img"
    named = root.attrib["aria-labelledby"].split()
    texts = {element.attrib.get("id"): element.text for element in root.iter()}
    assert texts[named[0]] == "Time to the first token"
    assert "1: glm-5.1: 455 ms, n 9" in str(texts[named[1]])
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))
    assert "<script" not in page
    assert page == html(report_of(*realistic_lanes(), paper=Paper.LETTER))


def test_a_document_has_real_styles_and_properties() -> None:
    data = to_docx(rich())
    document = docx.Document(io.BytesIO(data))
    styles = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert {"Title", "Heading 1", "Heading 2", "Heading 3", "Heading 5", "List Bullet", "List Bullet 2"} <= styles
    assert {"Quote", "Code Lines", "List", "Caption"} <= styles
    assert all(table.style.name == "Table Grid" for table in document.tables if table.style)
    properties = document.core_properties
    assert (properties.title, properties.author, properties.language) == ("Which GLM?", "Ana", "pt-BR")
    runs = runs_by_text(data)
    assert runs["bold"].bold
    assert runs["italic"].italic
    assert runs["struck"].font.strike
    assert runs["code"].style.name == runs["$x^2$"].style.name == "Code"
    assert ["cell", "12"] in [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert "a link (https://example.org/a?b=1)" in text_of_docx(data)
    assert round(document.sections[0].page_width.cm, 1) == 21.0


def test_a_document_and_slides_have_charts_with_values_and_words() -> None:
    report = report_of(*realistic_lanes())
    parts = parts_of(to_docx(report))
    charts = [name for name in parts if name.startswith("word/charts/chart")]
    sheets = [name for name in parts if name.startswith("word/embeddings/")]
    assert len(charts) == len(sheets) == 5
    body = parts["word/document.xml"].decode()
    assert body.count('descr="') == 5
    assert "1: glm-5.1: 455 ms, n 9" in body
    slides = pptx.Presentation(io.BytesIO(to_pptx(report))).slides
    drawn = [shape for slide in slides for shape in slide.shapes if shape.has_chart]
    assert len(drawn) == 5
    assert list(drawn[0].chart.plots[0].series[0].values) == [1.345, 0.455]
    assert "1: glm-5.1: 455 ms" in drawn[0]._element.nvGraphicFramePr.cNvPr.get("descr")
    assert all(slide.shapes.title is not None and slide.shapes.title.text for slide in slides)


def test_a_question_stays_with_its_first_answer_on_paper() -> None:
    document = docx.Document(io.BytesIO(to_docx(report_of(*realistic_lanes()))))
    texts = [paragraph.text for paragraph in document.paragraphs]
    first = next(place for place, text in enumerate(texts) if text.startswith("Question 1"))
    answer = texts.index("1: glm-5.1. Answer 1 of 3")
    assert all(one.paragraph_format.keep_with_next for one in document.paragraphs[first : answer + 1])


def test_a_slide_has_no_more_than_fits_and_says_where_the_rest_is() -> None:
    long = report_of(lane_of((Prompt("Why? " * 200), Answer(run_of("A sentence of an answer. " * 900)))))
    [slide] = [slide for slide in slides_of(to_pptx(long)) if slide[0].startswith("Question 1")]
    assert sum(map(len, slide)) < 4_000
    assert sum("whole in the report" in text for text in slide) == 2
    short = slides_of(to_pptx(report_of(lane_of((Prompt("Hi"), Answer(run_of("Hello")))))))
    assert "whole in the report" not in str(short)


def test_an_answer_in_markdown_is_drawn_anew_within_a_quote() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(to_markdown(rich()))
    within = [token for token in tokens if token.level > 0]
    assert [token.tag for token in within if token.type == "heading_open"] == ["h4"]
    assert any(token.type == "table_open" for token in within)
    assert any(token.type == "fence" and "</script>" in token.content for token in within)
    assert any(token.type == "ordered_list_open" and token.attrs.get("start") == 3 for token in within)


# -- hostile text


def no_control_characters(text: str) -> bool:
    return not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\u202a-\u202e\u2066-\u2069\u200b]", text
    )


def test_a_hostile_text_is_text_in_every_format() -> None:
    report = everywhere(HOSTILE)
    page = html(report)
    assert no_control_characters(page)
    assert not re.findall(r"<(?:script|img|iframe|object|embed|link|base|form)\b", page)
    # Only the report's own source and what the answer spells as a link of the web.
    leads_to = set(re.findall(r'href="([^"]*)"', page))
    assert all(address.startswith(("https://z.ai", "http://evil.test", "#")) for address in leads_to)
    assert "src=" not in re.sub(r"&lt;.*?&gt;", "", page).replace("&lt;img src=", "")
    for data in (to_docx(report), to_pptx(report)):
        parts = parts_of(data)
        for name, part in parts.items():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(part)
            if name.endswith(".rels"):
                assert b"evil.test" not in part
                assert b'TargetMode="External"' not in part
    body = parts_of(to_docx(report))["word/document.xml"].decode()
    assert "<w:instrText" not in body
    assert "<w:hyperlink" not in body
    assert "<w:fldSimple" not in body
    assert no_control_characters(text_of_docx(to_docx(report)))
    assert "http://evil.test/login" in text_of_docx(to_docx(report))
    rendered = MarkdownIt("commonmark").enable("table").render(to_markdown(report))
    assert "<img" not in rendered
    assert "<script" not in rendered
    assert 'href="javascript:' not in rendered


def own_headings(markdown: str) -> list[tuple[str, int]]:
    """Those that a report alone may have, wherever they stand."""
    found = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [(token.tag, token.level) for token in found if token.type == "heading_open" and token.tag < "h4"]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(hostile)
@example("| a | b |\n|-|-|\n| `|` | <b> |\n")
@example("> - 1. ```\n`````")
@example("1. a\n\n```\n# b")
# What ends a line, or is taken out, only after the text was escaped, fenced and quoted.
@example("a\u2028# Owned")
@example("a\u2029> # Owned\u2029===")
@example("```\nx\u2028![p](http://evil/p.png)\n```")
@example("`\u200b``\n\n![p](http://evil/p.png)\n\n# Owned")
@example("`\u2060``\n# Owned\n`\ufeff``")
@example("!\u200b[p](http://evil/p.png)")
@example("a &#8232;# Owned &#x200b;![p](http://evil/p.png) &#x202e;")
@example("\\\u200b![p](http://evil/p.png) <\u200bimg src=http://evil/p.png>")
def test_no_text_breaks_a_document_or_changes_the_headings_of_a_markdown_report(text: str) -> None:
    report = everywhere(text)
    for data in (to_docx(report), to_pptx(report)):
        for name, part in parts_of(data).items():
            if name.endswith(".xml"):
                ElementTree.fromstring(part)
    html(report).encode()
    markdown = to_markdown(report)
    assert no_control_characters(markdown)
    assert "<img" not in MarkdownIt("commonmark").enable("table").render(markdown)
    assert own_headings(markdown) == own_headings(to_markdown(everywhere("tame")))


@pytest.mark.parametrize(
    "address",
    [
        "https://a.test/\u2028# Owned",
        "https://a.test/>![p](http://evil/p.png)",
        "https://a.test/ ![p](http://evil/p.png)",
        "https://a.test/`\u200b``",
        "script",
        "img src=http://evil/p.png",
    ],
)
def test_an_address_is_a_link_to_the_web_or_text(address: str) -> None:
    report = replace(rich(), address=address)
    rendered = MarkdownIt("commonmark").enable("table").render(to_markdown(report))
    assert not re.search(r"<img|<script", rendered)
    assert own_headings(to_markdown(report)) == own_headings(to_markdown(rich()))
    assert (f'<a href="{address[:15]}' in rendered) == address.startswith("https")


# -- many and long


def many(count: int, characters: int) -> Report:
    answer = ("A paragraph of **some** length with `code` in it, and a list.\n\n- one\n- two\n\n" * 50_000)[:characters]
    runs = []
    for number in range(count):
        request = ChatRequest(
            model=f"glm-{number % 4}", messages=(Message(role="user", content=f"Question number {number // 4}?"),)
        )
        run = timed_run(f"run-{number}", 400 + number, 3000, 100, request=request)
        run.events = run_of(answer).events
        runs.append((run, cost_of(run, PRICE)))
    return report_of(*lanes_of(runs))


@pytest.mark.slow
@pytest.mark.parametrize("characters", [2_000, 2 * 1024 * 1024], ids=["2 KB", "2 MB"])
def test_sixty_runs_take_three_seconds_a_format_and_bounded_memory(characters: int) -> None:
    # Of one processor; what is imported once a process is not counted. tracemalloc does not see lxml's own memory.
    small = many(1, 100)
    for draw in (html, to_markdown, to_docx, to_pptx):
        draw(small)
    began = process_time()
    report = many(60, characters)
    print(f"\nvalue: {process_time() - began:.2f} s")
    for name, draw in {"html": html, "markdown": to_markdown, "docx": to_docx, "pptx": to_pptx}.items():
        began = process_time()
        size = len(draw(report))
        took = process_time() - began
        tracemalloc.start()
        draw(report)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(f"{name}: {took:.2f} s, {size:,} bytes, at most {peak / 1e6:.0f} MB")
        assert took <= 3
        assert peak < 150e6
