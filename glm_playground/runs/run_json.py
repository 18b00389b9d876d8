"""A run and its cost as JSON and back, letter by letter: what a bundle carries and the ledger keeps.

The fields are those of `Run` and `Cost`. Times are nanoseconds since t0, amounts are text with every digit, and a field
that is not known is refused: nothing is read that would not be written again.
"""

from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from glm_playground.gateway import Event
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

T = TypeVar("T")
_RUN = TypeAdapter(Run)
_COST = TypeAdapter(Cost)
_EVENTS = TypeAdapter(list[Event])
_EVENTS_AT_ONCE = 2_000
"""They are read in one go with the interpreter held: so many take some milliseconds."""
_UNKNOWN_FIELD = frozenset({"extra_forbidden", "unexpected_keyword_argument"})


class RecordingError(ValueError):
    """The JSON is not a recorded run; the message names the first field that is wrong."""


def run_to_json(run: Run) -> dict[str, Any]:
    """`run` with all its events, as values that `json.dumps` takes; nothing that is left at its default is in it."""
    found: dict[str, Any] = _RUN.dump_python(run, mode="json", exclude_defaults=True)
    return found


def run_from_json(data: Any) -> Run:
    """The run that `run_to_json` made `data` of.

    Raises:
        RecordingError: `data` is anything else.
    """
    rows = data.get("events") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        return _read(_RUN, data)
    run = _read(_RUN, {**data, "events": []})
    for start in range(0, len(rows), _EVENTS_AT_ONCE):
        events: list[Event] = _read(_EVENTS, rows[start : start + _EVENTS_AT_ONCE], ("events",), start)
        run.events += events
    return run


def cost_to_json(cost: Cost) -> dict[str, Any]:
    """`cost` with the prices it was computed from, as values that `json.dumps` takes."""
    found: dict[str, Any] = _COST.dump_python(cost, mode="json", exclude_defaults=True)
    return found


def cost_from_json(data: Any) -> Cost:
    """The cost that `cost_to_json` made `data` of.

    Raises:
        RecordingError: `data` is anything else.
    """
    return _read(_COST, data)


def known_run_from_json(data: Any) -> tuple[Run, tuple[str, ...]]:
    """The run in `data`, which a later version may have written, and the names of the unknown fields it leaves out.

    Raises:
        RecordingError: `data` is no run even without them.
    """
    return _read_known(_RUN, data)


def known_cost_from_json(data: Any) -> Cost:
    """The cost in `data`, which a later version may have written, without its unknown fields.

    Raises:
        RecordingError: `data` is no cost even without them.
    """
    return _read_known(_COST, data)[0]


def _read_known(adapter: TypeAdapter[T], data: Any) -> tuple[T, tuple[str, ...]]:
    try:
        return adapter.validate_python(data), ()
    except ValidationError as error:
        found = error.errors(include_url=False)
    except RecursionError:
        raise RecordingError("it is nested too deeply") from None
    known, dropped = deepcopy(data), []
    # From the last one on, so that the places of the others in a list stay.
    for problem in reversed(found):
        place = problem["loc"]
        if problem["type"] in _UNKNOWN_FIELD:
            del reduce(getitem, place[:-1], known)[place[-1]]
        elif problem["type"] == "too_long" and problem["ctx"]["field_type"] == "NamedTuple":
            del reduce(getitem, place, known)[problem["ctx"]["max_length"] :]
        else:
            continue
        dropped.append(".".join(map(str, place)))
    return _read(adapter, known), tuple(reversed(dropped))


def _read(adapter: TypeAdapter[T], data: Any, path: tuple[str, ...] = (), first_index: int = 0) -> T:
    try:
        return adapter.validate_python(data)
    except (ValidationError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise RecordingError("it is nested too deeply") from None
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = first["loc"]
        if path and place:
            place = (*path, int(place[0]) + first_index, *place[1:])
        where = ".".join(map(str, place or path))
        raise RecordingError(f"{where}: {first['msg']}" if where else str(first["msg"])) from None
