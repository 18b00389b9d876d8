"""What this person has used of the caps."""

from decimal import Decimal

import streamlit as st

from glm_playground.runs.caps import Limits, Measure, Scope, Tally
from glm_playground.service import storage
from glm_playground.service.caps import keys_of
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer.refusal_words import amount_text
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.own_key import asked_gateways


def draw_allowance() -> None:
    """Draws it in a line; nothing where no cap holds."""
    key = next((key for key in keys_of(asked_gateways().first, owner()) if key.scope is Scope.OWNER), None)
    if key is None:
        return
    counter = storage.counter()
    with released():
        tally = counter.tallies((key,)).get(key, Tally())
    limits = counter.caps.get(key.scope, Limits())
    words = {
        Measure.RUNNING: _("{used} of {limit} running"),
        Measure.REQUESTS: _("{used} of {limit} requests within a minute"),
        Measure.TOKENS: _("today {used} of {limit}"),
        Measure.DOLLARS: _("today {used} of {limit}"),
    }
    parts = [
        text.format(used=_used_text(measure, tally.of(measure)), limit=amount_text(measure, limit))
        for measure, text in words.items()
        if (limit := limits.of(measure)) is not None
    ]
    if parts:
        st.caption(_("Your share of this server: {parts}").format(parts=" · ".join(parts)))


def _used_text(measure: Measure, amount: Decimal) -> str:
    # The limit behind it says that they are tokens.
    return number(amount) if measure is Measure.TOKENS else amount_text(measure, amount)
