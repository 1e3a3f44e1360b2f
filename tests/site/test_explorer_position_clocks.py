"""The clocks of chapter 10 in a real browser: hands and numbers are attnlib's positions, and turns know no place."""

import numpy as np
import pytest

import attnlib

CHAPTER = "notebooks/10-order.html"
ONE = '.am-explorer[data-explorer="position_clocks"]'
SPEEDS = 10_000.0 ** (-np.arange(4) / 4)  # in radians


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


def hands(explorer, name):
    """Where hands and tips are drawn, as (sine, cosine)."""
    read = f"""root => [['[data-part="{name}"]', 'x2', 'y2'], ['[data-part="{name}-tip"]', 'cx', 'cy']].map(
        ([part, x, y]) => [...root.querySelectorAll(part)].map(n => [n[x].baseVal.value, n[y].baseVal.value]))"""
    lines, tips = np.array(explorer.evaluate(read)) * [1, -1] / 40
    np.testing.assert_array_equal(lines, tips)
    return lines


def assert_shows(explorer, place, steps):
    here, there = attnlib.sinusoidal_positions(71, 8)[[place, place + steps]].reshape(2, 4, 2)
    np.testing.assert_allclose(numbers(explorer, "entry").reshape(4, 2, 2)[:, 0], here, atol=1e-12)
    np.testing.assert_allclose(numbers(explorer, "entry").reshape(4, 2, 2)[:, 1], there, atol=1e-12)
    turns = np.degrees(steps * SPEEDS) % 360
    np.testing.assert_allclose(numbers(explorer, "turn"), turns, atol=1e-9)
    np.testing.assert_allclose(hands(explorer, "here"), here, atol=1e-6)
    np.testing.assert_allclose(hands(explorer, "there"), there, atol=1e-6)
    long_way = explorer.locator('[data-part="sector"]').evaluate_all(
        "nodes => nodes.map(n => Number(n.getAttribute('d').match(/A40 40 0 (.) 1/)[1]))"
    )
    assert long_way == (turns > 180).astype(int).tolist()
    for part, number in (("place", place), ("steps", steps), ("reached", place + steps)):
        assert numbers(explorer, part) == number
    for name, number in (("place p, a", place), ("steps k, a", steps)):
        assert explorer.get_by_label(name).input_value() == str(number)


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_every_control_moves_the_hands_and_the_place_alone_never_the_turns(explorer):
    assert_shows(explorer, 10, 5)
    turns = explorer.locator('[data-part="turn"]').all_inner_texts()
    for place in (30, 0, 50):
        explorer.get_by_label("place p, a").fill(str(place))
        assert_shows(explorer, place, 5)
        assert explorer.locator('[data-part="turn"]').all_inner_texts() == turns
    for steps in (0, 19, 20):
        explorer.get_by_label("steps k, a").fill(str(steps))
        assert_shows(explorer, 50, steps)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, 10, 5)


def test_a_slider_stops_at_whole_places(explorer):
    slider = explorer.get_by_label("place p", exact=True)
    slider.evaluate("n => { n.value = 22.6; n.dispatchEvent(new Event('input', { bubbles: true })); }")
    assert_shows(explorer, 23, 5)
    explorer.get_by_label("steps k, a").fill("2.4")
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, 23, 2)
    explorer.get_by_label("place p, a").fill("51")
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, 23, 2)


def test_the_keyboard_alone_reaches_everything(explorer, names_in_order):
    explorer.get_by_label("steps k", exact=True).focus()
    for key, steps in (("ArrowRight", 6), ("ArrowUp", 7), ("ArrowLeft", 6)):
        explorer.page.keyboard.press(key)
        assert_shows(explorer, 10, steps)
    assert names_in_order(explorer) == [
        "place p",
        "place p, a whole number from 0 to 50",
        "steps k",
        "steps k, a whole number from 0 to 20",
        "Reset",
    ]


def test_a_turn_is_announced(explorer):
    explorer.get_by_label("steps k, a").fill("6")
    explorer.page.wait_for_function(
        f"() => document.querySelector('{ONE} [role=status]').textContent === "
        "'From position 10 to 16 the hands turn by 343.77, 34.38, 3.44, 0.34 degrees, whole rounds left out.'"
    )


def test_it_fits_on_a_narrow_screen(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800})
    assert_fits(explorer)


def test_without_javascript_the_picture_stands(open_page, site_url):
    explorer = open_page(site_url + CHAPTER, java_script_enabled=False).locator(ONE)
    here, there = attnlib.sinusoidal_positions(16, 8)[[10, 15]].reshape(2, 4, 2)
    shown = [float(t.replace("\u2212", "-")) for t in explorer.locator('[data-part="entry"]').all_inner_texts()]
    np.testing.assert_allclose(shown, np.stack([here, there], axis=1).ravel(), atol=5.01e-3)
    np.testing.assert_allclose(hands(explorer, "there"), there, atol=2e-4)
    assert explorer.locator("input, button").count() == 0
