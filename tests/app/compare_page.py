"""The comparison page as AppTest drives it."""

from collections.abc import Callable
from html.parser import HTMLParser

from streamlit.testing.v1 import AppTest

from glm_playground.catalog import load_catalog
from tests.app.drawn_text import drawn_texts

PAGE = "pages/compare.py"
CATALOG = load_catalog()

Open = Callable[..., AppTest]


def run(at: AppTest) -> None:
    at.run()
    assert not at.exception


def table(at: AppTest) -> dict[str, dict[str, str]]:
    """The table by its rows and columns, models by their ids; with a row a fact, "mark" is the row's sign."""
    heads, *lines = _lines(at)
    found = {}
    for name, *cells in lines:
        label, _, sign = name.partition("\u00a0")
        found[label] = dict(zip(heads[1:], cells, strict=True)) | ({"mark": sign} if sign else {})
    return found


def columns(at: AppTest) -> list[str]:
    """The names of the table's columns but the first; none where there is no table."""
    return next(iter(_lines(at)), [""])[1:]


def _lines(at: AppTest) -> list[list[str]]:
    found = [element.proto.body for element in at.get("html") if 'class="comparison"' in element.proto.body]
    reader = _Table()
    for body in found:
        reader.feed(body)
    return reader.lines


class _Table(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self._id = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.lines.append([])
        elif tag in {"th", "td"}:
            self.lines[-1].append("")

            self._id = dict(attrs).get("data-model") or ""
            self.lines[-1][-1] = self._id

    def handle_data(self, data: str) -> None:
        if self.lines and not self._id:
            self.lines[-1][-1] += data


def text(at: AppTest) -> str:
    alerts = [f"{alert.proto.title}\n{alert.value}" for alert in (*at.error, *at.warning, *at.info)]
    return "\n".join([*drawn_texts(at), *(element.value for element in at.caption), *alerts])


def view(at: AppTest, name: str) -> None:
    at.segmented_control(key="compare_view").set_value(name)
    run(at)


def opened(open_page: Open, menu: str) -> AppTest:
    """The page with that menu open."""
    at = open_page(PAGE)
    at.session_state[menu] = True
    run(at)
    return at


def costs(at: AppTest) -> dict[str, str]:
    """The lines of the running costs, by model."""
    [found] = [element.value for element in at.markdown if element.value.startswith("| Model")]
    return {line.split(" | ")[0].strip("| "): line for line in found.splitlines()}
