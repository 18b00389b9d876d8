"""What the gateway says of a run's task: asked for by its id, or told by callback."""

import json

import streamlit as st

from glm_playground.gateway import Gateway, GatewayError
from glm_playground.gateway.tasks import read_task
from glm_playground.ledger import Ledger, Settlement, StoredRun, TaskLookup
from glm_playground.service import runtime
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _, moment
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.page.ledger_notice import attempt
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code

_WAIT_S = 30.0


def ask_task(stored: StoredRun) -> TaskLookup:
    """Asks the gateway for the run's task.

    Raises:
        GatewayError: the gateway did not answer the question.
        TimeoutError: it did not answer in time.
    """
    task_id = stored.run.task_id or ""
    gateway = _gateway_of(stored)
    if gateway is None:
        raise GatewayError("the server that gave the task is not among those that are asked")
    state = runtime.engine().ask(gateway, lambda client: read_task(client, task_id)).result(_WAIT_S)
    return TaskLookup(task_id, state.read_at, state.status, state.cost, state.body)


def keep_task(ledger: Ledger, owner: str, stored: StoredRun, found: TaskLookup) -> bool:
    """Stores what the gateway answered, in a callback, and the cost it stated; False where the ledger failed."""

    def do() -> None:
        if found.cost is not None:
            ledger.settle(owner, stored.run.id, Settlement(found.cost, stored.run.server.origin, found.asked_at))
        ledger.add_lookup(owner, found)

    return attempt(_("What the server said of the task is not saved."), do, f"task {stored.run.id}")


def can_look_up(stored: StoredRun) -> bool:
    """True where the run has a task id and the server that gave it is among those that are asked now."""
    gateway = _gateway_of(stored) if stored.run.task_id else None
    return gateway is not None and runtime.may_have_tasks(gateway)


def _gateway_of(stored: StoredRun) -> Gateway | None:
    """The gateway that was asked: the one of its name at its origin, else any there."""
    asked, server = asked_gateways(), stored.run.server
    named = asked.find(server.name)
    return named if named and named.origin == server.origin else asked.at(server.origin)


def draw_task(ledger: Ledger, owner: str, stored: StoredRun) -> None:
    """Draws what is known of the task, and the button that asks again."""
    run = stored.run
    if not run.task_id:
        return
    st.markdown(_("**Task** {id}").format(id=f"`{run.task_id.replace('`', '')}`"))
    problem_key = f"task-problem-{run.id}"
    if can_look_up(stored):
        st.button(
            _("Look the task up"),
            key="task_look_up",
            icon=":material/sync:",
            on_click=_ask,
            args=(ledger, owner, stored, problem_key),
        )
    elif _gateway_of(stored) is None:
        st.caption(_("It can be looked up while {server} is the server that is asked.").format(
            server=f"`{run.server.origin}`"
        ))  # fmt: skip
    if problem := st.session_state.pop(problem_key, None):
        st.error(problem.body, title=problem.title)
    for lookup in stored.lookups:
        _draw_lookup(lookup)
    for callback in stored.callbacks:
        with st.expander(
            _("{time}: told by callback: {status}").format(
                time=moment(callback.received_at), status=literal(callback.status or _("unknown"))
            ),
            type="compact",
        ):
            st.caption(_("Callback {id}; its signature is right.").format(id=literal(callback.id)))
            draw_code(json.dumps(callback.body, ensure_ascii=False, indent=2), "json", wrap_lines=False, height=240)
    if not stored.lookups and not stored.callbacks:
        st.caption(_("Not looked up yet, and no callback came."))


def _draw_lookup(lookup: TaskLookup) -> None:
    cost = dollars(lookup.cost) if lookup.cost is not None else _("no cost stated")
    label = _("{time}: looked up: {status}, {cost}").format(
        time=moment(lookup.asked_at), status=literal(lookup.status or _("unknown")), cost=literal(cost)
    )
    with st.expander(label, type="compact"):
        draw_code(json.dumps(lookup.body, ensure_ascii=False, indent=2), "json", wrap_lines=False, height=240)


def unanswered(error: GatewayError | TimeoutError) -> Explanation:
    """What to say where the gateway did not answer."""
    if isinstance(error, TimeoutError):
        return Explanation(_("The server did not answer in time."), _("Nothing was changed. Try again."))
    said = [literal(error.message)] if error.message else []
    said += [f"`{error.request_id.replace('`', '')}`"] if error.request_id else []
    if error.status == 404:
        title = _("The server does not know this task.")
        body = _("Gateways forget tasks after a while. The run and its cost stay as they are.")
    else:
        title = _("The server did not answer the question.")
        body = _("Nothing was changed. Check the key and the network, then try again.")
    return Explanation(
        title, "  \n".join([body, *([_("Server message: {words}").format(words="; ".join(said))] if said else [])])
    )


def _ask(ledger: Ledger, owner: str, stored: StoredRun, problem_key: str) -> None:
    try:
        found = ask_task(stored)
    except (GatewayError, TimeoutError) as error:
        st.session_state[problem_key] = unanswered(error)
    else:
        keep_task(ledger, owner, stored, found)
