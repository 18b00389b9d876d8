"""The query of a link to a workbench's models and settings, without prompts and keys."""

from collections.abc import Sequence
from typing import NamedTuple

from glm_playground.chat.setup import Setup, from_link, left_out, shown, to_link
from glm_playground.chat.workbench import MAX_REPEATS, Workbench

LANE, ORDER, REPEATS = "lane", "order", "repeats"
"""Names of the query's parameters; a lane stands for each model."""
_ONE_BY_ONE = "one"
_COUNTS = {str(count): count for count in range(1, MAX_REPEATS + 1)}


class Linked(NamedTuple):
    """What a link says; what it leaves out is as in a new workbench."""

    setups: tuple[Setup, ...]
    one_by_one: bool
    repeats: int
    ignored: tuple[str, ...]
    """The pieces that were not understood."""


def query_of(bench: Workbench) -> list[tuple[str, str]]:
    """Names and values, not yet percent-encoded; an option that stands as in a new workbench is left out."""
    query = [(LANE, text) for text in to_link([bench.setup_of(lane) for lane in bench.lanes])]
    query += [(ORDER, _ONE_BY_ONE)] if bench.one_by_one else []
    query += [(REPEATS, str(bench.repeats))] if bench.repeats > 1 else []
    return query


def fields_left_out(bench: Workbench) -> list[str]:
    """The names of the lanes' settings that a link to `bench` does not carry: system, tools, ..."""
    return list(dict.fromkeys(name for lane in bench.lanes for name in left_out(bench.setup_of(lane))))


def read_query(lanes: Sequence[str], order: str | None, repeats: str | None) -> Linked:
    """What the values of a link's parameters say."""
    setups, ignored = from_link(lanes)
    if order not in {None, _ONE_BY_ONE}:
        ignored += (shown(f"{ORDER}={order}"),)
    count = _COUNTS.get(repeats or "1")
    if count is None:
        ignored += (shown(f"{REPEATS}={repeats}"),)
    return Linked(setups, order == _ONE_BY_ONE, count or 1, ignored)
