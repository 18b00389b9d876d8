"""What a user is told when something did not go as asked."""

from typing import NamedTuple


class Explanation(NamedTuple):
    """A headline and what to do, both Markdown."""

    title: str
    body: str
