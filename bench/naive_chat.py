"""The baseline: the chat page that everybody writes, with ``st.chat_input``, ``st.write_stream`` and httpx."""

import json
import os
from collections.abc import Iterator

import httpx
import streamlit as st

BASE_URL = os.environ["RUNAPI_BASE_URL"]
API_KEY = os.environ["RUNAPI_API_KEY"]
MODEL = "glm-5.1"


def answer(messages: list[dict[str, str]]) -> Iterator[str]:
    """The content deltas of one streamed chat completion."""
    with httpx.stream(
        "POST",
        f"{BASE_URL}/v1/chat/completions",
        headers={"Authorization": f"Bearer {API_KEY}"},
        json={"model": MODEL, "messages": messages, "stream": True},
        timeout=None,
    ) as response:
        for line in response.iter_lines():
            if not line.startswith("data: ") or line == "data: [DONE]":
                continue
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                yield choice["delta"].get("content") or ""


st.title("Chat")
messages = st.session_state.setdefault("messages", [])
for message in messages:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])

if prompt := st.chat_input("Say something"):
    messages.append({"role": "user", "content": prompt})
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        text = st.write_stream(answer(messages))
    messages.append({"role": "assistant", "content": text})
