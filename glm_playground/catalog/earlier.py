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
    prefix = _git("rev-parse", "--show-prefix").decode().strip()
    packed = _git("archive", "--format=tar", f"{revision}:{prefix}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _git(*arguments: str) -> bytes:
    try:
        # No shell; the words are git's own but for the revision, which is no option.
        done = subprocess.run(["git", "-C", str(DATA), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise NoEarlierData(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        raise NoEarlierData(done.stderr.decode(errors="replace").strip())
    return done.stdout
