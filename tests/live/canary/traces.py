"""Finds a key in bytes: as it is, in pieces, and in the ways in which programs spell texts."""

import base64
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_HEX = re.compile(rb"\\\\?x((?:[0-9a-f]{2}){8,})")


class Canary:
    """A key to look for.

    Args:
        key: with signs that JSON, addresses, HTML and Markdown spell in ways of their own.
    """

    def __init__(self, key: str) -> None:
        half = len(key) // 2
        # Half of it in a row is as bad as all of it.
        self._needles = _spelled({key[start : start + half] for start in range(len(key) - half + 1)})
        # Of these a piece is not told from the whole: where the bytes begin decides on every letter.
        self._needles |= set(_base64(key))
        # Each half holds one of these whole, in any spelling: without them there is no needle, and they are few.
        block = (half + 1) // 2
        blocks = {key[start : start + block] for start in range(0, len(key) - block + 1, block)}
        self._hints = _spelled(blocks) | set(_base64(key))

    def traces(self, data: bytes) -> list[str]:
        """What of the key is in `data`, also in what is compressed in it, with what stands around."""
        return [
            repr(part[max(0, at - 60) : at + 60])
            for part in _parts(data)
            if any(hint in part for hint in self._hints)
            for needle in self._needles
            if (at := part.find(needle)) >= 0
        ][:5]


def _spelled(texts: set[str]) -> set[bytes]:
    return {spelling.encode() for text in texts for spelling in _spellings(text)}


def _spellings(text: str) -> Iterator[str]:
    """Each sign by itself, so that a part of the text is spelled as it is in the whole."""
    yield text
    yield from (json.dumps(text)[1:-1], json.dumps(json.dumps(text)[1:-1])[1:-1], text.replace("'", "\\'"))
    yield "".join(f"\\u{ord(sign):04x}" for sign in text)
    for kept in ("", "/"):
        yield quote(text, safe=kept)
        yield quote(text, safe=kept).lower()
    yield quote_plus(text)
    yield from (html.escape(text), html.escape(text, quote=False))
    # Markdown in Streamlit, where each sign is escaped.
    yield re.sub(r"([^A-Za-z0-9])", r"\\\1", text)
    yield text.encode().hex()
    yield text.encode("utf-16-le").decode("latin-1")


def _base64(text: str) -> Iterator[bytes]:
    """At each of three places, without the letters that depend on what stands around."""
    for before in range(3):
        code = base64.b64encode(b"\0" * before + text.encode())
        inner = code[0 if before == 0 else 4 : -4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def _parts(data: bytes) -> Iterator[bytes]:
    """`data`, and what is packed in it: members of archives in archives, zlib, bytes in a dump of a database."""
    yield data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _parts(archive.read(name))
    yield from _inflated(data)
    for match in _HEX.finditer(data):
        packed = bytes.fromhex(match[1].decode())
        yield packed
        yield from _inflated(packed)


def _inflated(data: bytes) -> Iterator[bytes]:
    for match in _ZLIB.finditer(data):
        try:
            yield zlib.decompressobj().decompress(data[match.start() :], 8 * 2**20)
        except zlib.error:
            continue
