"""What is in the warehouse."""


class OutOfStock(Exception):
    """Fewer pieces are free than were asked for."""


class Stock:
    """Pieces of each article: those that are free, and those that an open order holds."""

    def __init__(self, pieces: dict[str, int]) -> None:
        self._free = dict(pieces)
        self._held: dict[str, int] = {}

    def free(self, article: str) -> int:
        """How many pieces can still be ordered."""
        return self._free.get(article, 0)

    def reserve(self, article: str, count: int) -> None:
        """Holds pieces for an order that is not paid yet."""
        if count > self.free(article):
            raise OutOfStock(article)
        self._free[article] -= count
        self._held[article] = self._held.get(article, 0) + count

    def release(self, article: str, count: int) -> None:
        """Gives held pieces back."""
        self._held[article] -= count
        self._free[article] += count

    def book(self, article: str, count: int) -> None:
        """Takes held pieces out of the warehouse: they are sold."""
        self._held[article] -= count
