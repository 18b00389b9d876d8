"""What the operator allows, takes, writes and keeps."""

from collections.abc import Iterator

from glm_playground.confinement import way
from glm_playground.service.doctor.finding import Diagnosis, Level
from glm_playground.settings import ENVIRONMENT_NAMES, Settings


def caps(settings: Settings) -> Iterator[Diagnosis]:
    """What everybody together may spend."""
    if settings.uses_sandbox:
        return
    if not settings.sending:
        said = f"nothing is sent at the operator's cost: {ENVIRONMENT_NAMES['sending']} is off"
        yield Diagnosis("caps", Level.WARNING, said, "unset it to send again")
        return
    total = settings.total_caps
    if total.dollars is None and total.tokens is None:
        said = "nothing bounds what everybody together may spend a day"
        todo = f"set dollars or tokens in {ENVIRONMENT_NAMES['total_caps']}"
        yield Diagnosis("caps", Level.WARNING, said, todo)
    else:
        most = [f"${total.dollars}" if total.dollars is not None else "", f"{total.tokens or 0:,} tokens"]
        yield Diagnosis("caps", Level.OK, f"everybody together may use {' and '.join(filter(None, most))} a day")


def callbacks(settings: Settings) -> Iterator[Diagnosis]:
    """Whether they are taken."""
    if settings.callback_secret is None:
        said, todo = "none are taken", f"set {ENVIRONMENT_NAMES['callback_secret']} to take RunAPI's"
        yield Diagnosis("callbacks", Level.OK, said, todo)
    else:
        yield Diagnosis("callbacks", Level.OK, "they are taken at /callbacks/runapi where their signature is right")


def drain(settings: Settings) -> Iterator[Diagnosis]:
    """How long running answers may go on at the end."""
    seconds = settings.drain_seconds
    said = f"after SIGTERM running answers have {seconds:g} s to end"
    yield Diagnosis("drain", Level.OK, said, f"give the service manager more (TimeoutStopSec={seconds + 30:.0f})")


def log(settings: Settings) -> Iterator[Diagnosis]:
    """What is written."""
    yield Diagnosis("log", Level.OK, f"{settings.log_format}, from {settings.log_level} on, to stderr")


def retention(settings: Settings) -> Iterator[Diagnosis]:
    """How long runs are kept."""
    days = settings.keep_days
    said = f"runs are removed after {days} days" if days else "runs are kept until somebody deletes them"
    yield Diagnosis("retention", Level.OK, said, "" if days else f"{ENVIRONMENT_NAMES['keep_days']} sets for how long")


def code(settings: Settings) -> Iterator[Diagnosis]:
    """What unit tests of code run in, and for whom."""
    found = way()
    todo = "" if found.confiner else "install bubblewrap, or pip install 'glm-playground[code]'"
    said = f"in unit tests of suites {found.said}"
    if found.confiner:
        pages = {"on": "for who uses the pages, too", "off": "for nobody who uses the pages"}
        said += f"; {pages.get(settings.run_code, 'on the pages only where no other computer reaches them')}"
    yield Diagnosis("code", Level.OK, said, todo)
