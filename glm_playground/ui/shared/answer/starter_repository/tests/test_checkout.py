"""Orders from the basket to the bank."""

import pytest
from orders.checkout import check_out
from orders.payment import Card, Declined
from orders.stock import OutOfStock, Stock


def test_an_order_is_paid_and_leaves_the_warehouse() -> None:
    stock, card = Stock({"cup": 5, "plate": 2}), Card(limit=10_000)
    assert check_out({"cup": 2, "plate": 1}, stock, card) == 3_200
    assert (stock.free("cup"), stock.free("plate"), card.left) == (3, 1, 6_800)


def test_more_than_there_is_cannot_be_ordered() -> None:
    with pytest.raises(OutOfStock):
        check_out({"plate": 3}, Stock({"plate": 2}), Card(limit=10_000))


def test_after_a_declined_payment_the_next_customer_gets_the_pieces() -> None:
    stock = Stock({"cup": 5})
    with pytest.raises(Declined):
        check_out({"cup": 5}, stock, Card(limit=100))
    assert check_out({"cup": 5}, stock, Card(limit=10_000)) == 4_500
