"""The site as a whole: its pages, its search, and the page for what does not exist."""

import gzip
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def pages_in_contents():
    """The pages that _toc.yml names."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    return [contents["root"], *chapters]


def test_every_page_of_the_contents_was_built_and_no_other(build_dir):
    built = {path.relative_to(build_dir).with_suffix("").as_posix() for path in build_dir.rglob("*.html")}
    built = {path for path in built if not path.startswith(("_static/", "_sources/"))}
    assert built == {*pages_in_contents(), "404", "search"}


def test_every_notebook_is_in_the_contents():
    notebooks = {f"notebooks/{path.stem}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks <= set(pages_in_contents())


def test_the_search_index_knows_every_page(build_dir):
    source = (build_dir / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", source.strip(), re.DOTALL).group(1))
    assert set(index["docnames"]) == set(pages_in_contents()) | {"book/404"}
    assert len(index["terms"]) > 100


def test_the_search_index_is_light(build_dir):
    assert len(gzip.compress((build_dir / "searchindex.js").read_bytes(), 9)) <= 150_000


def test_search_finds_the_chapter(open_page, site_url):
    page = open_page(site_url + "search.html")
    page.locator(".bd-search-container input[type=search]").fill("softmax")
    page.locator(".bd-search-container button[type=submit]").click()
    page.locator("#search-results a").first.wait_for()
    links = page.locator("#search-results li > a").evaluate_all("links => links.map((a) => a.getAttribute('href'))")
    assert any("notebooks/04-from-scores-to-weights.html" in link for link in links), links
    assert page.record.errors == []


def test_a_search_result_quotes_the_text_and_not_the_source_of_formulas_or_a_menu(open_page, site_url):
    page = open_page(site_url + "search.html?q=temperature")
    page.locator("#search-results .context").first.wait_for()
    quoted = " ".join(page.locator("#search-results .context").all_inner_texts())
    assert "temperature" in quoted.lower()
    assert not re.search(r"\\[a-z]+\{|Binder|Repository", quoted), quoted


def test_search_can_be_opened_from_any_page(open_page, site_url):
    page = open_page(site_url + "index.html")
    page.locator(".search-button__button:visible").first.click()
    field = page.locator("#pst-search-dialog input[type=search]")
    field.wait_for()
    field.fill("weights")
    field.press("Enter")
    page.locator("#search-results a").first.wait_for()


@pytest.mark.parametrize("address", ["no-such-page.html", "deep/down/no-such-page.html"])
def test_an_address_that_does_not_exist_gets_the_404_page_at_any_depth(open_page, site_url, address):
    page = open_page(site_url + address)
    assert page.answer.status == 404
    assert "does not exist" in page.locator("h1").inner_text()
    assert page.record.outside == []
    assert all(response.ok for response in page.record.responses if response.url != page.url)
    page.locator("#main-content article a[href$='index.html']").first.click()
    page.wait_for_url(site_url + "index.html")


def test_the_side_bars_open_on_a_phone(open_page, site_url):
    page = open_page(site_url + "index.html", viewport={"width": 390, "height": 800})
    page.locator(".primary-toggle").click()
    page.locator("#pst-primary-sidebar-modal a", has_text="Notation").wait_for()


def test_the_first_tab_leads_past_the_menus(open_page, site_url):
    page = open_page(site_url + "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"


def test_a_page_is_printed_in_light_also_from_a_dark_screen(open_page, site_url):
    page = open_page(site_url + "index.html", color_scheme="dark")
    page.evaluate("addEventListener('beforeprint', () => { window.printed = document.documentElement.dataset.theme; })")
    page.pdf()
    assert page.evaluate("window.printed") == "light"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_printed_chapter_has_its_title_and_open_answers_but_no_solutions(open_page, site_url):
    page = open_page(site_url + "notebooks/04-from-scores-to-weights.html")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    assert page.get_by_text("Squares forget the sign").is_visible()
    assert not page.get_by_text("Solution of exercise 1").is_visible()
    assert not page.get_by_text("Hint for exercise 2").is_visible()


@pytest.mark.parametrize("button", [".sidebar-toggle", ".dropdown-launch-buttons button", ".theme-switch-button"])
def test_the_header_shows_where_the_keyboard_is(open_page, site_url, button):
    page = open_page(site_url + "notebooks/04-from-scores-to-weights.html")
    target = page.locator(f"{button}:visible").first
    page.keyboard.press("Tab")  # from now on the browser shows the focus
    target.focus()
    outline = target.evaluate(
        "n => { const s = getComputedStyle(n); return [s.outlineStyle, parseFloat(s.outlineWidth)]; }"
    )
    assert outline[0] != "none"
    assert outline[1] >= 2


def test_the_footer_names_both_licences(open_page, site_url):
    page = open_page(site_url + "index.html")
    footer = page.locator(".am-licence").inner_text()
    assert "BSD-3-Clause" in footer
    assert "CC BY 4.0" in footer


def test_text_has_enough_contrast_in_light_and_dark(open_page, site_url):
    """The ratio of WCAG for ordinary text, measured on the text elements of a chapter."""
    for scheme in ("light", "dark"):
        page = open_page(site_url + "notebooks/04-from-scores-to-weights.html", color_scheme=scheme)
        poor = page.evaluate(CONTRAST)
        assert poor == [], f"{scheme}: {poor}"


CONTRAST = """() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
        for (let box = element; box; box = box.parentElement) {
            const color = channels(getComputedStyle(box).backgroundColor);
            if (color.length < 4 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const poor = {};
    for (const element of document.querySelectorAll('body *')) {
        if (!element.checkVisibility() || element.closest('svg, math, .am-explorer')) continue;
        const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || getComputedStyle(element).visibility === 'hidden') continue;
        const [a, b] = [light(channels(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) poor[`${element.outerHTML.slice(0, 100)}`] = ratio.toFixed(2);
    }
    return Object.entries(poor);
}"""


def test_every_entry_of_the_concordance_heads_a_row_once(open_page, site_url):
    page = open_page(site_url + "book/claims.html")
    entries = list(tomllib.loads((ROOT / "book" / "claims.toml").read_text(encoding="utf-8")))
    heads = page.locator("table.am-claims tbody th").evaluate_all(
        "cells => cells.map((c) => c.innerText.split(/\\s/)[0])"
    )
    assert sorted(heads) == sorted(entries)
    assert page.locator("table:not(:has(thead th))").count() == 0
    assert page.locator("tbody tr:not(:has(th + td))").count() == 0
    assert f"There are {len(entries)} entries" in page.locator("#main-content").inner_text()


def test_a_number_in_a_chapter_leads_to_its_entry_and_back(open_page, site_url):
    page = open_page(site_url + "notebooks/03-scores.html")
    page.locator("a", has_text=re.compile(r"^0-26$")).first.click()  # the quiz names it, too
    assert page.url.endswith("book/claims.html#entry-0-26")
    entry = page.locator("tr:target")
    assert "times the length of" in entry.inner_text()
    entry.locator("a", has_text="0-26").click()
    assert page.url.endswith("notebooks/03-scores.html#claim-0-26")
    assert page.locator(":target").inner_text() == "0-26"
