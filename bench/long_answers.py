"""Long answers in a real browser: how late they are drawn, and how long the page stands still meanwhile.

    uv run python -m bench.long_answers [--only 4000] [--repeats 3]

An answer comes as fast as the app takes it. Late is the last token's drawing after it was handed to the socket by the
gateway; still is the longest task of the page's own thread, in which it can neither draw nor take a key. Also
measured: a prompt below an answer of 60,000 tokens, from Enter to the first token, and an answer of 2 MB in one line,
of which the first part is drawn and the rest on request. Beside them, in the same run, the naive page, as long as it
can be waited for. Ends with status 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from bench import pages
from bench.gateway_process import GatewayProcess
from bench.measures import nonce, number, say_limit, table
from bench.page_clock import clock_offset_ms
from bench.script_text import Script
from glm_playground import bounds
from tests.browser.chromium import launch

_PATIENCE_MS = 240_000
_WARM_UP = Script(tokens=400, nonce="warm")
_LATE_MS = {4_000: 500.0, 32_000: 1_000.0, 131_072: 1_500.0}
_STILL_MS = 300.0
_BELOW, _BELOW_MS = 60_000, 1_000.0
_LINE = 380_000
"""Tokens; 2 MB."""
_MORE = 0.8 * bounds.DRAWN_CHARACTERS / 2
"""Characters that one request for more of it brings at least, without the signs of Markdown."""
_LINE_LATE_MS = 1_500.0
_NAIVE_TOKENS = 4_000
# Notes when a text is drawn first, the longest task and when Enter is pressed, by the page's clock.
_WATCH = """() => {
    const watched = window.watched = {seen: {}, still: 0, pressed: 0, texts: []};
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) watched.still = Math.max(watched.still, entry.duration);
    }).observe({type: "longtask"});
    addEventListener("keydown", event => { if (event.key === "Enter") watched.pressed = performance.now(); }, true);
    const note = text => {
        for (const wanted of watched.texts) {
            if (wanted in watched.seen || !text.includes(wanted)) continue;
            watched.seen[wanted] = null;
            requestAnimationFrame(() => setTimeout(() => { watched.seen[wanted] = performance.now(); }));
        }
    };
    new MutationObserver(records => {
        for (const record of records) {
            if (record.type === "characterData") note(record.target.data);
            for (const node of record.addedNodes) note(node.textContent);
        }
    }).observe(document, {subtree: true, childList: true, characterData: true});
}"""
# Looked for by few and cheap questions, since the page that is asked is the one that is measured.
_SETTLED = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning" """
_LOOKS_EVERY_MS = 100
# Nobody asks sooner.
_TYPING_MS = 3_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """One answer, in ms: its last token's lateness, from Enter to its first token, the longest task, the page's CPU."""

    late: float
    first: float
    still: float
    cpu: float


class Tab:
    """A chat page in a browser's tab."""

    def __init__(self, page: Page, gateway: GatewayProcess) -> None:
        self._page = page
        self._gateway = gateway
        self._offset = clock_offset_ms(page)
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate(_WATCH)

    def ask(self, script: Script, *, last: str) -> Drawn:
        """Asks for an answer until `last` is drawn and the page has settled."""
        page = self._page
        page.evaluate(
            "texts => Object.assign(watched, {texts, still: 0, pressed: 0, seen: {}})", [script.beginning, last]
        )
        cpu = self._cpu_ms()
        entry = page.get_by_test_id("stChatInputTextArea")
        entry.fill(script.prompt())
        entry.press("Enter")
        self._wait("last => watched.seen[last]", last)
        entry_sent = self._gateway.wait_entry(script.nonce, "last", _PATIENCE_MS / 1e3)
        assert entry_sent is not None
        assert entry_sent.last is not None
        self._wait(_SETTLED)
        found = page.evaluate("watched")
        late = found["seen"][last] + self._offset - entry_sent.last / 1e6
        first = found["seen"][script.beginning] - found["pressed"]
        return Drawn(late, first, found["still"], self._cpu_ms() - cpu)

    def _cpu_ms(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration") * 1e3

    def _wait(self, condition: str, argument: object = None) -> None:
        self._page.wait_for_function(condition, arg=argument, polling=_LOOKS_EVERY_MS)

    def more(self) -> tuple[float, float]:
        """Asks for more of an answer of which a part is drawn: ms until all of it can be read, the longest task's ms.

        It is text at first and becomes Markdown little by little, which counts for the longest task.
        """
        page = self._page
        more = page.get_by_role("button", name="Show more of the answer")
        # The page is drawn anew once the answer has ended, and then shows less of it than while it grew.
        more.wait_for()
        self._wait(_SETTLED)
        page.evaluate("watched.still = 0")
        length = page.evaluate("document.body.textContent.length")
        start = page.evaluate("performance.now()")
        more.click()
        self._wait("length => document.body.textContent.length > length", length + _MORE)
        took = page.evaluate("performance.now()") - start
        self._wait(_SETTLED)
        return took, page.evaluate("watched.still")


@contextmanager
def _tab(browser: Browser, page: pages.Page, address: str, gateway: GatewayProcess) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-US")
    context.set_default_timeout(_PATIENCE_MS)
    opened = context.new_page()
    opened.goto(address + page.path)
    opened.get_by_test_id("stChatInputTextArea").wait_for()
    opened.wait_for_function(_SETTLED)
    opened.wait_for_timeout(_TYPING_MS)
    yield Tab(opened, gateway)
    context.close()


def _asked(tab: Tab, tokens: int, *, line: bool = False) -> Drawn:
    script = Script(tokens=tokens, nonce=nonce(), line=line, waits=True)
    return tab.ask(script, last=script.beginning if line else script.marker)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one page made of each kind of answer, by its name."""

    rows: dict[str, list[Drawn]]
    more: list[tuple[float, float]]


def measure(page: pages.Page, repeats: int, lengths: list[int]) -> Measured:
    """Asks in a new tab for each answer; `lengths` are tokens, 0 the line of 2 MB."""
    rows: dict[str, list[Drawn]] = {}
    more: list[tuple[float, float]] = []
    with (
        GatewayProcess() as gateway,
        page.serve(gateway) as app,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        with _tab(browser, page, app.base_url, gateway) as tab:
            tab.ask(_WARM_UP, last=_WARM_UP.marker)
        for length in [length for length in lengths for _ in range(repeats)]:
            with _tab(browser, page, app.base_url, gateway) as tab:
                if length == 0:
                    rows.setdefault("2 MB in a line", []).append(_asked(tab, _LINE, line=True))
                    more.append(tab.more())
                    continue
                rows.setdefault(f"{length:,} tokens", []).append(_asked(tab, length))
                if length == _BELOW:
                    rows.setdefault(f"below {length:,}", []).extend(_asked(tab, 400) for _ in range(2))
    return Measured(rows, more)


def _print(name: str, found: Measured) -> None:
    rows = []
    for kind, drawn in found.rows.items():
        columns = zip(*((one.late, one.first, one.still, one.cpu) for one in drawn), strict=True)
        rows.append([kind, *(f"{number(median(values))} (..{number(max(values))})" for values in columns)])
    rows += [["the rest, on request", number(took), "-", number(still), "-"] for took, still in found.more]
    header = ["", "last token late", "first after Enter", "still", "CPU of the page's thread"]
    table(f"{name}: median (longest), ms", header, rows)


def _holds(found: Measured) -> bool:
    held = True
    for kind, drawn in found.rows.items():
        length = next((tokens for tokens in _LATE_MS if kind == f"{tokens:,} tokens"), None)
        if length:
            late = median(one.late for one in drawn)
            held = say_limit(f"{kind}: last token late, ms", late, _LATE_MS[length]) and held
        if kind.startswith("below"):
            held = say_limit(f"{kind}: first after Enter, ms", median(one.first for one in drawn), _BELOW_MS) and held
        if kind.startswith("2 MB"):
            held = say_limit(f"{kind}: first after Enter, ms", max(one.first for one in drawn), _BELOW_MS) and held
        held = say_limit(f"{kind}: longest task, ms", median(one.still for one in drawn), _STILL_MS) and held
    for took, still in found.more:
        held = say_limit("the rest on request: until it can be read, ms", took, _LINE_LATE_MS) and held
        held = say_limit("the rest on request: longest task, ms", still, _STILL_MS) and held
    return held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.long_answers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", type=int, nargs="+", help="answers of so many tokens; 0 is the line of 2 MB")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-baseline", action="store_true", help="leave the naive page out")
    given = parser.parse_args()
    lengths = given.only or [*_LATE_MS, _BELOW, 0]
    found = measure(pages.APP, given.repeats, lengths)
    _print(pages.APP.name, found)
    bearable = [length for length in lengths if 0 < length <= _NAIVE_TOKENS]
    if bearable and not given.no_baseline:
        _print(pages.NAIVE_TUNED.name, measure(pages.NAIVE_TUNED, given.repeats, bearable))
    return 0 if _holds(found) else 1


if __name__ == "__main__":
    sys.exit(main())
