"""What Alembic runs to reach a database; the connection is given by `ledger.migration`."""

from alembic import context

from glm_playground.ledger.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
