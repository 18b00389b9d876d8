"""Every test that asks for a ledger runs on SQLite and on a real PostgreSQL."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from glm_playground.ledger import Ledger
from tests.ledger import postgres

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def socket_folder() -> Iterator[str]:
    """Where the PostgreSQL server listens."""
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    with postgres.server(folder) as listens:
        yield listens


@pytest.fixture(scope="session")
def make_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Gives the URL of a new, empty database of that kind."""

    def make(kind: str) -> str:
        name = f"d{uuid.uuid4().hex}"
        if kind == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'folder' / name}.sqlite3"
        listens = request.getfixturevalue("socket_folder")
        with psycopg.connect(host=listens, user="tests", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://tests@/{name}?host={listens}"

    return make


@pytest.fixture(scope="session", params=KINDS)
def ledger(request: pytest.FixtureRequest, make_url: Callable[[str], str]) -> Iterator[Ledger]:
    """A ledger that many tests share; each has owners of its own."""
    opened = Ledger.open(make_url(request.param))
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, make_url: Callable[[str], str]) -> str:
    """A database of the test's own."""
    return make_url(request.param)


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """A file with an empty ledger."""
    path = tmp_path / "runs.sqlite3"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def owner() -> str:
    """An owner of the test's own."""
    return uuid.uuid4().hex


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of the test's own, to be stopped."""
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    with postgres.new_server(folder) as server:
        server.start()
        yield server
