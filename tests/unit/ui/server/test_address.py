"""The client address as the caps count it."""

import pytest

from glm_playground.ui.server.address import counted_address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        (None, ""),
        ("", ""),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:5678", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("[2001:db8:1:3::1]:443", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unreadable"),
        ("1.2.3.4, 5.6.7.8", "unreadable"),
        ("x" * 10_000, "unreadable"),
    ],
)
def test_what_of_an_address_counts(address: str | None, counted: str) -> None:
    assert counted_address(address) == counted
