"""Shows the pages that an answer holds, each in a frame below it: first without scripts, with them on request."""

from hashlib import blake2b
from urllib.parse import urlsplit

import streamlit as st

from glm_playground.chat.whole_pages import has_scripts, whole_pages
from glm_playground.ui.server.model_pages import PATH, model_pages
from glm_playground.ui.server.owner import browser_owner
from glm_playground.ui.shared.i18n import _, number

_SHOWN = "shown_pages"
_HEIGHT = 480


def draw_page_frames(text: str, key: str) -> None:
    """Draws a button for each whole page in `text`, and a frame for those that are shown.

    Args:
        text: an answer.
        key: unlike that of any other answer on the page.
    """
    owner = browser_owner()
    # Without a cookie there is nobody whom a page could be for.
    pages = whole_pages(text) if owner else ()
    for place, page in enumerate(pages, start=1):
        _draw(owner, page, f"{key}-{place}", str(place) if len(pages) > 1 else "")


def hide_page_frames(text: str) -> None:
    """Takes the pages in `text` away, such as an answer's that is deleted."""
    owner = browser_owner()
    for page in whole_pages(text) if owner else ():
        model_pages.hide(owner, page)


def _draw(owner: str, page: str, key: str, place: str) -> None:
    shown: dict[str, bool] = st.session_state.setdefault(_SHOWN, {})
    # Another answer in the same place is not shown because this one is.
    state = blake2b(page.encode("utf-8", "replace"), digest_size=8).hexdigest() + key
    if state not in shown:
        label = _("Show page {number}").format(number=number(int(place))) if place else _("Show it")
        st.button(
            label,
            key=f"show-page-{key}",
            icon=":material/preview:",
            on_click=shown.__setitem__,
            args=(state, False),
            help=_("Draws the page in a frame of its own: without scripts, without network."),
        )
        return
    scripts = shown[state]
    id = model_pages.show(owner, page, scripts=scripts)
    st.iframe(f"{_root()}{PATH}/{id}", height=_HEIGHT, alt=_("The page that the answer holds"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Hide it"),
            key=f"hide-page-{key}",
            type="tertiary",
            icon=":material/close:",
            on_click=_hide,
            args=(owner, page, state),
        )
        if has_scripts(page) and not scripts:
            st.button(
                _("Run its scripts"),
                key=f"run-page-{key}",
                type="tertiary",
                icon=":material/play_arrow:",
                on_click=shown.__setitem__,
                args=(state, True),
                help=_webrtc(),
            )
        if scripts:
            st.caption(_webrtc())
        else:
            st.caption(_("Scripts are off; nothing is loaded from elsewhere."))


def _webrtc() -> str:
    return _(
        "Its scripts can neither load anything nor reach this page. In some browsers they can still reveal your "
        "network address by WebRTC, which no policy stops there."
    )


def _hide(owner: str, page: str, state: str) -> None:
    st.session_state[_SHOWN].pop(state, None)
    model_pages.hide(owner, page)


def _root() -> str:
    """The path of the app as the browser has it: a proxy may serve it below one that the app does not know."""
    return urlsplit(st.context.url or "").path.rstrip("/").rpartition("/")[0]
