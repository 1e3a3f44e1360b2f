"""What a reader with the keyboard only, or with a screen reader, meets: buttons, stops, and what is said."""

import pytest

CHAPTER = "notebooks/04-from-scores-to-weights.html"
SAID = ".am-explorer [role=status]"


@pytest.fixture
def page(open_page, site_url):
    return open_page(site_url + CHAPTER, wait="networkidle", reduced_motion="reduce")


@pytest.mark.parametrize("button", [".theme-switch-button", ".primary-toggle", ".copybtn >> nth=2"])
def test_a_button_of_the_theme_keeps_the_focus_when_a_key_presses_it(page, button):
    one = page.locator(button).first
    one.focus()
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        assert one.evaluate("node => node === document.activeElement"), key


def test_copying_is_said(page):
    page.locator(".copybtn").first.focus()
    page.keyboard.press("Enter")
    page.locator("body > [role=status]", has_text="Copied!").wait_for(state="attached")


def test_the_button_for_light_or_dark_says_which_one_is_chosen(page):
    button = page.locator(".theme-switch-button").first
    names = []
    for _ in range(3):
        button.press("Enter")
        names.append(button.get_attribute("aria-label"))
    assert sorted(names) == [f"Light or dark: {mode}" for mode in ("Dark", "Light", "System Settings")]


def test_the_button_for_the_side_bar_says_whether_it_is_open_and_gets_the_focus_back(page):
    toggle = page.locator(".primary-toggle").first
    assert toggle.get_attribute("aria-expanded") == "true"
    toggle.press("Enter")
    page.wait_for_selector('.primary-toggle[aria-expanded="false"]')
    page.set_viewport_size({"width": 390, "height": 800})
    toggle.press("Enter")
    page.wait_for_selector('.primary-toggle[aria-expanded="true"]')
    page.keyboard.press("Escape")
    page.wait_for_selector('.primary-toggle[aria-expanded="false"]:focus')


def test_a_figure_is_a_stop_of_the_tab_key_only_where_it_scrolls(page):
    stops = """() => [...document.querySelectorAll('figure')].filter((figure) =>
        (figure.tabIndex === 0) !== (figure.scrollWidth > figure.clientWidth)).length"""
    assert page.evaluate(stops) == 0
    assert page.locator('figure[tabindex="0"]').count() == 0
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_selector('figure[tabindex="0"]')
    assert page.evaluate(stops) == 0


def test_how_much_a_search_has_found_is_said(open_page, site_url):
    page = open_page(site_url + "search.html?q=softmax")
    page.get_by_role("status").filter(has_text="Search finished").wait_for()


def test_an_explorer_says_nothing_before_something_is_moved(page):
    page.wait_for_timeout(600)
    assert page.locator(SAID).text_content() == ""
    page.get_by_role("button", name="Double every score").press("Enter")
    page.wait_for_function("one => document.querySelector(one).textContent.startsWith('Scores 10, 4, 2;')", arg=SAID)


def test_a_button_keeps_the_focus_when_it_cannot_be_used_any_more(page):
    button = page.get_by_role("button", name="Double every score")
    button.focus()
    for _ in range(9):
        page.keyboard.press("Enter")
    assert button.get_attribute("aria-disabled") == "true"
    assert button.evaluate("node => node === document.activeElement")
    assert page.get_by_label("score of key 1, from").input_value() == "640"


def test_a_slider_that_reaches_as_far_as_its_number_has_no_mistake(page):
    slider = page.get_by_label("temperature", exact=True)
    slider.focus()
    for _ in range(28):
        page.keyboard.press("ArrowLeft")
        assert slider.evaluate("node => node.validity.valid")
    assert float(slider.get_attribute("aria-valuetext")) < 0.1


def test_the_arrow_keys_on_an_alignment_map_say_the_row_and_not_all_else_again(open_explorer):
    explorer = open_explorer("notebooks/07-reading-alignment-maps.html", '[data-explorer="alignment_map"]')
    said = explorer.locator("[role=status]")

    def says(pattern):
        explorer.page.wait_for_function(
            "pattern => new RegExp(pattern).test(document.querySelector('.am-explorer [role=status]').textContent)",
            arg=pattern,
        )
        return said.text_content()

    explorer.locator('button[aria-pressed="true"]').press("ArrowDown")
    assert "All test dates" not in says("^“20”: the largest weight")
    explorer.get_by_role("radio", name="the odd run").check()
    assert "All test dates" in says("^the odd run")
    explorer.get_by_role("button", name="Reset").click()
    assert "All test dates" in says("^additive, seed 0. “September”")
