"""A way around the ledger to its database."""

from sqlalchemy import Engine, create_engine


def engine_of(url: str) -> Engine:
    """Whoever asks for it disposes of it."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
