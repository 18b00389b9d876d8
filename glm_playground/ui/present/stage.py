"""What is presented: the scenarios of one running order, of which one is on stage, played or asked live.

Every tab of an owner shares the stage: the window with the notes follows it, and a reload finds it again.
"""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from weakref import WeakValueDictionary

import streamlit as st

from glm_playground.bundles.running_order import RunningOrder, Scenario
from glm_playground.chat.plan import check
from glm_playground.gateway import Gateway
from glm_playground.ledger import LedgerError
from glm_playground.ledger.polls import Poll, PollCount
from glm_playground.runs.caps import Key, Measure, Scope, Tally, UsageClaim, refusal_of
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome, Run
from glm_playground.service import runtime, storage
from glm_playground.service.runner import GatewayRunner
from glm_playground.settings import settings
from glm_playground.ui.present.poll import closed, opened, votable
from glm_playground.ui.server.address import client_address
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer.finding_words import explain_finding
from glm_playground.ui.shared.answer.refusal_words import amount_text, explain_refusal
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.page.ledger_notice import explain
from glm_playground.ui.shared.page.navigation import STAGE, VIEW
from glm_playground.ui.shared.page.own_key import asked_gateways

_HELD = "stage"
_FAST = 4.0


@dataclass(eq=False)
class Stage:
    """What an owner presents."""

    order: RunningOrder = field(default_factory=RunningOrder)
    """As it was when the presentation began, so that nothing is read while it is given."""
    place: int = 0
    """Of the scenario on stage, from 0."""
    runs: list[LiveRun] = field(default_factory=list)
    """What is on stage, a lane each; empty before the curtain rises."""
    notice: Explanation | None = None
    """Why nothing was asked."""
    dark: bool = False
    """Whether the screen is black."""
    poll: Poll | None = None
    """What the audience votes on, or voted."""
    count: PollCount | None = None
    """The votes, once the poll is closed."""
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def scenario(self) -> Scenario | None:
        """The one on stage; None where the order is empty."""
        return self.order.scenarios[self.place] if self.place < len(self.order.scenarios) else None

    @property
    def following(self) -> Scenario | None:
        """The one that comes next."""
        return self.order.scenarios[self.place + 1] if self.place + 1 < len(self.order.scenarios) else None

    @property
    def votable(self) -> bool:
        """Whether the audience may be asked, or is."""
        may = settings().audience_votes and self.scenario
        return bool(may and self.count is None and (self.poll or votable(may, self.runs)))

    @property
    def running(self) -> list[LiveRun]:
        """What has not ended."""
        return [run for run in self.runs if not run.ended]

    @property
    def missing(self) -> list[int]:
        """The lanes whose live answer did not come whole."""
        return [lane for lane, run in enumerate(self.runs) if needs_recording(run)]


_stages: "WeakValueDictionary[str, Stage]" = WeakValueDictionary()
_lock = threading.Lock()


def stage() -> Stage:
    """The owner's stage, which lasts as long as one of their tabs shows it."""
    mine = owner()
    with _lock:
        found = _stages.get(mine)
        if found is None:
            _stages[mine] = found = st.session_state.get(_HELD) or Stage()
    st.session_state[_HELD] = found
    return found


def needs_recording(run: LiveRun) -> bool:
    """Whether a run was asked live and failed: the network was lost, the gateway said no, a cap was reached."""
    return run.ended and not run.replayed and run.outcome in {Outcome.FAILED, Outcome.INTERRUPTED}


def begin(order: RunningOrder, place: int = 0) -> None:
    """Opens the stage with a scenario of an order."""
    now = stage()
    clear()
    now.order, now.place, now.dark, now.begun_at = order.scenes, order.scene(place), False, datetime.now(UTC)
    st.query_params[VIEW] = STAGE


def leave() -> None:
    """Closes the stage; what is running is stopped."""
    clear()
    st.query_params.pop(VIEW, None)


def forward() -> None:
    """The presenter's one key: plays what is not played yet, also in place of what failed; else the next scenario.

    While the audience votes, it closes the vote.
    """
    now = stage()
    if now.poll and now.count is None:
        ask_audience()
    elif now.missing:
        play_missing()
    elif not now.runs and not now.poll and now.scenario and now.scenario.runs:
        play()
    elif now.following:
        clear()
        now.place += 1


def back() -> None:
    """Clears the stage; where it is clear, the scenario before."""
    now = stage()
    if not now.runs and not now.notice and not now.poll and now.place:
        now.place -= 1
    clear()


def play(speed: float = 1.0) -> None:
    """Plays the recording from its beginning; nothing is sent."""
    clear()
    now = stage()
    if now.scenario:
        now.runs = [_replay(now.scenario, lane, speed) for lane in range(len(now.scenario.lanes))]


def play_fast() -> None:
    """Plays the recording, faster."""
    play(_FAST)


def play_missing() -> None:
    """Plays the recording in place of each lane whose live answer failed; the others stay."""
    now = stage()
    if now.scenario:
        for lane in now.missing:
            now.runs[lane] = _replay(now.scenario, lane, 1.0)


def _replay(scenario: Scenario, lane: int, speed: float) -> LiveRun:
    one = scenario.lanes[lane]
    return runtime.engine().replay(one.run, owner=owner(), speed=speed, cost=one.cost)


def ask_live() -> None:
    """Asks the scenario's requests anew, unless they could use more than is left of the cap."""
    clear()
    now = stage()
    if now.scenario is None:
        return
    runner = GatewayRunner(asked_gateways(), owner(), client_address(), present=True)
    claims: list[UsageClaim] = []
    asked = []
    for one in now.scenario.lanes:
        gateway = gateway_of(one.run)
        request = one.run.request.said_in(runner.dialect(gateway.name))
        if problem := check(request, runner.limits(gateway.name, request.model)):
            now.notice = explain_finding(problem, request.model)
            return
        claim = runner.claim(gateway, request)
        claims += [claim] if claim else []
        asked.append((gateway.name, request))
    now.notice = _refused(claims)
    if now.notice is None:
        now.runs = [runner.start(name, request, behind=None, warm_up=False) for name, request in asked]


def gateway_of(recorded: Run) -> Gateway:
    """Which gateway a lane asks: the one that it was recorded at where there are several, else the only one."""
    gateways = asked_gateways()
    return (gateways.several and gateways.find(recorded.server.name)) or gateways.first


def ask_lists(order: RunningOrder) -> None:
    """Asks each gateway of an order's lanes for its models and prices, in the background."""
    gateways = {gateway.name: gateway for gateway in map(gateway_of, order.recordings)}
    for gateway in gateways.values():
        runtime.ask_models(gateway)
        runtime.ask_prices(gateway)


def _refused(claims: list[UsageClaim]) -> Explanation | None:
    """Why all of them together do not fit into the cap of this page."""
    key, tally = used()
    now = datetime.now(UTC)
    for claim in claims:
        refusal = refusal_of(replace(claim, keys=(key,)), {key: tally}, storage.counter().caps, now)
        if refusal:
            return Explanation(*explain_refusal(refusal))
        tally = tally.plus(claim.most, now)
    return None


def used() -> tuple[Key, Tally]:
    """What this owner's live runs used today; a running one, or one of unknown cost, at its most."""
    key = Key(Scope.PRESENT, owner())
    with released():
        return key, storage.counter().tallies((key,)).get(key, Tally())


def allowance() -> tuple[str, str]:
    """What is used of the cap and the cap, as Markdown: in dollars, or in tokens where no price is known."""
    scenario = stage().scenario
    runs = [one.run for one in scenario.lanes] if scenario else []
    priced = all(runtime.price_of(gateway_of(run), run.request.model) for run in runs)
    measure = Measure.DOLLARS if priced else Measure.TOKENS
    _key, tally = used()
    limit = storage.counter().caps[Scope.PRESENT].of(measure) or Decimal()
    return amount_text(measure, tally.of(measure)), amount_text(measure, limit)


def ask_audience() -> None:
    """Opens a vote of the audience, or continues with the open one; while it is on stage, closes it."""
    now = stage()
    if not now.votable or now.scenario is None:
        return
    try:
        with released():
            if now.poll:
                found, count = closed(owner(), now.poll)
                now.poll, now.count = found or now.poll, count
            else:
                now.poll, now.notice = opened(owner(), now.scenario, now.runs, language()), None
    except LedgerError as error:
        now.notice = Explanation(_("The vote is not stored."), explain(error).body)


def stop() -> None:
    """Stops what is running, whose text stays; where nothing is, clears the stage."""
    now = stage()
    if not now.running:
        clear()
        return
    runtime.engine().stop(*now.running)


def clear() -> None:
    """Clears the stage; what is running is stopped."""
    now = stage()
    runtime.engine().stop(*now.running)
    now.runs, now.notice, now.dark, now.poll, now.count = [], None, False, None, None


def darken() -> None:
    """Makes the screen black, or shows the stage again."""
    now = stage()
    now.dark = not now.dark
