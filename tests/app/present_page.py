"""The page Present as AppTest drives it."""

import uuid
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from glm_playground.bundles.bundle import RecordedRun
from glm_playground.bundles.running_order import RunningOrder, Scenario
from glm_playground.gateway import ChatRequest, Message
from glm_playground.service import running_orders
from glm_playground.ui.present.order_view import bundled
from glm_playground.ui.present.stage import Stage
from tests.app.conftest import wait_for_answers
from tests.bundles import recorded_run

OpenPage = Callable[..., AppTest]


def texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.code, *at.text, *at.subheader, *at.success]
    return "\n".join(str(part.value) for part in parts)


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception


def bundled_order(language: str) -> RunningOrder:
    found = bundled(language)
    assert isinstance(found, RunningOrder)
    return found


def asked(text: str, *pieces: str, lane: int = 0, **fields: object) -> RecordedRun:
    """A recorded answer to a question that the scripted sandbox obeys when it is asked again."""
    request = ChatRequest(model="glm-5.1", messages=(Message(role="user", content=text),), max_tokens=200)
    return RecordedRun(recorded_run(uuid.uuid4().hex, *pieces, request=request, **fields), lane=lane)


def put(owner: str, *scenarios: Scenario) -> None:
    running_orders.change(owner, lambda order: order.joined(scenarios))


def on_stage(open_page: OpenPage, owner: str = "") -> AppTest:
    """A tab with the stage open."""
    at = open_page("pages/present.py", owner=owner)
    wait_for_answers()
    press(at, "order_begin")
    at.query_params["view"] = "stage"
    return at


def stage_of(at: AppTest) -> Stage:
    found = at.session_state["stage"]
    assert isinstance(found, Stage)
    return found
