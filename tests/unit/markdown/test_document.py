"""What can be read of an answer in a Markdown document is what it means."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground.markdown.document import to_document
from tests.shown_text import meant, read_in_document
from tests.unit.ui.shared.text.test_answer_markdown import SIGNS


@given(st.lists(st.sampled_from(SIGNS), max_size=14).map("".join))
@example("**a**b__c__ **“z”**个\n# <img src=x>\n\n| a\\|b |\n|:-:|\n| `c` |")
@example("<!-- -->**a\n**b <b>c</b>")
def test_it_is_what_it_means(text: str) -> None:
    assert read_in_document(to_document(text)) == meant(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# Title\n\ntext", "#### Title\n\ntext"),
        ("Title\n===", "#### Title"),
        ("**“你好”**是", "**“你好”**<b></b>是"),
        ("![i](http://a.test/x.png)", "[i](<http://a.test/x.png>) (a.test)"),
        ("[a]: http://a.test", "\\[a\\]: [http\\:<b></b>//a.test](<http://a.test>)"),
        ("<script>x</script>", "\\<script\\>x\\</script\\>"),
        ("```py\nx = '$5 :a:'\n```", "```py\nx = '$5 :a:'\n```"),
        ("$5 and $x$", "\\$5 and $x$"),
    ],
)
def test_it_is_written_anew(text: str, written: str) -> None:
    assert to_document(text) == written
