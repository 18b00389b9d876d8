"""The index of words: FTS5 on SQLite, a tsvector on PostgreSQL.

Both are given the words of `ledger.words` and split nothing themselves, so they find the same. Neither keeps the text:
words of a run are taken out of FTS5 by telling it the words again, and one that stayed would lead to no run, since
running numbers are not used twice.
"""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, Text, bindparam, cast, delete, select, text
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.sql.elements import ColumnElement

from glm_playground.ledger.database import SQLITE
from glm_playground.ledger.run_parts import owner_word
from glm_playground.ledger.schema import run_words, runs, terms
from glm_playground.ledger.words import SHORTEST_BEGINNING, Phrase, phrases_of

_ADD = text("INSERT INTO run_words (rowid, words) VALUES (:number, :words)")
_ADD_VECTOR = run_words.insert().values(
    number=bindparam("of_number"), words=cast(bindparam("vector", type_=Text), TSVECTOR)
)
_REMOVE = text("INSERT INTO run_words (run_words, rowid, words) VALUES ('delete', :number, :words)")
_ADD_TERMS = text("INSERT OR IGNORE INTO terms (term) SELECT value FROM json_each(:words)")
# A word of three letters is no longer than the least beginning that is searched, and is not among the terms.
_HAS_TERM = text("SELECT 1 FROM run_words WHERE run_words MATCH :term LIMIT 1")
_MERGE = text("INSERT INTO run_words (run_words, rank) VALUES ('merge', :pages)")
_CHANGES = text("SELECT total_changes()")
_MERGED_PAGES = 400
# More endings of a word than these are left to FTS5, which reads all their places before it gives the first.
_MOST_ENDINGS = 300
# PostgreSQL's limits: a tsvector has 1 MiB, a position 14 bits, a word 255 of them.
_TSVECTOR_BYTES, _LAST_POSITION, _MOST_POSITIONS = 900_000, 16_383, 255
_POSITION_BYTES, _LEXEME_BYTES = 2, 8


def add(connection: Connection, number: int, words: Sequence[str]) -> None:
    """Puts a run's words in."""
    add_all(connection, [(number, words)])


def add_all(connection: Connection, runs: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Puts the words of runs in, each with its number."""
    if connection.dialect.name != SQLITE:
        rows = [{"of_number": number, "vector": _tsvector(words)} for number, words in runs]
        connection.execute(_ADD_VECTOR, rows)
        return
    connection.execute(_ADD, [{"number": number, "words": " ".join(words)} for number, words in runs])
    # Of a set: a long answer says most of its words again and again.
    different = set[str]().union(*(words for _number, words in runs))
    new = [word for word in different if len(word) > SHORTEST_BEGINNING]
    connection.execute(_ADD_TERMS, {"words": json.dumps(new)})


def remove(connection: Connection, number: int, words: Sequence[str]) -> None:
    """Takes a run's words out, which must be those that were put in."""
    if connection.dialect.name == SQLITE:
        connection.execute(_REMOVE, {"number": number, "words": " ".join(words)})
    else:
        connection.execute(delete(run_words).where(run_words.c.number == number))


def forget_terms(connection: Connection, words: set[str]) -> None:
    """Forgets the words among `words` that no run has any more."""
    if connection.dialect.name != SQLITE:
        return
    for word in words:
        if len(word) > SHORTEST_BEGINNING and connection.execute(_HAS_TERM, {"term": f'"{word}"'}).first() is None:
            connection.execute(delete(terms).where(terms.c.term == word))


def merge_some(connection: Connection, *, begin: bool) -> bool:
    """Rewrites a part of FTS5's index without the words that were taken out; whether there is more to do.

    Args:
        connection: in a transaction that writes; a step of its own each time, so that others come in between.
        begin: True for the first step.
    """
    if connection.dialect.name != SQLITE:
        return False
    before = connection.execute(_CHANGES).scalar_one()
    connection.execute(_MERGE, {"pages": -_MERGED_PAGES if begin else _MERGED_PAGES})
    # sqlite.org/fts5.html, "The merge command": a difference below 2 says that there was nothing to do.
    return bool(connection.execute(_CHANGES).scalar_one() - before >= 2)


def matching(connection: Connection, owner: str, typed: str) -> ColumnElement[bool] | None:
    """The condition on `run_words` for what a person typed; None where there is no word in it."""
    phrases = phrases_of(typed)
    if not phrases:
        return None
    if connection.dialect.name == SQLITE:
        parts = [f'"{owner_word(owner)}"', *(_fts_phrase(connection, phrase) for phrase in phrases)]
        return run_words.c.run_words.match(" AND ".join(parts))
    parts = [_lexeme(owner_word(owner)), *map(_ts_phrase, phrases)]
    query = cast(bindparam("query", " & ".join(parts), Text), TSQUERY)
    return run_words.c.words.op("@@")(query)


def joined_on(connection: Connection) -> ColumnElement[int]:
    """The column of `run_words` that is the run's number; also what to order by."""
    column: ColumnElement[int] = run_words.c.rowid if connection.dialect.name == SQLITE else runs.c.number
    return column


def _fts_phrase(connection: Connection, phrase: Phrase) -> str:
    text = " ".join(phrase.words)
    if not phrase.open_end:
        return f'"{text}"'
    *before, last = phrase.words
    found = select(terms.c.term).where(terms.c.term > last, terms.c.term < last + "\U0010ffff").limit(_MOST_ENDINGS + 1)
    endings = connection.execute(found).scalars().all()
    if len(endings) > _MOST_ENDINGS:
        return f'"{text}" *'
    return "(" + " OR ".join(f'"{" ".join([*before, end])}"' for end in [last, *endings]) + ")"


def _ts_phrase(phrase: Phrase) -> str:
    lexemes = [_lexeme(word) for word in phrase.words]
    if phrase.open_end:
        lexemes[-1] += ":*"
    return "(" + " <-> ".join(lexemes) + ")"


def _tsvector(words: Sequence[str]) -> str:
    places: dict[str, list[int]] = {}
    size = 0
    for position, word in enumerate(words, 1):
        if word not in places:
            places[word] = []
            size += len(word.encode()) + _LEXEME_BYTES
        if len(places[word]) < _MOST_POSITIONS:
            places[word].append(min(position, _LAST_POSITION))
            size += _POSITION_BYTES
        if size > _TSVECTOR_BYTES:
            break
    return " ".join(f"{_lexeme(word)}:{','.join(map(str, at))}" for word, at in places.items())


def _lexeme(word: str) -> str:
    # There is neither a quote nor a backslash in a word.
    return f"'{word}'"
