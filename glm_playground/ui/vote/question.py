"""What is asked next, and whom: the candidates, a typed prompt or a case of a suite, and what two answers may cost."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.forecast import Prediction
from glm_playground.chat.plan import Outlook, check
from glm_playground.chat.setup import asked_of, asked_text
from glm_playground.evals import ballot as ballots
from glm_playground.evals.ballot import BallotQuestion, addressed
from glm_playground.gateway import Message
from glm_playground.ledger import Ledger
from glm_playground.service import runtime
from glm_playground.service.runner import GatewayRunner
from glm_playground.ui.server.address import client_address
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import action_slot, released
from glm_playground.ui.shared.answer.finding_words import explain_finding
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.session import model_choices
from glm_playground.ui.shared.page.views import open_view
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled
from glm_playground.ui.vote.open_vote import keep_open
from glm_playground.ui.vote.suite_case import SuiteCase, draw_suite, next_case
from glm_playground.ui.vote.words import candidate_name

_CANDIDATES, _SOURCE, _PROMPT, _SYSTEM, _MOST = (
    "vote_candidates",
    "vote_source",
    "vote_prompt",
    "vote_system",
    "vote_max_tokens",
)
_SAID = "vote_said"
_MOST_TOKENS = 10_000_000
_PAST_VOTES = 20


def draw_next_question(ledger: Ledger) -> None:
    """Draws what the next two answers are asked for."""
    candidates = _draw_candidates(ledger)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        sources = {"typed": _("Type a prompt"), "suite": _("Take one of a suite")}
        source = open_view(sources, _SOURCE, _("Prompt"))
        with st.popover(_("Settings"), icon=":material/tune:", key="vote_settings"):
            _draw_settings(typed=source != "suite")
    suite = draw_suite() if source == "suite" else None
    if source != "suite":
        st.text_area(
            _("Prompt"),
            key=_PROMPT,
            height=120,
            max_chars=bounds.PROMPT_CHARACTERS,
            placeholder=_("Ask two models the same"),
            label_visibility="collapsed",
            persist_state="session",
        )
    question = _question(suite) if suite or source != "suite" else None
    runner = _runner()
    if question and len(candidates) > 1:
        st.markdown(styled("small", _cost_text(question, candidates, runner)))
    if said := _said():
        st.warning(said.body, title=said.title)
    st.button(
        on_accent(_("Ask two of them")),
        key="vote_ask",
        type="primary",
        disabled=len(candidates) < 2 or question is None,
        on_click=_ask,
        args=(ledger, candidates, suite),
    )
    if len(candidates) < 2:
        st.caption(_("Choose at least two models: two of them are drawn at random, and so are their sides."))
    else:
        st.caption(
            _(
                "Two of the models are drawn at random, and so are their sides. You see both answers when both are "
                "complete, without names, figures or times, and say which is better."
            )
        )


def _runner() -> GatewayRunner:
    return GatewayRunner(asked_gateways(), owner(), client_address())


def _draw_candidates(ledger: Ledger) -> list[str]:
    options = model_choices()
    state = st.session_state
    first = None if _CANDIDATES in state else _last_candidates(ledger) or options[:2]
    chosen = st.multiselect(
        _("Models"),
        list(dict.fromkeys([*options, *(first or ())])),
        default=first,
        key=_CANDIDATES,
        accept_new_options=True,
        max_selections=bounds.VOTE_CANDIDATES,
        placeholder=_("Choose models or type an id"),
        persist_state="session",
    )
    # What was typed, or chosen for gateways that are not there any more, may be anything, and of any number.
    runner, named = _runner(), map(asked_of, chosen)
    known = [
        asked_text(model, gateway)
        for model, gateway in named
        if 0 < len(model) <= bounds.MODEL_CHARACTERS and runner.has(gateway)
    ]
    return addressed(known, runner.gateways)[: bounds.VOTE_CANDIDATES]


def _last_candidates(ledger: Ledger) -> list[str]:
    """Those of the last votes, which still can be asked."""
    runner, gateways = _runner(), asked_gateways()
    last = ledger.votes.newest(owner(), _PAST_VOTES)
    asked = [asked_of(name) for vote in last for name in (vote.candidate_a, vote.candidate_b)]
    names = [asked_text(model, gateway if gateways.several else "") for model, gateway in asked if runner.has(gateway)]
    return sorted(dict.fromkeys(names))[: bounds.VOTE_CANDIDATES]


def _draw_settings(*, typed: bool) -> None:
    if typed:
        st.text_area(
            _("System prompt"), key=_SYSTEM, max_chars=bounds.PROMPT_CHARACTERS, height=100, persist_state="session"
        )
    st.number_input(
        _("Max tokens"),
        1,
        _MOST_TOKENS,
        None,
        1,
        key=_MOST,
        placeholder=_("the server's own"),
        help=_("Of each answer, reasoning included."),
        persist_state="session",
    )


def _question(suite: SuiteCase | None) -> BallotQuestion:
    """What the page shows, to be asked of both."""
    state = st.session_state
    # The browser alone keeps a widget's bounds.
    most = state.get(_MOST)
    most = most if isinstance(most, int) and 1 <= most <= _MOST_TOKENS else None
    if suite:
        asked = suite.chosen
        return BallotQuestion(asked.messages, most, suite.opened.digest, asked.case.id, asked.case.tools)
    system = (state.get(_SYSTEM) or "")[: bounds.PROMPT_CHARACTERS]
    before = (Message(role="system", content=system),) if system.strip() else ()
    prompt = (state.get(_PROMPT) or "")[: bounds.PROMPT_CHARACTERS]
    return BallotQuestion((*before, Message(role="user", content=prompt)), most)


def _cost_text(question: BallotQuestion, candidates: Sequence[str], runner: GatewayRunner) -> str:
    """What two answers cost together, whichever two are drawn."""
    outlook = Outlook(runner.limits, runner.price, lambda gateway, model: ())
    found = [outlook.of(question.to(name, runner)) for name in candidates]
    if any(one.least_cost is None for one in found):
        waiting = any(runtime.live_prices(gateway).waiting for gateway in runner.gateways.all)
        return _("asking for the price") if waiting else _("cost unknown: no price")
    play = any(one.price.play_money for one in found if one.price)
    basis = styled("orange", _("predicted, in play money") if play else _("predicted"))
    low, high = _least(found), _most(found)
    if high is None:
        return _("Both answers together: at least {low}").format(low=literal(dollars(low))) + f" {basis}"
    text = _("Both answers together: {low} to {high}")
    return text.format(low=literal(dollars(low)), high=literal(dollars(high))) + f" {basis}"


def _least(found: Sequence[Prediction]) -> Decimal:
    return sum(sorted(one.least_cost for one in found if one.least_cost is not None)[:2], Decimal(0))


def _most(found: Sequence[Prediction]) -> Decimal | None:
    bounds_of = [one.most_cost for one in found if one.most_cost is not None]
    return sum(sorted(bounds_of)[-2:], Decimal(0)) if len(bounds_of) == len(found) else None


@action_slot()
def _ask(ledger: Ledger, candidates: Sequence[str], suite: SuiteCase | None) -> None:
    question, runner = _question(suite), _runner()
    st.session_state.pop(_SAID, None)
    # Of every candidate: a refusal of the two that are drawn would tell which they are.
    for name in candidates:
        gateway, request = question.to(name, runner)
        if finding := check(request, runner.limits(gateway, request.model)):
            st.session_state[_SAID] = explain_finding(finding, candidate_name(name))
            return

    def act() -> None:
        with released():
            begun = ballots.begin(ledger, runner, question, candidates)
        keep_open(begun)

    if attempt(_("Nothing is asked: the vote could not be kept."), act, "vote_ask") and suite:
        next_case(suite)


def _said() -> Explanation | None:
    found: Explanation | None = st.session_state.get(_SAID)
    return found
