"""The images of a prompt, drawn, and left out where a request is shown as JSON or code."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from glm_playground.chat.images import image_bytes
from glm_playground.gateway import ChatRequest
from glm_playground.ui.shared.i18n import _

_WIDTH_PX = 240


def draw_images(urls: Sequence[str], names: Sequence[str] = ()) -> None:
    """Draws the images of a prompt beside each other."""
    if urls:
        with st.container(horizontal=True, gap="small"):
            for place, url in enumerate(urls):
                name = names[place] if place < len(names) else ""
                st.image(url, width=_WIDTH_PX, alt=name or _("An image of the prompt"))


def shown_body(request: ChatRequest) -> dict[str, Any]:
    """The JSON object that is sent, with the size of each image in the place of its megabytes of letters."""
    body = request.body()
    for message in body["messages"]:
        if isinstance(message["content"], list):
            message["content"] = [_shown(part) for part in message["content"]]
    return body


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return part
    url = part["image_url"]["url"]
    head = url.partition(",")[0]
    return {"type": "image_url", "image_url": {"url": f"{head},... ({image_bytes(url)} bytes)"}}
