"""The line on top of every page: its title, the server that is asked, the language."""

from typing import TYPE_CHECKING

import streamlit as st

from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.sandbox.weights import INSTALL_COMMAND, has_weights
from glm_playground.service import runtime
from glm_playground.translations import LANGUAGES
from glm_playground.ui.server import document_language
from glm_playground.ui.shared.answer.live_runs import draw_running
from glm_playground.ui.shared.i18n import LANGUAGE_KEY, SHORT_NAMES, _, browser_language, language, ngettext
from glm_playground.ui.shared.page.badges import stand_in_badge
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_LONGEST_NAMES = 40
_SAID = "language_said"


def draw_header(title: str, *, attaches: bool = False) -> "DeltaGenerator | None":
    """Draws the line; the place of the count of running answers, where there is one that does not go by itself.

    Args:
        title: of the page.
        attaches: whether the page draws running answers itself and is drawn again at their end.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # It takes the space that the others leave.
        st.subheader(title, anchor=False, width="stretch")
        running = draw_running(attaches=attaches)
        draw_text(_server_line(), width="content")
        _draw_language()
        _say_language()
    return running


def _draw_language() -> None:
    """Draws the languages by their short names, with the session's in bold; a click takes the next one."""
    names = [f"**{name}**" if key == language() else name for key, name in SHORT_NAMES.items()]
    st.button(" | ".join(names), key="language_button", type="tertiary", on_click=_change_language)


def _change_language() -> None:
    languages = list(LANGUAGES)
    st.session_state[LANGUAGE_KEY] = languages[(languages.index(language()) + 1) % len(languages)]


def _say_language() -> None:
    """Follows the choice of a language in the document; the first page said the browser's."""
    spoken = language()
    if _SAID in st.session_state or spoken != browser_language():
        st.session_state[_SAID] = True
        st.html(f"<script>{document_language.SCRIPTS[spoken]}</script>", unsafe_allow_javascript=True, width="content")


def _server_line() -> str:
    gateways = asked_gateways()
    server = gateways.first
    if gateways.several:
        names = ", ".join(map(literal, gateways.names))
        count = ngettext("{count} gateway", "{count} gateways", len(gateways.all)).format(count=len(gateways.all))
        return styled("small", names if len(names) <= _LONGEST_NAMES else count)
    if server.stand_in:
        sandbox = _("Sandbox")
        return f"{styled('small', sandbox)} {stand_in_badge(server.stand_in)}"
    key = _("with a key") if server.key else _("without a key")
    return f"{styled('small', literal(server.name))} {styled('gray-badge', key)}"


def draw_sandbox_notice() -> None:
    """Says in one line that a stand-in answers, or why nothing does."""
    process = runtime.sandbox()
    if asked_gateways().first.private:
        return
    if isinstance(process, SandboxProcess):
        if process.engine == "standin":
            text = _(
                "No key is set: {model}, a small model on this computer, answers in place of GLM. "
                "Set RUNAPI_API_KEY to ask RunAPI."
            )
        else:
            text = _("No key is set: prepared text answers in place of GLM. Set RUNAPI_API_KEY to ask RunAPI.")
        draw_text(styled("small", styled("orange", text.format(model=process.model))))
        if process.engine == "scripted" and process.why:
            st.caption(_why_scripted(process.why))
    elif isinstance(process, SandboxFailed):
        st.error(
            _("Set RUNAPI_API_KEY to ask RunAPI, or see why: {why}").format(why=literal(str(process))),
            title=_("The sandbox could not be started, so nothing can answer."),
        )


def _why_scripted(why: str) -> str:
    if not has_weights():
        text = _("The stand-in model is not installed. Run `{command}`, then start the app again.")
        return text.format(command=INSTALL_COMMAND)
    return _("The stand-in model could not be loaded: {why}").format(why=literal(why))
