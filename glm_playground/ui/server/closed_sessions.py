"""Lets go of sessions whose tab did not come back.

Streamlit keeps a closed session for two minutes, and removes it only when another one closes: on a server that has
become quiet the last 128 stay with all that they showed (`python -m bench.memory`). No public call reaps them.
"""

from streamlit.runtime import Runtime
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage


def reap_closed_sessions() -> None:
    """Removes the closed sessions whose two minutes are over; nothing where Streamlit keeps them in another way."""
    storage = getattr(getattr(Runtime.instance(), "_session_mgr", None), "_session_storage", None)
    kept = getattr(storage, "_cache", None) if isinstance(storage, MemorySessionStorage) else None
    if isinstance(kept, TTLCache):
        kept.expire()
