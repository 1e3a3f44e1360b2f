"""Three readers without a mouse and a wide screen: one on a phone, one without JavaScript, one on paper."""

import pytest

EXPLORERS = ".am-explorer"
MASKS = "notebooks/08-masks-and-batches.html"
CHAPTER = "notebooks/03-scores.html"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_a_narrow_phone_does_not_scroll_sideways(opened):
    opened.set_viewport_size({"width": 360, "height": 844})
    wide = opened.evaluate("document.documentElement.scrollWidth")
    opened.set_viewport_size({"width": 1280, "height": 720})
    assert wide <= 360


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_in_an_explorer_lies_over_what_follows(opened, width):
    opened.set_viewport_size({"width": width, "height": 844})
    spilt = opened.locator(f"{EXPLORERS} :is(table, p, ul, ol, div):not(.am-hidden)").evaluate_all(
        "nodes => nodes.filter(n => n.scrollHeight > n.clientHeight + 3 && n.clientHeight)"
        ".map(n => [n.className, n.clientHeight, n.scrollHeight, n.innerText.slice(0, 40)])"
    )
    opened.set_viewport_size({"width": 1280, "height": 720})
    assert spilt == []


def test_no_tooltip_stays_before_a_button_that_is_tapped_next(open_page, site_url):
    page = open_page(site_url + CHAPTER, **PHONE)
    page.locator("button.secondary-toggle").tap()
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)  # the tooltip has had its time to come
    page.locator("button.search-button__button:visible").first.tap()
    assert page.locator("dialog[open] input[type='search']").is_visible()


def test_a_finger_along_a_row_of_the_mask_does_not_leave_the_page(opened, path):
    """A browser goes back to the page before when a finger moves sideways, where that is not forbidden."""
    tables = opened.locator(".am-painted").evaluate_all("nodes => nodes.map(n => getComputedStyle(n).touchAction)")
    assert set(tables) == ({"pan-y pinch-zoom"} if path == MASKS else set())


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("where", ["index.html", CHAPTER, MASKS, "search.html"])
def test_without_javascript_no_button_does_nothing(open_page, site_url, where, width):
    page = open_page(site_url + where, java_script_enabled=False, viewport={"width": width, "height": 844})
    menus = [node for node in page.locator("button").all() if node.is_visible()]
    assert menus
    assert not page.locator(".bd-article-container input:visible, form:visible").count()
    for menu in menus:
        menu.focus()
        assert menu.locator("xpath=following-sibling::ul").locator("a").first.is_visible()
        assert not page.locator("ul.dropdown-menu:visible button:visible").count()


def test_without_javascript_a_phone_has_the_contents_of_the_book_below_the_page(open_page, site_url):
    page = open_page(site_url + CHAPTER, java_script_enabled=False, viewport={"width": 390, "height": 844})
    contents, text = page.locator("#pst-primary-sidebar"), page.locator("main")
    link = contents.locator("a", has_text="Multi-head")
    assert link.is_visible()
    assert contents.bounding_box()["y"] >= text.bounding_box()["y"] + text.bounding_box()["height"] - 1
    assert contents.bounding_box()["width"] == 390
    link.click()
    assert page.url.endswith("12-multi-head.html")


def test_on_paper_an_explorer_has_no_buttons_and_sliders_but_its_numbers(open_page, site_url):
    page = open_page(site_url + CHAPTER)
    page.wait_for_selector(f'{EXPLORERS}[data-alive="true"]')
    buttons = page.locator(f'{EXPLORERS} :is(button, input[type="range"])')
    assert buttons.first.is_visible()
    page.emulate_media(media="print")
    assert not any(node.is_visible() for node in buttons.all())
    assert page.locator(f'{EXPLORERS} input[type="text"]').first.is_visible()


def test_on_paper_the_scores_that_are_buttons_stay(open_page, site_url):
    page = open_page(site_url + MASKS)
    page.wait_for_selector(f'{EXPLORERS}[data-alive="true"]')
    page.emulate_media(media="print")
    assert page.locator(".am-painted button").first.is_visible()
    assert not page.locator('[data-slot="controls"] button:visible').count()


def test_on_paper_a_term_stays_with_its_definition(open_page, site_url):
    page = open_page(site_url + "book/glossary.html")
    page.emulate_media(media="print")
    assert page.locator("dt").first.evaluate("n => getComputedStyle(n).breakAfter") == "avoid"
