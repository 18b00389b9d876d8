"""How many bytes are stored of a run, and of all of an owner; of those that are there already nobody counted them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds them."""
    for table in ("runs", "totals"):
        op.add_column(table, sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
