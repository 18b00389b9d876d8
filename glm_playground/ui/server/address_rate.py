"""How often an address may ask: so much at once, and then so much a second."""

import time
from collections import OrderedDict
from collections.abc import Callable

from glm_playground import bounds


class AddressRate:
    """Counts what comes from each address, in this process; for one thread.

    Args:
        at_once: how much may come without a pause.
        a_second: how much may come afterwards.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, at_once: int, a_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._a_second = a_second
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, address: str) -> bool:
        """Whether one more from there is taken."""
        now = self._now()
        left, since = self._left.pop(address, (float(self._at_once), now))
        left = min(left + (now - since) * self._a_second, self._at_once)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > bounds.PUBLIC_ADDRESSES:
            self._left.popitem(last=False)
        return left >= 1
