"""From a basket to a paid order."""

from orders.payment import Card
from orders.stock import Stock

PRICES = {"cup": 900, "plate": 1_400}


def check_out(basket: dict[str, int], stock: Stock, card: Card) -> int:
    """Sells what is in the basket; the sum in cents."""
    for article, count in basket.items():
        stock.reserve(article, count)
    total = sum(PRICES[article] * count for article, count in basket.items())
    card.charge(total)
    for article, count in basket.items():
        stock.book(article, count)
    return total
