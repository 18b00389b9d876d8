"""Sessions whose tab did not come back are let go, also where no other one closes."""

import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime import Runtime
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.state.session_state import SessionState
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from glm_playground.ui.server.closed_sessions import reap_closed_sessions


class Session:
    """Streamlit's, as far as it is looked at: its state holds itself, as it does with a component's value in it."""

    def __init__(self) -> None:
        self.id = "1"
        self.session_state = SessionState()
        self.session_state["itself"] = self.session_state


class Kept:
    """What the page of a session holds."""


def test_a_session_is_let_go_whole_without_a_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    storage = MemorySessionStorage()
    assert isinstance(storage._cache, TTLCache)
    storage._cache = TTLCache(maxsize=128, ttl=120, timer=lambda: now)
    manager: Any = WebsocketSessionManager(storage, *[None] * 3)
    monkeypatch.setattr(Runtime, "instance", classmethod(lambda _cls: SimpleNamespace(_session_mgr=manager)))
    session, kept = Session(), Kept()
    session.session_state["kept"] = kept
    metadata: Any = SimpleNamespace(id="widget", callback_args=(kept,))
    session.session_state._new_widget_state.set_widget_metadata(metadata)
    gone = weakref.ref(kept)
    storage.save(SimpleNamespace(session=session))  # type: ignore[arg-type]
    del session, kept, metadata
    gc.disable()
    try:
        now = 119.0
        assert not reap_closed_sessions()
        assert gone() is not None
        now = 121.0
        assert reap_closed_sessions() == 1
        assert gone() is None
    finally:
        gc.enable()
