"""The least a chat page can be: an input, one prompt and one answer, drawn by the app's engine without the app."""

import os

import streamlit as st
from pydantic import SecretStr

from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.runs.engine import Engine

_PAUSE_SECONDS = 1.0
_GATEWAY = Gateway("bench", os.environ["RUNAPI_BASE_URL"], SecretStr(os.environ["RUNAPI_API_KEY"]))


@st.cache_resource
def engine() -> Engine:
    """The engine of the process."""
    return Engine()


def start() -> None:
    """Asks what was typed."""
    message = Message(role="user", content=st.session_state["prompt"])
    st.session_state["run"] = engine().start(ChatRequest(model="glm-5.1", messages=(message,)), _GATEWAY)


st.title("Chat")
st.chat_input("Say something", key="prompt", on_submit=start)
if run := st.session_state.get("run"):
    st.markdown(run.request.messages[-1].content)
    slot = st.empty()
    seen, shown = -1, ""
    while not (run.ended and seen == len(run.events)):
        engine().wait_changed(run, seen, pause=_PAUSE_SECONDS if shown else 0.0)
        seen = len(run.events)
        if run.content != shown:
            shown = run.content
            slot.markdown(shown)
