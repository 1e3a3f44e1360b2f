"""The shuffled words of chapter 10 in a real browser: rows move with their words, and change as attnlib says."""

import numpy as np
import pytest

import attnlib

CHAPTER = "notebooks/10-order.html"
ONE = '.am-explorer[data-explorer="shuffled_tokens"]'
WORDS = ["dog", "chased", "cat", "away"]
VECTORS = np.array([[1.5, 0.0, -0.5, 1.0], [0.0, 1.0, 1.5, -1.0], [1.0, -1.5, 0.0, 0.5], [-1.0, 0.5, 1.0, 0.0]])
START = [0, 1, 2, 3]


@pytest.fixture(params=["http"])
def explorer(request, open_explorer):
    """The explorer, over http or from a file with the network cut."""
    return open_explorer(CHAPTER, ONE, from_file=request.param == "file")


def numbers(explorer, part):
    """The whole numbers of a part, once they stand there rounded as well."""
    pairs = explorer.locator(f'[data-part="{part}"]').evaluate_all(
        "nodes => nodes.map(n => [Number(n.dataset.value), Number(n.innerText.replace('\u2212', '-'))])"
    )
    whole, shown = np.transpose(pairs)
    np.testing.assert_allclose(shown, whole, atol=5.01e-3)
    return whole


def assert_shows(explorer, order, positions=False):
    def answers(order):
        x = VECTORS[order] + (attnlib.sinusoidal_positions(4, 4) if positions else 0)
        return attnlib.attention(x, x, x)[0]  # (place, width)

    words = explorer.locator('[data-part="word"]')
    assert words.all_inner_texts() == [WORDS[i] for i in order]
    assert words.evaluate_all("nodes => nodes.map(n => Number(n.dataset.token) - 1)") == order
    outputs, changes = answers(order), np.abs(answers(order) - answers(START)[order]).max(axis=1)
    np.testing.assert_allclose(numbers(explorer, "output").reshape(4, 4), outputs, atol=1e-12)
    np.testing.assert_allclose(numbers(explorer, "change"), changes, atol=1e-12)
    np.testing.assert_allclose(numbers(explorer, "largest"), changes.max(), atol=1e-12)
    assert explorer.locator('[data-part="sentence"]').inner_text() == " ".join(WORDS[i] for i in order)
    kind = "sinusoidal, added" if positions else "none"
    assert explorer.get_by_label(kind, exact=True).is_checked()
    assert explorer.locator('[data-part="positions"]').inner_text() == kind


def press(explorer, name):
    explorer.get_by_role("button", name=name).click()


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_every_button_moves_the_words_and_only_with_positions_the_outputs_change(explorer):
    assert_shows(explorer, START)
    press(explorer, "Swap 0 and 1")
    assert_shows(explorer, [1, 0, 2, 3])
    press(explorer, "Swap 1 and 2")
    assert_shows(explorer, [1, 2, 0, 3])
    press(explorer, "Swap 2 and 3")
    assert_shows(explorer, [1, 2, 3, 0])
    press(explorer, "Reverse")
    assert_shows(explorer, [0, 3, 2, 1])
    assert explorer.locator('[data-part="largest"]').inner_text() == "0.000"
    explorer.get_by_label("sinusoidal, added").check()
    assert_shows(explorer, [0, 3, 2, 1], positions=True)
    assert min(numbers(explorer, "change")) > 0.005
    press(explorer, "Reset")
    assert_shows(explorer, START)


def test_the_keyboard_alone_reaches_everything_and_keeps_its_place(explorer, names_in_order):
    names = ["Swap 0 and 1", "Swap 1 and 2", "Swap 2 and 3", "Reverse", "Reset"]
    keyboard = explorer.page.keyboard
    explorer.locator("input:checked").focus()
    keyboard.press("ArrowRight")
    assert_shows(explorer, START, positions=True)
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert_shows(explorer, [1, 0, 2, 3], positions=True)
    keyboard.press("Space")  # the same button still has the focus
    assert_shows(explorer, START, positions=True)
    reached = names_in_order(explorer)
    assert [name for name in reached if name in names] == names
    labels = explorer.locator("input").evaluate_all("nodes => nodes.map(n => n.labels[0].innerText)")
    assert labels == ["none", "sinusoidal, added"]


def test_a_move_is_announced(explorer):
    press(explorer, "Swap 0 and 1")
    explorer.page.wait_for_function(
        f"() => document.querySelector('{ONE} [role=status]').textContent === "
        "'chased dog cat away. Positions: none. Largest change of an output: 0.000.'"
    )


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    explorer.get_by_role("button", name="Reverse").tap()
    assert_shows(explorer, [3, 2, 1, 0])
    assert_fits(explorer)
    boxes = [button.bounding_box() for button in explorer.get_by_role("button").all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24


def test_without_javascript_the_picture_stands(open_page, site_url):
    explorer = open_page(site_url + CHAPTER, java_script_enabled=False).locator(ONE)
    assert explorer.locator('[data-part="word"]').all_inner_texts() == WORDS
    shown = explorer.locator('[data-part="output"]').all_inner_texts()
    expected = attnlib.attention(VECTORS, VECTORS, VECTORS)[0].ravel()
    np.testing.assert_allclose([float(t.replace("\u2212", "-")) for t in shown], expected, atol=5.01e-3)
    assert explorer.locator("input, button").count() == 0
