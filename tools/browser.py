"""Find a browser for the tests of the site: any Chrome, Chromium or Edge will do."""

import os
import shutil
import sys
from pathlib import Path

NAMES = [
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
    "microsoft-edge-stable",
    "chrome",
    "msedge",
]
MAC_APPS = [
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
]
WINDOWS_APPS = [
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
]


def candidates():
    """Yield the places where a browser may be, the likeliest first. COURSE_BROWSER overrides them all."""
    if os.environ.get("COURSE_BROWSER"):
        yield os.environ["COURSE_BROWSER"]
        return
    yield from filter(None, map(shutil.which, NAMES))
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (folder / app for app in MAC_APPS)
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if os.environ.get(variable):
                yield from (Path(os.environ[variable]) / app for app in WINDOWS_APPS)
    yield from playwright_browser()


def playwright_browser():
    """Yield the browser that `playwright install chromium` would have put into Playwright's own folder."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def find_browser():
    """Return the path of an installed browser, or None."""
    for place in candidates():
        if Path(place).is_file():
            return str(place)
    return None


if __name__ == "__main__":
    print(find_browser() or "no browser was found")
