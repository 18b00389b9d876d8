"""A model's page: probes are begun at their largest cost, and what they measured stands beside what is advertised."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.evals import background
from glm_playground.evals.probe_suite import Probe
from glm_playground.evals.probes import stored_findings
from glm_playground.gateway import Gateway, Gateways
from glm_playground.gateway.endpoint import OfferedModel
from glm_playground.service import runtime, storage
from tests.app.compare_page import table
from tests.app.drawn_text import drawn_texts
from tests.condition import wait_until
from tests.probed_gateway import REFUSES, ProbedGateway

PRICED = OfferedModel("glm-5.1", input=Decimal("1.4"), output=Decimal("4.4"))
Open = Callable[..., AppTest]
Configure = Callable[..., None]


@pytest.fixture
def owner() -> Iterator[str]:
    yield uuid.uuid4().hex
    background.close()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedGateway]:
    with ProbedGateway() as found:
        asked = Gateways(
            (
                Gateway(
                    "Mine",
                    found.url,
                    seller="runapi",
                    models=(PRICED,),
                    prices_as_of=date(2026, 11, 1),
                    has_prices=False,
                ),
            )
        )
        monkeypatch.setattr(runtime, "gateways", lambda: asked)
        yield found


def shown(at: AppTest) -> str:
    said = (*at.caption, *at.error, *at.text)
    return "\n".join([*drawn_texts(at), *(str(part.value) for part in said), *(button.label for button in at.button)])


def opened(at: AppTest) -> AppTest:
    """With the popover of the probes open."""
    at.session_state["probe-glm-5.1"] = True
    at.run(timeout=30)
    assert not at.exception
    return at


def probed(at: AppTest, owner: str) -> AppTest:
    """Probes from the page, to the end."""
    opened(at).button(key="probe_begin").click().run(timeout=30)
    assert not at.exception
    row = storage.needed_ledger().evaluations.all(owner)[0]
    wait_until(lambda: background.here(row) is None, 60)
    at.run(timeout=30)
    assert not at.exception
    return at


def line(at: AppTest, name: str) -> str:
    return next(line for line in shown(at).splitlines() if line.startswith(f"| {name} |"))


def test_what_was_measured_stands_beside_what_is_advertised(
    configure: Configure, gateway: ProbedGateway, open_page: Open, owner: str
) -> None:
    configure(RUNAPI_API_KEY="k")
    gateway.lies = {"no call", REFUSES + "response_format"}
    at = open_page("pages/models.py", owner=owner, id="glm-5.1", tab="measured")
    assert "Measured on my gateway" in shown(at)
    assert "30 requests" not in shown(at)
    said = shown(opened(at))
    assert "30 requests" in said
    assert "Probe: \\$0\\.0198 at most" in said
    at = probed(at, owner)
    assert "**no: the tool was not called · ≠ disagrees** | 3 |" in line(at, "Tool called")
    assert "| yes :small[:gray[RunAPI]] |" in line(at, "Tool called")
    assert "yes · agrees" in line(at, "Stop sequence")
    assert "| nobody says | yes |" in line(at, "Usage reported")
    assert line(at, "JSON mode").count("/history?run=") == 3
    ids = {id for one in stored_findings(storage.needed_ledger(), owner, "glm-5.1") for id in one.run_ids}
    assert len(ids) == 30
    assert "Measured today. Probe again" in shown(opened(at))
    compared = open_page("pages/compare.py", owner=owner, ids="glm-5.1,glm-4.6")
    compared.selectbox(key="compare_group").set_value("measured")
    compared.run(timeout=30)
    rows = table(compared)
    assert rows["Tool called, measured on Mine"]["glm-5.1"] == "no: the tool was not called"
    assert rows["Tool called, measured on Mine"]["glm-4.6"] == "unknown"
    other = open_page("pages/models.py", owner="nobody", id="glm-5.1", tab="measured")
    assert "disagrees" not in shown(other)
    # Choose filters by it; what was not probed is unknown and never no.
    chosen = open_page("pages/choose.py", owner=owner, measured="tool,stop", weights="price:1")
    chosen.run(timeout=30)
    said = shown(chosen).replace("\\", "")
    assert "GLM-5.1**: Tool called, measured on my gateway: no (probe at Mine, n=3: the tool was not called," in said
    assert "; advertised: yes" in said
    assert "GLM-4.6**: Tool called, measured on my gateway: unknown: no probe of yours has measured it" in said
    # A probe has answered, if only for one model.
    assert len(chosen.info) == 0
    fits = open_page("pages/choose.py", owner=owner, measured="stop", weights="context:1")
    fits.run(timeout=30)
    assert "- Stop sequence, measured on my gateway: yes (probe at Mine, n=3," in shown(fits).replace("\\", "")


@pytest.mark.slow
def test_a_stand_in_is_measured_apart_and_never_held_against_what_is_advertised(
    in_sandbox: None, open_page: Open, owner: str
) -> None:
    at = open_page("pages/models.py", owner=owner, id="glm-5.1", tab="measured")
    assert "never shown as GLM" in shown(opened(at))
    at = probed(at, owner)
    assert "stand-in model, not GLM" in shown(at)
    assert "| yes | 3 |" in line(at, "Streaming")
    assert "agrees" not in shown(at)
    assert all(one.stand_in for one in stored_findings(storage.needed_ledger(), owner))
    compared = open_page("pages/compare.py", owner=owner, ids="glm-5.1,glm-4.6")
    compared.selectbox(key="compare_group").set_value("measured")
    compared.run(timeout=30)
    assert not compared.exception
    assert not any("Streaming" in str(frame.value) for frame in compared.dataframe)


def test_the_operators_caps_refuse_in_words(
    configure: Configure, gateway: ProbedGateway, open_page: Open, owner: str
) -> None:
    configure(RUNAPI_API_KEY="k", GLM_PLAYGROUND_OWNER_CAPS="dollars=0.0001")
    at = opened(open_page("pages/models.py", owner=owner, id="glm-5.1", tab="measured"))
    at.button(key="probe_begin").click().run(timeout=30)
    assert not at.exception
    assert "cap" in at.error[0].value
    assert gateway.bodies == []


def test_the_whole_context_is_priced_before_it_is_asked(
    configure: Configure, gateway: ProbedGateway, open_page: Open, owner: str
) -> None:
    configure(RUNAPI_API_KEY="k")
    at = opened(open_page("pages/models.py", owner=owner, id="glm-5.1", tab="measured"))
    at.toggle(key="probe_context").set_value(True).run(timeout=30)
    assert "1 request ·" in shown(at)
    assert "Probe: \\$0\\.280 at most" in shown(at)
    assert gateway.bodies == []
    at = probed(at, owner)
    assert len(gateway.bodies) == 1
    assert Probe.CONTEXT in {one.probe for one in stored_findings(storage.needed_ledger(), owner)}
    assert "tokens read" in line(at, "Whole context")
