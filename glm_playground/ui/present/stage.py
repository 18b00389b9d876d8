"""What is presented: a scenario that was recorded, played or asked live within a spending cap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

import streamlit as st

from glm_playground.bundles.bundle import Bundle, BundleError, RecordedRun, by_lane, read_bundle
from glm_playground.chat.plan import Addressed, Outlook, check
from glm_playground.runs.caps import Key, Scope, Tally
from glm_playground.runs.live_run import LiveRun
from glm_playground.service import runtime, storage
from glm_playground.service.runner import GatewayRunner
from glm_playground.settings import settings
from glm_playground.ui.server.address import client_address
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import Explanation, explain_finding
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.own_key import asked_gateways

_FOLDER = Path(__file__).parents[2] / "scenarios"
_STAGE, _CHOSEN = "stage", "scenario"


@dataclass(eq=False)
class Stage:
    """What one session presents."""

    runs: list[LiveRun] = field(default_factory=list)
    """The runs on the stage, a lane each; empty before the curtain rises."""
    notice: Explanation | None = None


def stage() -> Stage:
    """The session's stage."""
    found: Stage = st.session_state.setdefault(_STAGE, Stage())
    return found


@cache
def scenarios() -> dict[str, Bundle]:
    """The bundles that come with the project, by name; one that cannot be read is left out."""
    found = {}
    for path in sorted(_FOLDER.glob("*.glmrun"), key=_place):
        try:
            bundle = read_bundle(path.read_bytes())
        except BundleError:
            continue
        found[path.stem] = bundle
    return found


def _place(path: Path) -> tuple[int, str]:
    """The order on the screen: the starters' own, then what is new."""
    known = ("chat", "code", "automation")
    return known.index(path.stem) if path.stem in known else len(known), path.stem


def title_of(name: str) -> str:
    """What a scenario is called."""
    titles = {"chat": _("A question"), "code": _("A piece of code"), "automation": _("Turn a note into JSON")}
    return titles.get(name) or scenarios()[name].title


def draw_choice() -> Bundle | None:
    """Draws the scenarios; the chosen one."""
    found = scenarios()
    if not found:
        return None
    name = st.pills(
        _("Scenario"),
        list(found),
        format_func=title_of,
        key=_CHOSEN,
        default=None if _CHOSEN in st.session_state else next(iter(found)),
        required=True,
        label_visibility="collapsed",
        on_change=reset,
        persist_state="session",
    )
    return found.get(str(name)) or next(iter(found.values()))


def question(bundle: Bundle) -> str:
    """What is asked, as the audience reads it."""
    return parts(bundle)[0].run.request.messages[-1].content


def parts(bundle: Bundle) -> list[RecordedRun]:
    """What each lane shows: its last run."""
    return [runs[-1] for runs in by_lane(bundle)]


def play(bundle: Bundle, speed: float) -> None:
    """Plays the recording; nothing is sent."""
    reset()
    now = stage()
    for one in parts(bundle):
        now.runs.append(runtime.engine().replay(one.run, owner=owner(), speed=speed, cost=one.cost))


def ask_live(bundle: Bundle) -> None:
    """Asks the scenario's requests anew, unless that could cost more than is left of the cap."""
    reset()
    now = stage()
    runner = GatewayRunner(asked_gateways(), owner(), client_address(), present=True)
    requests = [one.run.request.said_in(runner.dialect("")) for one in parts(bundle)]
    outlook = Outlook(runner.limits, runner.price, lambda gateway, model: ())
    worst = [outlook.of(Addressed("", request)).most_cost for request in requests]
    known = [cost for cost in worst if cost is not None]
    problems = [(found, one.model) for one in requests if (found := check(one, runner.limits("", one.model)))]
    if problems:
        now.notice = explain_finding(*problems[0])
    elif len(known) < len(worst):
        now.notice = Explanation(
            _("Nobody published the price, so the spending cap cannot be kept."),
            _("Nothing was sent. Play the recording instead."),
        )
    elif (most := sum(known, Decimal(0))) > (left := cap() - spent()):
        now.notice = Explanation(
            _("This could cost more than is left of the spending cap."),
            _("It may cost up to {most}, and {left} is left. Nothing was sent. Play the recording instead.").format(
                most=literal(dollars(most)), left=literal(dollars(max(left, Decimal(0))))
            ),
        )
    else:
        now.runs = [runner.start("", request, behind=None, warm_up=False) for request in requests]


def spent() -> Decimal:
    """US dollars that this owner's live runs cost today; a running one, or one of unknown cost, at its worst."""
    key = Key(Scope.PRESENT, owner())
    with released():
        tallies = storage.counter().tallies((key,))
    return tallies.get(key, Tally()).used.dollars


def cap() -> Decimal:
    """US dollars that an owner may spend here a day."""
    return settings().present_cap


def reset() -> None:
    """Clears the stage; what is running is stopped."""
    now = stage()
    stop(now.runs)
    now.runs, now.notice = [], None


def stop(runs: Sequence[LiveRun]) -> None:
    """Stops what is running."""
    for run in runs:
        runtime.engine().stop(run)
