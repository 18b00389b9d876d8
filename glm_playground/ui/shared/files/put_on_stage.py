"""Putting recorded runs on stage: they become a scenario at the end of the owner's running order."""

from collections.abc import Callable, Sequence

import streamlit as st

from glm_playground.bundles.bundle import BundleError, RecordedRun
from glm_playground.bundles.running_order import Scenario, scenarios_of
from glm_playground.ledger import LedgerError
from glm_playground.service import running_orders
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.ledger_notice import explain
from glm_playground.ui.shared.text.answer_markdown import literal


def draw_put_on_stage(runs: Callable[[], Sequence[RecordedRun]], key: str) -> None:
    """Draws the button; `runs`, all of which have ended, are asked for once it is pressed."""
    draw_put_scenarios(lambda: scenarios_of(tuple(runs())), key)


def draw_put_scenarios(made: Callable[[], Sequence[Scenario]], key: str) -> None:
    """Draws the button; the scenarios, none where no run has ended, are asked for once it is pressed."""
    if not st.button(_("Put on stage"), key=key, icon=":material/co_present:"):
        return
    scenarios = tuple(made())
    if not scenarios:
        st.caption(_("No run has ended yet."))
        return
    spoken = language()
    try:
        with released():
            running_orders.change(owner(), lambda order: order.joined(scenarios, spoken))
    except LedgerError as error:
        why = explain(error)
        st.error(why.body, title=_("It is not on stage."))
    except BundleError as error:
        st.error(literal(str(error)), title=_("It is not on stage."))
    else:
        st.success(_("It is the last of your scenarios on the page Present, where you give it a title and notes."))
