"""What became of code and its tests."""

from typing import NamedTuple


class Tested(NamedTuple):
    """The end of a run of tests."""

    passed: bool | None
    """None where it cannot be told: the code was not run, or not as Python runs it."""
    reason: str = ""
    """Why it did not pass, on one line."""
