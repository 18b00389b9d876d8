"""The bundles that people open: one file is read at a time, and its runs stay in memory only where they are shown.

A file of 8 MB may take 100 MB once it is read. The page that tells what is in one sees it run by run and keeps a line
of each; what is then done with it reads the file again.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
from weakref import WeakValueDictionary

from glm_playground.bundles.bundle import Bundle, BundleParts, read_bundle

T = TypeVar("T")
_reading = threading.Lock()
_shown: "WeakValueDictionary[tuple[str, str], Bundle]" = WeakValueDictionary()


def look(data: bytes, see: Callable[[BundleParts], T]) -> T:
    """What `see` makes of the parts of a file; it asks for all runs, one after the other.

    Raises:
        BundleError: it is no bundle.
    """
    with _reading:
        parts = BundleParts(data)
        seen = see(parts)
        parts.cards()
        return seen


def whole(owner: str, data: bytes) -> Bundle:
    """The bundle in a file, without its cards; the same one as long as a tab of `owner` holds it.

    Raises:
        BundleError: it is no bundle.
    """
    key = owner, hashlib.sha256(data).hexdigest()
    with _reading:
        found = _shown.get(key)
        if found is None:
            _shown[key] = found = replace(read_bundle(data), cards={})
        return found
