"""The two vectors of chapter 3 in a real browser: every control is moved, numbers and arrows follow as Python says."""

import re

import numpy as np
import pytest

from attnlib.explorers import TwoVectors

CHAPTER = "notebooks/03-scores.html"
ONE = '.am-explorer[data-explorer="two_vectors"]'
QUERY, KEY = [3.0, 1.0], [2.0, 0.0]
NAMES = ["query x", "query y", "key x", "key y"]


@pytest.fixture(scope="module")
def page(request, open_once, site_url, build_dir):
    """Chapter 3 over http, from a file with the network cut, or on a narrow screen, opened once for all tests."""
    url = (build_dir / CHAPTER).as_uri() if request.param == "file" else site_url + CHAPTER
    narrow = {"viewport": {"width": 390, "height": 800}, "has_touch": True} if request.param == "narrow" else {}
    page = open_once(url, wait="load", **narrow)
    page.wait_for_selector(f'{ONE}[data-alive="true"]')
    return page


@pytest.fixture
def explorer(page):
    """The explorer in its first state, and no complaint from the page after the test."""
    explorer = page.locator(ONE)
    explorer.get_by_role("button", name="Reset").click()
    yield explorer
    assert page.record.errors == []
    assert page.record.outside == []


def on(*kinds):
    return pytest.mark.parametrize("page", kinds, indirect=True)


def drawn(picture):
    """The places along each path of a drawing, y upwards."""
    paths = re.findall(r'data-part="([\w-]+)" d="([^"]*)"', picture)
    number = r"-?[\d.]+(?:e-?\d+)?"
    return {part: np.array(re.findall(number, d), float).reshape(-1, 2) for part, d in paths}


def state(explorer):
    texts = [explorer.get_by_label(f"{name}, from").input_value() for name in NAMES]
    return [float(text) for text in texts[:2]], [float(text) for text in texts[2:]]


def assert_shows(explorer, query, key):
    """Everything on the explorer is what the Python class shows for this state."""
    assert state(explorer) == (query, key)
    twin = TwoVectors(query=query, key=key)
    for part, number in twin.measures.items():
        cell = explorer.locator(f'[data-part="{part}"]')
        assert f'data-part="{part}">{cell.inner_text()}<' in twin.picture(), part
        if number is None:
            assert cell.inner_text() == "undefined"
        else:  # an arc cosine near 1 doubles the number of digits lost
            nearness = 1e-5 if part == "angle" else 1e-12
            assert float(cell.get_attribute("data-value")) == pytest.approx(number, abs=nearness)
    here, there = drawn(explorer.inner_html()), drawn(twin.picture())
    assert list(here) == list(there) == ["line", "shadow", "drop", "key-arrow", "query-arrow"]
    for part, places in there.items():
        np.testing.assert_allclose(here[part], places, atol=5.01e-3, err_msg=part)
    for part, (x, y) in (("name", "xy"), ("handle", ("cx", "cy"))):
        at = re.findall(rf'data-part="{part}"[^>]* {x}="([^"]*)" {y}="([^"]*)"', twin.picture())
        moved = re.findall(rf'data-part="{part}"[^>]* {x}="([^"]*)" {y}="([^"]*)"', explorer.inner_html())
        np.testing.assert_allclose(np.array(moved, float), np.array(at, float), atol=5.01e-3, err_msg=part)


def middle(handle):
    box = handle.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def unit(explorer):
    """The pixels of one unit of the drawing."""
    return explorer.locator("svg.am-plane").bounding_box()["width"] / 15


@on("http", "file")
def test_it_begins_with_the_state_of_the_notebook_and_follows_every_field(explorer):
    assert_shows(explorer, QUERY, KEY)
    vectors = [*QUERY, *KEY]
    for i, text in enumerate(["-2.5", "4", "-1.2", "-6"]):
        explorer.get_by_label(f"{NAMES[i]}, from").fill(text)
        vectors[i] = float(text)
        assert_shows(explorer, vectors[:2], vectors[2:])


@on("http")
def test_every_slider_moves_its_number_in_halves_and_by_the_arrow_keys(explorer):
    vectors = [*QUERY, *KEY]
    for i, name in enumerate(NAMES):
        slider = explorer.get_by_label(name, exact=True)
        slider.evaluate("n => { n.value = -3.3; n.dispatchEvent(new Event('input', { bubbles: true })); }")
        vectors[i] = -3.5
        assert_shows(explorer, vectors[:2], vectors[2:])
        slider.focus()
        explorer.page.keyboard.press("ArrowRight")
        vectors[i] = -3.0
        assert_shows(explorer, vectors[:2], vectors[2:])


@on("http", "narrow")
def test_the_tips_are_dragged_along_the_grid_and_not_out_of_it(explorer):
    explorer.locator("svg.am-plane").scroll_into_view_if_needed()
    mouse, step = explorer.page.mouse, unit(explorer)
    query, key = list(QUERY), list(KEY)
    for i, vector, (right, up), end in (
        (1, query, (-1, 2), [2, 3]),
        (0, key, (-3.1, 1.6), [-1, 1.5]),
        (0, key, (-20, 1), [-6, 2.5]),
    ):
        x, y = middle(explorer.locator('[data-part="handle"]').nth(i))
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + step * right / 2, y - step * up / 2)
        mouse.move(x + step * right, y - step * up)
        mouse.up()
        mouse.move(x, y)  # nothing follows once the button is up
        vector[:] = end
        assert_shows(explorer, query, key)


@on("narrow")
def test_a_finger_drags_a_tip_and_the_page_stays(explorer):
    explorer.locator("svg.am-plane").scroll_into_view_if_needed()
    # a finger leaves the focus where it is
    explorer.get_by_label("key y, from").evaluate("field => field.focus({ preventScroll: true })")
    (x, y), step = middle(explorer.locator('[data-part="handle"]').nth(0)), unit(explorer)
    before = explorer.page.evaluate("scrollY")
    touch = explorer.page.context.new_cdp_session(explorer.page)
    places = [(x, y), (x - step, y - 2 * step), (x - 2 * step, y - 4 * step)]
    for kind, at in zip(["touchStart", "touchMove", "touchMove"], places, strict=True):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert_shows(explorer, QUERY, [0, 4])
    assert explorer.page.evaluate("scrollY") == before


@on("http")
def test_the_buttons_show_what_length_does_and_what_it_does_not(explorer):
    press = {name: explorer.get_by_role("button", name=name) for name in ("Double", "Make", "Exchange", "Reset")}
    press["Double"].click()
    assert_shows(explorer, QUERY, [4, 0])
    assert press["Double"].is_disabled()  # a key of 8 is out of the drawing
    press["Make"].click()
    assert_shows(explorer, QUERY, [1, 0])
    press["Exchange"].click()
    assert_shows(explorer, [1, 0], QUERY)
    press["Make"].click()
    assert_shows(explorer, [1, 0], [0.9487, 0.3162])
    press["Reset"].click()
    assert_shows(explorer, QUERY, KEY)


@on("http")
def test_a_key_of_zeros_leaves_angle_cosine_and_projection_open(explorer):
    explorer.get_by_label("key x, from").fill("0")
    assert_shows(explorer, QUERY, [0, 0])
    assert explorer.get_by_role("button", name="Make").is_disabled()
    explorer.get_by_label("key y, from").fill("-1")
    assert_shows(explorer, QUERY, [0, -1])


@on("http")
def test_every_control_is_reached_by_the_keyboard_and_has_a_name_of_its_own(explorer, names_in_order):
    names = names_in_order(explorer)
    assert len(set(names)) == 12 == explorer.locator("input, button").count()
    assert all(names)


@on("http")
def test_a_change_is_announced_to_screen_readers(explorer):
    explorer.get_by_label("key x, from").fill("-2")
    explorer.page.wait_for_function(
        "() => document.querySelector('.am-explorer [role=status]').textContent === "
        "'Query (3, 1), key (-2, 0): lengths 3.16 and 2.00; angle 161.57, in degrees; "
        "cosine \u22120.95; projection \u22123.00; dot product \u22126.00.'"
    )


@on("narrow")
def test_it_fits_on_a_narrow_screen(explorer):
    right = explorer.evaluate("n => n.getBoundingClientRect().right")
    inside = explorer.locator("svg, table, td, th, input, button").evaluate_all(
        "nodes => Math.max(...nodes.map(n => n.getBoundingClientRect().right))"
    )
    assert inside <= right <= 390


def test_without_javascript_the_picture_stands(open_page, site_url):
    explorer = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False).locator(ONE)
    assert explorer.locator('[data-part="coordinate"]').all_inner_texts() == ["3", "1", "2", "0"]
    for part, text in (("dot", "6.00"), ("projection", "3.00"), ("cosine", "0.95"), ("angle", "18.43")):
        assert explorer.locator(f'[data-part="{part}"]').inner_text() == text
    assert explorer.locator("input, button").count() == 0
    assert explorer.locator('[data-part="handle"]:visible').count() == 0
