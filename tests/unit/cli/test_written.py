"""Files that commands write: whole, or not at all."""

from pathlib import Path

import pytest

from glm_playground.cli.failure import Failure
from glm_playground.cli.written import written
from glm_playground.ledger import LedgerError


def test_it_is_written(tmp_path: Path) -> None:
    with written(tmp_path / "new") as file:
        file.write(b"whole")
    assert (tmp_path / "new").read_bytes() == b"whole"


def write_a_part(path: Path, error: BaseException) -> None:
    with written(path) as file:
        file.write(b"a part")
        raise error


@pytest.mark.parametrize("error", [LedgerError("gone"), KeyboardInterrupt(), ValueError("no run yet")])
def test_nothing_is_left_of_one_that_fails_in_the_middle(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write_a_part(tmp_path / "new", error)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be written: No space left"):
        write_a_part(tmp_path / "new", OSError(28, "No space left on device"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(Failure, match="is there already"), written(there) as file:
        file.write(b"theirs")
    assert there.read_text() == "mine"
    with pytest.raises(Failure, match="No such file or directory"), written(tmp_path / "no folder" / "new"):
        pass
