"""Links to what an owner shares: made for a time, listed, and taken back, where the operator allows them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.bundles.gateway_addresses import page_without_addresses
from glm_playground.bundles.secrets import page_without_secrets
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ledger.links import Link, LinksFull
from glm_playground.runs.run import Server
from glm_playground.service import storage
from glm_playground.settings import ENVIRONMENT_NAMES, settings
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.server.shared_links import PATH
from glm_playground.ui.shared.files.bundle_download import known_keys
from glm_playground.ui.shared.i18n import _, moment, ngettext, number
from glm_playground.ui.shared.page.ledger_notice import attempt, draw_error, explain
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.public_address import is_for_this_computer, public_address
from glm_playground.ui.shared.text.answer_markdown import literal

Kind = Literal["conversation", "report"]
_LASTS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}


class SharedPage(NamedTuple):
    """What a link leads to."""

    title: str
    """As the owner's list names it."""
    html: str
    runs: Sequence[str]
    """Ids of the runs that it shows; the link ends when one of them is deleted."""
    servers: Sequence[Server] = ()
    """Who was asked for them: nobody is told where they are."""


def draw_link(make: Callable[[], SharedPage], kind: Kind, key: str, *, says_off: bool = True) -> None:
    """Draws how long a link lasts, the button that makes it, and once it is made its address.

    Where none are allowed, it says who may allow them.

    Args:
        make: writes the page that is shared, as it is at that moment.
        kind: what it is.
        key: tells it from others.
        says_off: False where a form beside it says that links are off.
    """
    allowed = [name for name in _LASTS if _LASTS[name] <= _LASTS.get(settings().sharing, timedelta())]
    if not allowed:
        if says_off:
            said = _("Read-only links are off: the operator allows them with `{name}`.")
            st.caption(said.format(name=ENVIRONMENT_NAMES["sharing"]))
        return
    names = {"1h": _("1 hour"), "1d": _("1 day"), "7d": _("7 days")}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        lasts = st.segmented_control(
            _("As a link, for"), allowed, default=allowed[0], format_func=names.__getitem__,
            key=f"{key}-lasts", required=True, persist_state="session",
        )  # fmt: skip
        pressed = st.button(_("Make a link"), key=f"{key}-make", icon=":material/link:")
    if pressed and lasts in allowed:
        st.session_state[f"{key}-made"] = _make(make(), kind, _LASTS[str(lasts)])
    made: tuple[Link, str] | None = st.session_state.get(f"{key}-made")
    if made:
        _draw_made(*made)
    else:
        st.caption(
            _(
                "Whoever has the address reads this page as it is now, without a login, system prompts included. What "
                "looks like a key is taken out. Under Links you take it back."
            )
        )


def _make(page: SharedPage, kind: Kind, lasts: timedelta) -> tuple[Link, str] | None:
    """The link and its address; says why it cannot be made."""
    named = page.title[: bounds.LINK_TITLE_CHARACTERS]
    asked = [Server(gateway.name, gateway.origin) for gateway in asked_gateways().all]
    html = page_without_addresses(page.html, [*page.servers, *asked], _("the operator's gateway"))
    html = page_without_secrets(html, known_keys())
    try:
        with released():
            links = storage.needed_ledger().links
            link, secret = links.make(owner(), kind=kind, title=named, page=html, runs=page.runs, lasts=lasts)
    except LinksFull:
        most = _("You have {most} links at most, each to a page of {size} MB at most. Take one back under Links.")
        st.error(
            most.format(most=number(bounds.LINKS), size=number(bounds.LINK_BYTES // 1024**2)),
            title=_("There is no link."),
        )
    except LedgerError as error:
        st.error(explain(error).body, title=_("There is no link."))
    else:
        return link, public_address(f"{PATH}/{secret}")
    return None


def _draw_made(link: Link, address: str) -> None:
    st.code(address, language=None, wrap_lines=True)
    st.caption(
        _("Until {time}. Copy it now: it is shown here only and stored nowhere.").format(time=moment(link.expires_at))
    )
    if is_for_this_computer(address):
        st.caption(_("This address is for this computer only. Set GLM_PLAYGROUND_PUBLIC_ADDRESS."))


def draw_links(key: str, *, said: str = "") -> None:
    """Draws the owner's links with what can be done with them; without links, what is `said`."""
    found = storage.ledger()
    if settings().sharing == "off" or not isinstance(found, Ledger):
        return
    try:
        links = found.links.of(owner())
    except LedgerError as error:
        draw_error(error)
        return
    if not links:
        if said:
            st.caption(said)
        return
    st.markdown(_("**Links** to what you shared. A deleted run takes its links with it."))
    for link in links:
        told, act = st.columns([4, 1], vertical_alignment="center")
        told.markdown(f"{literal(link.title)}  \n:small[{_told(link)}]")
        with act:
            st.button(
                _("Revoke"), f"{key}-revoke-{link.id}", icon=":material/link_off:", on_click=_revoke,
                args=(found, owner(), link),
            )  # fmt: skip


def _told(link: Link) -> str:
    kind = _("report") if link.kind == "report" else _("conversation")
    opened = ngettext("opened {count} time", "opened {count} times", link.opened).format(count=number(link.opened))
    said = _("{kind}, made {made}, until {until}, {opened}")
    return literal(said.format(kind=kind, made=moment(link.created_at), until=moment(link.expires_at), opened=opened))


def _revoke(ledger: Ledger, owner: str, link: Link) -> None:
    state = st.session_state

    def do() -> None:
        ledger.links.revoke(owner, link.id)
        for key, made in list(state.items()):
            if str(key).endswith("-made") and isinstance(made, tuple) and made[:1] == (link,):
                del state[key]

    attempt(_("The link is not taken back."), do, f"link {link.id}")
