"""Which pages may ask the app."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.ui.server.origin import Origins, is_loopback

HOSTS = st.sampled_from(["app.example", "evil.example", "127.0.0.1", "[::1]", "localhost", "10.0.0.5"])
PORTS = st.sampled_from(["", ":80", ":443", ":8501", ":0", ":99999"])


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://app.example:8501", "app.example:8501", True),
        ("https://app.example", "app.example", True),
        ("https://app.example", "app.example:443", True),
        ("http://app.example", "app.example:80", True),
        ("https://app.example", "app.example:80", False),
        ("http://APP.example:8501", "app.example:8501", True),
        ("http://app.example.:8501", "app.example:8501", False),
        ("http://app.example:8502", "app.example:8501", False),
        ("http://sub.app.example:8501", "app.example:8501", False),
        ("http://app.example:8501@evil.example", "app.example:8501", False),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("http://[::1", "[::1", False),
        ("ws://app.example:8501", "app.example:8501", False),
        ("http://app.example:8501", "", False),
        ("null", "null", False),
        ("", "", False),
    ],
)
def test_where_all_are_served_a_page_asks_the_host_it_came_from(origin: str, host: str, own: bool) -> None:
    assert Origins((), local=False).has(origin, host) is own


def test_where_this_computer_is_served_the_host_is_its_own_or_was_named() -> None:
    local = Origins((), local=True)
    assert local.has("http://localhost:8501", "localhost:8501")
    assert not local.has("http://evil.example:8501", "evil.example:8501")
    assert local.lacks_name("evil.example:8501")
    named = Origins(("https://app.example",), local=True)
    assert named.has("https://app.example", "127.0.0.1:8501")
    assert not named.has("https://evil.example", "evil.example")
    assert not named.lacks_name("127.0.0.1:8501")


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::"])
def test_this_computers_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.evil.example", "127.0.0.1.evil.example", "2130706433", "10.0.0.1"])
def test_names_of_others(host: str) -> None:
    assert not is_loopback(host)


@given(origin_host=HOSTS, origin_port=PORTS, host=HOSTS, port=PORTS, scheme=st.sampled_from(["http", "https"]))
def test_a_page_of_another_host_is_never_the_apps(
    origin_host: str, origin_port: str, host: str, port: str, scheme: str
) -> None:
    own = Origins((), local=False).has(f"{scheme}://{origin_host}{origin_port}", f"{host}{port}")
    assert not own or origin_host == host


@given(st.text(), st.text())
def test_no_text_breaks_it(origin: str, host: str) -> None:
    assert Origins((), local=True).has(origin, host) in {True, False}
