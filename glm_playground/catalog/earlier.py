"""The data files as they stood at an earlier commit of this checkout."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glm_playground.catalog.loader import DATA


class NoEarlierData(Exception):
    """The data of a revision cannot be had; the text says why."""


@contextmanager
def data_at(revision: str) -> Iterator[Path]:
    """A folder with the data files of a commit, as long as the context is.

    Raises:
        NoEarlierData: this is no checkout, or git does not know the revision.
    """
    if revision.startswith("-"):
        raise NoEarlierData("no revision")
    top, prefix = _git(DATA, "rev-parse", "--show-toplevel", "--show-prefix").decode().splitlines()
    # In the folder itself git would look for the folder in the folder.
    packed = _git(Path(top), "archive", "--format=tar", f"{revision}:{prefix}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        # No shell; the words are git's own but for the revision, which is no option.
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise NoEarlierData(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        raise NoEarlierData(done.stderr.decode(errors="replace").strip())
    return done.stdout
