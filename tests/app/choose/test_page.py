"""The page Choose: the shortlist with its reasons, an address that asks the same again, and the decision record."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

PAGE = "pages/choose.py"

Open = Callable[..., AppTest]

pytestmark = pytest.mark.usefixtures("in_sandbox")


def text(at: AppTest) -> str:
    return "\n".join(element.value for element in (*at.markdown, *at.caption))


def test_it(open_page: Open) -> None:
    at = open_page(PAGE, needs="vision", weights="price:1")
    print(text(at))
    at = open_page(PAGE, needs="open_weights", gpus="8x141", weights="coding:1")
    print(text(at))
