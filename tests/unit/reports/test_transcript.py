"""Transcripts: what is on the screen and nothing else, and no text that gets out of its place."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer, Turn
from glm_playground.chat.folders import PathFile
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.setup import Setup
from glm_playground.gateway import Event, EventKind, Parameters, ToolCall, Usage
from glm_playground.reports.sections import VoteShown
from glm_playground.reports.transcript import TranscriptLane, to_html, to_markdown
from glm_playground.reports.transcript_json import to_json
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import Cost, CostState, Price, TokenClass, cost_of
from glm_playground.runs.run import Outcome, RunError, Server
from glm_playground.runs.run_json import cost_from_json
from tests.pictures import picture, url_of
from tests.report_lanes import AT, MILLISECOND, PRICE, lane_of, run_of

WORDS = Words()
VOID = {"img", "hr", "meta", "br"}


def asked(content: str, **fields: object) -> TranscriptLane:
    return lane_of((Prompt("Hi"), Answer(run_of(content, **fields))))  # type: ignore[arg-type]


def in_every_place(text: str, answer: str | None = None) -> TranscriptLane:
    """A lane of three turns where `text` stands wherever a user, a model or a server may put one.

    Args:
        text: hostile.
        answer: what the models answered, where that is something else.
    """
    answer = text if answer is None else answer
    call = ToolCall(id=text, name=text, arguments=text)
    piece = json.dumps([{"id": text, "function": {"name": text, "arguments": text}}])
    error = RunError("ServerFault", text, status=500, code=text)
    ids = {"finish_reason": text, "request_id": text, "task_id": text}
    ids |= {"served_model": text, "served_by": text}
    run = run_of(answer, "so " + text, Server(text, text, stand_in=text), error=error, **ids)
    other = run_of(answer, server=Server(text, text), id="run-2", served_by=text)
    run.events.append(Event(3 * MILLISECOND, EventKind.TOOL_CALLS, piece))
    clean = text.encode("utf-8", "replace").decode()
    price = Price({TokenClass.INPUT: Decimal(1)}, text, AT.date())
    cost = Cost(CostState.ESTIMATED, Decimal("0.01"), price=price)
    return lane_of(
        (Prompt(text, (Attachment(text, text),)), Answer(run)),
        (Prompt(text), Answer(other)),
        (Prompt(results=(ToolResult(call, text),)), Answer(text=answer)),
        setup=Setup(model=clean[:200], system="so " + clean, parameters=Parameters(extra={"stop": text})),
        costs={"run-1": cost, "run-2": cost},
    )


class Page(HTMLParser):
    """Elements in order, and each text with the elements it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[list[tuple[str, dict[str, str | None]]], str]] = []
        self.answers: set[str] = set()
        """Elements within answers, which are Markdown."""
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if any(opened.get("class") == "markdown" for _tag, opened in self._open):
            self.answers.add(tag)
        else:
            self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((list(self._open), data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def tags(self) -> list[str]:
        return [tag for tag, _attrs in self.elements]

    def passages(self) -> list[str]:
        return [text for opened, text in self.texts if opened and opened[-1][1].get("class") == "text"]


def html_of(*lanes: TranscriptLane, language: str = "en", votes: Sequence[VoteShown] = ()) -> str:
    return to_html(lanes, WORDS, exported_at=AT, language=language, votes=votes)


def markdown_of(*lanes: TranscriptLane, votes: Sequence[VoteShown] = ()) -> str:
    return to_markdown(lanes, WORDS, exported_at=AT, votes=votes)


def vote_of(text: str) -> VoteShown:
    return VoteShown(1, (text, text), text)


def structure(markdown: str) -> list[str]:
    return [token.type + token.tag for token in MarkdownIt("commonmark").enable("table").parse(markdown)]


def fences(markdown: str) -> list[str]:
    return [token.content for token in MarkdownIt("commonmark").parse(markdown) if token.type == "fence"]


_SIGNS = (
    *("</pre>", "</div>", "<script>alert(1)</script>", "<!--", "-->", "<![CDATA[", "</title>", "&lt;", "&", "<", '"'),
    *("{{ 7*7 }}", "{% raw %}", "{#", "{model}", "`", "``", "```", "````\n", "~~~", "# a\n", "a\n---\n", "\n\n", "\n"),
    *("> ", "- ", "1. ", "    ", "\t", "\r", "\r\n", "[r]: http://evil.test\n", "![a](http://evil.test)", "|-|\n"),
    *("\u202e", "\u2066", "\u200f", "\u2028", "\u0085", "\x0b", "\x0c", "\ud800", "\udc00", "a", "**", "*", "_", "\\"),
)
OF_ANSWERS = {"p", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "hr", "br", "a"} | {
    *("table", "thead", "tbody", "tr", "th", "td"),
}
hostile = st.lists(st.sampled_from(_SIGNS), min_size=1, max_size=10).map("".join).filter(str.strip)


@settings(max_examples=60)
@given(hostile)
@example("```\n`````\n# a\n</pre><script>alert(1)</script>{{ 7*7 }}\ud800")
def test_no_text_changes_the_structure_of_a_page_or_leaves_its_direction_isolate(text: str) -> None:
    html = html_of(in_every_place(text), votes=[vote_of(text)])
    html.encode()
    page, plain = Page(html), Page(html_of(in_every_place("tame"), votes=[vote_of("tame")]))
    assert page.elements == plain.elements
    assert page.answers <= OF_ANSWERS
    held = [opened for opened, told in plain.texts if "tame" in told and opened[-1][0] != "title"]
    assert held
    assert all(any(attrs.get("dir") == "auto" for _tag, attrs in opened) for opened in held)


@settings(max_examples=60)
@given(hostile)
@example("```\n`````\n# a\n</pre><script>alert(1)</script>\ud800")
@example("\u202e")
@example("a\r````\r# b")
@example("a | b \\| c \\\\| `|` |")
@example("a\u2028# b\x85# c\x0b# d\x0c# e\u2029![f](http://evil.test/f.png)")
@example("`\u200b``\n![f](http://evil.test/f.png)\n\n# Owned")
@example("`\u200f``\u2028```")
def test_no_text_changes_the_structure_of_a_markdown_document(text: str) -> None:
    markdown = markdown_of(in_every_place(text, "tame"), votes=[vote_of(text)])
    markdown.encode()
    assert structure(markdown) == structure(markdown_of(in_every_place("tame"), votes=[vote_of("tame")]))
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = {child.type for token in parsed for child in token.children or ()}
    assert inline == {"text", "code_inline", "strong_open", "strong_close"}


@settings(max_examples=60)
@given(hostile)
@example("# a\n\n- b\n\n  c\n```\n> d\n\n[r]: http://evil.test\n\n<!--")
@example("a\u2028# b\x85# c\x0b# d\x0c# e\u2029!\u200b[f](http://evil.test/f.png)")
@example("`\u200b``\n\n# Owned\n\n&#8232;# b")
def test_no_answer_leaves_its_place_in_a_markdown_document(text: str) -> None:
    def outline(answer: str) -> list[tuple[str, str]]:
        parsed = MarkdownIt("commonmark").enable("table").parse(markdown_of(in_every_place("tame", answer)))
        kinds = {token.type for one in parsed for token in (one, *(one.children or ()))}
        assert not kinds & {"html_block", "image"}
        return [
            (one.tag, inner.content)
            for one, inner in pairwise(parsed)
            if one.type == "heading_open" and one.tag < "h4" and one.level == 0
        ]

    assert outline(text) == outline("tame")


@settings(max_examples=60)
@given(hostile)
def test_prompts_stay_letter_by_letter_and_answers_as_markdown(text: str) -> None:
    lane = lane_of((Prompt(text), Answer(text=text)))
    clean = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert Page(html_of(lane)).passages() == [clean]
    as_parsed = re.sub(r"\r\n?", "\n", clean + "\n")
    assert fences(markdown_of(lane))[0] == as_parsed
    turn = json.loads(to_json([lane], exported_at=AT))["lanes"][0]["turns"][0]
    assert (turn["prompt"]["text"], turn["answer"]["content"]) == (clean, clean)


def test_an_answer_is_rendered_without_html_images_and_hidden_links() -> None:
    html = html_of(
        asked("# Hi\n\n**“b”**是 $x$ <img src=x>\n![i](http://evil.test) [y](javascript:1)\n\n| a |\n|-|\n| `c` |")
    )
    assert "<h5>Hi</h5>" in html
    assert "<strong>“b”</strong>是 <code>$x$</code> &lt;img src=x&gt;<br>" in html
    assert '<a href="http://evil.test" rel="noopener noreferrer">i</a> (evil.test) [y](javascript:1)' in html
    assert "<td><code>c</code></td>" in html


def test_headings_are_the_title_lanes_and_turns_in_order() -> None:
    lanes = [in_every_place("# One\n\nTwo\n===\n"), asked("## Three")]
    opened = [token for token in structure(markdown_of(*lanes)) if token.startswith("heading_open")]
    turns = ["h2", "h3", "h3", "h3", "h2", "h3"]
    assert [tag[-2:] for tag in opened if tag[-2:] < "h4"] == ["h1", "h2", *turns, "h2", "h2", "h2"]
    levels = [int(tag[1]) for tag in Page(html_of(*lanes)).tags() if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_images_and_folders_of_a_prompt_are_in_every_form() -> None:
    url = url_of(picture())
    files = (Attachment("a.png", image=url), Attachment("shop", files=(PathFile("b/c.py", "pass\n"),)))
    lane = lane_of((Prompt("What?", files), Answer(text="That.")))
    page = Page(html_of(lane))
    assert [attrs["src"] for tag, attrs in page.elements if tag == "img"] == [url]
    assert "pass" in "".join(page.passages())
    markdown = markdown_of(lane)
    assert f"![]({url})" in markdown
    assert "`shop/b/c.py`" in markdown
    prompt = json.loads(to_json([lane], exported_at=AT))["lanes"][0]["turns"][0]["prompt"]
    assert prompt["attachments"] == [
        {"name": "a.png", "image": url},
        {"name": "shop", "files": [{"path": "b/c.py", "text": "pass\n"}], "left_out": []},
    ]


def test_a_page_loads_and_runs_nothing_and_says_its_language() -> None:
    page = Page(html_of(asked("Hello"), asked("Hello"), language="pt_BR"))
    policy = next(attrs["content"] for tag, attrs in page.elements if "http-equiv" in attrs)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    assert not {"script", "link", "img", "iframe", "a", "form", "base"} & set(page.tags())
    assert not [name for _tag, attrs in page.elements for name in attrs if name in {"src", "href", "style"}]
    assert page.elements[0] == ("html", {"lang": "pt-BR"})
    assert "Playground transcript: glm-5.1" in [text for opened, text in page.texts if opened[-1:] == [("title", {})]]


def test_colours_have_the_contrast_of_wcag_aa() -> None:
    schemes = re.findall(r"--paper: [^}]*", html_of(asked("Hello")))
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): #(\w{6})", scheme))
        for text in ("ink", "muted", "warning", "failure"):
            for ground in ("paper", "tint"):
                lighter, darker = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
                assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground)


def _luminance(colour: str) -> float:
    """By www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_only_what_is_on_the_screen_is_told() -> None:
    lane = asked("shown")
    first = lane.conversation.turns[0]
    first.answers.insert(0, Answer(run_of("another answer")))
    lane.conversation.start.turns.insert(0, Turn(Prompt("another prompt"), [Answer(run_of("a branch"))]))
    lane.conversation.start.chosen = 1
    first.answer.after.add(Turn(Prompt("unanswered")))
    edited = lane_of((Prompt("Hi"), Answer(run_of("what the model wrote", server=Server("a", "b", "c")), "mine")))
    for text in (html_of(lane, edited), markdown_of(lane, edited), to_json([lane, edited], exported_at=AT)):
        assert "shown" in text
        assert "unanswered" in text
        assert "mine" in text
        assert not re.search("another|a branch|what the model wrote", text)
    turns = [turn for one in json.loads(to_json([lane, edited], exported_at=AT))["lanes"] for turn in one["turns"]]
    assert turns[1]["answer"] is None
    assert turns[2]["answer"] == {
        "content": "mine",
        "reasoning": "",
        "tool_calls": [],
        "edited": True,
        "quoted": False,
        "run": None,
    }


def test_json_holds_the_request_as_sent_and_unrounded_figures() -> None:
    usage = Usage(9, 101, 110, cost=Decimal("0.0000123"))
    run = run_of("Hello", "Hm", usage=usage, request_id="req-1", task_id="task-1")
    setup = Setup(model="glm-5.2", system="Be brief.", parameters=Parameters(temperature=0.5))
    lane = lane_of(
        (Prompt("Hi", (Attachment("a.txt", "A"),)), Answer(run)), setup=setup, costs={"run-1": cost_of(run, PRICE)}
    )
    exported_at = datetime(2026, 3, 4, 2, 6, tzinfo=timezone(timedelta(hours=-3)))
    told = json.loads(to_json([lane], exported_at=exported_at))
    assert (told["kind"], told["version"]) == ("glm-playground-transcript", 2)
    assert told["exported_at"] == "2026-03-04T05:06:00+00:00"
    (shown,) = told["lanes"]
    assert shown["setup"] == {"model": "glm-5.2", "system": "Be brief.", "parameters": {"temperature": 0.5}}
    (turn,) = shown["turns"]
    assert turn["prompt"] == {"text": "Hi", "attachments": [{"name": "a.txt", "text": "A"}], "results": []}
    assert (turn["answer"]["content"], turn["answer"]["reasoning"]) == ("Hello", "Hm")
    assert turn["answer"]["run"] == {
        "id": "run-1",
        "request": run.request.body(),
        "server": {"name": "RunAPI", "origin": "https://runapi.co", "stand_in": None},
        "started_at": "2026-03-04T05:06:00+00:00",
        "outcome": "completed",
        "warm_up": False,
        "finish_reason": "stop",
        "usage": usage._asdict() | {"cost": "0.0000123"},
        "metrics": {"ttft_ms": 420, "ttfa_ms": 2420, "e2e_ms": 2420, "tpot_ms": 20}
        | {"output_speed": 50, "chunks": 2, "chunk_speed": None},
        "request_id": "req-1",
        "task_id": "task-1",
        "error": None,
        "cost": {
            "state": "settled",
            "amount": "0.0000123",
            "price": {
                "per_million": {"input": "0.9", "output": "3", "cache_read": "0.18"},
                "source": "https://runapi.ai/api/v1/price_schedules",
                "as_of": "2026-03-04",
            },
        },
    }
    assert cost_from_json(turn["answer"]["run"]["cost"]) == cost_of(run, PRICE)


def test_figures_stand_in_one_line_in_the_readers_language() -> None:
    run = run_of("Hello", usage=Usage(completion_tokens=1234), request_id="req-1")
    cost = Cost(CostState.ESTIMATED, Decimal("1234.5"))
    lane = lane_of((Prompt("Hi"), Answer(run)), costs={"run-1": cost})
    words = Words(
        decimal_point=",",
        thousands_separator=".",
        cost="custo",
        outcomes={Outcome.COMPLETED: "completa"},
        cost_states={CostState.ESTIMATED: "estimado"},
        unknown="desconhecida",
    )
    line = (
        "Model `glm-5.1` · Server `RunAPI (https://runapi.co)` · outcome `completa` · tokens `1.234` · TTFT `2,42 s` · "
        "TTFA `2,42 s` · E2E `2,42 s` · TPOT `0,0 ms` · output speed `desconhecida` · finish_reason `stop` · "
        "custo `$1.234,50 estimado` · request id `req-1`"
    )
    assert line in to_markdown([lane], words, exported_at=AT).splitlines()
    html = Page(to_html([lane], words, exported_at=AT, language="pt-BR"))
    told = "".join(text for opened, text in html.texts if ("p", {"class": "figures"}) in opened)
    assert " ".join(told.split()) == line.replace("`", "")


@pytest.mark.parametrize("make", [markdown_of, html_of])
def test_what_a_stand_in_or_a_failed_run_answered_says_so(make: object) -> None:
    failed = asked("", outcome=Outcome.FAILED, finish_reason=None, error=RunError("Busy", "try later", 429, "1302"))
    stood_in = asked("Hello", server=Server("Sandbox", "http://127.0.0.1:1", stand_in="SmolLM2"))
    text = make(failed, stood_in)  # type: ignore[operator]
    assert re.search(r"Not an answer of GLM: a stand-in \(`?SmolLM2`?\) answered in its place\.", text)
    assert "429 1302: try later" in text
    assert "Not an answer of GLM" not in make(failed)  # type: ignore[operator]


def test_reasoning_in_the_content_is_told_from_the_answer() -> None:
    markdown = markdown_of(asked("<think>Hm.</think>\n\nHello"))
    assert fences(markdown)[1:] == ["Hm.\n"]
    assert "\nHello\n" in markdown


def test_a_run_that_is_still_running_is_told_as_far_as_it_came() -> None:
    lane = asked("So f", outcome=None, finish_reason=None)
    assert "outcome `running`" in markdown_of(lane)
    assert json.loads(to_json([lane], exported_at=AT))["lanes"][0]["turns"][0]["answer"]["run"]["outcome"] is None
