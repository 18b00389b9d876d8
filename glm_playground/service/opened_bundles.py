"""The bundles that people look at: each held once for all tabs of its owner, and few of them at a time.

A file of 3 MB may take 100 MB once it is read, so no tab holds one whole. A page keeps the digest of its file and asks
again at each rerun; a bundle that had to make room is then read again from the file.
"""

import hashlib
import threading
from collections import OrderedDict

from glm_playground import bounds
from glm_playground.bundles.archive import Archive
from glm_playground.bundles.bundle import Bundle, BundleError, read_bundle

Opened = Bundle | BundleError


class OpenedBundles:
    """Holds at most `bounds.BUNDLES_OPEN` bundles of `bounds.BUNDLES_OPEN_BYTES`; for any thread."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], tuple[Opened, int]] = OrderedDict()
        self._lock = threading.Lock()

    def held(self, owner: str, digest: str) -> Opened | None:
        """The bundle that `read` gave this owner; None where it had to make room."""
        with self._lock:
            if (owner, digest) not in self._held:
                return None
            self._held.move_to_end((owner, digest))
            return self._held[owner, digest][0]

    def read(self, owner: str, data: bytes) -> tuple[str, Opened]:
        """The digest of a file, and its bundle or why it is none; one file is read at a time."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if (owner, digest) in self._held:
                return digest, self._held[owner, digest][0]
            try:
                size = sum(Archive(data).sizes.values())
                self._make_room(owner, size)
                found: Opened = read_bundle(data)
            except BundleError as error:
                self._make_room(owner, 0)
                # Without its traceback, which holds what was read so far.
                found, size = error.with_traceback(None), 0
            self._held[owner, digest] = found, size
            return digest, found

    def _make_room(self, owner: str, size: int) -> None:
        """Lets the oldest go until one more of `owner`, with `size` bytes once unpacked, may be held."""
        mine = [key for key in self._held if key[0] == owner]
        for key in mine[: max(len(mine) + 1 - bounds.BUNDLES_OPEN_BY_ONE, 0)]:
            del self._held[key]
        while self._held and (
            len(self._held) >= bounds.BUNDLES_OPEN
            or size + sum(one for _found, one in self._held.values()) > bounds.BUNDLES_OPEN_BYTES
        ):
            self._held.popitem(last=False)


opened = OpenedBundles()
"""The process's own."""
