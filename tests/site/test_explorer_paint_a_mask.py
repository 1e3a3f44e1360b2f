"""The explorer of chapter 8 in a real browser: every cell can be painted, and the weights are those of Python."""

import json

import numpy as np
import pytest

import attnlib
from attnlib.explorers import PaintAMask
from attnlib.explorers.explorer import minus
from attnlib.explorers.paint_a_mask import WAYS

CHAPTER = "notebooks/08-masks-and-batches.html"
ONE = '.am-explorer[data-explorer="paint_a_mask"]'
PRESETS = {
    "nothing forbidden": np.ones((5, 5), dtype=bool),
    "causal": attnlib.causal_mask(5),
    "padding": attnlib.padding_mask([3], 5)[0].repeat(5, axis=0),
    "one row empty": np.arange(5)[:, None].repeat(5, axis=1) != 1,
}
# What stands in both tables and below them, with the marks of the cells.
READ = """root => ['score', 'weight', 'sum', 'verdict'].map(part =>
  [...root.querySelectorAll(`[data-part=${part}]`)].map(node => [
    node.textContent.replace(' forbidden', ''), node.dataset.allowed, node.dataset.leak, node.dataset.fine]))"""


def assert_shows(explorer, stored, mask=PRESETS["padding"], way="attnlib"):
    shown = PaintAMask(**stored | {"mask": np.asarray(mask).tolist(), "way": way})
    expected = explorer.page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        shown.picture(),
    )
    assert explorer.evaluate(READ) == expected
    whole = explorer.locator('[data-part="weight"]').evaluate_all("nodes => nodes.map(n => n.dataset.value)")
    np.testing.assert_allclose([float(number) for number in whole], shown.weights.ravel(), atol=1e-12)
    pressed = explorer.locator('[data-part="score"] button').evaluate_all("nodes => nodes.map(n => n.ariaPressed)")
    assert pressed == [str(bool(may)).lower() for may in np.asarray(mask).ravel()]
    assert radio(explorer, way).is_checked()


def radio(explorer, way):
    return explorer.get_by_role("radio", name=minus(WAYS[way][0]), exact=True)


def cell(explorer, query, key):
    return explorer.locator('[data-part="score"] button').nth(5 * query + key)


def without(mask, *places):
    changed = np.array(mask)
    for place in places:
        changed[place] = not changed[place]
    return changed


def test_the_state_is_small_and_holds_the_scores_of_the_korean_sentence(stored):
    assert len(json.dumps(stored)) < 2_000
    korean = np.zeros((5, 4))
    korean[:3] = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_allclose(stored["scores"], korean @ korean.T / 2, atol=5.01e-4)
    assert stored["mask"] == PRESETS["padding"].tolist()


@pytest.mark.parametrize("from_file", [False, True])
def test_it_begins_with_the_notebook_and_every_way_and_preset_moves_it(open_explorer, stored, from_file):
    explorer = open_explorer(CHAPTER, ONE, from_file=from_file)
    assert_shows(explorer, stored)
    for way in WAYS:
        radio(explorer, way).check()
        for name, mask in list(PRESETS.items())[-1 if from_file else 0 :]:
            explorer.get_by_role("button", name=name).click()
            assert_shows(explorer, stored, mask, way)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, stored)


def test_a_click_forbids_a_key_and_another_click_allows_it_again(explorer, stored):
    cell(explorer, 0, 1).click()
    assert_shows(explorer, stored, without(PRESETS["padding"], (0, 1)))
    cell(explorer, 4, 4).click()
    assert_shows(explorer, stored, without(PRESETS["padding"], (0, 1), (4, 4)))
    cell(explorer, 0, 1).click()
    assert_shows(explorer, stored, without(PRESETS["padding"], (4, 4)))


def test_dragging_paints_all_cells_on_the_way_like_the_first(explorer, stored):
    mouse = explorer.page.mouse
    explorer.get_by_role("button", name="nothing forbidden").click()
    cell(explorer, 1, 0).hover()
    mouse.down()
    for key in range(1, 5):
        cell(explorer, 1, key).hover()
    cell(explorer, 1, 2).hover()  # going back changes nothing
    mouse.up()
    cell(explorer, 2, 2).hover()  # nor does the mouse when it is up
    assert_shows(explorer, stored, PRESETS["one row empty"])
    cell(explorer, 0, 0).press("Enter")  # a drag that ended elsewhere does not swallow the next key
    assert_shows(explorer, stored, without(PRESETS["one row empty"], (0, 0)))
    cell(explorer, 1, 4).hover()
    mouse.down()
    cell(explorer, 0, 0).hover()
    mouse.up()
    assert_shows(explorer, stored, without(PRESETS["one row empty"], (1, 4)))


def test_the_keyboard_alone_reaches_everything(explorer, stored):
    keyboard = explorer.page.keyboard
    radio(explorer, "attnlib").focus()
    keyboard.press("ArrowDown")
    assert_shows(explorer, stored, way="infinite")
    for _ in range(6):  # four presets, Reset, the grid
        keyboard.press("Tab")
    mask = PRESETS["padding"]
    for key, place in (
        ("ArrowUp", (0, 0)),
        ("ArrowDown", (1, 0)),
        ("ArrowRight", (1, 1)),
        ("ArrowRight", (1, 2)),
        ("ArrowLeft", (1, 1)),
        ("ArrowLeft", (1, 0)),
        ("ArrowLeft", (1, 0)),
    ):
        keyboard.press(key)
        keyboard.press("Space")
        mask = without(mask, place)
        assert_shows(explorer, stored, mask, "infinite")
        assert explorer.locator('[data-part="score"] button[tabindex="0"]').count() == 1
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    assert_shows(explorer, stored)


def test_every_control_has_a_name_of_its_own(explorer):
    names = explorer.locator("input, button").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label') || (n.labels?.[0] ?? n).innerText)"
    )
    assert len(set(names)) == len(names) == 7 + 4 + 1 + 25
    assert names[13] == "0.41: query 1, today, may attend to key 2, Friday"
    assert explorer.get_by_role("group", name="how the mask is applied").count() == 1


def test_what_one_painted_cell_does_to_its_row_is_announced(explorer, stored):
    cell(explorer, 1, 0).press("Enter")
    weights = attnlib.masked_softmax(np.array(stored["scores"][1]), np.array(without(PRESETS["padding"], (1, 0))[1]))
    explorer.page.wait_for_function(
        "text => document.querySelector('.am-explorer [role=status]').textContent === text",
        arg=f"attnlib. The weights of Friday: {', '.join(f'{w:.2f}' for w in weights)}. All rows are in order.",
    )


def test_a_change_is_announced_and_stripes_and_frames_say_what_colour_says(explorer):
    explorer.get_by_role("button", name="one row empty").click()
    radio(explorer, "added").check()
    explorer.page.wait_for_function(
        """() => /10000 added to the score. Friday: the softmax of its scores, as if there.* All other rows are/.test(
        document.querySelector('.am-explorer [role=status]').textContent)"""
    )
    looks = explorer.locator('[data-part="weight"]').evaluate_all(
        "nodes => nodes.map(n => [getComputedStyle(n).backgroundImage !== 'none', getComputedStyle(n).outlineStyle])"
    )
    assert looks == [[5 <= k < 10, "solid" if 5 <= k < 10 else "none"] for k in range(25)]


def test_two_on_one_page_do_not_disturb_each_other(open_explorer, stored):
    explorer = open_explorer(CHAPTER, ONE)
    explorer.page.evaluate(
        """one => {
            const twin = document.querySelector(one).cloneNode(true);
            delete twin.dataset.alive;
            twin.querySelectorAll('td button').forEach((node) => node.replaceWith(node.textContent));
            document.querySelector(one).after(twin);
            const script = document.createElement('script');
            script.src = document.querySelector('script[src*="explorers.js"]').src;
            document.head.append(script);
        }""",
        ONE,
    )
    explorer.page.wait_for_selector(f'{ONE}[data-alive="true"] + {ONE}[data-alive="true"]')
    first, second = explorer.nth(0), explorer.nth(1)
    radio(second, "zeroed").check()
    cell(second, 3, 3).click()
    assert_shows(first, stored)
    assert_shows(second, stored, without(PRESETS["padding"], (3, 3)), "zeroed")


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits, stored):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    assert_fits(explorer)
    cell(explorer, 1, 1).dispatch_event("pointerdown", {"pointerType": "touch", "button": 0, "bubbles": True})
    assert_shows(explorer, stored)  # a finger that begins to scroll paints nothing
    cell(explorer, 1, 1).tap()
    assert_shows(explorer, stored, without(PRESETS["padding"], (1, 1)))
    cell(explorer, 1, 1).tap()
    radio(explorer, "inverted").tap()
    assert_shows(explorer, stored, way="inverted")
    assert_fits(explorer)
    box = cell(explorer, 1, 1).bounding_box()
    assert min(box["width"], box["height"]) >= 24


def test_without_javascript_the_picture_stands(open_page, site_url, stored):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    shown = [float(text) for text in explorer.locator('[data-part="weight"]').all_inner_texts()]
    right = attnlib.masked_softmax(np.array(stored["scores"]), np.array(stored["mask"]))
    np.testing.assert_allclose(shown, right.ravel(), atol=5.01e-3)
    assert explorer.locator("input, button").count() == 0
