"""What can be read of an answer is what it means, whatever signs of Streamlit's are in it."""

import re
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground.markdown.block_markdown import CodeBlock
from glm_playground.ui.shared.text.answer_markdown import code_span, elements, literal
from tests.shown_text import drawn, meant

# Signs of Markdown, of Streamlit and of several scripts, in any order.
SIGNS = (
    *(
        "他说",
        "“你好”",
        "《书》",
        "：",
        "。",
        "（注）",
        "число",
        "é",
        "😀",
        "\u3000",
        "\u00a0",
        "a",
        "word",
        "n",
        "5",
        "10",
    ),
    *(
        "**",
        "*",
        "__",
        "_",
        "~~",
        "~",
        "`",
        "``",
        "```\n",
        "```py\n",
        "~~~\n",
        "~~~",
        " ",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
    ),
    *(
        "- ",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "> ",
        "# ",
        "## ",
        "---",
        "***",
        "___",
        "===",
        "- [x] t\n",
        "[ ] ",
        "1. a\n   - b\n",
    ),
    *(
        "$",
        "$x$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\",
        "x^2",
        "$5",
        "$HOME",
        "\\$",
        "\\frac{1}{2}",
        "```math\nx\n```\n",
    ),
    *(
        "\\begin{align}a&b\\end{align}",
        "|",
        "| a | b |\n|:-:|---|\n",
        "|-|\n",
        "\\|",
        "`a\\|b`",
        "<br>",
        "<b>",
        "<div>",
        "<!-- c -->",
    ),
    *(
        "&amp;",
        "&copy;",
        "&#10;",
        "&",
        "->",
        " -> ",
        "--",
        " -- ",
        ">=",
        "<=",
        "<->",
        "~=",
        ":smile:",
        ":100:",
        ":material/home:",
    ),
    *(
        ":red[x]",
        "::: x\n",
        "::",
        ":",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "^",
        "!",
        "=",
        "\\*",
        "[^1]",
        "[^1]: note",
        "www.f.test",
    ),
    *(
        "[a](http://b.test/x)",
        "![i](http://c.test/i.png)",
        "https://d.test/a_b_c",
        "<https://e.test/>",
        "[x](javascript:a)",
    ),
    *("me@g.test", "[r]: http://h.test", "[r]"),
)
texts = st.lists(st.sampled_from(SIGNS), max_size=16).map("".join) | st.text(max_size=40)


@given(texts)
@example("**<br>**a *b<br>*")
@example("- - -\n- \n- a")
@example("*a __b *c* d__ e* ~~a **b ~~c~~ d** e~~")
@example("1. a\n\n[r]: http://h.test\n\n1. b")
@example("- a\n+ b\n- c\n1. d\n2) e")
@example("| a |\n|-|\n| `x\\\\|y` |")
@example("***a** b*c")
@example("> - ```\n>   a\n>   ```\n>   b")
def test_what_is_drawn_reads_as_what_is_meant(text: str) -> None:
    assert drawn(elements(text)) == meant(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "| a | b |\n|:---:|---|\n| 打开<br>登录 | c |",
            "<table><tr><th>a</th><th>b</th></tr><tr><td>打开⏎登录</td><td>c</td></tr></table>",
        ),
        (
            "当$n$为偶数，$f(x)$、$O(n)$、$n-1$、$2n$",
            "当<math>n</math>为偶数，<math>f(x)</math>、<math>O(n)</math>、<math>n-1</math>、<math>2n</math>",
        ),
        ("1. a\n   \\[x\\]\n   b\n2. c", "<ol><li>a<math>x</math>b</li><li>c</li></ol>"),
        ("> - a\n>   \\[x\n>   \\]\n> - b", "<q><ul><li>a<math>x</math></li><li>b</li></ul></q>"),
        ("| a |\n|-|\n| \\(x\\) und $|y|$ |", None),
        ("他说**“你好”**是", "他说<b>“你好”</b>是"),
        (
            "这是**重点：**后面，*（注）*和**《书》**、~~「旧」~~新",
            "这是<b>重点：</b>后面，<i>（注）</i>和<b>《书》</b>、<s>「旧」</s>新",
        ),
        ("需要3~5天，费用100~200元 ~~x~~", "需要3~5天，费用100~200元 <s>x</s>"),
        ("x >= 3 -> b <- c -- d", "x >= 3 -> b <- c -- d"),
        ("Run:\n\n    export A=$5 b:c:d", "Run:<pre>export A=$5 b:c:d</pre>"),
        ("> ```sh\n> echo $5 ~x~\n> ```", "<q><pre>echo $5 ~x~</pre></q>"),
        ("春眠不觉晓，\n处处闻啼鸟。", "春眠不觉晓，⏎处处闻啼鸟。"),
        ("# a :smile: b\n\n:red[x] 10:100:45", "<h>a :smile: b</h>:red[x] 10:100:45"),
        ("see https://a.test/x_y_z，然后", "see <a https://a.test/x_y_z>https://a.test/x_y_z</a>，然后"),
        ("- [x] done\n- [ ] **not**", "<ul><li>[x] done</li><li>[ ] <b>not</b></li></ul>"),
        ("a[^1]\n\n[^1]: note", "a[^1] [^1]: note"),
        ("<b>x_y_z</b> <!-- c -->", "<b>x_y_z</b> <!-- c -->"),
    ],
)
def test_what_is_read(text: str, read: str | None) -> None:
    if read is not None:
        assert meant(text) == read
    assert drawn(elements(text)) == meant(text)


@pytest.mark.parametrize("text", ["Read it.\n\n#### ", "#", "- one\n##\n- two", "> # #\n> said", "1. ###### \n2. b"])
def test_a_heading_that_has_not_begun_is_not_drawn(text: str) -> None:
    shown = "".join(map(str, elements(text)))
    assert "#" not in shown
    assert drawn(elements(text)) == meant(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![alt](https://a.test/x.png)", "<a https://a.test/x.png>alt</a> (a.test)"),
        ("![](https://a.test/x.png)", "<a https://a.test/x.png>a.test</a>"),
        ("[docs](https://a.test/x)", "<a https://a.test/x>docs</a> (a.test)"),
        ("[`f()`](https://a.test/x)", "<a https://a.test/x><c>f()</c></a> (a.test)"),
        ("[a.test](https://a.test/x)", "<a https://a.test/x>a.test</a>"),
        ("[https://bank.test](https://k.test)", "<a https://k.test>https://bank.test</a> (k.test)"),
        ("[https://bank.test@k.test](https://k.test)", "<a https://k.test>https://bank.test@k.test</a> (k.test)"),
        ('[a](https://a.test "title (x)") b', "<a https://a.test>a</a> (a.test) b"),
        ("[a](<https://a.test/x y>)", "<a https://a.test/x y>a</a> (a.test)"),
        ("[write](mailto:me@a.test)", "<a mailto:me@a.test>write</a> (me@a.test)"),
        ("[![good.test](http://evil.test/i.png)](http://evil.test)", "<a http://evil.test>good.test</a> (evil.test)"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("[x](/settings)", "[x](/settings)"),
        ("![x](data:image/png;base64,aa)", "![x](data:image/png;base64,aa)"),
        ("[r]: https://a.test", "[r]: <a https://a.test>https://a.test</a>"),
    ],
)
def test_a_link_shows_where_it_leads_and_nothing_is_fetched(text: str, shown: str) -> None:
    assert drawn(elements(text)) == shown


@pytest.mark.parametrize(
    "text", ["```mermaid\ngraph TD\n```", "~~~ Mermaid x\ngraph TD\n~~~", "- ```mermaid\n  graph\n  ```"]
)
def test_a_diagram_stays_text(text: str) -> None:
    [element] = elements(text)
    assert "mermaid" not in str(element).lower()


code_lines = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), max_size=6).map("\n".join)


@given(code_lines.filter(lambda text: "```" not in text), st.sampled_from(["", "python"]))
def test_a_fence_keeps_every_letter(code: str, language: str) -> None:
    assert drawn(elements(f"```{language}\n{code}\n```")) == f"<pre>{code}</pre>".strip()


def test_code_that_streamlit_would_change_is_drawn_by_itself() -> None:
    assert elements("a\n\n```py\nicon=':material/home:'\n```\nb") == (
        "a",
        CodeBlock("icon=':material/home:'", "py"),
        "b",
    )
    # Where it cannot be, it is in spans.
    assert (
        drawn(elements("> ```py\n> a\n>\n> icon=':material/home:'\n> ```"))
        == "<q><c>a</c>⏎⏎<c>icon=':material/home:'</c></q>"
    )
    assert CodeBlock("a\n  \nb", None) in elements("```\na\n  \nb\n```")


words = st.text(st.characters(categories=["L", "N"], include_characters=" ,.?;"), max_size=60)


@given(words.map(str.strip))
def test_plain_words_are_left_alone(text: str) -> None:
    assert elements(text) == ((text,) if text else ()) or re.match(r"\d+[.]", text)


@pytest.mark.slow
@pytest.mark.measures
@pytest.mark.parametrize(
    "unit",
    [
        *("[", "![", "[a](", "](", "[a]", "[\n", "[a](http://b.c)", "`a", "`a\n", "\\", "\\`", "$a", "$a ", "$$a"),
        *("\\(", "\\[", "\\(a", "\\[a", ":a", "<", "&", "*a ", "_a*", "> ", "- ", "- a\n", "|a", "\n", " ", "```\n"),
        *("[x](http://" + "a" * 1900 + "(", "!" + "[" * 600 + "](", "`" * 7 + "a" + "`" * 6, "[" + "a\\" * 400),
        *("http://", "a@b", "www.", "\\begin{a}", "$$\n", "\\[\n", "<a ", "<!--", "**a*b", "~~a", "| a |\n|-|\n"),
    ],
)
def test_hostile_repetition_takes_bounded_time(unit: str) -> None:
    text = unit * (8_000 // len(unit) + 1) + "[a]("
    start = perf_counter()
    elements(text)
    assert perf_counter() - start < 5


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | texts)
def test_literal_words_are_shown_as_they_are(text: str) -> None:
    # An address in them is a link to itself.
    words = " ".join(text.replace("\0", "").replace("://", "").split())
    plain = drawn((f"a {literal(words)} b",)) if words else "a b"
    assert plain == " ".join(f"a {words} b".split())


def test_a_code_span_stays_on_its_line() -> None:
    assert code_span("a`b\n|c") == "`a'b ¦c`"
