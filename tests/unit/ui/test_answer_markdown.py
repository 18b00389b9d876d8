"""An answer as Markdown: nothing is fetched, no link hides where it leads, and code, math and money stay what they are.

What a CommonMark parser makes of the result is the judge, as the browser draws with one too.
"""

import re
from itertools import pairwise
from time import perf_counter
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from streamlit.string_util import clean_text

from glm_playground.ui.shared.answer_markdown import literal, to_markdown

EVIL = "http://evil.test/x.png"


def inlines(markdown: str) -> list[list[Token]]:
    parsed = MarkdownIt("commonmark").enable("table").parse(clean_text(markdown))
    return [token.children for token in parsed if token.children]


def links(markdown: str) -> list[tuple[str, str, str]]:
    """Of each link: its address, its text, and the text that follows it."""
    found = []
    for tokens in inlines(markdown):
        label, address = "", ""
        for token, after in pairwise([*tokens, Token("text", "", 0)]):
            if token.type == "link_open":
                label, address = "", str(token.attrs["href"])
            elif token.type == "link_close":
                found.append((address, label, after.content))
            else:
                label += token.content
    return found


def assert_harmless(markdown: str) -> None:
    assert not any(token.type == "image" for tokens in inlines(markdown) for token in tokens)
    for address, label, after in links(markdown):
        host = urlsplit(address).hostname or urlsplit(address).path
        assert label in {host, address, f"//{host}"} or host in label.split("/") or after.startswith(f" ({host})")


_SIGNS = (
    *(f"![a]({EVIL})", f"[good.test]({EVIL})", f"[r]: {EVIL}\n", "[r]", "![r]", "![", "[", "]", "](", ")", "(", "!"),
    *(EVIL, f"<{EVIL}>", "mailto:a@evil.test", '"t"', "\n", "\n\n", "    ", "  ", "\t", "\r", "- ", "1. ", "> ", "# "),
    *("`", "``", "```", "```\n", "~~~", "~~~\n", "\\", "$", "$$", "\\(", "\\)", "\\[", "\\]", "|", "|-|\n"),
    *("a", "*", "_", "<div>", "<!--", "-->", "<", ">", "&#33;", ":red[", "\ue000", "\ue0010\ue001"),
)
hostile = st.lists(st.sampled_from(_SIGNS), max_size=14).map("".join)


@given(hostile)
@example(f"```\n    ```\n```\n![a]({EVIL})")
@example(f"- ```\n  code\n  ```\n![a]({EVIL})")
@example(f"`\n\n![a]({EVIL})`")
@example(f"\\`![a]({EVIL})`")
@example(f"\\\\![a]({EVIL})")
@example(f"\\(a$ ![a]({EVIL}) \\)")
@example(f"\\[a\n$$\n![a]({EVIL})\\]")
@example(f"| `a | ![a]({EVIL}) | b` |\n|-|-|-|")
@example(f"> [r]: {EVIL}\n\n[r]")
@example(f"~~~ a`\r~~~\r![a]({EVIL})")
@example(f'[good.test]({EVIL} "a (b)")')
@example(f"[![good.test]({EVIL})](http://good.test)")
def test_no_text_makes_an_image_or_a_link_that_hides_its_host(text: str) -> None:
    assert_harmless(to_markdown(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![alt](https://a.test/x.png)", "[alt](https://a.test/x.png) (a.test)"),
        ("![](https://a.test/x.png)", "[a.test](https://a.test/x.png)"),
        ("[docs](https://a.test/x)", "[docs](https://a.test/x) (a.test)"),
        ("[`f()`](https://a.test/x)", "[`f()`](https://a.test/x) (a.test)"),
        ("[a.test](https://a.test/x)", "[a.test](https://a.test/x)"),
        ("[https://a.test/x](https://a.test/x)", "[https://a.test/x](https://a.test/x)"),
        ("[https://bank.test](https://k.test)", "[https://bank.test](https://k.test) (k.test)"),
        ("[https://bank.test@k.test](https://k.test)", "[https://bank.test@k.test](https://k.test) (k.test)"),
        ('[a](https://a.test "title (x)") b', "[a](https://a.test) (a.test) b"),
        ("[a](<https://a.test/x y>)", "[a](<https://a.test/x y>) (a.test)"),
        ("[w](https://a.test/W_(x))", "[w](https://a.test/W_(x)) (a.test)"),
        ("[a](https://a.test:8080/b:c/)", "[a](https://a.test:8080/b:c/) (a.test)"),
        ("[write](mailto:me@a.test)", "[write](mailto:me@a.test) (me@a\\.test)"),
        ("[x](javascript:alert)", "\\[x\\](javascript:alert)"),
        ("[x](/settings)", "\\[x\\](/settings)"),
        ("![x](data:image/png;base64,aa)", "!\\[x\\](data:image/png;base64,aa)"),
        ("[r]: https://a.test", "\\[r]: https://a.test"),
        ("see https://a.test/x", "see https://a.test/x"),
        ("a[0](1)", "a\\[0\\](1)"),
    ],
)
def test_links(text: str, shown: str) -> None:
    assert to_markdown(text) == shown
    assert_harmless(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It costs $5 and $10.", "It costs \\$5 and \\$10."),
        ("from $5 to $10", "from \\$5 to \\$10"),
        ("\\$5", "\\$5"),
        ("\\\\$5", "\\\\\\$5"),
        ("\\(x^2\\)", "$x^2$"),
        ("\\( x^2 \\) is $y_1$", "$x^2$ is $y_1$"),
        ("so $x$.", "so $x$."),
        ("a \\[ x = 1 \\] b", "a \n$$\nx = 1\n$$\n b"),
        ("\\[\nx \\\\[2pt]\ny\n\\]", "\n$$\nx \\\\[2pt]\ny\n$$\n"),
        ("$$a+b$$", "\n$$\na+b\n$$\n"),
        ("\\(a, not closed", "\\(a, not closed"),
        ("`$x^2$` and `\\(x\\)`", "`$x^2$` and `\\(x\\)`"),
        ("$x^`a$ b`$", "\\$x^`a$ b`\\$"),
        ("\\(x `a$ b` \\)", "\\(x `a$ b` \\)"),
    ],
)
def test_math_and_money(text: str, shown: str) -> None:
    assert to_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (":red[x]", "\\:red[x]"),
        (":blue-background[x]", "\\:blue-background[x]"),
        (":material/home:", "\\::small[]material/home:"),
        ("\\:material/home:", "\\::small[]material/home:"),
        (":smile:", "\\::small[]smile:"),
        ("at 10:30:45 in std:string:x", "at 10:30:45 in std\\::small[]string:x"),
        ("[a](https://b.example/c:d:e)", "[a](https://b.example/c:d:e) (b.example)"),
        (":+1:", "\\::small[]+1:"),
        ("\\:red[x]", "\\:red[x]"),
        ("\\\\:red[x]", "\\\\\\:red[x]"),
        ("at 12:30, a: b", "at 12:30, a: b"),
        ("`:red[x]`", "`:red[x]`"),
        ("# One\n## Two\n### Three", "#### One\n#### Two\n##### Three"),
        ("a # b", "a # b"),
    ],
)
def test_streamlits_own_signs_are_text_and_headings_are_small(text: str, shown: str) -> None:
    assert to_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("```mermaid\ngraph TD\n```", "```text\ngraph TD\n```"),
        ("~~~ Mermaid x\ngraph TD\n~~~", "~~~ text\ngraph TD\n~~~"),
        ("- ```mermaid\n  graph\n  ```\n  $5", "- ```text\n  graph\n  ```\n  \\$5"),
        ("```mermaid", "```text"),
    ],
)
def test_a_diagram_stays_text(text: str, shown: str) -> None:
    assert to_markdown(text) == shown


code_lines = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), max_size=6).map("\n".join)
any_code = (code_lines | hostile).filter(lambda text: "```" not in text and "\r" not in text)


@given(any_code, st.sampled_from(["", "python"]))
def test_a_fence_keeps_every_letter(code: str, info: str) -> None:
    fence = f"```{info}\n{code}\n```"
    assert to_markdown(f"$1\n\n{fence}\n\n$2") == f"\\$1\n\n{fence}\n\n\\$2"
    assert to_markdown(f"{fence[:-4]}") == fence[:-4]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="`|"), min_size=1, max_size=30))
def test_a_code_span_keeps_every_letter(code: str) -> None:
    for span in (f"`{code}`", f"`` {code}`x ``"):
        assert to_markdown(f"a {span} $b").replace("\\$b", "$b") == f"a {span} $b".replace("\ue000", "\ufffd")


words = st.text(st.characters(categories=["L", "N", "Zs"], include_characters=",.?;\n"), max_size=60)


@given(words)
def test_plain_words_are_left_alone(text: str) -> None:
    assert to_markdown(text) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        *("[", "![", "[a](", "](", "[a]", "[\n", "[a](http://b.c)", "`a", "`a\n", "\\", "\\`", "$a", "$a ", "$$a"),
        *("\\(", "\\[", "\\(a", "\\[a", ":a", "<", "&", "*a ", "_a*", "> ", "- ", "- a\n", "|a", "\n", " ", "```\n"),
        *("[x](http://" + "a" * 1900 + "(", "!" + "[" * 600 + "](", "`" * 7 + "a" + "`" * 6, "[" + "a\\" * 400),
    ],
)
def test_hostile_repetition_takes_bounded_time(unit: str) -> None:
    text = unit * (20_000 // len(unit)) + "[a]("
    start = perf_counter()
    to_markdown(text)
    # The slowest take 0.4 s.
    assert perf_counter() - start < 5


def shown_by(markdown: str) -> str:
    (tokens,) = inlines(markdown) or [[]]
    assert {token.type for token in tokens} <= {"text"}
    return "".join(token.content for token in tokens)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | hostile)
def test_literal_words_are_shown_as_they_are(text: str) -> None:
    assert shown_by(literal(text)) == " ".join(text.split())


@given(st.text("$:\\a[]+1", max_size=20))
def test_literal_words_hold_no_sign_of_streamlits_own(text: str) -> None:
    assert not re.search(r"[$:]", re.sub(r"\\.(:small\[\])?", "", literal(text)))
