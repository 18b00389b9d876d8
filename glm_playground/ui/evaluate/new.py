"""A new evaluation: its suite, its candidates, what it will cost, and the button that begins it."""

from decimal import Decimal
from typing import NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.setup import Setup, asked_of, asked_text
from glm_playground.evals import running
from glm_playground.evals.candidates import CandidateError, write_candidates
from glm_playground.evals.evaluation import (
    CapError,
    Outlook,
    check_caps,
    execution_of,
    named,
    new_evaluation,
    outlook,
    work_of,
)
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.suite import SuiteError
from glm_playground.evals.suite_file import open_suite
from glm_playground.evals.verdict import cases_needed
from glm_playground.gateway import Gateways, Parameters
from glm_playground.ledger import Ledger
from glm_playground.service.models import models_at
from glm_playground.ui.evaluate.address import open_evaluation
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.accent import on_accent
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.figures import dollars, tokens
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.own_key import asked_gateways

_TEXT, _OUTLOOK = "evaluate_text", "evaluate_outlook"
_MOST_PROBLEMS = 10
_POINTS = 10
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
    dollars: Decimal | None
    tokens: int | None
    at_once: int


def draw_new(ledger: Ledger, owner: str) -> None:
    """Draws the form; begins the evaluation where its button is pressed."""
    opened = _draw_suite()
    if opened is None:
        return
    gateways = asked_gateways()
    wanted = _draw_wanted(gateways)
    if not wanted.setups:
        st.caption(_("Choose the models that are asked."))
        return
    try:
        with released():
            found = _outlook(ledger, owner, opened, gateways, wanted)
        _draw_outlook(found, opened, wanted)
        if st.button(on_accent(_("Begin the evaluation")), type="primary", key="evaluate_begin"):
            _begin(ledger, owner, opened, gateways, wanted)
    except (CandidateError, CapError) as error:
        st.error(literal(str(error)), title=_("The evaluation cannot begin."))


def _draw_suite() -> Opened | None:
    st.caption(
        _(
            "An evaluation asks the cases of a suite of several models and says which of them passes more. A suite is "
            "a promptfoo configuration (YAML), a CSV with a column a variable, or JSONL with input and ideal."
        )
    )
    left, right = st.columns(2, gap="medium")
    with left:
        file = st.file_uploader(
            _("Suite"),
            type=["yaml", "yml", "csv", "tsv", "jsonl", "ndjson"],
            key="evaluate_file",
            max_upload_size=bounds.SUITE_FILE_BYTES // 1024**2,
        )
    with right:
        text = st.text_area(
            _("Or paste a suite in YAML"),
            key=_TEXT,
            height=110,
            max_chars=bounds.PROMPT_CHARACTERS,
            persist_state="session",
        )
    if file is None and not text.strip():
        st.button(_("Take an example"), key="evaluate_example", on_click=_take_example)
        return None
    name, data = (file.name, file.getvalue()) if file else ("suite.yaml", text.encode("utf-8", "replace"))
    try:
        with released():
            opened = open_suite(name, data)
    except SuiteError as error:
        problems = "\n".join(f"- {literal(str(problem))}" for problem in error.problems[:_MOST_PROBLEMS])
        st.error(problems, title=_("This is no suite that can be asked."))
        return None
    _draw_opened(opened)
    return opened


def _take_example() -> None:
    st.session_state[_TEXT] = _EXAMPLE


def _draw_opened(opened: Opened) -> None:
    suite = opened.suite
    cases = len(suite.cases) * len(suite.prompts)
    counted = ngettext("{count} case", "{count} cases", cases).format(count=number(cases))
    name = literal(suite.name) or _("A suite")
    st.markdown(f"**{name}** · {counted}")
    if opened.unsupported:
        with st.expander(_("Not supported in it: {count}").format(count=number(len(opened.unsupported)))):
            for problem in opened.unsupported[:_MOST_PROBLEMS]:
                st.text(str(problem))


def _draw_wanted(gateways: Gateways) -> _Wanted:
    several = gateways.several
    options = [
        asked_text(model, gateway.name if several else "") for gateway in gateways.all for model in models_at(gateway)
    ]
    chosen = st.multiselect(
        _("Models"),
        options,
        options[:2],
        key="evaluate_models",
        max_selections=bounds.EVALUATION_CANDIDATES,
        accept_new_options=True,
    )
    with st.container(horizontal=True, gap="small"):
        repeats = st.number_input(_("Repeats"), 1, bounds.EVALUATION_REPEATS, 1, key="evaluate_repeats", width=110)
        most = st.number_input(_("Tokens an answer, at most"), 1, 1_000_000, 1000, key="evaluate_tokens", width=200)
        cap = st.number_input(_("Cap, US dollars"), 0.0, 10_000.0, 1.0, 0.5, key="evaluate_cap", width=150)
        cap_tokens = st.number_input(
            _("Cap, tokens"), 0, 10**12, None, key="evaluate_cap_tokens", width=170, placeholder=_("none")
        )
        at_once = st.number_input(
            _("At once, at most"),
            1,
            bounds.EVALUATION_MOST_AT_ONCE,
            bounds.EVALUATION_AT_ONCE,
            key="evaluate_at_once",
            width=150,
        )
    parameters = Parameters(max_tokens=max(int(most), 1))
    setups = []
    for text in chosen:
        model, gateway = asked_of(text)
        if model and len(model) <= bounds.MODEL_CHARACTERS and len(gateway) <= bounds.GATEWAY_CHARACTERS:
            setups.append(Setup(model=model, gateway=gateway, parameters=parameters))
    # The browser checks limits, and anybody can send something else.
    return _Wanted(
        tuple(setups),
        min(max(int(repeats), 1), bounds.EVALUATION_REPEATS),
        Decimal(str(cap)),
        None if cap_tokens is None else int(cap_tokens),
        min(max(int(at_once), 1), bounds.EVALUATION_MOST_AT_ONCE),
    )


def _outlook(ledger: Ledger, owner: str, opened: Opened, gateways: Gateways, wanted: _Wanted) -> Outlook:
    """What it will cost, found again where nothing of it has changed."""
    setups = named(wanted.setups, gateways)
    # A hash of the suite, which may be large.
    key = hash((opened.suite.model_dump_json(), write_candidates(setups), wanted.repeats))
    known: tuple[object, Outlook] | None = st.session_state.get(_OUTLOOK)
    if known and known[0] == key:
        return known[1]
    found = outlook(work_of(opened.suite, setups, gateways, owner), wanted.repeats, ledger, owner)
    st.session_state[_OUTLOOK] = key, found
    return found


def _draw_outlook(found: Outlook, opened: Opened, wanted: _Wanted) -> None:
    parts = [ngettext("{count} request", "{count} requests", found.cells).format(count=number(found.cells))]
    parts.append(_("{amount} at most").format(amount=tokens(found.most.tokens)))
    if len(found.unpriced) < len(wanted.setups):
        parts.append(_("{amount} at most").format(amount=literal(dollars(found.most.dollars))))
        if found.likely_dollars is not None:
            parts.append(_("about {amount} likely").format(amount=literal(dollars(found.likely_dollars))))
        if found.play_money:
            parts.append(_("play money"))
    st.markdown(" · ".join(parts))
    if found.unpriced:
        names = literal(", ".join(found.unpriced))
        st.caption(_("No price is known of {names}: only tokens are counted.").format(names=names))
    cases = len(opened.suite.cases) * len(opened.suite.prompts)
    with released():
        needed = cases_needed(_POINTS / 100) if len(wanted.setups) > 1 else None
    if needed:
        said = _("To see a difference of {points} points takes about {needed} cases; this suite has {cases}.")
        st.caption(said.format(points=_POINTS, needed=number(needed), cases=number(cases)))


def _begin(ledger: Ledger, owner: str, opened: Opened, gateways: Gateways, wanted: _Wanted) -> None:
    setups = named(wanted.setups, gateways)
    with released():
        work = work_of(opened.suite, setups, gateways, owner)
        check_caps(work, wanted.dollars, wanted.tokens)
        new = new_evaluation(
            opened.suite, setups, wanted.repeats, name="", dollars=wanted.dollars, tokens=wanted.tokens
        )
        row = ledger.evaluations.add(owner, new)
        running.begin(row, execution_of(ledger, row, work, wanted.at_once))
    open_evaluation(row.id)
    st.rerun()
