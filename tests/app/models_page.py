"""The models page as AppTest drives it."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from glm_playground.catalog import load_catalog
from glm_playground.ui.shared.facts.fact_view import CLAIMS_OF
from tests.app.conftest import APP, wait_for_answers
from tests.app.drawn_text import drawn_texts, html_texts

CATALOG = load_catalog()
Open = Callable[..., AppTest]


def at_address(**query: str) -> AppTest:
    """The app opened at `/?...`, with everything the gateway says read."""
    at = AppTest.from_file(APP, default_timeout=10)
    at.context = {"locale": "en-US"}
    at.query_params = dict(query)
    run(at)
    wait_for_answers()
    run(at)
    return at


def run(at: AppTest) -> None:
    at.run()
    assert not at.exception


def text(at: AppTest) -> str:
    """Everything readable on the page."""
    alerts = [f"{alert.proto.title}\n{alert.value}" for alert in (*at.error, *at.warning, *at.info)]
    values = [*(element.value for element in (*at.subheader, *at.caption, *at.code)), *drawn_texts(at)]
    labels = [element.label for element in (*at.button, *at.expander)]
    pages = [element.proto.label for element in at.get("page_link")]
    return "\n".join([*values, *alerts, *labels, *pages])


def cells(at: AppTest, label: str) -> list[str]:
    """What stands beside a label in the first table that has it."""
    lines = (line for shown in drawn_texts(at) for line in shown.splitlines())
    found = next((line for line in lines if line.startswith(f"| {label} |")), None)
    return found.removeprefix("| ").removesuffix(" |").split(" | ")[1:] if found else []


def cards(at: AppTest) -> list[str]:
    """The cards of the wall."""
    return [text for text in html_texts(at) if text.startswith("#### ")]


def claims(at: AppTest, key: str) -> str:
    """What the drawer shows behind the value of that row."""
    at.session_state[CLAIMS_OF] = key
    at.button(key="claims").click()
    run(at)
    [drawer] = at.get("dialog")
    assert drawer.selectbox[0].value == key
    shown = "\n".join(element.value for element in drawer.markdown)
    run(at)
    assert not at.get("dialog")
    return shown
