"""The comparison page as AppTest drives it."""

from collections.abc import Callable

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
    """The grid with a row a fact: the cells by row name and column."""
    frame = at.dataframe[0].value
    return {row["fact"]: dict(row) for _, row in frame.iterrows()}


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
