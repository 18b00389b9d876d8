"""The card that pays."""


class Declined(Exception):
    """The bank refused the charge."""


class Card:
    """A card with a limit, in cents."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def charge(self, cents: int) -> None:
        """Takes the money."""
        if cents > self.left:
            raise Declined(f"{cents} cents are more than the limit")
        self.left -= cents
