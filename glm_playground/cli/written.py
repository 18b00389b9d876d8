"""A new file that a command writes: whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glm_playground.cli.failure import Failure


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """The file at `path`, which must not be there yet; it is removed where anything fails before it is whole.

    Raises:
        Failure: it is there already, and is left as it is, or it cannot be written.
    """
    whole = False
    try:
        file = path.open("xb")
    except FileExistsError:
        raise Failure(f"{path} is there already, and is left as it is") from None
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from None
    try:
        with file:
            yield file
        whole = True
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from None
    finally:
        # Also after Ctrl-C.
        if not whole:
            path.unlink(missing_ok=True)
