"""The explorer of chapter 7 in a real browser: whatever is pointed at, it shows what Python draws for that state."""

import json

import pytest

from attnlib import results
from attnlib.explorers import AlignmentMap

CHAPTER = "notebooks/07-reading-alignment-maps.html"
ONE = '.am-explorer[data-explorer="alignment_map"]'
STORED = results.load("two_maps")["results"]
DATES = [
    "Saturday, September 20, 1958",
    "Wednesday, April 1, 2009",
    "Monday, July 12, 1982",
    "Tuesday, November 5, 1985",
]
# Every line of text, the marks of the map's cells and lines, and all bars and squares as they are drawn.
READ = """root => ({
  texts: [...root.querySelectorAll('th, [data-part=symbol], [data-part=row] td, [data-part=said], [data-part=score]')]
    .map(node => [node.textContent.trim(), node.getAttribute('lang')]),
  gold: [...root.querySelectorAll('[data-gold]')].map(node => node.dataset.gold),
  chosen: [...root.querySelectorAll('[data-part=line]')].map(node => node.getAttribute('aria-current')),
  spoken: [...root.querySelectorAll('.am-square')].map(node =>
    [node.getAttribute('role'), node.getAttribute('aria-label')]),
  drawn: [...root.querySelectorAll('rect')].flatMap(node =>
    ['x', 'y', 'width', 'height'].map(name => Number(node.getAttribute(name) ?? 0))),
})"""


def assert_shows(explorer, run=0, example=0, row=2):
    picture = AlignmentMap(**STORED, run=run, example=example, row=row).picture()
    expected = explorer.page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        picture,
    )
    seen = explorer.evaluate(READ)
    for part, content in expected.items():
        assert seen[part] == (pytest.approx(content, abs=0.006) if part == "drawn" else content), part
    assert radio(explorer, STORED["runs"][run]["name"]).is_checked()
    assert radio(explorer, DATES[example]).is_checked()
    assert explorer.locator('[aria-pressed="true"]').all_inner_texts() == [STORED["examples"][example]["target"][row]]
    assert explorer.locator('[data-part="line"] button[tabindex="0"]').count() == 1


def radio(explorer, name):
    return explorer.get_by_role("radio", name=name, exact=True)


@pytest.mark.parametrize("from_file", [False, True])
def test_it_begins_with_the_notebook_and_every_control_moves_it(open_explorer, from_file):
    explorer = open_explorer(CHAPTER, ONE, from_file=from_file)
    assert_shows(explorer)
    radio(explorer, "the odd run").check()
    assert_shows(explorer, run=1)
    radio(explorer, DATES[3]).check()
    assert_shows(explorer, run=1, example=3)
    explorer.get_by_role("button", name="November").click()
    assert_shows(explorer, run=1, example=3)
    explorer.get_by_role("button", name="1985").click()
    assert_shows(explorer, run=1, example=3, row=5)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer)


def test_every_map_is_drawn_as_python_draws_it(explorer):
    for run in range(2):
        radio(explorer, STORED["runs"][run]["name"]).check()
        for example in range(4):
            radio(explorer, DATES[example]).check()
            for row in (1, 3):
                explorer.locator('[data-part="line"] button').nth(row).click()
                assert_shows(explorer, run, example, row)


def test_the_weight_of_a_row_stays_exact_in_the_page(explorer):
    radio(explorer, "the odd run").check()
    seen = explorer.locator('[data-part="weight"]').evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
    assert seen == STORED["runs"][1]["maps"][0][2]


def test_pointing_with_the_mouse_shows_a_row_and_so_does_a_click_on_a_cell(explorer):
    explorer.locator('[data-part="line"]').nth(3).locator("td").nth(1).hover()
    assert_shows(explorer, row=3)
    explorer.locator("thead").first.hover()  # leaving the rows changes nothing
    assert_shows(explorer, row=3)
    explorer.locator('[data-part="line"]').nth(5).locator("td").nth(4).click()
    assert_shows(explorer, row=5)


def test_the_mouse_may_cross_other_rows_on_its_way_to_another_run(explorer):
    """A row that was only pointed at goes when the mouse leaves the map; one that was pressed stays."""

    def go_to(run):
        box = radio(explorer, run).bounding_box()
        explorer.page.mouse.move(box["x"] + 5, box["y"] + 5, steps=25)
        explorer.page.mouse.down()
        explorer.page.mouse.up()

    lines = explorer.locator('[data-part="line"]')
    lines.nth(4).locator("td").nth(3).hover()
    assert_shows(explorer, row=4)
    go_to("the odd run")
    assert_shows(explorer, run=1)
    lines.nth(4).locator("td").nth(3).click()
    lines.nth(3).locator("td").nth(3).hover()
    assert_shows(explorer, run=1, row=3)
    go_to("additive, seed 0")
    assert_shows(explorer, row=4)
    lines.nth(1).locator("td").nth(3).hover()
    explorer.get_by_role("button", name="September").focus()
    explorer.page.keyboard.press("End")  # keys choose as a press does
    go_to("the odd run")
    assert_shows(explorer, run=1, row=5)


def test_no_table_runs_into_the_words_below_it(explorer):
    """The longest date has nine places."""
    for date in DATES:
        radio(explorer, date).check()
        below = explorer.locator('[data-part="said"]').bounding_box()["y"]
        for last in explorer.locator("table tr:last-child").all():
            box = last.bounding_box()
            assert box["y"] + box["height"] <= below


def test_the_keyboard_alone_reaches_everything(explorer):
    keyboard = explorer.page.keyboard
    radio(explorer, "additive, seed 0").focus()
    keyboard.press("ArrowRight")
    assert_shows(explorer, run=1)
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    assert_shows(explorer, run=1, example=1)
    keyboard.press("Tab")  # Reset
    keyboard.press("Tab")  # the chosen row
    for key, row in (("ArrowDown", 3), ("ArrowUp", 2), ("Home", 0), ("ArrowUp", 0), ("End", 5), ("ArrowDown", 5)):
        keyboard.press(key)
        assert_shows(explorer, run=1, example=1, row=row)
        focused = explorer.page.evaluate("document.activeElement.innerText")
        assert focused == STORED["examples"][1]["target"][row]
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    assert_shows(explorer)


def test_every_control_has_a_name(explorer):
    names = explorer.locator("input, button").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label') || (n.labels?.[0] ?? n).innerText)"
    )
    assert len(set(names)) == len(names) == 2 + 4 + 1 + 6
    assert names[7:9] == ["target symbol 1: Saturday", "target symbol 2: ,"]
    assert [explorer.get_by_role("group", name=name).count() for name in ("run", "date")] == [1, 1]


def test_a_change_is_announced_and_gold_is_not_shown_by_colour_alone(explorer):
    radio(explorer, "the odd run").check()
    explorer.page.wait_for_function(
        """() => /^the odd run. “September”: the largest weight, 1.000, is on place 3, not on gold.* map: 1 of 4/.test(
        document.querySelector('.am-explorer [role=status]').textContent)"""
    )
    framed = explorer.locator(".am-square").evaluate_all(
        "nodes => nodes.map(n => [getComputedStyle(n).outlineStyle === 'solid', !!n.closest('[data-gold=true]')])"
    )
    assert all(has_frame == is_gold for has_frame, is_gold in framed)
    marks = [text.split() for text in explorer.locator('[data-part="mark"]').all_inner_texts()]
    assert marks == [[], [], ["◆", "gold"], ["●", "largest"], [], [], []]


def test_two_on_one_page_do_not_disturb_each_other_and_possible_links_count_half(open_explorer):
    """The second one has other maps: a target symbol with two gold links, and examples of unequal length."""
    run = {"name": "other", "exact_match": 0.5, "error_rate": 0.25, "right": [True, False]}
    state = {
        "examples": [
            {"source": ["a", "b", "c"], "target": ["A", "B", "C"], "gold": [[0], [1, 2], [2]]},
            {"source": ["a", "d"], "target": ["D"], "gold": [[0]]},
        ],
        "runs": [run | {"maps": [[[0.5, 0.25, 0.25], [0.75, 0.125, 0.125], [0.0, 0.0, 1.0]], [[0.25, 0.75]]]}],
    }
    explorer = open_explorer(CHAPTER, ONE)
    explorer.page.evaluate(
        """([one, state, picture]) => {
            const twin = document.querySelector(one).cloneNode(false);
            delete twin.dataset.alive;
            twin.dataset.state = state;
            twin.innerHTML = picture;
            document.querySelector(one).after(twin);
            const script = document.createElement('script');
            script.src = document.querySelector('script[src*="explorers.js"]').src;
            document.head.append(script);
        }""",
        [ONE, json.dumps(AlignmentMap(**state, row=2).state()), AlignmentMap(**state, row=2).picture()],
    )
    explorer.page.wait_for_selector(f'{ONE}[data-alive="true"] + {ONE}[data-alive="true"]')
    first, second = explorer.nth(0), explorer.nth(1)

    def score():
        return second.locator('[data-part="score"]').inner_text()

    assert "1 of 3 links wrong, alignment error rate 0.20," in score()  # 1 - (2 + 2) / (3 + 2)
    assert score() in AlignmentMap(**state).picture()
    radio(second, "D").check()
    assert "This date is written wrong. Its map: 1 of 1 links wrong, alignment error rate 1.00" in score()
    assert second.locator('[aria-pressed="true"]').all_inner_texts() == ["D"]
    assert_shows(first)


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    for example in range(4):
        radio(explorer, DATES[example]).tap()
        assert_fits(explorer)
    target = explorer.get_by_role("button", name="November")
    box = target.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    explorer.get_by_role("button", name="Tuesday").tap()
    assert_shows(explorer, example=3, row=0)
    explorer.locator('[data-part="line"]').nth(2).locator("td").nth(6).tap()
    assert_shows(explorer, example=3)


def test_without_javascript_the_picture_stands(open_page, site_url):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    weights = [float(text) for text in explorer.locator('[data-part="weight"]').all_inner_texts()]
    assert weights == STORED["runs"][0]["maps"][0][2]
    assert explorer.locator('[data-part="run"]').inner_text() == "additive, seed 0"
    assert explorer.locator("input, button").count() == 0
