"""The definitions that terms show, the drawn map, and the formula sheet on paper."""

import re

import pytest

CHAPTER = "notebooks/09-self-attention.html"


@pytest.fixture
def chapter(open_page, site_url):
    return open_page(site_url + CHAPTER)


def term(page, text="softmax"):
    return page.locator("a.am-term", has_text=text).first


def test_a_term_shows_its_definition_under_the_mouse_and_hides_it_again(chapter):
    box = chapter.locator("#am-definition")
    assert not box.is_visible()
    term(chapter).hover()
    assert "Exponentials of the scores" in box.inner_text()
    box.hover()  # the definition can be reached with the mouse
    chapter.wait_for_timeout(300)
    assert box.is_visible()
    chapter.keyboard.press("Escape")
    assert not box.is_visible()
    assert chapter.record.errors == []


def test_a_term_shows_its_definition_to_the_keyboard_and_to_a_screen_reader(chapter):
    link = term(chapter)
    assert link.get_attribute("aria-describedby") is None
    link.focus()
    assert chapter.locator(f"#{link.get_attribute('aria-describedby')}").inner_text().startswith("Exponentials")
    chapter.keyboard.press("Tab")
    chapter.wait_for_timeout(300)
    assert not chapter.locator("#am-definition", has_text="Exponentials").is_visible()


def test_a_term_leads_to_its_entry_which_leads_to_the_place_that_explains_it(chapter, site_url):
    term(chapter).click()
    chapter.wait_for_url("**/book/glossary.html#term-softmax")
    entry = chapter.locator("dt#term-softmax + dd")
    entry.locator("a").click()
    chapter.wait_for_url("**/notebooks/04-from-scores-to-weights.html#explains-term-softmax")
    assert chapter.locator("#explains-term-softmax").inner_text() == "softmax"


def test_on_a_touch_screen_the_first_tap_shows_and_the_second_follows(open_page, site_url):
    page = open_page(site_url + CHAPTER, viewport={"width": 390, "height": 800}, has_touch=True)
    link = term(page)
    link.scroll_into_view_if_needed()
    link.tap()
    box = page.locator("#am-definition")
    assert box.is_visible()
    place = box.bounding_box()
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 390
    assert page.url.endswith(CHAPTER)
    link.tap()
    page.wait_for_url("**/book/glossary.html#term-softmax")


def test_without_scripts_a_term_is_a_link(open_page, site_url):
    page = open_page(site_url + CHAPTER, java_script_enabled=False)
    assert term(page).get_attribute("href") == "../book/glossary.html#term-softmax"


def test_the_drawn_map_leads_to_the_chapters(open_page, site_url, build_dir):
    page = open_page(site_url + "index.html")
    links = page.locator(".am-road a")
    for link in links.all():
        assert (build_dir / link.get_attribute("href")).is_file()
        assert re.match(r"\d+\. \w", link.locator("title").text_content())
    links.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/notebooks/01-the-bottleneck.html")


def test_the_formula_sheet_is_one_page_of_paper(open_page, site_url):
    page = open_page(site_url + "book/formulas.html")
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
    for paper in ("A4", "Letter"):
        assert len(re.findall(rb"/Type /Page\b", page.pdf(format=paper, margin=margin))) == 1, paper
