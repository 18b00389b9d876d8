"""Which gateway's probes count for a model, and that what they do not tell is unknown."""

from datetime import date

import pytest

from glm_playground.catalog import load_catalog
from glm_playground.catalog.needs import Feature, Said
from glm_playground.evals.probe_findings import ProbeFinding, ProbeOutcome
from glm_playground.evals.probe_suite import Probe
from glm_playground.ui.choose.features import Findings, of_model
from glm_playground.ui.shared.facts.price_basis import DEFAULT, Prices

CARD = load_catalog()["glm-5.1"]
PRICES = Prices(DEFAULT, ("runapi",), "", {})
YES, NO, UNCLEAR = ProbeOutcome.YES, ProbeOutcome.NO, ProbeOutcome.UNCLEAR


def findings(gateway: str, **answers: ProbeOutcome) -> Findings:
    return {
        (probe := Probe(name.replace("_", "-"))): ProbeFinding(
            probe, answer, None, 0, 3, date(2026, 11, 26), CARD.id, gateway, f"https://{gateway}", None, ()
        )
        for name, answer in answers.items()
    }


@pytest.mark.parametrize(
    ("gateways", "met", "of"),
    [
        # Two halves on two gateways are no whole: the one that misses nothing counts.
        ([findings("a", tool=YES, stop=NO), findings("b", stop=YES)], [None, True], "b"),
        ([findings("a", tool=YES, stop=NO), findings("b", tool=NO, stop=NO)], [True, False], "a"),
        ([findings("a", tool=UNCLEAR, stop=YES), findings("b", tool=YES, stop=YES)], [True, True], "b"),
        ([findings("a", tool=UNCLEAR, stop=UNCLEAR)], [None, None], None),
        ([], [None, None], None),
    ],
)
def test_all_that_is_measured_is_of_one_gateway(
    gateways: list[Findings], met: list[bool | None], of: str | None
) -> None:
    asked = (Feature(Said.MEASURED, "tool"), Feature(Said.MEASURED, "stop"))
    found = of_model(CARD, asked, PRICES, gateways)
    assert [found[feature].met for feature in asked] == met
    notes = [one.evidence[0].fact.chosen.note for one in found.values() if one.evidence[0].fact.chosen]
    assert all(f"probe at {of}, n=3" in (note or "") for note in notes)


def test_what_is_advertised_decides_nothing_of_what_is_measured() -> None:
    tool = Feature(Said.MEASURED, "tool")
    measured, said = of_model(CARD, (tool,), PRICES, [findings("a", tool=NO)])[tool].evidence
    assert (measured.fact.value, said.fact.value) == (False, True)
    assert (said.fact.source or "").startswith("runapi")


@pytest.mark.parametrize(
    ("sellers", "name", "met"),
    [
        (("runapi",), "streams", True),
        (("zai",), "stop", True),
        # Vercel says nothing of Z.ai's parameters.
        (("vercel",), "stop", True),
        (("at:Plan B",), "json-schema", False),
    ],
)
def test_advertised_by_who_would_be_paid_else_by_the_maker(sellers: tuple[str, ...], name: str, met: bool) -> None:
    feature = Feature(Said.ADVERTISED, name)
    over = {(CARD.id, f"gateways.at:Plan B.price.{key}"): CARD.price("zai").input for key in ("input", "output")}
    found = of_model(CARD, (feature,), Prices(DEFAULT, sellers, "", over), ())
    assert found[feature].met is met
