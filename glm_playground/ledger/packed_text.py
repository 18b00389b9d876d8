"""Texts as compressed bytes and back."""

import zlib

# A higher level makes JSON hardly smaller and takes three times as long.
_LEVEL = 1


def pack_text(text: str) -> bytes:
    """`text`, compressed. A lone surrogate is no character, but what came is what is stored."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL)


def unpack_text(packed: bytes) -> str:
    """The text of `pack_text`.

    Raises:
        ValueError, zlib.error: `packed` is anything else.
    """
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")
