"""Every page of the built site, looked at in a real browser.

Pages are found in the build, so a new chapter is covered from its first build. `path` runs through all of them.
"""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
MATH_FONTS = "[...document.fonts].filter((f) => f.family.includes('Course Math')).map((f) => f.status)"
BUDGET = 200_000  # gzipped bytes of a page's first load, fonts included, pictures not
PICTURE = 150_000  # bytes of a picture
REQUESTS = 25  # files of a page's first load, pictures not counted
SHIFT = 0.02  # how far what is seen may jump, as a share of the screen

# Text that only the finished page has: a page that is there but empty fails.
MARKERS = {
    "index.html": "Attention, Measured",
    "404.html": "does not exist",
    "search.html": "Search",
    "book/formulas.html": "Four scores",
    "book/glossary.html": "convex hull",
    "book/notation.html": "Notation",
    "book/checks.html": "rejected, named",
    "book/claims.html": "times the length of",
    "book/my-number-differs.html": "largest drift seen",
    "book/teaching.html": "3 h 10",
    "book/notices.html": "STIX Two Math",
    "notebooks/01-the-bottleneck.html": "exact match",
    "notebooks/03-scores.html": "projection",
    "notebooks/04-from-scores-to-weights.html": "softmax",
    "notebooks/05-context-vectors.html": "convex hull",
    "notebooks/06-attention-inside-a-decoder.html": "attentional hidden state",
    "notebooks/07-reading-alignment-maps.html": "alignment error rate",
    "notebooks/08-masks-and-batches.html": "may attend",
    "notebooks/09-self-attention.html": "antecedent",
    "notebooks/10-order.html": "permutation equivariant",
    "notebooks/11-why-the-square-root.html": "heavy-tailed",
    "notebooks/12-multi-head.html": "From a blank page",
}


def is_chapter(path):
    return path.startswith("notebooks/")


def test_a_page_loads_and_shows_its_text(opened, path):
    assert opened.answer.status == 200, f"{path} answered {opened.answer.status}"
    assert MARKERS.get(path, "") in opened.locator("#main-content").inner_text()
    assert len(opened.title()) > len(" - Attention, Measured")


def test_a_page_has_no_errors_and_asks_nothing_of_other_sites(opened):
    assert opened.record.errors == []
    assert opened.record.outside == []
    assert opened.record.failed == []


def test_a_page_is_light_on_first_load(opened, path):
    weights = opened.record.weights()
    table = "\n".join(f"{size:8} {url}" for url, size in sorted(weights.items(), key=lambda item: -item[1]))
    assert len(weights) > 5, "the weighing found hardly any files"
    assert sum(weights.values()) <= BUDGET, f"{path} weighs {sum(weights.values())} bytes:\n{table}"


def test_a_page_asks_for_few_files(opened):
    loaded = [each for each in opened.record.responses if each.url.startswith("http")]
    files = sorted(each.url for each in loaded if each.request.resource_type != "image")
    assert 5 < len(files) <= REQUESTS, files


def test_no_picture_is_heavy(opened, site_url, build_dir):
    """The files as they are: a picture is compressed already."""
    for source in opened.evaluate("[...document.images].map((image) => image.src.split('?')[0])"):
        assert source.startswith(site_url), source
        size = (build_dir / unquote(source.removeprefix(site_url))).stat().st_size
        assert size <= PICTURE, f"{source} has {size} bytes"


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_while_a_page_loads_and_is_read_to_its_end(open_page, site_url, path, width):
    page = open_page(site_url + path, reduced_motion="reduce", viewport={"width": width, "height": 800})
    page.evaluate("document.fonts.ready")
    page.evaluate(
        """async () => {
            for (let top = 0; top < document.documentElement.scrollHeight; top += 4000) {
                scrollTo(0, top);
                await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
            }
        }"""
    )
    shifts = page.evaluate(
        """() => new Promise((tell) => {
            const shifts = [];
            new PerformanceObserver((list) => list.getEntries().forEach((shift) => shifts.push([shift.value,
                ...shift.sources.map(({ node }) => (node?.outerHTML ?? node?.textContent ?? '').slice(0, 100))])))
                .observe({ type: 'layout-shift', buffered: true });
            setTimeout(() => tell(shifts), 200);
        })"""
    )
    assert sum(shift[0] for shift in shifts) < SHIFT, shifts


def test_a_page_is_alive_from_a_file_with_the_network_cut(open_page, build_dir, path):
    if path == "404.html":
        return  # only a server shows this page: its links start at the root of the published site
    page = open_page((build_dir / path).as_uri())
    assert page.record.errors == []
    assert page.record.outside == []
    assert page.evaluate("getComputedStyle(document.querySelector('.bd-main')).display") == "flex", "no style sheet"


@pytest.fixture
def at_width(opened):
    """A function that makes the shared page as wide as a screen, with all folds open; undone after the test."""
    size = opened.viewport_size
    closed = opened.locator("details:not([open])")

    def resize(width):
        opened.set_viewport_size({"width": width, "height": 800})
        closed.evaluate_all("folds => folds.forEach((fold) => { fold.open = fold.dataset.wasClosed = true; })")
        return opened

    yield resize
    opened.evaluate("document.querySelectorAll('[data-was-closed]').forEach((fold) => { fold.open = false; })")
    opened.set_viewport_size(size)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_does_not_scroll_sideways(at_width, width):
    page = at_width(width)
    wide = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const outside = [...document.querySelectorAll('#main-content *')].filter(
                (element) => element.getBoundingClientRect().right > width + 1);
            return [document.documentElement.scrollWidth, ...outside.slice(0, 5).map((e) => e.outerHTML.slice(0, 150))];
        }"""
    )
    assert wide == []


def test_nothing_is_cut_off_on_a_phone(at_width):
    """A formula or word wider than a phone is cut off unless it, or a box around it, scrolls."""
    cut = at_width(390).evaluate(
        """() => [...document.querySelectorAll('.bd-article :is(p, li, td, math, img, pre, table, svg)')]
            .filter((element) => {
                if (!element.checkVisibility()) return false;
                if (element.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
                for (let box = element; box.matches('.bd-article *'); box = box.parentElement) {
                    if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return false;
                }
                return true;
            }).slice(0, 5).map((element) => element.outerHTML.slice(0, 150))"""
    )
    assert cut == []


def test_every_picture_has_a_text_alternative_and_a_size(opened):
    pictures = opened.evaluate(
        "[...document.images].map((i) => [...['alt', 'width', 'height'].map((name) => i.getAttribute(name)), i.src])"
    )
    for alt, width, height, source in pictures:
        assert alt, f"no text alternative: {source}"
        assert alt.strip(), f"no text alternative: {source}"
        assert not re.fullmatch(r"\S+\.(png|svg|jpe?g|webp)", alt), f"a file's name is no text alternative: {alt}"
        assert width, f"no width: {source}"
        assert height, f"no height: {source}"


def test_headings_start_with_one_title_and_skip_no_level(opened, path):
    levels = opened.evaluate(
        """[...document.querySelectorAll('h1, h2, h3, h4, h5, h6, [role=heading]')]
            .map((h) => [Number(h.getAttribute('aria-level') ?? h.tagName[1]), h.textContent.trim()])"""
    )
    assert [level for level, _ in levels].count(1) == 1, levels
    assert levels[0][0] == 1, levels
    assert all(text.strip("#") for _, text in levels), f"an empty heading: {levels}"
    for (before, _), (level, text) in pairwise(levels):
        assert level <= before + 1, f"{path}: the heading {text!r} skips a level"


def test_ids_are_unique_and_links_within_the_page_arrive(opened, path):
    twice = opened.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);"
        " return ids.filter((id, i) => ids.indexOf(id) !== i); })()"
    )
    assert twice == []
    lost = opened.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')]"
        ".map((a) => decodeURIComponent(a.getAttribute('href').slice(1)))"
        ".filter((id) => id && !document.getElementById(id))"
    )
    assert lost == []


def test_everything_that_can_be_pressed_has_a_name(opened):
    nameless = opened.evaluate(
        """[...document.querySelectorAll('button, a[href], input, select, summary')].filter((e) => e.checkVisibility()
            && !(e.textContent.trim() || e.ariaLabel || e.title || e.dataset.bsOriginalTitle || e.labels?.length
                 || e.querySelector('img[alt]'))).map((e) => e.outerHTML.slice(0, 150))"""
    )
    assert nameless == []


def test_formulas_are_drawn_in_their_font_and_no_source_is_left(opened, path):
    assert opened.locator(".katex-error").count() == 0
    text = opened.evaluate(
        """() => { const copy = document.querySelector('#main-content').cloneNode(true);
            copy.querySelectorAll('pre, code, annotation, script').forEach((e) => e.remove());
            return copy.textContent; }"""
    )
    left = re.findall(r".{0,20}(?:\$[^\s$][^$\n]*\$|\\(?:frac|sum|mathbf|text|left|begin)\b|\{eq\}|:::).{0,20}", text)
    assert left == []
    if opened.locator("math").count():
        fonts = opened.evaluate(MATH_FONTS)
        assert fonts == ["loaded"]
    else:
        assert not any("math.woff2" in response.url for response in opened.record.responses)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_system_and_the_switch_changes_it(open_page, site_url, scheme):
    page = open_page(site_url + "index.html", color_scheme=scheme)

    def ground():
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return "light" if sum(map(int, re.findall(r"\d+", color)[:3])) > 600 else "dark"

    assert ground() == scheme
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button").first.click()
        seen.add(ground())
    assert seen == {"light", "dark"}


def test_a_reader_without_scripts_sees_the_page(open_page, site_url):
    page = open_page(site_url + "index.html", java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("html").get_attribute("data-theme") == "light"


class Links(HTMLParser):
    """Collects the targets of a page's links."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        link = dict(attrs).get("href") or dict(attrs).get("src")
        self.found += [link] if link else []


def test_links_between_pages_arrive(build_dir, site_url, path):
    """Files and the places in them; links to other sites are not followed."""
    root = urlsplit(site_url).path
    lost = []
    for link in Links((build_dir / path).read_text(encoding="utf-8")).found:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path:
            continue
        inside = parts.path.startswith(root)
        target = (
            build_dir / parts.path.removeprefix(root) if inside else (build_dir / path).parent / unquote(parts.path)
        )
        if target.is_dir():
            target /= "index.html"
        there = target.is_file()
        if there and parts.fragment and target.suffix == ".html":
            there = f'id="{unquote(parts.fragment)}"' in target.read_text(encoding="utf-8")
        lost += [] if there else [link]
    assert lost == []


def test_buttons_of_a_chapter_point_at_files_that_exist(build_dir, path):
    links = Links((build_dir / path).read_text(encoding="utf-8")).found
    launch = [link for link in links if "colab.research.google.com" in link or "mybinder.org" in link]
    edit = [link for link in links if "/edit/main/" in link]
    download = [link for link in links if "_sources/" in link and link.endswith(".ipynb")]
    if is_chapter(path):
        notebook = path.replace(".html", ".ipynb")
        exercises = notebook.replace("notebooks/", "notebooks/exercises/").replace(".ipynb", "-exercises.ipynb")
        assert len(set(launch)) == 4, "the menu and the line under the title agree, and the exercises have their own"
        assert len(set(download)) == 1
        published = [link for link in links if link.endswith("-exercises.ipynb") and "://" not in link]
        for link in {*download, *published}:
            assert ((build_dir / path).parent / link).resolve().is_file()
        assert len(set(published)) == 1
        assert (ROOT / notebook).is_file()
        assert (ROOT / exercises).is_file()
        places = tuple(f"{place}{file}" for place in ("/main/", "=lab/tree/") for file in (notebook, exercises))
        assert all(link.endswith(places) for link in launch), launch
    else:
        assert launch == download == []
    for link in edit:
        assert (ROOT / link.split("/edit/main/")[1]).is_file(), link
    assert len(edit) == (0 if path in {"404.html", "search.html"} else 1)
