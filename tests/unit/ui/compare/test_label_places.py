"""Names in a plot cover neither each other nor a point."""

from itertools import combinations

from glm_playground.catalog import load_catalog
from glm_playground.catalog.topics import boards
from glm_playground.ui.compare.label_places import HEIGHT, WIDTH, LabelPlace, Spot, places


def box(spot: Spot, place: LabelPlace) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a name, a little smaller than what is kept free for it."""
    width, x, y = len(spot.name) * 5.0, spot.x * WIDTH, spot.y * HEIGHT + place.rise
    left = x + 9 if place.right else x - 9 - width
    return left, left + width, y - 5, y + 5


def meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def test_names_of_points_at_one_place_stand_apart() -> None:
    spots = [Spot(f"GLM-{place}", 0.5, 0.5) for place in range(6)]
    found = [box(spot, place) for spot, place in zip(spots, places(spots), strict=True)]
    assert not any(meet(one, other) for one, other in combinations(found, 2))


def test_a_name_at_the_edge_stands_inside() -> None:
    [right, left] = places([Spot("GLM-4.6V-FlashX", 0.95, 0.5), Spot("GLM-5", 0.0, 0.1)])
    assert not right.right
    assert left.right


def test_no_plot_of_the_catalog_has_names_over_each_other() -> None:
    catalog = load_catalog()
    for board in boards(catalog.cards, unstated=True):
        prices = {model: catalog[model].price("zai").output.value for model in board.scores}
        priced = {model: float(price) for model, price in prices.items() if price is not None}
        if not priced:
            continue
        scores = {model: float(board.scores[model].value) for model in priced}
        least, most = min(scores.values()), max(scores.values())
        spots = [
            Spot(
                catalog[model].name,
                price / (max(priced.values()) * 1.12 or 1),
                0.1 + 0.8 * (scores[model] - least) / (most - least or 1),
            )
            for model, price in priced.items()
        ]
        found = [box(spot, place) for spot, place in zip(spots, places(spots), strict=True)]
        assert not any(meet(one, other) for one, other in combinations(found, 2)), board.id
