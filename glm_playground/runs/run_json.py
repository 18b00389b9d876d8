"""A run and its cost as JSON and back, letter by letter: what a bundle carries and the ledger keeps.

The fields are those of `Run` and `Cost`. Times are nanoseconds since t0, amounts are text with every digit, and a field
that is not known is refused: nothing is read that would not be written again.
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

T = TypeVar("T")
_RUN = TypeAdapter(Run)
_COST = TypeAdapter(Cost)


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
    return _read(_RUN, data)


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


def _read(adapter: TypeAdapter[T], data: Any) -> T:
    try:
        return adapter.validate_python(data)
    except (ValidationError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise RecordingError("it is nested too deeply") from None
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RecordingError(f"{where}: {first['msg']}" if where else str(first["msg"])) from None
