"""How soon the pages can be used in a real browser, beside an empty Streamlit app.

    uv run python -m bench.pages_usable [--repeats 5] [--pages models sheet] [--models 500]

A page can be used once its heading is drawn and no script runs; a time is from the navigation on, by the page's own
clock. Each page was opened before, so that the browser has its files and the server its data. In each round the empty
app, under the same configuration, and the pages are opened one after the other. With `--models` the catalog is a
generated one of so many (`bench.pages_speed.generate`). Ends with status 1 when a page takes longer than the limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, sync_playwright

from bench.browser import launch
from bench.measures import number, say, table
from bench.pages_speed import generate
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
_EMPTY = "empty app"
_LIMIT = 1.3
_WARM_UPS = 2
_TIMEOUT_MS = 30_000
_USABLE = """() => document.querySelector('[data-testid="stHeading"]')
    && document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    && performance.now()"""


def _usable_ms(context: BrowserContext, address: str) -> float:
    page = context.new_page()
    try:
        page.goto(address, wait_until="commit")
        return float(page.wait_for_function(_USABLE).json_value())
    finally:
        page.close()


def measure(names: list[str], repeats: int, models: int | None = None) -> dict[str, list[float]]:
    """The times (ms) of the empty app and of the pages, with the packaged catalog or one of `models`."""
    environment = {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}
    root = _BENCH.parent
    with (
        tempfile.TemporaryDirectory(prefix="catalog-") as folder,
        AppProcess(_script(models, Path(folder), environment), cwd=root, env=environment) as app,
        AppProcess(_BENCH / "empty_app.py", cwd=root) as empty,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-US")
        context.set_default_timeout(_TIMEOUT_MS)
        addresses = {_EMPTY: empty.base_url} | {name: app.base_url + _PAGES[name] for name in names}
        rounds = [
            {name: _usable_ms(context, address) for name, address in addresses.items()}
            for _ in range(_WARM_UPS + repeats)
        ]
    return {name: [times[name] for times in rounds[_WARM_UPS:]] for name in addresses}


def _script(models: int | None, folder: Path, environment: dict[str, str]) -> Path:
    """What serves the app; `environment` is given what it needs for it."""
    if models is None:
        return _BENCH.parent / "app.py"
    generate(models, folder)
    environment["BENCH_CATALOG"] = str(folder)
    return _BENCH / "catalog_app.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages_usable", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pages", nargs="+", choices=_PAGES, default=list(_PAGES))
    parser.add_argument("--models", type=int, help="cards in a generated catalog; the packaged one without it")
    given = parser.parse_args()
    times = measure(given.pages, given.repeats, given.models)
    base = median(times[_EMPTY])
    ratios = {name: median(found) / base for name, found in times.items()}
    rows = [
        [name, number(median(found)), number(min(found)), number(max(found)), f"{ratios[name]:.2f}"]
        for name, found in times.items()
    ]
    table(
        f"until a page can be used, warm, ms, {given.repeats} times", ["", "median", "min", "max", "by empty app"], rows
    )
    missed = [name for name, ratio in ratios.items() if ratio > _LIMIT]
    say(f"limit {_LIMIT:g} times the empty app: " + (f"MISSED by {', '.join(missed)}" if missed else "held"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
