"""The gateways that may be asked, by name."""

from dataclasses import dataclass

from glm_playground.gateway.endpoint import Gateway


@dataclass(frozen=True)
class Gateways:
    """One gateway or several, each with a name of its own."""

    all: tuple[Gateway, ...]
    """At least one; the first is asked where none is named."""

    @property
    def first(self) -> Gateway:
        """The gateway that is asked where none is named."""
        return self.all[0]

    @property
    def several(self) -> bool:
        """True where one has to be chosen."""
        return len(self.all) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the operator's order."""
        return tuple(gateway.name for gateway in self.all)

    def find(self, name: str) -> Gateway | None:
        """The gateway with this name, the first for an empty one; None where there is none."""
        if not name:
            return self.first
        return next((gateway for gateway in self.all if gateway.name == name), None)

    def at(self, origin: str) -> Gateway | None:
        """The first gateway at this scheme, host and port; None where there is none."""
        return next((gateway for gateway in self.all if gateway.origin == origin), None)
