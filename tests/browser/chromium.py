"""The Chromium that is installed, as the tests and the benchmarks start it."""

import os
import shutil
from collections.abc import Sequence

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = ("/usr/bin/chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# Each new tab of Chromium 156 draws the lists of its address bar as pages of their own: some hundred scripts, on the
# processors that the app's page loads with. Chromium takes the last list of features that it is given, so those that
# Playwright turns off and that matter here are in it too.
_WITHOUT = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
)


def chromium() -> str | None:
    """The path of the program, where there is one."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((place for place in _PLACES if os.access(place, os.X_OK)), None)


def launch(playwright: Playwright, arguments: Sequence[str] = ()) -> Browser:
    """Starts it with no window; `arguments` are added to the usual ones."""
    usual = ["--no-sandbox", "--disable-gpu", f"--disable-features={','.join(_WITHOUT)}"]
    return playwright.chromium.launch(executable_path=chromium(), args=[*usual, *arguments])
