"""In which encoding a text file is that does not say so: a guess, which the user is asked about."""

import re
from typing import NamedTuple

from charset_normalizer import from_bytes

_TWO_BYTES = ("gb18030", "big5", "cp932", "euc_jp", "cp949")
_ONE_BYTE = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "cp1258")
ENCODINGS = (*_TWO_BYTES, *_ONE_BYTE)
"""The encodings that are tried, by their codec's name; of equally likely ones the first is taken."""

_LOOKED_AT = 8 * 1024
_ABOVE_ASCII = re.compile(rb"[\x80-\xff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


class Guessed(NamedTuple):
    """A text, and the encoding that it was taken to be in."""

    text: str
    encoding: str
    """Of `ENCODINGS`."""


def guess(data: bytes) -> Guessed | None:
    """The likeliest reading of `data`, of equal ones the first; None where it fits none of them."""
    order = ENCODINGS if _is_in_pairs(data) else (*_ONE_BYTE, *_TWO_BYTES)
    fitting = [encoding for encoding in order if _reads(data, encoding)]
    if not fitting:
        return None
    encoding = min(fitting, key=lambda one: _strangeness(data[:_LOOKED_AT], one))
    return Guessed(data.decode(encoding), encoding)


def is_reading(guessed: Guessed) -> bool:
    """Whether the text can be one in that encoding."""
    try:
        return guessed.encoding in ENCODINGS and bool(guessed.text.encode(guessed.encoding))
    except UnicodeError:
        return False


def others(guessed: Guessed) -> tuple[str, ...]:
    """The encodings that the bytes of `guessed` can be read in, its own among them."""
    data = guessed.text.encode(guessed.encoding)
    return tuple(encoding for encoding in ENCODINGS if _reads(data, encoding))


def read_again(guessed: Guessed, encoding: str) -> Guessed:
    """The same bytes in another of `others`."""
    return Guessed(guessed.text.encode(guessed.encoding).decode(encoding), encoding)


def _is_in_pairs(data: bytes) -> bool:
    """Whether bytes above ASCII stand in even numbers, as most two-byte letters have them; accents stand alone."""
    return not any(len(run) % 2 for run in _ABOVE_ASCII.findall(data[:_LOOKED_AT]))


def _strangeness(data: bytes, encoding: str) -> tuple[float, float]:
    """How much of a mess `data` is in `encoding`, then how little it is like a language."""
    # One at a time: of several, charset-normalizer leaves out those that are like another.
    found = from_bytes(data, cp_isolation=[encoding], preemptive_behaviour=False).best()
    return (found.chaos, -found.coherence) if found else (1.0, 0.0)


def _reads(data: bytes, encoding: str) -> bool:
    """Whether `data` is a text in `encoding`, without control characters, that gives the same bytes again."""
    try:
        text = data.decode(encoding)
        return not _CONTROL.search(text) and text.encode(encoding) == data
    except UnicodeError:
        return False
