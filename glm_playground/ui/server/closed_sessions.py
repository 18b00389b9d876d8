"""Lets go of sessions whose tab did not come back.

Streamlit keeps a closed session for two minutes, and removes it only when another one closes: on a server that has
become quiet the last 128 stay with all that they showed (`python -m bench.memory`). No public call reaps them. And the
state of a session that is gone holds itself, by the value of a component among it, until a full garbage collection,
which a busy server does rarely; so it is emptied.
"""

import weakref
from dataclasses import dataclass

from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.state.session_state import SessionState


@dataclass
class Gone:
    """How many sessions are gone since the start; what is left of them waits for a full garbage collection."""

    sessions: int = 0


gone = Gone()
_seen: "weakref.WeakSet[AppSession]" = weakref.WeakSet()


def reap_closed_sessions() -> int:
    """Removes the closed sessions whose two minutes are over, and says how many.

    Whatever removes one, its state goes with it. Does nothing where Streamlit keeps sessions in another way.
    """
    storage = getattr(getattr(Runtime.instance(), "_session_mgr", None), "_session_storage", None)
    kept = getattr(storage, "_cache", None) if isinstance(storage, MemorySessionStorage) else None
    if not isinstance(kept, TTLCache):
        return 0
    for info in kept.values():
        if info.session not in _seen:
            _seen.add(info.session)
            weakref.finalize(info.session, _empty, info.session.session_state).atexit = False
    return len(kept.expire())


def _empty(state: SessionState) -> None:
    gone.sessions += 1
    state.clear()
    # `clear` leaves these, which know the callbacks of the widgets, and by them the workbench.
    state._new_widget_state.widget_metadata.clear()
