"""A ledger that evaluations are stored in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_playground.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened_here = Ledger.open(f"sqlite:///{path}", timeout=0.2)
    yield opened_here
    opened_here.close()
