"""The client address of a session, as the caps count it."""

import ipaddress

import streamlit as st

_UNREADABLE = "unreadable"


def client_address() -> str:
    """The address that this session's connection came from; empty on loopback, where all connections come from one.

    Behind a proxy it is the one that the proxy names, if uvicorn trusts it (FORWARDED_ALLOW_IPS), else the proxy's.
    """
    return counted_address(st.context.ip_address)


def counted_address(address: str | None) -> str:
    """What of `address` is counted: IPv4 whole, of IPv6 the /64, which one household or machine has to itself."""
    if not address:
        return ""
    try:
        found = ipaddress.ip_address(_without_port(address.strip()))
    except ValueError:
        # A proxy may send anything: what is no address counts as one, together.
        return _UNREADABLE
    if isinstance(found, ipaddress.IPv6Address):
        if (mapped := found.ipv4_mapped) is None:
            return "" if found.is_loopback else str(ipaddress.ip_network((int(found), 64), strict=False))
        found = mapped
    return "" if found.is_loopback else str(found)


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, colon, _port = address.partition(":")
    return host if colon and "." in host and ":" not in _port else address
