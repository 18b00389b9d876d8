"""Which runs the history shows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import streamlit as st

from glm_playground.ledger import Ledger, RunFilter
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome
from glm_playground.ui.shared.answer.run_footer import cost_state_name, outcome_name
from glm_playground.ui.shared.i18n import _, beginning
from glm_playground.ui.shared.page.filter_count import draw_filter_count

_KEYS = (_TEXT, _MODELS, _SERVERS, _OUTCOMES, _COSTS, _TAGS, _FROM, _TO, _WHO, _TASK, _WARM_UPS) = tuple(
    f"history_{name}"
    for name in ("text", "models", "servers", "outcomes", "costs", "tags", "from", "to", "who", "task", "warm_ups")
)
_LISTS = (_MODELS, _SERVERS, _OUTCOMES, _COSTS, _TAGS)
_COST_STATES = tuple(state for state in CostState if state is not CostState.PREDICTED)


def draw_filters(ledger: Ledger, owner: str, models: Sequence[str]) -> RunFilter:
    """Draws the search and, once they are opened, the filters; what they say.

    Args:
        ledger: of the runs.
        owner: of the runs.
        models: of the runs.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            _("Search"),
            key=_TEXT,
            icon=":material/search:",
            placeholder=_('words in prompts, answers and notes, or "a phrase"'),
            persist_state="session",
        )
        chosen = st.multiselect(
            _("Model"),
            _with_chosen(models, _MODELS),
            key=_MODELS,
            placeholder=_("all"),
            persist_state="session",
        )
        popover = st.popover(_("Filters"), icon=":material/filter_list:", key="history_filters", on_change="rerun")
        if popover.open:
            with popover:
                _draw_more(ledger, owner)
        draw_filter_count(sum(bool(st.session_state.get(key)) for key in _KEYS[2:]))
    state = st.session_state
    return RunFilter(
        text=(text or "").strip(),
        models=tuple(chosen),
        servers=tuple(state.get(_SERVERS) or ()),
        since=_beginning(state.get(_FROM)),
        until=_beginning(state.get(_TO), later=1),
        outcomes=tuple(map(Outcome, state.get(_OUTCOMES) or ())),
        cost_states=tuple(map(CostState, state.get(_COSTS) or ())),
        tags=tuple(state.get(_TAGS) or ()),
        stand_in={"stand_in": True, "real": False}.get(state.get(_WHO) or ""),
        task_id=(state.get(_TASK) or "").strip(),
        warm_up=None if state.get(_WARM_UPS) else False,
    )


def is_asked() -> bool:
    """True where any filter was set, warm-ups included."""
    return any(st.session_state.get(key) for key in _KEYS)


def is_narrowed(wanted: RunFilter) -> bool:
    """True where a filter leaves out more than warm-ups."""
    return replace(wanted, warm_up=None) != RunFilter()


def forget_filters() -> None:
    """Shows all runs again."""
    # What is taken out of the state stays in the browser, and comes back with the next click; what is set goes there.
    st.session_state.update({key: [] for key in _LISTS} | {_TEXT: "", _TASK: "", _WARM_UPS: False})
    st.session_state.update(dict.fromkeys((_FROM, _TO, _WHO)))


def _draw_more(ledger: Ledger, owner: str) -> None:
    who = {"real": _("real answers"), "stand_in": _("stand-in")}
    st.pills(_("Answered by"), list(who), format_func=who.__getitem__, key=_WHO, persist_state="session")
    st.multiselect(
        _("Gateway"), _with_chosen(ledger.servers(owner), _SERVERS), key=_SERVERS, placeholder=_("all"),
        persist_state="session",
    )  # fmt: skip
    st.multiselect(
        _("Outcome"), list(Outcome), format_func=outcome_name, key=_OUTCOMES, placeholder=_("all"),
        persist_state="session",
    )  # fmt: skip
    st.multiselect(
        _("Cost"), list(_COST_STATES), format_func=cost_state_name, key=_COSTS, placeholder=_("all"),
        persist_state="session",
    )  # fmt: skip
    st.multiselect(
        _("Tag"), _with_chosen(ledger.tags(owner), _TAGS), key=_TAGS, placeholder=_("all"), persist_state="session"
    )
    with st.container(horizontal=True):
        st.date_input(_("From"), None, key=_FROM, persist_state="session")
        st.date_input(_("To"), None, key=_TO, persist_state="session")
    st.text_input(_("Task id"), key=_TASK, placeholder="task_…", persist_state="session")
    st.checkbox(_("Show warm-ups"), key=_WARM_UPS, persist_state="session")
    st.button(_("Show all"), key="history_all", on_click=forget_filters)


def _with_chosen(found: Sequence[str], key: str) -> list[str]:
    """The options of a filter, and what is chosen: its last run may be gone, but the filter stays as it is."""
    return sorted({*found, *(st.session_state.get(key) or ())})


def _beginning(value: object, later: int = 0) -> datetime | None:
    """When a chosen day begins for the reader, or the one so many days later."""
    # In the first and the last year that Python knows, a day may begin in none of another zone.
    if not isinstance(value, date) or not date.min.year < value.year < date.max.year:
        return None
    return beginning(value + timedelta(days=later))
