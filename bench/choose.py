"""How soon Choose answers a changed weight: the shortlist alone, and the page, with 20 models and with 500.

    uv run python -m bench.choose [--models 500] [--repeats 15]

The shortlist's time is given beside reading the whole comparison of the same models, in the same process. Ends with
status 1 when a page's median is above 0.3 s.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from statistics import median

from bench.measures import say, table
from bench.pages_speed import change_weights, generate
from glm_playground.catalog import Catalog, load_catalog
from glm_playground.catalog.choice import Aspect, ChoiceQuestion, Known, choose
from glm_playground.catalog.comparison import GROUPS, compare, score_names
from glm_playground.catalog.loader import DATA
from glm_playground.catalog.needs import Need
from glm_playground.catalog.running_cost import Load
from glm_playground.catalog.sellers import BASES

_LIMIT_MS = 300.0
_WEIGHTS = ({Aspect.CODING: 1, Aspect.PRICE: 1}, {Aspect.CODING: 3, Aspect.AGENTS: 2, Aspect.PRICE: 1})


def _times(act: Callable[[], object], repeats: int) -> list[float]:
    act()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1e3)
    return found


def _shortlist(catalog: Catalog, repeats: int) -> list[list[str]]:
    weights = cycle(_WEIGHTS)
    question = ChoiceQuestion(Need(), {}, Load(1_000, 2_000, 500), BASES[0])
    keys = [key for group in GROUPS.values() for key in group]
    rows = {
        "a changed weight": _times(lambda: choose(catalog, _weighted(question, next(weights)), Known()), repeats),
        "the whole comparison": _times(lambda: compare(catalog.cards, keys, score_names(catalog.cards)), repeats),
    }
    return [[name, f"{median(found):.1f}", f"{max(found):.1f}"] for name, found in rows.items()]


def _weighted(question: ChoiceQuestion, weights: dict[Aspect, int]) -> ChoiceQuestion:
    return ChoiceQuestion(question.need, weights, question.load, question.basis)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.choose", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=500, help="cards in the generated catalog")
    parser.add_argument("--repeats", type=int, default=15)
    given = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory(prefix="catalog-") as folder:
        generated = Path(folder)
        generate(given.models, generated)
        for name, data in (("packaged", DATA), ("generated", generated)):
            catalog = load_catalog(data)
            table(f"{name}, {len(catalog)} models", ["ms", "median", "max"], _shortlist(catalog, given.repeats))
            page = asyncio.run(change_weights(data, given.repeats))
            say(f"the page, a changed weight: median {median(page):.0f} ms, limit {_LIMIT_MS:.0f} ms")
            held &= median(page) <= _LIMIT_MS
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
