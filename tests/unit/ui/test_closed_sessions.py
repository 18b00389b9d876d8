"""Sessions whose tab did not come back are let go, also where no other one closes."""

import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime import Runtime
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from glm_playground.ui.server.closed_sessions import reap_closed_sessions


class Kept:
    """What a session holds."""


def test_streamlit_still_keeps_them_where_they_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    storage = MemorySessionStorage()
    assert isinstance(storage._cache, TTLCache)
    storage._cache = TTLCache(maxsize=128, ttl=120, timer=lambda: now)
    manager: Any = WebsocketSessionManager(storage, *[None] * 3)
    monkeypatch.setattr(Runtime, "instance", classmethod(lambda _cls: SimpleNamespace(_session_mgr=manager)))
    kept = Kept()
    gone = weakref.ref(kept)
    storage.save(SimpleNamespace(session=SimpleNamespace(id="1", kept=kept)))  # type: ignore[arg-type]
    del kept
    now = 119.0
    reap_closed_sessions()
    assert gone() is not None
    now = 121.0
    reap_closed_sessions()
    assert gone() is None
