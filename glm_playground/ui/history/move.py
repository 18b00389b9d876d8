"""Moving a history to another browser: a one-time code here, entered and confirmed there."""

from datetime import UTC, datetime

import streamlit as st

from glm_playground.ledger import Ledger
from glm_playground.ledger.moves import Movable, Offer
from glm_playground.service import moves
from glm_playground.ui.shared.i18n import _, moment, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt

_OFFER, _FOUND, _MOVED, _CODE = "history_move_offer", "history_move_found", "history_moved", "history_move_code"
_WRONG = "history_move_wrong"
_LONGEST_CODE = 40


def draw_move(ledger: Ledger, owner: str) -> None:
    """Draws what was moved just now, and the popover with both ends of a move."""
    if moved := st.session_state.pop(_MOVED, None):
        st.success(_("Moved here: {what}.").format(what=_amount(moved)))
    popover = st.popover(
        _("Move to another browser"), icon=":material/move_up:", key="history_move", on_change="rerun", type="tertiary"
    )
    if popover.open:
        with popover:
            _draw_offer(ledger, owner)
            st.divider()
            _draw_entry(ledger, owner)


def _draw_offer(ledger: Ledger, owner: str) -> None:
    st.markdown(_("**From this browser**"))
    offer: Offer | None = st.session_state.get(_OFFER)
    if offer and offer.expires_at > datetime.now(UTC):
        st.code(offer.code, language=None)
        st.caption(
            _("Enter it on the History page of the other browser until {time}. It can be used once.").format(
                time=moment(offer.expires_at)
            )
        )
        return
    st.caption(_("A code moves your runs, workbenches and presets to whoever enters it within 10 minutes."))
    st.button(_("Show a code"), key="history_move_show", on_click=_offer, args=(ledger, owner))


def _draw_entry(ledger: Ledger, owner: str) -> None:
    st.markdown(_("**To this browser**"))
    st.text_input(_("Code from the other browser"), key=_CODE, max_chars=_LONGEST_CODE)
    if st.session_state.pop(_WRONG, False):
        st.error(
            _("Check it, or have the other browser show a new one. Five wrong tries make a code useless."),
            title=_("This code moves nothing."),
        )
    found: tuple[str, Movable] | None = st.session_state.get(_FOUND)
    if found is None:
        st.button(_("Check the code"), key="history_move_check", on_click=_check, args=(ledger, owner))
        return
    st.markdown(
        _("{what} and the presets leave the other browser and join yours. This can't be undone.").format(
            what=_amount(found[1])
        )
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Move them here"),
            key="history_move_here",
            icon=":material/move_down:",
            on_click=_take,
            args=(ledger, owner, found[0]),
        )
        st.button(_("Cancel"), key="history_move_cancel", type="tertiary", on_click=_forget)


def _offer(ledger: Ledger, owner: str) -> None:
    def do() -> None:
        st.session_state[_OFFER] = ledger.offer_move(owner)

    attempt(_("There is no code yet."), do, "move")


def _check(ledger: Ledger, owner: str) -> None:
    code = str(st.session_state.get(_CODE) or "")

    def do() -> None:
        found = ledger.find_move(code, owner)
        st.session_state[_WRONG] = found is None
        st.session_state[_FOUND] = (code, found) if found else None

    attempt(_("The code is not checked."), do, "move")


def _take(ledger: Ledger, owner: str, code: str) -> None:
    def do() -> None:
        moved = moves.take_over(ledger, code, owner)
        _forget()
        st.session_state[_WRONG if moved is None else _MOVED] = moved or True

    attempt(_("Not all of it is moved yet."), do, "move")


def _forget() -> None:
    st.session_state[_FOUND] = None
    st.session_state[_CODE] = ""


def _amount(found: Movable) -> str:
    runs = ngettext("{count} run", "{count} runs", found.runs).format(count=number(found.runs))
    benches = ngettext("{count} workbench", "{count} workbenches", found.workbenches)
    return f"{runs}, {benches.format(count=number(found.workbenches))}"
