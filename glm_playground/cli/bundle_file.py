"""The FILE of `glm-playground bundle ...`: a bundle read and checked."""

from pathlib import Path
from typing import NamedTuple

import click

from glm_playground.bundles.archive import EARLIER
from glm_playground.bundles.bundle import Bundle, BundleError, RecordedRun, read_bundle
from glm_playground.cli.failure import Failure


class BundleFile(NamedTuple):
    """A bundle, where it was read and how many bytes it has."""

    path: Path
    bundle: Bundle
    size: int


class _BundleFileType(click.ParamType[BundleFile]):
    name = "bundle"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> BundleFile:
        """Reads the file. A file that cannot be read is no mistake of the command line, so it ends with status 1."""
        path = Path(value)
        try:
            with path.open("rb") as file:
                data = file.read(EARLIER.file_bytes + 1)
            # A file of one's own, on one's own computer: all that earlier versions wrote is read.
            return BundleFile(path, read_bundle(data, EARLIER), len(data))
        except OSError as error:
            raise Failure(f"{path} cannot be read: {error.strerror}") from None
        except BundleError as error:
            raise Failure(error) from None


FILE = _BundleFileType()


def chosen(bundle: Bundle, number: int | None) -> list[tuple[int, RecordedRun]]:
    """The runs with their numbers: all, or the one that was asked for."""
    runs = list(enumerate(bundle.runs, start=1))
    if number is None:
        return runs
    if not 1 <= number <= len(runs):
        raise Failure(f"there is no run {number}; the bundle has {len(runs)}")
    return runs[number - 1 : number]
