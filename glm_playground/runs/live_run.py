"""A run that the engine drives: what pages attach to."""

from dataclasses import dataclass, fields

from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run


@dataclass(eq=False)
class LiveRun(Run):
    """A run that the engine drives, or drove: only one of these can be attached to, and each one ends.

    What was stored is a `Run`, which nobody drives.
    """

    owner: str = ""
    """Whose run it is; empty for nobody's."""
    cost: Cost | None = None
    """Computed once, when the run ends."""

    def recorded(self) -> Run:
        """The run as it was recorded so far, as a value."""
        return Run(**{each.name: getattr(self, each.name) for each in fields(Run)})
