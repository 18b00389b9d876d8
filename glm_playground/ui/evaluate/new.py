"""A new evaluation: its suite, its candidates, what it will cost, and the button that begins it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.setup import Setup, asked_of
from glm_playground.evals import background
from glm_playground.evals.candidates import CandidateError, write_candidates
from glm_playground.evals.evaluation import (
    CapError,
    EvaluationForecast,
    JudgeOf,
    check_caps,
    execution_of,
    judge_for,
    judge_requests,
    named,
    named_judge,
    new_evaluation,
    outlook,
    work_of,
)
from glm_playground.evals.judge import Judge
from glm_playground.evals.judge_cells import rubrics_of
from glm_playground.evals.verdict import cases_needed
from glm_playground.gateway import Gateways, Parameters
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.runs.caps import Amount
from glm_playground.runs.cost import Price
from glm_playground.service import runtime
from glm_playground.ui.evaluate.address import open_evaluation
from glm_playground.ui.evaluate.caps import Caps, draw_caps
from glm_playground.ui.evaluate.judge import draw_judge_choice
from glm_playground.ui.evaluate.words import Names, candidate_names, problem_text
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.files.suite_upload import OpenSuite, draw_suite_text, draw_suite_upload, kept_suite
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import explain
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.session import model_choices
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal

KEPT_SUITE = "evaluate_suite"
"""Where the suite is that this tab asks."""
_TEXT, _MODELS, _OUTLOOK = "evaluate_text", "evaluate_models", "evaluate_outlook"
_POINTS = 10
_SUITES_SHOWN = 5
_EXAMPLE = """description: Capitals
prompts:
  - 'What is the capital of {{country}}? Answer with its name alone.'
tests:
  - {vars: {country: Peru}, assert: [{type: icontains, value: Lima}]}
  - {vars: {country: Kenya}, assert: [{type: icontains, value: Nairobi}]}
  - {vars: {country: Canada}, assert: [{type: icontains, value: Ottawa}]}
"""


class _Wanted(NamedTuple):
    """What is asked for."""

    setups: tuple[Setup, ...]
    repeats: int
    caps: Caps
    judge: Judge | None


class _Forecast(NamedTuple):
    """What one repeat will use, and what that was found for."""

    digest: str
    candidates: str
    prices: tuple[Price | None, ...]
    found: EvaluationForecast


def draw_new(ledger: Ledger, owner: str) -> None:
    """Draws the form; begins the evaluation where its button is pressed."""
    opened = _draw_suite(ledger, owner)
    if opened is None:
        return
    gateways = asked_gateways()
    wanted = _draw_wanted(gateways)
    if not wanted.setups:
        st.caption(_("Choose the models that are asked."))
        return
    cells = len(opened.asked) * len(wanted.setups) * wanted.repeats
    if cells > bounds.EVALUATION_CELLS:
        said = _("{count} requests are more than an evaluation may have: {most}.")
        said = said.format(count=number(cells), most=number(bounds.EVALUATION_CELLS))
        st.error(said, title=_("The evaluation cannot begin."))
        return
    names = candidate_names(wanted.setups, gateways)
    try:
        with released():
            found = _outlook(ledger, owner, opened, gateways, wanted)
        _draw_outlook(found, opened, wanted, names)
        place = st.container()
        if st.button(on_accent(_("Begin the evaluation")), type="primary", key="evaluate_begin"):
            _begin(ledger, owner, opened, gateways, wanted)
        # Last, since the first one in a process loads the statistics.
        with place:
            _draw_needed(opened, wanted)
    except LedgerError as error:
        st.error(explain(error).body, title=_("The evaluation cannot begin."))
    except (CandidateError, CapError) as error:
        st.error(problem_text(error, names), title=_("The evaluation cannot begin."))


def _draw_suite(ledger: Ledger, owner: str) -> OpenSuite | None:
    st.caption(
        _(
            "An evaluation asks the cases of a suite of several models and says which of them passes more. A suite is "
            "a promptfoo configuration (YAML), a CSV with a column a variable, or JSONL with input and ideal."
        )
    )
    if kept_suite(KEPT_SUITE):
        return draw_suite_upload(KEPT_SUITE)
    _draw_own(ledger, owner)
    left, right = st.columns(2, gap="medium")
    with left:
        draw_suite_upload(KEPT_SUITE)
    with right:
        text = st.text_area(
            _("Or paste a suite in YAML"),
            key=_TEXT,
            height=110,
            max_chars=bounds.PROMPT_CHARACTERS,
            persist_state="session",
        )
    if text.strip():
        return draw_suite_text(KEPT_SUITE, text)
    st.button(_("Take an example"), key="evaluate_example", on_click=_take_example)
    return None


def _draw_own(ledger: Ledger, owner: str) -> None:
    """Draws the owner's suites, the ones used last, each of which is asked."""
    rows = ledger.suites.all(owner)[:_SUITES_SHOWN]
    if not rows:
        st.markdown(_("*Add to a suite* below an answer of the playground makes a suite of your own."))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_("One of your suites:"), width="content")
        for row in rows:
            st.button(
                literal(row.name),
                key=f"evaluate_own_{row.id}",
                icon=":material/table:",
                on_click=_ask_own,
                args=(ledger, owner, row.id),
            )


def _ask_own(ledger: Ledger, owner: str, id: str) -> None:
    from glm_playground.ui.evaluate.own_suite import ask_own_suite  # noqa: PLC0415 - loads a reader of YAML

    ask_own_suite(ledger, owner, id, KEPT_SUITE)


def _take_example() -> None:
    st.session_state[_TEXT] = _EXAMPLE


def _draw_wanted(gateways: Gateways) -> _Wanted:
    options = model_choices()
    chosen = st.multiselect(
        _("Models"),
        list(dict.fromkeys([*options, *st.session_state.get(_MODELS, ())])),
        None if _MODELS in st.session_state else options[:2],
        key=_MODELS,
        max_selections=bounds.EVALUATION_CANDIDATES,
        accept_new_options=True,
        persist_state="session",
    )
    with st.container(horizontal=True, gap="small"):
        repeats = st.number_input(
            _("Repeats"), 1, bounds.EVALUATION_REPEATS, 1, key="evaluate_repeats", width=110, persist_state="session"
        )
        most = st.number_input(
            _("Tokens an answer, at most"),
            1,
            1_000_000,
            1000,
            key="evaluate_tokens",
            width=200,
            persist_state="session",
        )
        caps = draw_caps("evaluate", Decimal(1), None)
        judge = draw_judge_choice("evaluate")
    parameters = Parameters(max_tokens=max(int(most), 1))
    setups = []
    # With and without the name of the first gateway, a model is one candidate.
    for model, gateway in dict.fromkeys((model, at or gateways.first.name) for model, at in map(asked_of, chosen)):
        if model and len(model) <= bounds.MODEL_CHARACTERS and len(gateway) <= bounds.GATEWAY_CHARACTERS:
            setups.append(Setup(model=model, gateway=gateway, parameters=parameters))
    # The browser checks limits, and anybody can send something else.
    return _Wanted(
        tuple(setups[: bounds.EVALUATION_CANDIDATES]),
        min(max(int(repeats), 1), bounds.EVALUATION_REPEATS),
        caps,
        judge,
    )


def _outlook(ledger: Ledger, owner: str, opened: OpenSuite, gateways: Gateways, wanted: _Wanted) -> EvaluationForecast:
    """What it will use; that of one repeat is found again where the suite, a candidate or a price is another."""
    setups = named(wanted.setups, gateways)
    candidates, prices = write_candidates(setups), _prices(setups, gateways)
    known: _Forecast | None = st.session_state.get(_OUTLOOK)
    if known is None or known[:3] != (opened.digest, candidates, prices):
        found = outlook(work_of(opened.suite, setups, gateways, owner), 1, ledger, owner)
        # The prices may have come meanwhile.
        known = _Forecast(opened.digest, candidates, _prices(setups, gateways), found)
        st.session_state[_OUTLOOK] = known
    once, repeats = known.found, wanted.repeats
    return once._replace(
        cells=once.cells * repeats,
        likely_dollars=None if once.likely_dollars is None else once.likely_dollars * repeats,
        most=Amount(once.most.tokens * repeats, once.most.picodollars * repeats),
        unsupported=once.unsupported * repeats,
    )


def _prices(setups: Sequence[Setup], gateways: Gateways) -> tuple[Price | None, ...]:
    asked = ((gateways.find(setup.gateway), setup.model) for setup in setups)
    return tuple(runtime.price_of(gateway, model) if gateway else None for gateway, model in asked)


def _draw_outlook(found: EvaluationForecast, opened: OpenSuite, wanted: _Wanted, called: Names) -> None:
    parts = [ngettext("{count} request", "{count} requests", found.cells).format(count=number(found.cells))]
    parts.append(_("{amount} at most").format(amount=tokens(found.most.tokens)))
    if len(found.unpriced) < len(wanted.setups):
        parts.append(_("{amount} at most").format(amount=literal(dollars(found.most.dollars))))
        if found.likely_dollars is not None:
            parts.append(_("about {amount} likely").format(amount=literal(dollars(found.likely_dollars))))
        if found.play_money:
            parts.append(_("play money"))
    st.markdown(" · ".join(parts))
    if found.unsupported:
        said = ngettext(
            "{count} request is not sent: it has an image, and nobody says that the model takes any.",
            "{count} requests are not sent: they have an image, and nobody says that the model takes any.",
            found.unsupported,
        )
        st.caption(said.format(count=number(found.unsupported)))
    if wanted.judge:
        asked = judge_requests(opened.suite, len(wanted.setups), wanted.judge) * wanted.repeats
        said = ngettext("{count} request", "{count} requests", asked).format(count=number(asked))
        st.caption(_("The judge: at most {requests} more, within the same caps.").format(requests=said))
    elif any(rubrics_of(one.case.checks) for one in opened.asked):
        st.caption(_("The suite has checks that take a judge: without one they are not told."))
    if found.unpriced:
        names = literal(", ".join(called.get(name, name) for name in found.unpriced))
        st.caption(_("No price is known of {names}: only tokens are counted.").format(names=names))


def _draw_needed(opened: OpenSuite, wanted: _Wanted) -> None:
    """Draws how many cases tell two models apart."""
    with released():
        needed = cases_needed(_POINTS / 100) if len(wanted.setups) > 1 else None
    if needed:
        said = _("To see a difference of {points} points takes about {needed} cases; this suite has {cases}.")
        st.caption(said.format(points=_POINTS, needed=number(needed), cases=number(len(opened.asked))))


def _begin(ledger: Ledger, owner: str, opened: OpenSuite, gateways: Gateways, wanted: _Wanted) -> None:
    setups = named(wanted.setups, gateways)
    with released():
        judge = named_judge(wanted.judge, gateways) if wanted.judge else None
        asked = JudgeOf(judge, ledger, 0) if judge else None
        work = work_of(opened.suite, setups, gateways, owner, asked)
        caps = wanted.caps
        check_caps(work, caps.dollars, caps.tokens)
        new = new_evaluation(
            opened.suite,
            setups,
            wanted.repeats,
            name="",
            dollars=caps.dollars,
            tokens=caps.tokens,
            judge=judge,
        )
        row = ledger.evaluations.add(owner, new)
        work = work_of(opened.suite, setups, gateways, owner, judge_for(ledger, row))
        background.begin(row, execution_of(ledger, row, work, caps.at_once))
    open_evaluation(row.id)
    st.rerun()
