"""Probes: what is asked, what runs show, and what is claimed."""

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.catalog import load_catalog
from glm_playground.chat.plan import RequestLimits
from glm_playground.chat.setup import Setup
from glm_playground.evals import probes
from glm_playground.evals.candidates import request_for
from glm_playground.evals.probe_claims import advertised, thinks_always
from glm_playground.evals.probe_findings import ProbeOutcome, Why, findings
from glm_playground.evals.probe_suite import CASES, Probe, context_suite, probe_suite
from glm_playground.evals.suite import Suite, problems_of
from glm_playground.gateway import Dialect, Event, EventKind, Gateway, Gateways, Parameters
from glm_playground.runs.run import Outcome, Run
from tests.ledger.made import made_run

CATALOG = load_catalog()
SUITE = probe_suite()


def run_of(case: str, *deltas: str, outcome: Outcome = Outcome.COMPLETED, **fields: Any) -> Run:
    """An ended run of a probe's case; each delta came 1 ms after the one before."""
    asked = next(asked for asked in SUITE.asked() if asked.case.id == case)
    request = request_for(Setup(model="glm-5.1"), asked, Dialect())
    events = [Event(place * 1_000_000, EventKind.CONTENT, delta) for place, delta in enumerate(deltas, 1)]
    made = made_run(events=events, usage=None, outcome=outcome)
    return dataclasses.replace(made, request=request, **fields)


def found(*runs: tuple[str, Run]) -> dict[Probe, tuple[ProbeOutcome, Why | None]]:
    by_case: dict[str, list[Run]] = {}
    for case, run in runs:
        by_case.setdefault(case, []).append(run)
    return {one.probe: (one.answer, one.why) for one in findings(by_case)}


def test_the_suites_can_be_asked_and_are_read_again_as_they_are() -> None:
    for suite in (SUITE, probe_suite(thinks_always=True), context_suite(1_000)):
        assert problems_of(suite) == []
        assert Suite.model_validate_json(suite.stored).digest == suite.digest
    ids = {case.id for suite in (SUITE, context_suite(1_000)) for case in suite.cases}
    assert ids == {case for cases in CASES.values() for case in cases}


def test_a_case_has_its_own_parameters_and_the_candidate_the_others() -> None:
    asked = next(asked for asked in SUITE.asked() if asked.case.id == Probe.STOP)
    request = request_for(Setup(model="m", parameters=Parameters(top_p=0.5, max_tokens=9)), asked, Dialect())
    assert (request.stop, request.max_tokens, request.top_p, request.thinking) == ("gamma", 48, 0.5, False)


def test_answers_that_disagree_are_not_clear() -> None:
    good, bad = run_of("json-mode", '{"a": 1}'), run_of("json-mode", "Lima is lovely.")
    assert found(("json-mode", good), ("json-mode", bad))[Probe.JSON_MODE] == (ProbeOutcome.UNCLEAR, Why.MIXED)


@pytest.mark.parametrize(
    ("case", "text", "outcome", "said"),
    [
        ("json-mode", "```json\n{}\n```", Outcome.COMPLETED, (ProbeOutcome.NO, Why.NOT_JSON)),
        ("json-mode", '{"capital": "Li', Outcome.LENGTH, (ProbeOutcome.UNCLEAR, Why.CUT)),
        ("stop", "alpha\nbe", Outcome.COMPLETED, (ProbeOutcome.UNCLEAR, Why.TOO_SHORT)),
        ("thinking-off", "<think>so</think>Five cents.", Outcome.COMPLETED, (ProbeOutcome.NO, Why.THOUGHT)),
        ("tool", "", Outcome.LENGTH, (ProbeOutcome.UNCLEAR, Why.CUT)),
        ("max-tokens", "one two", Outcome.COMPLETED, (ProbeOutcome.UNCLEAR, Why.TOO_SHORT)),
        ("streams", "one " * 40, Outcome.COMPLETED, (ProbeOutcome.NO, Why.ONE_PIECE)),
        ("streams", "one", Outcome.COMPLETED, (ProbeOutcome.UNCLEAR, Why.TOO_SHORT)),
    ],
)
def test_what_one_answer_says(case: str, text: str, outcome: Outcome, said: tuple[ProbeOutcome, Why]) -> None:
    assert found((case, run_of(case, text, outcome=outcome)))[Probe(case)] == said


def test_a_request_that_did_not_ask_for_it_says_nothing() -> None:
    run = run_of("thinking-off", "Five cents.")
    unasked = dataclasses.replace(run, request=run.request.said_in(Dialect()).model_copy(update={"thinking": None}))
    assert found(("thinking-off", unasked))[Probe.THINKING_OFF] == (ProbeOutcome.UNCLEAR, Why.NOT_ASKED)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted({case for cases in CASES.values() for case in cases} - {"context"})),
            st.text(max_size=40),
            st.sampled_from(list(Outcome)),
        ),
        max_size=8,
    )
)
def test_any_runs_are_judged_and_their_order_says_nothing(made: list[tuple[str, str, Outcome]]) -> None:
    runs = [(case, run_of(case, text, outcome=outcome)) for case, text, outcome in made]
    first = found(*runs)
    random.Random(1).shuffle(runs)
    assert {probe: answer for probe, (answer, _why) in found(*runs).items()} == {
        probe: answer for probe, (answer, _why) in first.items()
    }


def test_what_a_gateway_declares_goes_before_what_the_maker_documents() -> None:
    card = CATALOG["glm-5.2"]
    refused = advertised(card, Probe.TOOL, "runapi")
    documented = advertised(card, Probe.TOOL, "zai")
    assert refused
    assert not refused.holds
    assert documented
    assert documented.holds
    assert advertised(card, Probe.STOP, "") is None
    assert advertised(card, Probe.SEED, "zai") is None
    schema = advertised(card, Probe.JSON_SCHEMA, "zai")
    assert schema
    assert not schema.holds


def test_a_model_that_always_thinks_is_known_by_its_card() -> None:
    assert [card.id for card in CATALOG.cards if thinks_always(card)] == ["glm-5.3-flash", "glm-5.3"]


def test_a_context_that_no_prompt_can_fill_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = RequestLimits(context_tokens=bounds.PROBE_CONTEXT_TOKENS + 1)
    monkeypatch.setattr(probes, "limits_of", lambda gateway, model: limits)
    gateways = Gateways((Gateway("Mine", "http://127.0.0.1:9"),))
    with pytest.raises(probes.NoContextError):
        probes.plan(None, "me", gateways, "m", context=True)  # type: ignore[arg-type]
