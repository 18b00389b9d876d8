"""Where the names of points in a plot stand, so that none covers another or a point.

Places are computed in pixels of a narrow plot: in a wider one there is only more room.
"""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 280.0, 260.0
"""Pixels of the plot; its height is the one it is drawn with."""
_LETTER, _LINE = 6.2, 13.0
_GAP, _POINT = 9.0, 6.0
_RISES = (10.0, 0.0, -10.0, 22.0, -22.0, 35.0, -35.0, 48.0, -48.0)
"""How far above its point a name may stand; the first that is free is taken."""


class Spot(NamedTuple):
    """A point with its name; `x` and `y` are shares of the plot's width and height, from the left and from below."""

    name: str
    x: float
    y: float


class LabelPlace(NamedTuple):
    """Where a name stands beside its point."""

    right: bool
    """Whether it begins behind the point, rather than ending before it."""
    rise: float
    """Pixels above it."""


class _Box(NamedTuple):
    left: float
    right: float
    bottom: float
    top: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


def places(spots: Sequence[Spot]) -> list[LabelPlace]:
    """A place for each name, in their order; where none is free, beside the point as if it were alone."""
    points = [_around(spot) for spot in spots]
    taken = list(points)
    found = []
    for place_of, spot in enumerate(spots):
        choices = [LabelPlace(right, rise) for rise in _RISES for right in (True, False) if _inside(spot, right, rise)]
        others = [*points[:place_of], *points[place_of + 1 :], *taken[len(points) :]]
        free = (one for one in choices if not any(_box(spot, one).meets(other) for other in others))
        place = next(free, LabelPlace(spot.x < 0.5, _RISES[0]))
        taken.append(_box(spot, place))
        found.append(place)
    return found


def _around(spot: Spot) -> _Box:
    x, y = spot.x * WIDTH, spot.y * HEIGHT
    return _Box(x - _POINT, x + _POINT, y - _POINT, y + _POINT)


def _box(spot: Spot, place: LabelPlace) -> _Box:
    width, x, y = len(spot.name) * _LETTER, spot.x * WIDTH, spot.y * HEIGHT + place.rise
    left = x + _GAP if place.right else x - _GAP - width
    return _Box(left, left + width, y - _LINE / 2, y + _LINE / 2)


def _inside(spot: Spot, right: bool, rise: float) -> bool:
    box = _box(spot, LabelPlace(right, rise))
    return box.left >= 0 and box.right <= WIDTH and box.bottom >= 0 and box.top <= HEIGHT
