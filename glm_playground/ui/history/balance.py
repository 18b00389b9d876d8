"""The server's own word against the sum of the runs: the balance before and after, and the tasks looked up."""

import itertools
from collections.abc import Sequence

import streamlit as st

from glm_playground.gateway import Gateway, GatewayError
from glm_playground.gateway.account import read_balance
from glm_playground.ledger import Ledger, RunFilter, StoredRun
from glm_playground.ledger.values import BalanceReading
from glm_playground.runs.cost import CostState
from glm_playground.service import runtime
from glm_playground.ui.history.tasks import ask_task, can_look_up, keep_task, unanswered
from glm_playground.ui.server.operator import is_operator
from glm_playground.ui.shared.figures import dollars, signed_dollars
from glm_playground.ui.shared.i18n import _, moment, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal

MOST_LOOKED_UP = 50
_WAIT_S = 30.0
_READINGS = 10
_SAID, _PROBLEM = "balance_said", "balance_problem"


def draw_balance(ledger: Ledger, owner: str) -> None:
    """Draws the readings of each balance with what the runs between them cost, and the button for the tasks.

    Nothing where no server has either.
    """
    gateways = asked_gateways()
    for gateway in gateways.all:
        runtime.ask_prices(gateway)
    readable = [gateway for gateway in gateways.all if _may_read(gateway)]
    with_tasks = [gateway for gateway in gateways.all if runtime.may_have_tasks(gateway)]
    if not readable and not with_tasks:
        return
    st.markdown(_("**Checked against the server**"))
    if readable:
        st.caption(
            _(
                "Read the balance before and after some runs: what it fell by stands beside the sum of your runs in "
                "that time. Others who use the same key make a difference too."
            )
        )
    _draw_questions(ledger, owner, readable, with_tasks, several=gateways.several)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(problem.body, title=problem.title)
    if said := st.session_state.pop(_SAID, None):
        st.markdown(said)
    for gateway in readable:
        readings = ledger.balances(owner, gateway.origin, _READINGS)
        if readings and gateways.several:
            st.markdown(f"**{literal(gateway.name)}**")
        _draw_readings(ledger, owner, readings)


def _draw_questions(
    ledger: Ledger, owner: str, readable: Sequence[Gateway], with_tasks: Sequence[Gateway], *, several: bool
) -> None:
    """Draws the buttons that ask the gateways for balances and tasks."""
    with st.container(horizontal=True, gap="small"):
        for gateway in readable:
            st.button(
                _("Read the balance of {name}").format(name=literal(gateway.name))
                if several
                else _("Read the balance"),
                key="balance_read" if gateway is readable[0] else f"balance_read-{gateway.name}",
                icon=":material/account_balance:",
                on_click=_read,
                args=(ledger, owner, gateway.name),
            )
        if with_tasks:
            st.button(
                _("Refresh recent tasks"),
                key="tasks_look_up",
                icon=":material/sync:",
                on_click=_look_up,
                args=(ledger, owner),
                help=_("Asks {server} for the last {most} runs that have a task id and no settled cost.").format(
                    server=", ".join(literal(gateway.name) for gateway in with_tasks), most=MOST_LOOKED_UP
                ),
            )


def _may_read(server: Gateway) -> bool:
    """The account of one's own key, play money, or the operator's for whom the operator said; where there is one."""
    may_see = server.private or server.stand_in is not None or is_operator()
    return may_see and runtime.may_have_balance(server)


def _draw_readings(ledger: Ledger, owner: str, readings: tuple[BalanceReading, ...]) -> None:
    """Draws a line for each two readings that follow each other, newest first."""
    if not readings:
        return
    newest = readings[0]
    st.markdown(
        _("Balance {amount}, read {time}.").format(amount=literal(dollars(newest.amount)), time=moment(newest.read_at))
    )
    if len(readings) < 2:
        return
    heads = (_("From"), _("To"), _("Balance fell by"), _("Sum of your runs"), _("Difference"), _("Not in the sum"))
    lines = [f"| {' | '.join(heads)} |", "|---|---|--:|--:|--:|---|"]
    for after, before in itertools.pairwise(readings):
        spent = ledger.spent(owner, after.origin, before.read_at, after.read_at)
        fell = before.amount - after.amount
        missing = ngettext("{count} run of unknown cost", "{count} runs of unknown cost", spent.unknown_runs)
        cells = (
            moment(before.read_at),
            moment(after.read_at),
            literal(signed_dollars(fell)),
            literal(dollars(spent.known)),
            literal(signed_dollars(fell - spent.known)),
            missing.format(count=number(spent.unknown_runs)) if spent.unknown_runs else "–",
        )
        lines.append(f"| {' | '.join(cells)} |")
    st.markdown("\n".join(lines))


def _read(ledger: Ledger, owner: str, name: str) -> None:
    server = asked_gateways().find(name)
    if server is None or not _may_read(server):
        return
    try:
        balance = runtime.engine().ask(server, read_balance).result(_WAIT_S)
    except (GatewayError, TimeoutError) as error:
        st.session_state[_PROBLEM] = unanswered(error)
        return
    reading = BalanceReading(server.origin, balance.read_at, balance.amount)
    attempt(_("The balance is read and not saved."), lambda: ledger.add_balance(owner, reading), "balance")


def _look_up(ledger: Ledger, owner: str) -> None:
    """Asks for the last runs' tasks, one after the other; the first refusal ends it."""
    asked = settled = 0
    for stored in _without_settled_cost(ledger, owner):
        try:
            found = ask_task(stored)
        except (GatewayError, TimeoutError) as error:
            if isinstance(error, GatewayError) and error.status == 404:
                asked += 1
                continue
            st.session_state[_PROBLEM] = unanswered(error)
            break
        if not keep_task(ledger, owner, stored, found):
            break
        asked += 1
        settled += found.cost is not None
    st.session_state[_SAID] = _("{asked} tasks looked up; the server stated the cost of {settled}.").format(
        asked=number(asked), settled=number(settled)
    )


def _without_settled_cost(ledger: Ledger, owner: str) -> list[StoredRun]:
    found: list[StoredRun] = []

    def do() -> None:
        page = ledger.page(owner, RunFilter(), None, 4 * MOST_LOOKED_UP)
        ids = [row.id for row in page.rows if row.task_id and row.outcome and row.cost_state is not CostState.SETTLED]
        stored = ledger.runs(owner, ids[:MOST_LOOKED_UP])
        found.extend(stored[run_id] for run_id in ids if run_id in stored)

    attempt(_("No task is looked up."), do, "tasks")
    return [stored for stored in found if can_look_up(stored)]
