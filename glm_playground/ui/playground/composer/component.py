"""What a page calls to have the browser do its part."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from glm_playground.chat.forecast import Prediction, price_range
from glm_playground.ui.shared.i18n import _, language
from glm_playground.ui.shared.page.loading import begin_page, end_loading

_NAME = "glm-playground.composer"
"""The project's name and the component's, as in `glm_playground/pyproject.toml`."""
_COPY = "copy"
# A run of the script may be replaced before the browser has drawn what it sent.
_COPY_SECONDS = 2.0


@dataclass(frozen=True)
class Editor:
    """An editor that is open on the page."""

    key: str
    """Of its text area."""
    id: str
    """Of what is edited: the browser gives the focus once for each."""


@dataclass(frozen=True)
class _Copy:
    id: str
    text: str
    asked: float


def draw_composer(
    workbench_id: str,
    predictions: Sequence[Prediction],
    *,
    input_key: str,
    stop_key: str,
    repeats: int = 1,
    warm_ups: Sequence[Prediction] = (),
    latest: str = "",
    editor: Editor | None = None,
    hint: str = "",
    waiting_for_price: bool = False,
    answering: bool = False,
) -> None:
    """Draws the line below the chat input. Call it once a run, in `st.bottom` right after the chat input.

    Args:
        workbench_id: under which the browser keeps the draft.
        predictions: of each lane's next request with an empty prompt, to which the browser adds what is typed.
        input_key: the chat input's key.
        stop_key: the key of the button that stops what is being written.
        repeats: how often each request is sent.
        warm_ups: of the requests that go before them, each sent once.
        latest: names the newest turn, and is empty before the first; when it changes, the page scrolls to it.
        editor: the editor that is open.
        hint: plain text in the line's place for as long as nothing is typed.
        waiting_for_price: whether a price that is missing may still come.
        answering: whether an answer is being written.
    """
    play_money = any(one.price.play_money for one in (*predictions, *warm_ups) if one.price)
    _component()(
        key="composer",
        # In a list: Streamlit looks a dictionary through for data frames, and loads pandas for it.
        data=[
            {
                "workbench": workbench_id,
                "input": input_key,
                "stop": stop_key,
                "latest": latest,
                "editor": {"key": editor.key, "id": editor.id} if editor else None,
                "hint": hint,
                "locale": language().replace("_", "-"),
                "requests": _requests(predictions, repeats, warm_ups),
                "texts": _texts(play_money=play_money, waiting_for_price=waiting_for_price),
                "copy": _copy(),
                "loading": begin_page(answering=answering),
            }
        ],
        # The run that follows redraws as often as any.
        on_drawn_change=end_loading,
    )


def draw_new_predictions(
    workbench_id: str, predictions: Sequence[Prediction], *, repeats: int = 1, warm_ups: Sequence[Prediction] = ()
) -> None:
    """Gives the composer that is drawn other predictions, in the same run: an answer ended that they follow."""
    requests = _requests(predictions, repeats, warm_ups)
    _component()(key="new_predictions", data=[{"workbench": workbench_id, "requests": requests, "only_requests": True}])


def copy_text(text: str) -> None:
    """Puts `text` on the user's clipboard at the end of this run of the script. Call it in a button's callback."""
    st.session_state[_COPY] = _Copy(secrets.token_hex(8), text, time.monotonic())


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(_NAME, js="composer.js", css="composer.css")


def _copy() -> dict[str, str] | None:
    asked: _Copy | None = st.session_state.get(_COPY)
    if asked is None:
        return None
    if time.monotonic() - asked.asked > _COPY_SECONDS:
        del st.session_state[_COPY]
        return None
    return {"id": asked.id, "text": asked.text}


def _requests(predictions: Sequence[Prediction], repeats: int, warm_ups: Sequence[Prediction]) -> list[dict[str, Any]]:
    return [
        *(_request(one, times=repeats, has_draft=True) for one in predictions),
        *(_request(one, times=1, has_draft=False) for one in warm_ups),
    ]


def _request(prediction: Prediction, *, times: int, has_draft: bool) -> dict[str, Any]:
    cheapest, full, output = price_range(prediction.price)
    return {
        "times": times,
        "draft": has_draft,
        "tokens": prediction.prompt_tokens,
        "most_tokens": prediction.most_prompt_tokens,
        "context": prediction.context_tokens,
        "likely_output": prediction.likely_output,
        "most_output": prediction.most_output,
        "cheapest": _price(cheapest),
        "input": _price(full),
        "output": _price(output),
    }


def _price(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:f}"


def _texts(*, play_money: bool, waiting_for_price: bool) -> dict[str, str]:
    return {
        "requests": _("{count} requests"),
        "tokens": _("about {count} tokens in"),
        "without_files": _("without the files"),
        "share": _("{share} % of the context"),
        "range": _("{low} to {high}"),
        "at_least": _("at least {low}"),
        "likely": _("likely {amount}"),
        "basis": _("predicted, in play money") if play_money else _("predicted"),
        "no_price": _("asking for the price") if waiting_for_price else _("cost unknown: no price"),
        "not_sent": _("Not sent: {names}; attach them again"),
        "jump": _("Jump to the latest"),
        "copied": _("Copied"),
        "by_hand": _("The browser does not allow it: copy the selected text with Ctrl+C."),
    }
