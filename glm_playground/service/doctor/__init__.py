"""Looks at what the app needs of its surroundings, without starting it and without spending anything."""

from collections.abc import Callable, Iterator

from glm_playground.service.doctor import database, doors, gateways, machine, policy
from glm_playground.service.doctor.finding import Diagnosis, Level
from glm_playground.settings import Settings

__all__ = ["Diagnosis", "Level", "examine"]


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """What was found of each thing, as soon as it is known; each takes some seconds at most."""
    checks: tuple[Callable[[Settings], Iterator[Diagnosis]], ...] = (
        machine.data_folder, machine.secrets_file, database.state, gateways.state, policy.caps, policy.callbacks,
        machine.open_files, doors.cookies, database.replicas, doors.proxies, policy.drain, policy.log, policy.retention,
        policy.code, doors.sharing, doors.audience,
    )  # fmt: skip
    for check in checks:
        yield from check(settings)
