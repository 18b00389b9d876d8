"""Brings a database to the newest tables with Alembic, and refuses what is not ours."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table, text

from glm_playground.ledger.database import SQLITE, Database
from glm_playground.ledger.errors import LedgerDamaged, LedgerNewer
from glm_playground.ledger.schema import VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0009"
"""The last revision in `migrations`; a database that has it needs no Alembic, which takes half a second to load."""

# Any number that no other program takes for its own lock: "GLMP".
_ADVISORY_LOCK = 0x474C4D50


def migrate(database: Database) -> None:
    """Makes or updates the tables; where another process is at it, waits for it.

    Raises:
        LedgerNewer: a later version of the app has been here; nothing is changed.
        LedgerDamaged: the file is another program's; nothing is changed.
        LedgerError: it cannot be read or written.
    """
    with database.reading() as connection:
        newest = is_newest(connection, database.where)
    # Not before it is known to be ours.
    database.keep_log()
    if newest:
        return
    with database.writing_long(None) as connection:
        if connection.dialect.name != SQLITE:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        if not is_newest(connection, database.where):
            _upgrade(connection)


def is_newest(connection: Connection, where: str) -> bool:
    """True where the tables are those of this version; raises as `migrate` does, and changes nothing."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        # A server's database may be shared, a file is not.
        if tables and connection.dialect.name == SQLITE:
            raise LedgerDamaged(f"{where}: it is the database of another program")
        return False
    found: set[str] = set(connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalars())
    if found == {NEWEST}:
        return True
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see NEWEST

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found - known:
        raise LedgerNewer(f"{where}: its tables are of version {', '.join(sorted(found - known))}, unknown here")
    return False


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see NEWEST

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, NEWEST)


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see NEWEST

    config = Config()
    # A per cent sign would begin a placeholder.
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
