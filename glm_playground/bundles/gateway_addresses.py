"""Addresses of gateways in a page that anybody may read: the gateway's name stands in their place.

Where an operator's server is in their network concerns whoever uses the app, if anybody. The address of a seller that
everybody can ask, such as RunAPI, is published, and prices are told with it as their source: it stays.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from html import escape, unescape
from urllib.parse import urlsplit

from glm_playground.gateway.gateways import seller_of
from glm_playground.runs.run import Server

_TAGS = re.compile("(<[^>]*>)")
_NOWHERE = "#"
# What may follow a host in an address; each repetition ends where another could not begin.
_REST = r"(?::\d{1,5})?(?:[/?#][^\s\"'<>]*)?"
_USER = r"(?:[^\s/@\"'<>]{1,200}@)?"


def page_without_addresses(page: str, servers: Iterable[Server], unnamed: str) -> str:
    """An HTML page in which no address of these gateways stands, with a port, a path or a password or without.

    Args:
        page: as one of our templates makes it, in which every `<` of a text is escaped.
        servers: who was asked, and whoever else may be named in it.
        unnamed: what a gateway is called that nobody named: it has its host as its name.
    """
    changes = [_change(*known, unnamed) for known in sorted({(one.name, one.origin) for one in servers})]

    def clean(piece: str) -> str:
        in_tag = piece.startswith("<")
        before = piece if in_tag else unescape(piece)
        text = before
        for change in changes:
            text = change(text, in_tag)
        if text == before:
            return piece
        return text if in_tag else escape(text)

    return "".join(map(clean, _TAGS.split(page)))


def _change(name: str, origin: str, unnamed: str) -> Callable[[str, bool], str]:
    """What takes the address of one gateway out of a text, or out of a tag."""
    parts = urlsplit(origin)
    host = (parts.hostname or "").lower()
    if not host or seller_of(origin):
        return lambda text, _in_tag: text
    called = unnamed if name.lower() == host else name
    spelt = re.escape(f"[{host}]" if ":" in host else host)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    # This computer has many addresses that are none of the gateway's.
    where = f"{spelt}:{port}(?!\\d)(?:[/?#][^\\s\"'<>]*)?" if _is_here(host) else rf"{spelt}(?![\w.-]){_REST}"
    addresses = re.compile(rf"\bhttps?://{_USER}{where}", re.IGNORECASE)
    named = re.compile(_bare(host, spelt, port, kept=host in name.lower() and called == name), re.IGNORECASE)
    alone = re.compile(rf"(^\s*|@ ){spelt}(?=\s*$|\s*\()", re.IGNORECASE)

    def change(text: str, in_tag: bool) -> str:
        if in_tag:
            return addresses.sub(_NOWHERE, text)
        text = named.sub(lambda _found: called, addresses.sub(lambda _found: called, text))
        if called == unnamed:
            text = alone.sub(lambda found: f"{found[1]}{called}", text)
        # As a transcript has both.
        return text.replace(f"{called} ({called})", called)

    return change


def _bare(host: str, spelt: str, port: int, *, kept: bool) -> str:
    """A host alone; one that is a word, this computer, or `kept` in the gateway's own name, only with its port."""
    with_port = rf"(?<![\w.-]){spelt}:{port}(?!\d)"
    if kept or _is_here(host) or ("." not in host and ":" not in host):
        return with_port
    return rf"(?<![\w.@-]){spelt}(?::\d{{1,5}})?(?![\w-])(?!\.\w)"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
