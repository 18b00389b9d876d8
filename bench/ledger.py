"""How long the ledger takes with many runs in it, and how much room a long run takes.

    uv run python -m bench.ledger [--runs 100000]

A database of a tenth of the runs and one of all are filled, then the same questions are put to both. The runs have 11
models, 60 days, and a prompt and an answer of together 200 to 600 words out of 8,000, as often as words of a language
are. All but the last 500 runs are filled in with what the ledger's own functions make of them, a table at a time, with
20 events a run, packed once for each of 500 answers. Ends with status 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, insert

from bench.measures import cpu_seconds, number, say, table
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.ledger import Ledger, Recorder, RunFilter, run_parts, schema, totals
from glm_playground.ledger.database import Database
from glm_playground.ledger.event_codec import Packed, pack_events
from glm_playground.ledger.words import words_of
from glm_playground.ledger.workbench_queue import WorkbenchCopy
from glm_playground.runs.cost import Price, TokenClass, cost_of
from glm_playground.runs.run import Outcome, Run, Server

_OWNER = "an owner of many runs"
_MODELS = (
    *("glm-5.1", "glm-5", "glm-4.7", "glm-4.6", "glm-4.5", "glm-4.5-air", "glm-4.5v", "glm-4.6v"),
    *("glm-4.7-flash", "glm-5-turbo", "glm-4-32b"),
)
_DAYS, _WORDS, _ANSWERS, _RUNS_AT_ONCE, _ONE_BY_ONE = 60, 8000, 500, 2000, 500
# FTS5 writes its index when so many bytes of it are new (sqlite.org/fts5.html, "hashsize").
_WORDS_IN_MEMORY = "INSERT INTO run_words (run_words, rank) VALUES ('hashsize', ?)"
_NOTHING = ChatRequest(model="", messages=())
_OUTCOMES = (Outcome.COMPLETED, Outcome.LENGTH, Outcome.STOPPED, Outcome.FAILED, Outcome.FILTERED)
_OUTCOME_WEIGHTS = (88, 5, 4, 2, 1)
_TAGS = ("demo", "regression", "customer", "slow", "odd")
_PAGE_MS, _SEARCH_MS, _TOTALS_MS, _GROWTH = 50.0, 100.0, 100.0, 3.0
_INSERT_MS, _LONG_RUN_KB = 10.0, 60.0
_LONG_EVENTS, _LONG_RUNS, _RATE = 4000, 200, 90
_CHATS, _CHAT_RATE, _RECORDER_SECONDS, _RECORDER_CORES = 160, 20, 8.0, 0.1
_RESUMED_RUNS, _RESUMED_EVENTS, _RESUME_MS, _HAND_OVER_MS = 200, 500, 500.0, 5.0
_REPEATS = 30
_PRICE = Price(
    {TokenClass.INPUT: Decimal("0.6"), TokenClass.OUTPUT: Decimal("2.2")},
    "https://example.org",
    datetime.now(UTC).date(),
)


class Language:
    """Words that are as often as in a language (Zipf), and as alike at their beginnings."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        syllables = [
            first + second for first in "bcdfglmnprstv" for second in ("a", "e", "i", "o", "u", "an", "er", "is")
        ]
        made = dict.fromkeys(
            "".join(self.random.choices(syllables, k=self.random.choice((1, 2, 2, 3, 3, 4)))) for _ in range(3 * _WORDS)
        )
        self.words = sorted(list(made)[:_WORDS], key=len)
        self.random.shuffle(self.words[200:])
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def text(self, count: int) -> str:
        """So many words."""
        return " ".join(self.random.choices(self.words, cum_weights=self._weights, k=count))


@dataclass(frozen=True)
class Question:
    """Something asked of the ledger, with its limit in milliseconds."""

    name: str
    ask: Callable[[Ledger], object]
    limit: float
    most_growth: float | None = _GROWTH
    """None where the runs that are passed over are a share of all."""


def fill(url: str, runs: int, language: Language) -> None:
    """Makes a database of `runs` runs; the last ones go the way of every run, one by one."""
    Ledger.open(url).close()
    database = Database(url, 5.0)
    answers = [_answer(language.text(language.random.randint(150, 450))) for _ in range(_ANSWERS)]
    known: dict[int, tuple[Packed, list[str]]] = {}
    last = runs - _ONE_BY_ONE
    with database.writing() as connection:
        connection.exec_driver_sql(_WORDS_IN_MEMORY, (256 * 2**20,))
    for start in range(0, last, _RUNS_AT_ONCE):
        places = range(start, min(start + _RUNS_AT_ONCE, last))
        with database.writing() as connection:
            _write_many(connection, [_drawn(place, runs, answers, language) for place in places], start + 1, known)
    with database.writing() as connection:
        totals.count(connection, schema.runs.c.owner == _OWNER)
        connection.exec_driver_sql(_WORDS_IN_MEMORY, (2**20,))
        connection.exec_driver_sql("INSERT OR IGNORE INTO terms SELECT value FROM json_each(?)", (_terms(language),))
    database.close()
    ledger = Ledger.open(url)
    for place in range(last, runs):
        run = _drawn(place, runs, answers, language)
        ledger.store_ended(run, _OWNER, cost_of(run, _PRICE))
    ledger.close()


def _drawn(place: int, runs: int, answers: list[list[Event]], language: Language) -> Run:
    drawn = language.random
    prompt = language.text(drawn.randint(50, 150)) + (" unrepeatable" if place == runs // 2 else "")
    return replace(
        _run(f"run-{place}", prompt, drawn.choice(_MODELS), drawn.random() < 0.2),
        started_at=datetime.now(UTC) - timedelta(days=_DAYS) * (1 - place / runs),
        events=drawn.choice(answers),
        outcome=drawn.choices(_OUTCOMES, _OUTCOME_WEIGHTS)[0],
    )


def _write_many(
    connection: Connection, made: list[Run], first: int, known: dict[int, tuple[Packed, list[str]]]
) -> None:
    """Writes ended runs as the ledger does, a table at a time; an answer that many runs have is packed once."""
    rows, parts, index, tags = [], [], [], []
    for place, run in enumerate(made, first):
        key = id(run.events)
        if key not in known:
            packed = pack_events(run.events)
            known[key] = (
                packed,
                run_parts.index_words(replace(run, request=_NOTHING), _OWNER, packed.content, packed.reasoning, ""),
            )
        packed, words = known[key]
        cost = cost_of(run, _PRICE)
        tag = _TAGS[place % 50 : place % 50 + 1]
        row = run_parts.started_row(run, _OWNER) | run_parts.ended_row(run, cost)
        rows.append(row | {"number": place, "abandoned": False, "tags": run_parts.pack_tags(tag), "note": ""})
        tags += [{"owner": _OWNER, "tag": name, "number": place} for name in tag]
        head, price = run_parts.pack_head(run), run_parts.pack_cost(cost)
        parts.append({"number": place, "head": head, "events": packed.data, "cost": price, "version": 1})
        index.append((place, " ".join([*words, *words_of(run.request.messages[-1].content)])))
    connection.execute(insert(schema.runs), rows)
    connection.execute(insert(schema.contents), parts)
    connection.execute(insert(schema.run_tags), tags)
    connection.exec_driver_sql("INSERT INTO run_words (rowid, words) VALUES (?, ?)", index)


def _terms(language: Language) -> str:
    return json.dumps([word for word in language.words if len(word) > 3])


def _run(run_id: str, prompt: str, model: str, stand_in: bool) -> Run:
    return Run(
        id=run_id,
        request=ChatRequest(model=model, messages=(Message(role="user", content=prompt),)),
        server=Server("Gateway", "https://example.org", "a small model" if stand_in else None),
        started_at=datetime.now(UTC),
        outcome=Outcome.COMPLETED,
        sent=True,
        usage=Usage(120, 400, 520),
    )


def _answer(text: str) -> list[Event]:
    size = len(text) // 20
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [Event(400_000_000 + 50_000_000 * place, EventKind.CONTENT, piece) for place, piece in enumerate(pieces)]


def _questions(language: Language) -> list[Question]:
    common, phrase = language.words[0], " ".join(language.words[1:3])
    now = datetime.now(UTC)

    def page(name: str, wanted: RunFilter, limit: float = _PAGE_MS, most_growth: float | None = _GROWTH) -> Question:
        return Question(name, lambda ledger: ledger.page(_OWNER, wanted), limit, most_growth)

    return [
        page("page", RunFilter()),
        page("page, without warm-ups", RunFilter(warm_up=False)),
        page("page, warm-ups, of which there are none", RunFilter(warm_up=True), most_growth=None),
        page("page, by model", RunFilter(models=(_MODELS[3],))),
        page("page, by three models", RunFilter(models=_MODELS[2:5])),
        page("page, by outcome", RunFilter(outcomes=(Outcome.FILTERED,))),
        page("page, by tag", RunFilter(tags=(_TAGS[0],))),
        page("page, stand-in", RunFilter(stand_in=True)),
        page("page, by model and outcome", RunFilter(models=(_MODELS[3],), outcomes=(Outcome.FAILED,))),
        page("page, until 30 days ago", RunFilter(until=now - timedelta(days=30)), most_growth=None),
        page("search, rare word", RunFilter(text="unrepeatable"), _SEARCH_MS),
        page("search, common word", RunFilter(text=common), _SEARCH_MS),
        page("search, beginning of words", RunFilter(text=language.words[-1][:3]), _SEARCH_MS),
        page("search, phrase", RunFilter(text=f'"{phrase}"'), _SEARCH_MS),
        page("search, no hit", RunFilter(text="nowhere"), _SEARCH_MS),
        page("search, word and model", RunFilter(text=common, models=(_MODELS[3],)), _SEARCH_MS),
        Question("daily totals", lambda ledger: ledger.totals(_OWNER), _TOTALS_MS),
        Question("models", lambda ledger: ledger.models(_OWNER), _PAGE_MS),
        Question("tags", lambda ledger: ledger.tags(_OWNER), _PAGE_MS),
    ]


def _measure_questions(folder: Path, sizes: Sequence[int], language: Language) -> bool:
    ledgers = []
    for size in sizes:
        url = f"sqlite:///{folder / f'{size}.sqlite3'}"
        start = time.perf_counter()
        fill(url, size, language)
        say(f"filled {size:,} runs in {time.perf_counter() - start:.0f} s")
        ledgers.append(Ledger.open(url))
    rows, held = [], True
    for question in _questions(language):
        small, large = (_median_ms(partial(question.ask, ledger), _REPEATS) for ledger in ledgers)
        most = question.most_growth
        good = large <= question.limit and (most is None or large <= most * small)
        held &= good
        growth = number(most) if most else "-"
        shown = [number(small), number(large), number(question.limit), number(large / small), growth]
        rows.append([question.name, *shown, "" if good else "missed"])
    table("Milliseconds, median", ["", *(f"{size:,}" for size in sizes), "limit", "growth", "limit", ""], rows)
    for ledger in ledgers:
        ledger.close()
    return held


def _long_run(language: Language, place: int) -> Run:
    """4,000 tokens of about 5 characters at 90 a second, as they arrive."""
    drawn = language.random
    text = language.text(6000)
    events, at, now = [], 0, 350_000_000
    for _ in range(_LONG_EVENTS):
        size = drawn.choice((3, 4, 5, 5, 6, 7))
        now += max(1, round(drawn.gauss(1e9 / _RATE, 2e6)))
        events.append(Event(now, EventKind.CONTENT, text[at : at + size]))
        at += size
    return replace(_run(f"long-{place}", language.text(100), _MODELS[0], stand_in=False), events=events)


def _measure_long_runs(folder: Path, language: Language) -> bool:
    path = folder / "long.sqlite3"
    ledger = Ledger.open(f"sqlite:///{path}")
    first = _long_run(language, _LONG_RUNS)
    ledger.store_ended(first, _OWNER, cost_of(first, _PRICE))
    ledger.close()
    # As the app does after its start.
    gc.freeze()
    before = path.stat().st_size
    ledger = Ledger.open(f"sqlite:///{path}")
    bare = _bare_database(folder)
    times, bare_times = [], []
    for place in range(_LONG_RUNS):
        # Made one by one: two hundred at once would be in no cache, unlike a run that has just ended.
        run = _long_run(language, place)
        start = time.perf_counter()
        ledger.store_ended(run, _OWNER, cost_of(run, _PRICE))
        times.append((time.perf_counter() - start) * 1e3)
        run = _long_run(language, _LONG_RUNS + place)
        start = time.perf_counter()
        _store_bare(bare, run)
        bare_times.append((time.perf_counter() - start) * 1e3)
    bare.close()
    ledger.close()
    kilobytes = (path.stat().st_size - before) / _LONG_RUNS / 1000
    held = median(times) <= _INSERT_MS and kilobytes <= _LONG_RUN_KB
    table(
        f"A run of {_LONG_EVENTS:,} events",
        ["", "measured", "limit", "bare sqlite3"],
        [
            ["stored in, ms, median", number(median(times)), number(_INSERT_MS), number(median(bare_times))],
            ["room in the file, KB", number(kilobytes), number(_LONG_RUN_KB), "-"],
        ],
    )
    return held


def _bare_database(folder: Path) -> sqlite3.Connection:
    """The least that could keep and find a run: a row of it, its events, an index of its words."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.executescript(
        """PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        CREATE TABLE runs (number INTEGER PRIMARY KEY, id TEXT, events BLOB);
        CREATE VIRTUAL TABLE run_words USING fts5 (words, content='');"""
    )
    return connection


def _store_bare(connection: sqlite3.Connection, run: Run) -> None:
    columns = [list(column) for column in zip(*run.events, strict=True)]
    events = zlib.compress(json.dumps(columns).encode(), 1)
    connection.execute("BEGIN")
    added = connection.execute("INSERT INTO runs (id, events) VALUES (?, ?)", (run.id, events))
    connection.execute("INSERT INTO run_words (rowid, words) VALUES (?, ?)", (added.lastrowid, run.content))
    connection.execute("COMMIT")


def _measure_resume(folder: Path, language: Language) -> bool:
    """Reading the runs of a workbench back, and what a script spends on saving 10 MB of one."""
    ledger = Ledger.open(f"sqlite:///{folder / 'resume.sqlite3'}")
    runs = [_long_run(language, place) for place in range(_RESUMED_RUNS)]
    for run in runs:
        del run.events[_RESUMED_EVENTS:]
        ledger.store_ended(run, _OWNER, cost_of(run, _PRICE))
    ids = [run.id for run in runs]
    read = _median_ms(lambda: ledger.runs(_OWNER, ids), 5)
    one_by_one = _median_ms(lambda: [ledger.run(_OWNER, run_id) for run_id in ids], 5)
    turns = [language.text(200) for _ in range(100)]
    value = {"turns": turns * (10_000_000 // sum(map(len, turns)))}
    recorder, copy = Recorder(lambda: ledger), WorkbenchCopy(_OWNER, "bench")
    handed = _median_ms(lambda: recorder.save_workbench(copy, "bench", lambda: json.dumps(value)), 5)
    stored = _median_ms(lambda: recorder.flush(30), 1)
    serialised = _median_ms(lambda: json.dumps(value), 5)
    recorder.close()
    held = read <= _RESUME_MS and handed <= _HAND_OVER_MS
    table(
        "A workbench",
        ["milliseconds, median", "measured", "limit", "baseline"],
        [
            [
                f"{_RESUMED_RUNS} runs of {_RESUMED_EVENTS} events, one by one",
                number(read),
                number(_RESUME_MS),
                number(one_by_one),
            ],
            ["10 MB, the script's time, json.dumps", number(handed), number(_HAND_OVER_MS), number(serialised)],
            ["10 MB, until it is stored", number(stored), "-", "-"],
        ],
    )
    return held


def _median_ms(act: Callable[[], object], repeats: int) -> float:
    if repeats > 1:
        act()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1e3)
    return median(times)


def _measure_recorder(folder: Path, language: Language) -> bool:
    """CPU of the whole process while 160 runs grow by 20 events a second, less that of growing them alone."""
    ledger = Ledger.open(f"sqlite:///{folder / 'recorder.sqlite3'}")
    alone = _grow(language, None)
    recorder = Recorder(lambda: ledger)
    cores = _grow(language, recorder) - alone
    recorder.close()
    ledger.close()
    title = f"The recorder with {_CHATS} runs at {_CHAT_RATE} events/s"
    table(title, ["", "measured", "limit"], [["cores", number(cores), number(_RECORDER_CORES)]])
    return cores <= _RECORDER_CORES


def _grow(language: Language, recorder: Recorder | None) -> float:
    made = [replace(_run(f"chat-{place}", "", _MODELS[0], stand_in=False), outcome=None) for place in range(_CHATS)]
    if recorder:
        for run in made:
            recorder.watch(run, _OWNER, lambda: _PRICE)
    pieces = language.text(1000).split()
    pid = int(Path("/proc/self/stat").read_text().split()[0])
    before, start = cpu_seconds(pid), time.perf_counter()
    for step in range(int(_RECORDER_SECONDS * _CHAT_RATE)):
        for run in made:
            run.events.append(Event(time.perf_counter_ns(), EventKind.CONTENT, pieces[step % 1000]))
        threading.Event().wait(max(0.0, start + (step + 1) / _CHAT_RATE - time.perf_counter()))
    return (cpu_seconds(pid) - before) / (time.perf_counter() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000, help="of the larger database")
    options = parser.parse_args()
    language = Language(7)
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as name:
        folder = Path(name)
        held = _measure_long_runs(folder, language)
        held &= _measure_resume(folder, language)
        held &= _measure_recorder(folder, language)
        held &= _measure_questions(folder, (options.runs // 10, options.runs), language)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
