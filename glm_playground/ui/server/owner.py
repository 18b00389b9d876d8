"""Whose runs a session may see: those of its browser, or of the person who is logged in."""

import hashlib
import secrets

import streamlit as st

from glm_playground.ui.server.owner_cookie import OWNER_HEADER, OWNER_KEY

_SESSION_OWNER = "session_owner"


def owner() -> str:
    """The owner of this session's runs, by which every look-up filters.

    Asked many times a run, and the same for the whole session: logging in or out begins another.
    """
    found: str | None = st.session_state.get(_SESSION_OWNER)
    if found is None:
        found = st.session_state[_SESSION_OWNER] = _find_owner()
    return found


def browser_owner() -> str:
    """The owner that this session's cookie stands for, whoever is logged in; empty where there is no cookie.

    What a route answers goes by it, since no route knows who is logged in.
    """
    return st.context.headers.get(OWNER_HEADER) or ""


def _find_owner() -> str:
    user = st.user.to_dict()
    if user.get("is_logged_in") and (subject := user.get("sub")):
        return _hashed(f"user {user.get('iss', '')} {subject}")
    # Set by `OwnerCookie`; where nothing stands before the script, its runs belong to the session alone.
    return str(user.get(OWNER_KEY) or _hashed(f"session {secrets.token_urlsafe(32)}"))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
