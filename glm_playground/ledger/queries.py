"""What is read of the ledger: lists, whole runs, models, gateways and tags."""

from collections.abc import Sequence

from sqlalchemy import Connection, exists, func, or_, select, union

from glm_playground.ledger.evaluations_schema import evaluations
from glm_playground.ledger.filters import newest_first, shown
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import contents, presets, run_tags, runs, totals, workbenches
from glm_playground.ledger.stored_runs import ROW, WHOLE, row_of, whole_runs
from glm_playground.ledger.values import Cursor, Page, RunFilter, StoredRun, UnreadableRun
from glm_playground.ledger.votes_schema import votes

_IDS_AT_ONCE = 500
# A run without its contents is unreadable, not absent.
_WHOLE = select(*WHOLE).outerjoin_from(runs, contents)


def read_page(connection: Connection, owner: str, wanted: RunFilter, after: Cursor | None, limit: int) -> Page:
    """At most `limit` runs that fit, after the cursor."""
    query = newest_first(connection, ROW, owner, wanted, after.number if after else None)
    found = connection.execute(query.limit(limit + 1)).all()
    older = Cursor(found[limit - 1].number) if len(found) > limit else None
    return Page(tuple(map(row_of, found[:limit])), older)


def read_run(connection: Connection, owner: str, run_id: str) -> StoredRun | UnreadableRun | None:
    """One run, whole."""
    found = connection.execute(_WHOLE.where(shown(owner), runs.c.id == plain(run_id))).all()
    return next(iter(whole_runs(connection, owner, found)), None)


def read_runs(connection: Connection, owner: str, run_ids: Sequence[str]) -> list[StoredRun | UnreadableRun]:
    """The runs with these ids, whole, in no order."""
    ids = list(dict.fromkeys(map(plain, run_ids)))
    stored = []
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = _WHOLE.where(shown(owner), runs.c.id.in_(ids[at : at + _IDS_AT_ONCE]))
        stored += whole_runs(connection, owner, connection.execute(query).all())
    return stored


def read_batch(
    connection: Connection, owner: str, wanted: RunFilter, before: int | None, limit: int
) -> tuple[list[StoredRun | UnreadableRun], int | None]:
    """At most `limit` whole runs that fit, and the number that the next ones are below; None at the end."""
    numbers = connection.execute(newest_first(connection, [runs.c.number], owner, wanted, before).limit(limit))
    wanted_numbers = list(numbers.scalars())
    query = _WHOLE.where(runs.c.number.in_(wanted_numbers)).order_by(runs.c.number.desc())
    stored = whole_runs(connection, owner, connection.execute(query).all())
    return stored, wanted_numbers[-1] if len(wanted_numbers) == limit else None


def knows(connection: Connection, owner: str) -> bool:
    """Whether anything is stored for the owner, deleted or not."""
    found = (
        exists().where(table.c.owner == plain(owner)) for table in (runs, workbenches, presets, evaluations, votes)
    )
    return bool(connection.execute(select(or_(*found))).scalar())


def read_models(connection: Connection, owner: str) -> tuple[str, ...]:
    """The models of the owner's runs, by name."""
    ended = select(totals.c.model).where(totals.c.owner == plain(owner))
    running = select(runs.c.model).where(shown(owner), runs.c.outcome.is_(None))
    return tuple(sorted(connection.execute(union(ended, running)).scalars()))


def read_servers(connection: Connection, owner: str) -> tuple[str, ...]:
    """The names of the gateways that the owner's runs asked."""
    return tuple(sorted(connection.execute(select(runs.c.server).where(shown(owner)).distinct()).scalars()))


def read_tags(connection: Connection, owner: str) -> tuple[str, ...]:
    """The tags of the owner's runs, by name."""
    mine = run_tags.c.owner == plain(owner)
    # From one tag to the next in the index, since a tag may be that of very many runs.
    used = select(func.min(run_tags.c.tag).label("tag")).where(mine).cte("used", recursive=True)
    following = select(func.min(run_tags.c.tag)).where(mine, run_tags.c.tag > used.c.tag).scalar_subquery()
    used = used.union_all(select(following).where(used.c.tag.is_not(None)))
    # Runs that are deleted keep their tags; they are looked at until one is not.
    on_shown = exists().where(mine, run_tags.c.tag == used.c.tag, run_tags.c.number == runs.c.number, shown(owner))
    return tuple(sorted(connection.execute(select(used.c.tag).where(on_shown)).scalars()))
