"""A key for one session, where the operator set none: kept in that session's memory and sent to RunAPI only."""

from concurrent.futures import TimeoutError as NotInTime

import streamlit as st
from pydantic import SecretStr

from glm_playground.gateway import Gateway, GatewayError, Gateways
from glm_playground.gateway.configured import runapi_gateway
from glm_playground.gateway.errors import AuthenticationFailed, ConnectionFailed, PermissionDenied
from glm_playground.service import runtime
from glm_playground.settings import settings
from glm_playground.ui.shared.i18n import _, ngettext
from glm_playground.ui.shared.text.styled import styled

_KEY, _FIELD, _SAID = "own_key", "key_field", "key_said"
_CHECK_SECONDS = 15.0
_LONGEST_KEY = 500


def asked_gateways() -> Gateways:
    """The servers that this session may ask: RunAPI with the session's own key, else the process's."""
    key = st.session_state.get(_KEY)
    return runtime.gateways() if key is None else Gateways((_runapi(key),))


def _runapi(key: SecretStr) -> Gateway:
    return runapi_gateway(key, private=True)


def may_paste_key() -> bool:
    """Whether the operator left it to the user to bring a key."""
    return settings().uses_sandbox


def draw_key() -> None:
    """Draws the field for a key, or the way to forget it."""
    if st.session_state.get(_KEY) is not None:
        st.markdown(_("RunAPI is asked with your key. It is in this session's memory only."))
        st.button(_("Forget the key"), key="key_forget", on_click=_forget)
    else:
        # Outside a form, the field keeps what was typed to itself when Tab leads on through its own eye button.
        with st.form("key_form", border=False):
            st.text_input(
                _("Your RunAPI key"),
                key=_FIELD,
                type="password",
                max_chars=_LONGEST_KEY,
                autocomplete="off",
                help=_(
                    "It stays in this session's memory, is sent to runapi.ai only, and is gone when you close the page."
                ),
            )
            st.form_submit_button(_("Check and use the key"), key="key_use", on_click=_use)
    # Kept until the next try: the page may run again by itself before it was read.
    if said := st.session_state.get(_SAID):
        st.markdown(said)


def _use() -> None:
    text = (st.session_state.get(_FIELD) or "").strip()
    st.session_state[_FIELD] = ""
    if not text:
        st.session_state[_SAID] = styled("red", _("The field is empty: paste your key. Nothing was sent."))
        return
    if any(not 33 <= ord(char) <= 126 for char in text):
        st.session_state[_SAID] = styled("red", _("A key holds printable ASCII without spaces. Nothing was sent."))
        return
    server = _runapi(SecretStr(text))
    asking = runtime.engine().ask(server, lambda client: client.models())
    try:
        models = asking.result(_CHECK_SECONDS)
    except NotInTime:
        asking.cancel()
        st.session_state[_SAID] = styled("red", _("RunAPI did not answer in time. Try again; the key is not kept."))
    except GatewayError as error:
        st.session_state[_SAID] = styled("red", _why_unused(error))
    else:
        st.session_state[_KEY] = server.key
        count = len(models)
        said = ngettext("RunAPI lists {count} model for it.", "RunAPI lists {count} models for it.", count)
        st.session_state[_SAID] = said.format(count=count)


def _why_unused(error: GatewayError) -> str:
    if isinstance(error, AuthenticationFailed | PermissionDenied):
        said = _("RunAPI did not take the key ({status}). Check it and paste it again; it is not kept.")
        return said.format(status=error.status)
    if isinstance(error, ConnectionFailed):
        return _("RunAPI cannot be reached from here, so the key was not checked. Try again later; it is not kept.")
    status = f" ({error.status})" if error.status else ""
    said = _("RunAPI could not check the key now{status}. Try again later; it is not kept.")
    return said.format(status=status)


def _forget() -> None:
    st.session_state.pop(_KEY, None)
    st.session_state.pop(_SAID, None)
