"""The built site, served as it is published, and a browser to look at it with."""

import functools
import gzip
import html
import http.server
import importlib.util
import json
import os
import re
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "_build" / "html"
NO_BROWSER = "the site tests were skipped: no browser was found"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def load_tool(name):
    """Load a script of tools/, which is not a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


course = load_tool("course")


def pages():
    """Every page of the built book, as a path from the site's root."""
    found = (path.relative_to(BUILD) for path in BUILD.rglob("*.html"))
    return sorted(path.as_posix() for path in found if path.parts[0] not in {"_static", "_sources"})


def pytest_generate_tests(metafunc):
    """A test that asks for `path` runs once for every page, so a new chapter is covered from its first build.

    The scope groups the tests by page, so that tests which only look share one opened page (`opened`).
    """
    if "path" in metafunc.fixturenames:
        metafunc.parametrize("path", pages() or ["index.html"], scope="module")


class Server(course.SiteHandler):
    """The server of `make serve`, with nothing outside the published folder, so that a link that leaves it is found."""

    protocol_version = "HTTP/1.1"  # one connection for many files

    def translate_path(self, path):
        return super().translate_path(path if path.startswith(course.published_folder()) else "/not-a-page")


@pytest.fixture(scope="session")
def build_dir():
    if not (BUILD / "index.html").is_file():
        pytest.fail(f"{BUILD} has no site: build the book first (make book)", pytrace=False)
    return BUILD


@pytest.fixture(scope="session")
def site_url(build_dir):
    """The address of the site, served on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{course.published_folder()}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests."""
    executable = load_tool("browser").find_browser()
    if executable is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    as_root = sys.platform == "linux" and os.geteuid() == 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable, args=[*FLAGS, *["--no-sandbox"] * as_root], timeout=60_000
        )
        yield started
        started.close()


class Record:
    """What happened while a page was open: complaints, requests, and the bytes that came back."""

    def __init__(self, page, allowed):
        self.errors, self.outside, self.failed, self.responses = [], [], [], []
        self.allowed = allowed
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", lambda response: self.responses.append(response))
        page.on("requestfailed", lambda request: self.failed.append(request.url))
        page.route("**/*", self.let_pass)

    def let_pass(self, route):
        """Let a request of the site pass; note and block any other."""
        url = route.request.url
        if url.startswith((*self.allowed, "blob:", "data:")):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def weights(self):
        """The gzipped bytes of each file that the page loaded, pictures left out."""
        sizes = {}
        for response in self.responses:
            counted = response.request.resource_type in {"document", "stylesheet", "script", "font", "fetch", "xhr"}
            if counted and response.url.startswith("http") and response.ok:
                sizes[response.url] = len(gzip.compress(response.body(), 9))
        return sizes


def open_in(browser, contexts, url, wait="load", **options):
    """Open an address in a context of its own; the page carries its `record` and the server's `answer`."""
    contexts.append(browser.new_context(**options))
    page = contexts[-1].new_page()
    page.set_default_timeout(10_000)
    page.record = Record(page, allowed=[BUILD.as_uri(), origin(url)])
    if url.startswith("file:"):
        contexts[-1].set_offline(True)
    page.answer = page.goto(url, wait_until=wait)
    return page


@pytest.fixture
def open_page(browser):
    """A function that opens an address in a fresh page, in a context with the options given."""
    contexts = []
    yield functools.partial(open_in, browser, contexts)
    for context in contexts:
        context.close()


@pytest.fixture
def open_explorer(open_page, site_url, build_dir):
    """A function that opens a chapter, over http or from a file with the network cut, and gives its living explorer.

    After the test, the page must not have complained.
    """
    pages = []

    def open_it(chapter, one, from_file=False, **options):
        pages.append(open_page((build_dir / chapter).as_uri() if from_file else site_url + chapter, **options))
        pages[-1].wait_for_selector(f'{one}[data-alive="true"]')
        return pages[-1].locator(one)

    yield open_it
    for page in pages:
        assert page.record.errors == []
        assert page.record.outside == []


@pytest.fixture(scope="session")
def names_in_order():
    """A function: the names of all that the Tab key reaches from the first control of an explorer on."""

    def walk(explorer):
        names = []
        controls = explorer.locator("input, button")
        controls.first.focus()
        for _ in range(controls.count()):
            names.append(
                explorer.page.evaluate(
                    "document.activeElement.closest('.am-explorer') &&"
                    "(document.activeElement.getAttribute('aria-label') || document.activeElement.innerText)"
                )
            )
            explorer.page.keyboard.press("Tab")
        return names

    return walk


@pytest.fixture(scope="session")
def assert_fits():
    """A function: an explorer, with all that is seen of it, ends within the width of a narrow screen."""

    def assert_it(explorer, width=390):
        right = explorer.evaluate("n => n.getBoundingClientRect().right")
        inside = explorer.locator("*").evaluate_all(
            "nodes => Math.max(...nodes.filter(n => n.offsetParent || n.ownerSVGElement)"
            ".map(n => n.getBoundingClientRect().right))"
        )
        assert right <= width
        assert inside <= right
        spilt = "nodes => nodes.filter(n => n.scrollHeight > n.clientHeight + 2).map(n => n.className)"
        assert explorer.locator("table, .am-panels > *").evaluate_all(spilt) == []  # no table runs into the next lines

    return assert_it


@pytest.fixture(scope="module")
def open_once(browser):
    """The same function for a page that all tests of a file share."""
    contexts = []
    yield functools.partial(open_in, browser, contexts)
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def stored(request, build_dir):
    """The state of a test file's explorer (its ONE on its CHAPTER), as the notebook stored it."""
    text = (build_dir / request.module.CHAPTER).read_text(encoding="utf-8")
    kind = re.search(r'data-explorer="(\w+)"', request.module.ONE)[1]
    return json.loads(html.unescape(re.search(rf'data-explorer="{kind}" data-state="([^"]*)"', text)[1]))


@pytest.fixture(scope="module")
def once(request, open_once, site_url):
    """The page of a test file's explorer, opened once for all tests that leave it as it was after a reset."""
    page = open_once(site_url + request.module.CHAPTER)
    page.wait_for_selector(f'{request.module.ONE}[data-alive="true"]')
    return page


@pytest.fixture
def explorer(request, once):
    """A test file's explorer in its first state; after the test, the page must not have complained."""
    once.locator(request.module.ONE).get_by_role("button", name="Reset").click()
    yield once.locator(request.module.ONE)
    assert once.record.errors == []
    assert once.record.outside == []


@pytest.fixture(scope="module")
def opened(browser, site_url, path):
    """The page at `path`, opened once for all tests that only look at it, after everything has loaded."""
    contexts = []
    yield open_in(browser, contexts, site_url + path, wait="networkidle")
    contexts[0].close()


def origin(url):
    """The part of an address up to the host; nothing but the build is the origin of a file."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else BUILD.as_uri()


@pytest.fixture
def page(browser, site_url):
    """A fresh page that records complaints and requests, and lets nothing leave the site."""
    context = browser.new_context()
    fresh = context.new_page()
    fresh.set_default_timeout(10_000)
    fresh.record = Record(fresh, allowed=[origin(site_url), BUILD.as_uri()])
    yield fresh
    context.close()
