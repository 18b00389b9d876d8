"""How soon the pages can be used in a real browser, beside an empty Streamlit app.

    uv run python -m bench.pages_usable [--repeats 5] [--pages models sheet] [--models 500]

A page can be used once its heading is drawn and no script runs; a time is from the navigation on, by the page's own
clock. Beside it stands when everything is drawn: the last change of the page before nothing changes for a second. Each
page was opened before, so that the browser has its files and the server its data. In each round the empty app, under
the same configuration, and the pages are opened one after the other: with the packaged catalog, and those that show all
models with a generated one of `--models` too (`bench.pages_speed.generate`), beside a measurement of the empty app of
its own. `main` is the processor time of the page's main thread until it can be used, which other work on the machine
changes least. Ends with status 1 when a page takes longer than the limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import BrowserContext, sync_playwright

from bench.measures import number, say, table
from bench.pages_speed import generate
from tests.browser.chromium import launch
from tests.live.app_process import AppProcess

_BENCH = Path(__file__).resolve().parent
_PAGES = {
    "models": "/",
    "sheet": "/?id=glm-5.1",
    "choose": "/choose",
    "compare": "/compare",
    "playground": "/playground",
    "history": "/history",
}
_OF_ALL_MODELS = ("models", "sheet", "choose", "compare")
_EMPTY = "empty app"
_LIMIT = 1.3
_WARM_UPS = 2
_TIMEOUT_MS = 30_000
_USABLE = """() => document.querySelector('[data-testid="stHeading"]')
    && document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    && performance.now()"""
_WATCH = """() => {
    window.changed = performance.now();
    new MutationObserver(() => { window.changed = performance.now(); })
        .observe(document.querySelector('[data-testid="stMain"]'), { subtree: true, childList: true });
}"""
_DRAWN = "() => performance.now() - window.changed > 1000 && window.changed"


class Visit(NamedTuple):
    """Times of one visit in ms."""

    usable: float
    main: float
    """Processor time of the main thread."""
    drawn: float


def _visit(context: BrowserContext, address: str, *, whole: bool) -> Visit:
    """Opens a page; without `whole` it is closed once it can be used."""
    page = context.new_page()
    try:
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(address, wait_until="commit")
        usable = float(page.wait_for_function(_USABLE).json_value())
        figures = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        drawn = usable
        if whole:
            page.evaluate(_WATCH)
            drawn = float(page.wait_for_function(_DRAWN).json_value())
        return Visit(usable, figures["TaskDuration"] * 1e3, drawn)
    finally:
        page.close()


def measure(names: list[str], repeats: int, models: int | None = None) -> dict[str, list[Visit]]:
    """Visits of the empty app and of the pages, with the packaged catalog or one of `models`."""
    environment = {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}
    root = _BENCH.parent
    with (
        tempfile.TemporaryDirectory(prefix="catalog-") as folder,
        AppProcess(_script(models, Path(folder), environment), cwd=root, env=environment) as app,
        AppProcess(_BENCH / "empty_app.py", cwd=root) as empty,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce", locale="en-US")
        context.set_default_timeout(_TIMEOUT_MS)
        addresses = {_EMPTY: empty.base_url} | {name: app.base_url + _PAGES[name] for name in names}
        rounds = [
            {name: _visit(context, address, whole=number >= _WARM_UPS) for name, address in addresses.items()}
            for number in range(_WARM_UPS + repeats)
        ]
    return {name: [visits[name] for visits in rounds[_WARM_UPS:]] for name in addresses}


def _script(models: int | None, folder: Path, environment: dict[str, str]) -> Path:
    """What serves the app; `environment` is given what it needs for it."""
    if models is None:
        return _BENCH.parent / "app.py"
    generate(models, folder)
    environment |= {"BENCH_CATALOG": str(folder), "PYTHONPATH": str(_BENCH.parent)}
    return _BENCH / "catalog_app.py"


def _report(title: str, visits: dict[str, list[Visit]]) -> list[str]:
    """Prints a line a page; the pages that miss the limit."""
    usable, main, drawn = (
        {name: median(figure(visit) for visit in found) for name, found in visits.items()}
        for figure in (lambda visit: visit.usable, lambda visit: visit.main, lambda visit: visit.drawn)
    )
    rows = []
    for name, found in visits.items():
        times = [visit.usable for visit in found]
        figures = (usable[name], min(times), max(times), main[name], drawn[name])
        ratios = (one[name] / one[_EMPTY] for one in (usable, main))
        rows.append([name, *map(number, figures), *(f"{ratio:.2f}" for ratio in ratios)])
    heads = ["", "usable", "min", "max", "main", "all drawn", "usable by empty", "main by empty"]
    table(f"{title}, warm, ms", heads, rows)
    return [name for name in visits if usable[name] > _LIMIT * usable[_EMPTY]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages_usable", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pages", nargs="+", choices=_PAGES, default=list(_PAGES))
    parser.add_argument("--models", type=int, default=500, help="cards in the generated catalog; none for 0")
    given = parser.parse_args()
    missed = _report("packaged models", measure(given.pages, given.repeats))
    of_all = [name for name in given.pages if name in _OF_ALL_MODELS]
    if given.models and of_all:
        found = _report(f"{given.models} models", measure(of_all, given.repeats, given.models))
        missed += [f"{name} of {given.models}" for name in found]
    say(f"limit {_LIMIT:g} times the empty app: " + (f"MISSED by {', '.join(missed)}" if missed else "held"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
