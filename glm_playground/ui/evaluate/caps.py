"""The fields for what an evaluation may use, and for how much is asked at once."""

from decimal import Decimal
from typing import NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.ui.shared.i18n import _

_MOST_DOLLARS, _MOST_TOKENS = 10_000.0, 10**12
_MOST_IN_A_BROWSER = 2**53 - 1


class Caps(NamedTuple):
    """What an evaluation may use; None is no such cap, or the one that stands already."""

    dollars: Decimal | None
    tokens: int | None
    at_once: int


def draw_caps(key: str, dollars: Decimal | None, tokens: int | None) -> Caps:
    """Draws the fields in a row.

    Args:
        key: names them.
        dollars: the cap that is shown first; a browser empties only a field that began empty.
        tokens: likewise.
    """
    shown_dollars = None if dollars is None else float(dollars)
    shown_tokens = None if tokens is None else min(tokens, _MOST_IN_A_BROWSER)
    most_dollars, most_tokens = max(_MOST_DOLLARS, shown_dollars or 0), max(_MOST_TOKENS, shown_tokens or 0)
    given_dollars = st.number_input(
        _("Cap, US dollars"),
        0.0,
        most_dollars,
        shown_dollars,
        0.5,
        key=f"{key}_cap",
        placeholder=_("none"),
        width=150,
        persist_state="session",
    )
    given_tokens = st.number_input(
        _("Cap, tokens"),
        0,
        most_tokens,
        shown_tokens,
        key=f"{key}_cap_tokens",
        placeholder=_("none"),
        width=170,
        persist_state="session",
    )
    # One field of a tab, so that an evaluation continues at the pace that it was begun with.
    at_once = st.number_input(
        _("At once, at most"),
        1,
        bounds.EVALUATION_MOST_AT_ONCE,
        bounds.EVALUATION_AT_ONCE,
        key="evaluate_at_once",
        width=150,
        persist_state="session",
    )
    # The browser checks limits, and anybody can send something else.
    return Caps(
        # What is shown may be rounded.
        dollars if given_dollars == shown_dollars else _dollars(given_dollars, most_dollars),
        tokens if given_tokens == shown_tokens else _tokens(given_tokens, most_tokens),
        min(max(int(at_once), 1), bounds.EVALUATION_MOST_AT_ONCE),
    )


def _dollars(given: float | None, most: float) -> Decimal | None:
    return None if given is None else Decimal(str(min(most, max(0.0, given))))


def _tokens(given: int | None, most: int) -> int | None:
    return None if given is None else min(most, max(0, int(given)))
