"""What a page says in elements of text, as Markdown: that of Markdown elements, and `own_html` read back."""

from html.parser import HTMLParser

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

_STARTS = {"h4": "\n#### ", "li": "\n- ", "strong": "**", "code": "`", "tr": "\n|", "td": " ", "th": " ", "br": "\n"}
_ENDS = {"h4": "\n", "p": "\n", "strong": "**", "code": "`", "thead": "\n|---|", "td": " |", "th": " |", "span": "]"}


def drawn_texts(at: AppTest | Block) -> list[str]:
    """The texts in Markdown and in HTML, without the backslashes that HTML has no need of."""
    return [*(element.value for element in at.markdown), *html_texts(at)]


def html_texts(at: AppTest | Block) -> list[str]:
    """The texts in HTML alone, each card of the wall by itself."""
    bodies = [
        element.proto.body for element in at.get("html") if not element.proto.body.startswith(("<script", "<style"))
    ]
    return [text for body in bodies for part in body.split("<article>") if (text := read_back(part))]


def links(at: AppTest | Block) -> dict[str, str]:
    """The address of each link to a page by its text."""
    found = {}
    for element in at.get("html"):
        reader = _Reader()
        reader.feed(element.proto.body)
        found |= reader.links
    return found


def read_back(html: str) -> str:
    """HTML of `own_html` as the Markdown that it came from, without backslashes."""
    reader = _Reader()
    reader.feed(html)
    return "".join(reader.text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: dict[str, str] = {}
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "span":
            self.text.append(f":{(given['class'] or '').replace(' ', '-')}[")
        elif tag == "a":
            self._address = given["href"] or ""
            self.text.append("[")
        elif tag == "table":
            self.text.append("\n")
        else:
            self.text.append(_STARTS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.text.append(f"](<{self._address}>)")
            self._address = ""
        else:
            self.text.append(_ENDS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if self._address:
            self.links[data] = self._address
        # Between the tags of a table there are line ends.
        self.text.append(data if data.strip() else " " * (data == " "))
