"""The second explorer of chapter 9 in a real browser: every word, and whom it may ask, as Python draws it."""

import pytest

from attnlib.explorers import WhoMayBeAsked

CHAPTER = "notebooks/09-self-attention.html"
ONE = '.am-explorer[data-explorer="who_may_be_asked"]'
MAY = {
    "all": "all words of its own text",
    "before": "itself and the words before",
    "other": "all words of the other text",
}


# Every marked place as its text and language, and how long the bars are.
READ = """root => [
  ...[...root.querySelectorAll('[data-part]:not([data-part=status])')].map(
    n => [n.dataset.part, n.textContent, n.lang]),
  ...[...root.querySelectorAll('[data-part=bar]')].map(n => Number(n.getAttribute('width')).toFixed(2))]"""


def assert_shows(explorer, stored, **chosen):
    now = {"asks": 0, "may": "all"} | chosen
    python = explorer.page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        WhoMayBeAsked(**stored | now).picture(),
    )
    assert explorer.evaluate(READ) == python
    checked = explorer.locator("input:checked").evaluate_all("nodes => nodes.map(n => n.value)")
    assert checked == [str(now["asks"]), now["may"]]


def choose(explorer, group, option):
    explorer.get_by_role("group", name=group).get_by_label(option, exact=True).check()


@pytest.mark.parametrize("from_a_file", [False, True])
def test_it_begins_with_the_notebook_and_both_choices_move_it(open_explorer, stored, from_a_file):
    explorer = open_explorer(CHAPTER, ONE, from_file=from_a_file)
    assert_shows(explorer, stored)
    choose(explorer, "word that asks", "I")
    choose(explorer, "it may ask", MAY["before"])
    assert_shows(explorer, stored, asks=4, may="before")
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, stored)


def test_every_word_and_every_kind_is_drawn_as_python_draws_it(explorer, stored):
    for may, words in MAY.items():
        choose(explorer, "it may ask", words)
        for asks, word in enumerate(["나는", "너를", "사랑해", "<start>", "I", "love"]):
            choose(explorer, "word that asks", word)
            assert_shows(explorer, stored, asks=asks, may=may)


def test_the_keyboard_alone_reaches_everything(explorer, stored):
    keyboard = explorer.page.keyboard
    explorer.locator("input:checked").first.focus()
    keyboard.press("ArrowLeft")  # around to the last word
    keyboard.press("Tab")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowDown")
    assert_shows(explorer, stored, asks=5, may="other")
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert_shows(explorer, stored)


def test_every_control_has_a_name_and_korean_is_said_to_be_korean(explorer):
    labels = explorer.locator("label").all_inner_texts()
    assert labels == ["나는", "너를", "사랑해", "<start>", "I", "love", *MAY.values()]
    assert explorer.locator("label span").evaluate_all("nodes => nodes.map(n => n.lang)") == ["ko"] * 3 + ["en"] * 3


def test_a_change_is_announced(explorer):
    choose(explorer, "word that asks", "I")
    choose(explorer, "it may ask", MAY["before"])
    explorer.page.wait_for_function(
        """([one, text]) => document.querySelector(`${one} [role=status]`).textContent === text""",
        arg=[
            ONE,
            "causal self-attention, I asks. Weights: <start> 0.500, I 0.500, love 0.000. Output (0.500, 0.000).",
        ],
    )


def test_two_kinds_on_one_page_do_not_disturb_each_other(explorer, stored):
    other = explorer.page.locator('.am-explorer[data-explorer="real_heads"]')
    before = other.inner_text()
    choose(explorer, "word that asks", "love")
    assert other.inner_text() == before
    other.get_by_role("group", name="head", exact=True).get_by_label("7", exact=True).check()
    assert_shows(explorer, stored, asks=5)
    other.get_by_role("button", name="Reset").click()


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits, stored):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    assert_fits(explorer)
    for word in (MAY["before"], "<start>"):
        label = explorer.locator("label", has_text=word)
        label.tap()
        assert label.bounding_box()["height"] >= 24
        assert_fits(explorer)
    assert_shows(explorer, stored, asks=3, may="before")


def test_without_javascript_the_picture_stands(open_page, site_url):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    assert explorer.locator('[data-part="weight"]').all_inner_texts() == ["0.131", "0.131", "0.739"]
    assert explorer.locator('[data-part="output"]').inner_text() == "(0.869, 0.869)"
    assert explorer.locator("input, button").count() == 0
