"""How the site looks, compared with small pictures of how it should look: broken layouts turn red, other fonts do not.

A picture is taken of three kinds of pages and of every explorer, and shrunk until a line of text is a grey stripe: each
cell is the mean of a square of pixels. The stored pictures are in tests/site/looks. After a wanted change, delete those
that changed, run this file, and look at the new ones.
"""

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
LOOKS = Path(__file__).parent / "looks"
CELL = 24  # pixels: a line of text and the space below it
APART = 0.55  # how far pictures may be apart, as a part of what stands out from the ground
TALLER = 0.12  # an element may be so much taller or shorter, as a part of its height
PAGES = {
    "front": "index.html",
    "chapter": "notebooks/05-context-vectors.html",
    "reference": "book/notation.html",
}
SCREENS = {"wide": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pictures were taken on Linux")


def shrunk(png):
    """Return a picture as the mean grey of its cells."""
    grey = Image.open(io.BytesIO(png)).convert("L")
    return np.asarray(grey.resize((max(1, grey.width // CELL), max(1, grey.height // CELL)), Image.Resampling.BOX))


def differences(picture, expected):
    """Say in words where a picture is not as expected."""
    (rows, columns), (wanted_rows, wanted_columns) = picture.shape, expected.shape
    if columns != wanted_columns or abs(rows - wanted_rows) > max(1, TALLER * wanted_rows):
        return [f"its size is {columns} x {rows} cells, and was {wanted_columns} x {wanted_rows}"]
    rows = min(rows, wanted_rows)
    picture, expected = blurred(picture[:rows]), blurred(expected[:rows])
    apart = np.abs(picture - expected).mean() / np.abs(expected - np.median(expected)).mean()
    return [f"it is {apart:.2f} apart, more than {APART}"] if apart > APART else []


def blurred(picture):
    """Return the means of each cell and its neighbours: words may move a little."""
    padded = np.pad(picture.astype(float), 1, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).mean(axis=(2, 3))


def assert_looks(png, name):
    """Compare a screenshot with the stored picture; store it where there is none."""
    stored, picture = LOOKS / f"{name}.png", shrunk(png)
    if not stored.is_file():
        LOOKS.mkdir(exist_ok=True)
        Image.fromarray(picture).save(stored, optimize=True)
        pytest.fail(f"there was no picture of {name}; one is stored in tests/site/looks: look at it, and run again")
    assert differences(picture, np.asarray(Image.open(stored).convert("L"))) == []


def open_at(open_page, address, screen, **options):
    width, height, scheme = SCREENS[screen]
    size = {"width": width, "height": height}
    return open_page(
        address, viewport=size, color_scheme=scheme, reduced_motion="reduce", wait="networkidle", **options
    )


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_looks_as_it_should(open_page, site_url, kind, screen):
    page = open_at(open_page, site_url + PAGES[kind], screen)
    assert_looks(page.screenshot(), f"{kind}-{screen}")


def explorers():
    """The explorers of the built site: the page, and the kind."""
    pages = sorted((ROOT / "_build" / "html" / "notebooks").glob("*.html"))
    return [(p.name, kind) for p in pages for kind in re.findall(r'data-explorer="(\w+)"', p.read_text("utf-8"))]


@pytest.mark.parametrize("screen", ["wide", "phone"])
@pytest.mark.parametrize(("name", "kind"), explorers(), ids=lambda value: value.partition(".")[0])
def test_an_explorer_looks_as_it_should(open_page, site_url, name, kind, screen):
    page = open_at(open_page, f"{site_url}notebooks/{name}", screen)
    page.add_style_tag(content=".skip-link, .bd-header-article { display: none !important; }")  # they stay on top
    explorer = page.locator(f'[data-explorer="{kind}"][data-alive="true"]').first
    assert_looks(explorer.screenshot(), f"{kind}-{screen}")


def test_every_stored_picture_is_of_something_that_there_is():
    names = [f"{kind}-{screen}" for kind in PAGES for screen in SCREENS]
    names += [f"{kind}-{screen}" for _, kind in explorers() for screen in ("wide", "phone")]
    assert sorted(path.stem for path in LOOKS.glob("*.png")) == sorted(names)


@pytest.mark.parametrize("font", ["serif", "monospace", "'DejaVu Sans'"])
def test_another_font_is_tolerated(open_page, site_url, font):
    page = open_at(open_page, site_url + PAGES["reference"], "wide")
    before = shrunk(page.screenshot())
    page.add_style_tag(content=f"html[data-theme] {{ --pst-font-family-base: {font}; }} body {{ font-size: 98%; }}")
    assert differences(shrunk(page.screenshot()), before) == []


@pytest.mark.parametrize(
    "css",
    [
        ".bd-sidebar-primary { display: none !important; }",
        "body { background: #ccc !important; }",
        ".bd-main { margin-top: 150px; }",
        "table.table { display: block; width: 12rem; } p { width: 12rem; }",
        "#main-content { opacity: 0.1; }",
    ],
)
def test_a_broken_page_is_noticed(open_page, site_url, css):
    page = open_at(open_page, site_url + PAGES["reference"], "wide")
    before = shrunk(page.screenshot())
    page.add_style_tag(content=css)
    assert differences(shrunk(page.screenshot()), before) != []


@pytest.mark.parametrize(
    "css",
    [
        ".am-explorer svg { display: none; }",
        ".am-panels { display: block !important; }",
        ".am-explorer * { color: transparent !important; fill: transparent !important; stroke: none !important; }",
        ".am-explorer { padding-left: 60px; }",
    ],
)
def test_a_broken_explorer_is_noticed(open_page, site_url, css):
    page = open_at(open_page, site_url + PAGES["chapter"], "wide")
    explorer = page.locator('.am-explorer[data-alive="true"]').first
    before = shrunk(explorer.screenshot())
    page.add_style_tag(content=css)
    assert differences(shrunk(explorer.screenshot()), before) != []
