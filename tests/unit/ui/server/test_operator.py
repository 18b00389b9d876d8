"""Who may see what is the operator's."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import config

from glm_playground.settings import Settings
from glm_playground.ui.server import operator
from glm_playground.ui.server.operator import is_operator, why_no_code

Visitor = dict[str, Any]
ANNA: Visitor = {"is_logged_in": True, "email": "Anna@example.org", "sub": "Auth0|17"}


def may(
    monkeypatch: pytest.MonkeyPatch,
    visitor: Visitor,
    *,
    address: str | None = "127.0.0.1",
    headers: dict[str, str] | None = None,
    **settings: str,
) -> bool:
    page = SimpleNamespace(
        user=SimpleNamespace(to_dict=lambda: visitor), context=SimpleNamespace(headers=headers or {})
    )
    monkeypatch.setattr(operator, "st", page)
    with served(monkeypatch, address, **settings):
        return is_operator()


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, address: str | None, **settings: str) -> Iterator[None]:
    monkeypatch.setattr(operator, "settings", lambda: Settings(**settings))
    before = config.get_option("server.address")
    config.set_option("server.address", address)
    try:
        yield
    finally:
        config.set_option("server.address", before)


@pytest.mark.parametrize(
    ("address", "headers", "settings", "expected"),
    [
        ("127.0.0.1", {}, {}, True),
        ("localhost", {}, {}, True),
        ("::1", {}, {}, True),
        ("0.0.0.0", {}, {}, False),
        ("::", {}, {}, False),
        ("10.0.0.5", {}, {}, False),
        (None, {}, {}, False),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.7"}, {}, False),
        ("127.0.0.1", {}, {"GLM_PLAYGROUND_ORIGINS": "https://glm.example.org"}, False),
    ],
)
def test_by_default_whoever_uses_a_server_for_one(
    monkeypatch: pytest.MonkeyPatch,
    *,
    address: str | None,
    headers: dict[str, str],
    settings: dict[str, str],
    expected: bool,
) -> None:
    assert may(monkeypatch, {}, address=address, headers=headers, **settings) is expected


@pytest.mark.parametrize(
    ("named", "visitor", "expected"),
    [
        ("anna@example.org, bert@example.org", ANNA, True),
        ("Auth0|17", ANNA, True),
        ("auth0|17", ANNA, False),
        ("bert@example.org", ANNA, False),
        ("anna@example.org", ANNA | {"email_verified": False}, False),
        ("anna@example.org", ANNA | {"is_logged_in": False}, False),
        ("anna@example.org", {"email": "anna@example.org"}, False),
        ("anna@example.org", {"is_logged_in": True}, False),
        ("everybody", {}, True),
    ],
)
def test_else_the_people_who_are_named(
    monkeypatch: pytest.MonkeyPatch, *, named: str, visitor: Visitor, expected: bool
) -> None:
    assert may(monkeypatch, visitor, GLM_PLAYGROUND_OPERATORS=named) is expected


@pytest.mark.parametrize(
    ("address", "settings", "said"),
    [
        ("127.0.0.1", {}, ""),
        ("::1", {"GLM_PLAYGROUND_RUN_CODE": "auto"}, ""),
        ("0.0.0.0", {}, "others reach the app"),
        ("10.0.0.5", {}, "others reach the app"),
        (None, {}, "others reach the app"),
        ("127.0.0.1", {"GLM_PLAYGROUND_ORIGINS": "https://glm.example.org"}, "others reach the app"),
        ("0.0.0.0", {"GLM_PLAYGROUND_RUN_CODE": "on"}, ""),
        ("127.0.0.1", {"GLM_PLAYGROUND_RUN_CODE": "off"}, "the operator has no code run here"),
    ],
)
def test_code_is_run_where_no_other_computer_reaches_the_app(
    monkeypatch: pytest.MonkeyPatch, *, address: str | None, settings: dict[str, str], said: str
) -> None:
    with served(monkeypatch, address, **settings):
        found = why_no_code()
    assert said in found
    assert bool(said) is bool(found)
