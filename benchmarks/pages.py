"""Loading a page of the course against a bare page of its theme, as ratios measured in one run.

    python benchmarks/pages.py [--rounds 15]

The bare page is a title and a sentence under the stock theme, built into a temporary folder. Both are served from this
machine to one browser, which starts each load with an empty cache; the pages take turns. A time runs from the request
to the end of the load event; a ratio is the median over all rounds of one time over the other. What the transfer over
a real network costs is told by the weights, which count what a page loads at first, each file gzipped, without
pictures.
"""

import argparse
import contextlib
import functools
import gzip
import http.server
import os
import statistics
import sys
import tempfile
import threading
from pathlib import Path

from turns import row

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
PAGES = ("index.html", "notebooks/04-from-scores-to-weights.html", "notebooks/12-multi-head.html")
GOAL = 2.0
COUNTED = {"document", "stylesheet", "script", "font", "fetch", "xhr"}
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder over connections that stay open, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Keep the table clean."""


@contextlib.contextmanager
def served(folder):
    """The address of a folder, while it is served."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def build_bare_page(folder):
    """Build the stock theme's page; return the folder with it."""
    from sphinx.cmd.build import build_main

    source, built = folder / "source", folder / "built"
    source.mkdir()
    (source / "conf.py").write_text('html_theme = "sphinx_book_theme"\n', encoding="utf-8")
    (source / "index.rst").write_text("A title\n=======\n\nA sentence.\n", encoding="utf-8")
    if build_main(["-q", "-b", "html", str(source), str(built)]) != 0:
        raise RuntimeError("the bare page of the theme could not be built")
    return built


def load(browser, url):
    """Seconds until the load event has ended, with an empty cache."""
    with contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(url, wait_until="load")
        page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        return page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000


def weight(browser, url):
    """The gzipped bytes of what a page loads at first, without pictures."""
    with contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        responses = []
        page.on("response", lambda response: responses.append(response))  # playwright marks what it calls
        page.goto(url, wait_until="networkidle")
        counted = [each for each in responses if each.request.resource_type in COUNTED and each.ok]
        files = {each.url: each for each in counted if each.url.startswith("http")}  # not what a page wrote itself
        return sum(len(gzip.compress(each.body(), 9)) for each in files.values())


def measure(browser, bare, site, rounds):
    """Print the table."""
    urls = {"bare": f"{bare}index.html"} | {page: f"{site}{page}" for page in PAGES if (SITE / page).is_file()}
    kilobytes = {name: weight(browser, url) / 1000 for name, url in urls.items()}
    times = {name: [] for name in urls}
    for _ in range(rounds + 1):  # the first round warms up
        for name, url in urls.items():
            times[name].append(load(browser, url))
    for name in [name for name in urls if name != "bare"]:
        ratio = statistics.median(ours / bare for ours, bare in zip(times[name][1:], times["bare"][1:], strict=True))
        row(f"{name:44s} {kilobytes[name]:4.0f} / {kilobytes['bare']:.0f} kB", ratio, GOAL)


def main():
    """Build, serve, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="loads of each page (default 15)")
    rounds = parser.parse_args().rounds
    print("time to load a page / the theme's bare page (and weights): smaller is better\n", flush=True)
    sys.path.insert(0, str(ROOT / "tools"))
    from browser import find_browser

    if not (SITE / "index.html").is_file():
        print("skipped: there is no site in _build/html (make book builds it)")
        return
    executable = find_browser()
    if executable is None:
        print("skipped: there is no Chrome, Chromium or Edge here")
        return
    from playwright.sync_api import sync_playwright

    as_root = sys.platform == "linux" and os.geteuid() == 0
    with (
        tempfile.TemporaryDirectory() as folder,
        served(build_bare_page(Path(folder))) as bare,
        served(SITE) as site,
        sync_playwright() as playwright,
    ):
        flags = ["--disable-gpu", "--disable-background-networking", ONLY_HERE, *["--no-sandbox"] * as_root]
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        measure(browser, bare, site, rounds)
        browser.close()


if __name__ == "__main__":
    main()
