"""How long the pages that are read take to answer, with the packaged catalog and with a generated one of 500 models.

    uv run python -m bench.pages_speed [--models 500] [--repeats 15]

A time is from the message that asks for a run until the message that it ended, over a websocket as a tab has it. Each
interaction is done once before it is measured; the first run of a page is that of a new tab.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count, cycle
from pathlib import Path
from statistics import median
from typing import Any

from bench.measures import say, table
from glm_playground.catalog import load_catalog
from glm_playground.catalog.loader import DATA
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.widget_state import Widget

_ROOT = Path(__file__).resolve().parent.parent
_APP = _ROOT / "bench" / "catalog_app.py"
_ENVIRONMENT = {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted", "PYTHONPATH": str(_ROOT)}
_START_SECONDS = 60.0
_LIMIT_MS = {"packaged": 150.0, "generated": 400.0}
_LOAD = """
import time
from glm_playground.catalog import load_catalog
times = []
for _ in range(2):
    start = time.perf_counter()
    load_catalog()
    times.append((time.perf_counter() - start) * 1e3)
print(*times)
"""

Interaction = Callable[[], Awaitable[None]]
Times = dict[str, list[float]]


def generate(models: int, folder: Path) -> None:
    """Writes a catalog of variants of the packaged cards under new ids, with prices and limits of their own."""
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    cards = sorted((DATA / "models").glob("*.toml"))
    for number, card in zip(range(models - len(cards)), cycle(cards)):
        name = f"{card.stem}-v{number:03}"
        text = card.read_text(encoding="utf-8").replace(f'id = "{card.stem}"', f'id = "{name}"', 1)
        text = re.sub(r'^name = "(.*)"', rf'name = "\1 v{number:03}"', text, count=1, flags=re.MULTILINE)
        text = re.sub(
            r'^((?:input|output|cache_read) = )"([\d.]+)"',
            lambda found: f'{found[1]}"{Decimal(found[2]) + Decimal(number) / 1000}"',  # noqa: B023
            text,
            flags=re.MULTILINE,
        )
        text = re.sub(
            r"^((?:context|max_output)_tokens\.value = )(\d+)",
            lambda found: f"{found[1]}{int(found[2]) + number}",  # noqa: B023
            text,
            flags=re.MULTILINE,
        )
        (folder / "models" / f"{name}.toml").write_text(text, encoding="utf-8")
    catalog = load_catalog(folder)
    assert not catalog.rejected, catalog.rejected[:3]
    assert len(catalog) == models


async def _timed(tab: BrowserSession, interaction: Interaction) -> float:
    start = time.perf_counter()
    await interaction()
    await tab.wait_finished(_START_SECONDS)
    return (time.perf_counter() - start) * 1e3


@asynccontextmanager
async def _page(app: AppProcess, path: str, query: str = "") -> AsyncIterator[BrowserSession]:
    async with BrowserSession(app.base_url, path=path, query_string=query) as tab:
        await tab.run(_START_SECONDS)
        assert not tab.exceptions(), tab.exceptions()
        yield tab
        tab.keep_tree = True
        await tab.run(_START_SECONDS)
        assert not tab.exceptions(), tab.exceptions()


async def _first_runs(app: AppProcess, path: str, query: str, repeats: int) -> list[float]:
    times = []
    for _ in range(repeats):
        async with BrowserSession(app.base_url, path=path, query_string=query) as tab:
            tab.keep_tree = False
            times.append(await _timed(tab, tab.rerun))
    return times


async def _change(tab: BrowserSession, widget: Widget, value: Any) -> None:
    await tab.set_value(widget, value)
    await tab.wait_finished(_START_SECONDS)


async def _repeat(tab: BrowserSession, widget: Widget, values: Iterator[Any], repeats: int) -> list[float]:
    """Times of changing a widget; what the tab draws is not looked at meanwhile."""
    tab.keep_tree = False
    await _timed(tab, lambda: tab.set_value(widget, next(values)))
    times = [await _timed(tab, lambda: tab.set_value(widget, next(values))) for _ in range(repeats)]
    tab.keep_tree = True
    return times


async def _models_page(app: AppProcess, repeats: int) -> Times:
    times = {"first run": await _first_runs(app, "/", "", repeats)}
    async with _page(app, "/") as tab:
        search = tab.find_widget("text_input", "wall_search")
        texts = cycle(("glm-5", "glm", "4.5", ""))
        times["search"] = await _repeat(tab, search, texts, repeats)
        await tab.open("wall_filters")
        context = tab.find_widget("selectbox", "wall_context")
        options = cycle(context.proto.options)
        times["filter by context"] = await _repeat(tab, context, options, repeats)
    times["one model's page"] = await _first_runs(app, "/", "id=glm-5.1", repeats)
    return times


async def _compare_page(app: AppProcess, ids: str, repeats: int) -> Times:
    query = f"ids={ids}" if ids else ""
    times = {"first run": await _first_runs(app, "/compare", query, repeats)}
    async with _page(app, "/compare", query) as tab:
        models = next(widget for widget in tab.widgets() if widget.key == "compare_models")
        chosen = list(models.proto.raw_values)
        changes = cycle((chosen[:-1], chosen))
        named = {
            "choose facts": ("selectbox", "compare_group", cycle(("Prices", "Features", "Limits and sizes"))),
            "everything and back": ("selectbox", "compare_group", cycle(("Everything", "Key facts"))),
            "search": ("text_input", "compare_search", cycle(("price", "input", "context", ""))),
            "order of models": ("selectbox", "compare_order", cycle(("Context", "Release"))),
        }
        for name, (kind, key, values) in named.items():
            if key == "compare_order":
                await tab.open("compare_filters")
            times[name] = await _repeat(tab, tab.find_widget(kind, key), values, repeats)
            # What comes after is measured on the key facts.
            if key == "compare_group":
                await _change(tab, tab.find_widget(kind, key), "Key facts")
        everything = tab.find_widget("selectbox", "compare_group")
        await _change(tab, everything, "Everything")
        search = tab.find_widget("text_input", "compare_search")
        times["search in everything"] = await _repeat(tab, search, cycle(("price", "input", "context", "")), repeats)
        await _change(tab, everything, "Key facts")
        times["add or remove a model"] = await _repeat(tab, models, changes, repeats)
    await _other_views(app, query, repeats, times)
    return times


async def _other_views(app: AppProcess, query: str, repeats: int, times: Times) -> None:
    async with _page(app, "/compare", query) as tab:
        views = tab.find_widget("button_group", "compare_view")
        times["table to plots and back"] = await _repeat(tab, views, cycle((["Plots"], ["Table"])), repeats)
        await _change(tab, views, ["Plots"])
        plot = tab.find_widget("button_group", "compare_plot")
        names = cycle((["Context and output"], ["Size"], ["Release"], ["Scores side by side"], ["Price and score"]))
        times["another plot"] = await _repeat(tab, plot, names, repeats)
        await _change(tab, views, ["Running cost"])
        requests = tab.find_widget("number_input", "basis_requests")
        times["another load"] = await _repeat(tab, requests, (float(n) for n in count(1000)), repeats)


async def change_weights(folder: Path, repeats: int) -> list[float]:
    """Times (ms) of choosing what matters on the page Choose, with the catalog in `folder`."""
    with AppProcess(_APP, cwd=_ROOT, env={**_ENVIRONMENT, "BENCH_CATALOG": str(folder)}) as app:
        async with _page(app, "/choose") as tab:
            aspects = tab.find_widget("button_group", "choose_aspects")
            values = cycle((["Coding", "Price"], ["Coding", "Agents", "Price"], ["Reasoning"]))
            return await _repeat(tab, aspects, values, repeats)


def _print(title: str, times: Times, limit: float) -> bool:
    rows = [
        [name, f"{median(found):.0f}", f"{max(found):.0f}", "" if median(found) <= limit else "over"]
        for name, found in times.items()
    ]
    table(f"{title}, limit {limit:.0f} ms", ["interaction, ms", "median", "max", ""], rows)
    return all(median(found) <= limit for found in times.values())


def _print_loading(repeats: int) -> None:
    outputs = [
        subprocess.run([sys.executable, "-c", _LOAD], cwd=_ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(repeats)
    ]
    cold, cached = zip(*(map(float, output.split()) for output in outputs), strict=True)
    rows = [
        ["cold, in a new process", f"{median(cold):.1f}", f"{max(cold):.1f}"],
        ["cached", f"{median(cached):.4f}", f"{max(cached):.4f}"],
    ]
    table("catalog load, limits 60 ms and 1 ms", ["ms", "median", "max"], rows)


def _measure(name: str, folder: Path, repeats: int, every_id: str) -> bool:
    with AppProcess(_APP, cwd=_ROOT, env={**_ENVIRONMENT, "BENCH_CATALOG": str(folder)}) as app:
        limit = _LIMIT_MS[name]
        held = _print(f"models page, {name}", asyncio.run(_models_page(app, repeats)), limit)
        views = {"the first view": "", "every model": every_id}
        for view, ids in views.items():
            found = asyncio.run(_compare_page(app, ids, repeats))
            held &= _print(f"compare page, {name}, {view}", found, limit)
    return held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages_speed", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=500, help="cards in the generated catalog")
    parser.add_argument("--repeats", type=int, default=15)
    given = parser.parse_args()
    _print_loading(min(given.repeats, 10))
    with tempfile.TemporaryDirectory(prefix="catalog-") as folder:
        generated = Path(folder)
        generate(given.models, generated)
        say(f"\n{len(load_catalog())} packaged cards, {given.models} generated; {given.repeats} times each")
        held = _measure("packaged", DATA, given.repeats, ",".join(load_catalog()))
        held &= _measure("generated", generated, given.repeats, ",".join(load_catalog(generated)))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
