"""The explorers in a real browser: every control is moved, and the drawing and its numbers follow as Python says."""

import math
import re

import numpy as np
import pytest

import attnlib

CHAPTER = "notebooks/04-from-scores-to-weights.html"
ONE = '.am-explorer[data-explorer="scores_to_weights"]'


@pytest.fixture(params=["http"])
def explorer(request, open_explorer):
    """The explorer of chapter 4, over http or from a file with the network cut."""
    return open_explorer(CHAPTER, ONE, from_file=request.param == "file")


def numbers(explorer, part):
    return np.array(
        explorer.locator(f'[data-part="{part}"]').evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
    )


def shown(explorer, part):
    texts = explorer.locator(f'[data-part="{part}"]').all_inner_texts()
    return np.array([float(text.replace("\N{MINUS SIGN}", "-")) for text in texts])


def bars(explorer):
    """The bars' widths as drawn, each as a share of the room it has."""
    return np.array(
        explorer.locator('[data-part="bar"]').evaluate_all(
            "nodes => nodes.map(n => n.getBoundingClientRect().width / n.ownerSVGElement.getBoundingClientRect().width)"
        )
    )


def assert_shows(explorer, scores, temperature=1.0):
    """Everything on the explorer is what attnlib computes for this state."""
    weights = attnlib.softmax(np.asarray(scores, dtype=float) / temperature)
    spread = float(attnlib.entropy(weights))
    slopes = attnlib.softmax_jacobian(weights).ravel() / temperature
    for part, expected in (
        ("weight", weights),
        ("entropy", [spread]),
        ("spread", [math.exp(spread)]),
        ("slope", slopes),
    ):
        np.testing.assert_allclose(numbers(explorer, part), expected, atol=1e-12, err_msg=part)
        np.testing.assert_allclose(shown(explorer, part), expected, atol=5.01e-4, err_msg=part)
    np.testing.assert_allclose(bars(explorer), weights, atol=0.01)
    fields = explorer.locator('td input[type="text"]').evaluate_all("nodes => nodes.map(n => Number(n.value))")
    np.testing.assert_allclose(fields, scores)
    assert float(explorer.locator('[data-part="temperature"]').inner_text()) == pytest.approx(temperature)


def score_field(explorer, key):
    return explorer.get_by_label(f"score of key {key}, from")


def number_in(field):
    return float(field.input_value())


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_it_begins_with_the_state_of_the_notebook(explorer):
    assert_shows(explorer, [5, 2, 1])


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_typing_a_score_moves_weights_entropy_and_slopes(explorer):
    for key, value, scores in ((1, "-3.5", [-3.5, 2, 1]), (2, "0", [-3.5, 0, 1]), (3, "0.7", [-3.5, 0, 0.7])):
        score_field(explorer, key).fill(value)
        assert_shows(explorer, scores)


def test_typing_a_temperature_moves_everything(explorer):
    for value in ("0.5", "10", "100", "0.01"):
        explorer.get_by_label("temperature, from").fill(value)
        assert_shows(explorer, [5, 2, 1], float(value))


def test_dragging_a_slider_sets_the_score(explorer):
    slider = explorer.get_by_label("score of key 2", exact=True)
    slider.evaluate("n => { n.value = 8; n.dispatchEvent(new Event('input', { bubbles: true })); }")
    assert_shows(explorer, [5, 8, 1])
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    slider.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    middle = number_in(score_field(explorer, 2))
    assert abs(middle) < 1
    assert_shows(explorer, [5, middle, 1])


def test_the_temperature_slider_runs_from_a_tenth_to_ten(explorer):
    slider = explorer.get_by_label("temperature", exact=True)
    for position, expected in (("min", 0.1), ("max", 10.0)):
        slider.evaluate(
            "(n, end) => { n.value = n[end]; n.dispatchEvent(new Event('input', { bubbles: true })); }", position
        )
        assert_shows(explorer, [5, 2, 1], expected)


def test_the_arrow_keys_move_a_slider(explorer):
    explorer.get_by_label("score of key 3", exact=True).focus()
    explorer.page.keyboard.press("ArrowRight")
    after = number_in(score_field(explorer, 3))
    assert after > 1
    assert_shows(explorer, [5, 2, after])
    explorer.page.keyboard.press("ArrowLeft")
    assert_shows(explorer, [5, 2, 1])


def test_the_buttons_add_double_and_reset(explorer):
    before = shown(explorer, "weight")
    explorer.get_by_role("button", name="Add 1 to every score").click()
    assert_shows(explorer, [6, 3, 2])
    assert (shown(explorer, "weight") == before).all()
    explorer.get_by_role("button", name="Double every score").click()
    assert_shows(explorer, [12, 6, 4])
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, [5, 2, 1])


def test_extreme_scores_stay_finite_and_exact(explorer):
    score_field(explorer, 1).fill("1000")
    score_field(explorer, 3).fill("-1000")
    assert_shows(explorer, [1000, 2, -1000])


def test_a_slider_stands_where_its_number_is_even_beyond_its_first_range(explorer):
    score_field(explorer, 1).fill("40")
    explorer.get_by_label("temperature, from").fill("100")
    for name, value in (("score of key 1", 40), ("temperature", 2)):  # the temperature's slider is logarithmic
        slider = explorer.get_by_label(name, exact=True)
        assert slider.evaluate("n => n.valueAsNumber") == pytest.approx(value)


def test_a_number_that_was_typed_stays_when_the_field_is_left(explorer):
    score_field(explorer, 1).fill("4")
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, [4, 2, 1])
    assert explorer.get_by_label("score of key 1", exact=True).evaluate("n => n.valueAsNumber") == pytest.approx(4)


@pytest.mark.parametrize(("text", "number"), [("5,5", 5.5), ("-3", -3), ("\u22123.25", -3.25), ("0.693", 0.693)])
def test_a_number_may_be_written_as_people_write_it(explorer, text, number):
    score_field(explorer, 1).fill("")
    score_field(explorer, 1).press_sequentially(text)
    assert score_field(explorer, 1).get_attribute("aria-invalid") == "false"
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, [number, 2, 1])


@pytest.mark.parametrize("text", ["", "-5000", "1e5", "five", "1.2.3"])
def test_what_cannot_be_used_leaves_nothing_behind(explorer, text):
    score_field(explorer, 1).fill("")
    score_field(explorer, 1).press_sequentially(text)
    assert score_field(explorer, 1).get_attribute("aria-invalid") == "true"
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, [5, 2, 1])


def test_doubling_stops_before_it_would_change_which_score_is_ahead(explorer):
    double = explorer.get_by_role("button", name="Double every score")
    for _ in range(7):
        double.click()
    assert_shows(explorer, [640, 256, 128])
    assert double.is_disabled()
    score_field(explorer, 1).fill("1000")
    assert explorer.get_by_role("button", name="Add 1 to every score").is_disabled()


def test_the_arrow_keys_take_the_temperature_from_one_to_about_ten_in_twenty_steps(explorer):
    explorer.get_by_label("temperature", exact=True).focus()
    for _ in range(20):
        explorer.page.keyboard.press("ArrowUp")
    reached = number_in(explorer.get_by_label("temperature, from"))
    assert 9 <= reached <= 11
    assert_shows(explorer, [5, 2, 1], reached)


def test_every_control_is_reached_by_the_keyboard_and_has_a_name(explorer, names_in_order):
    names = names_in_order(explorer)
    assert len(set(names)) == len(names) == 11
    assert all(re.search(r"\w", name) for name in names)


def test_a_change_is_announced_to_screen_readers(explorer):
    score_field(explorer, 1).fill("2")
    weights = ", ".join(f"{w:.3f}" for w in attnlib.softmax(np.array([2.0, 2.0, 1.0])))
    explorer.page.wait_for_function(
        "text => document.querySelector('.am-explorer [role=status]').textContent.includes(text)", arg=weights
    )
    explorer.get_by_role("button", name="Add 1 to every score").click()  # the weights stay, what is said does not
    explorer.page.wait_for_function(
        "() => document.querySelector('.am-explorer [role=status]').textContent.includes('Scores 3, 3, 2;')"
    )


def test_it_fits_on_a_narrow_screen(open_explorer, assert_fits):
    assert_fits(open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}))


def test_without_javascript_the_picture_stands(open_page, site_url):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    assert [float(t) for t in explorer.locator('[data-part="score"]').all_inner_texts()] == [5, 2, 1]
    weights = attnlib.softmax(np.array([5.0, 2.0, 1.0]))
    np.testing.assert_allclose(shown(explorer, "weight"), weights, atol=5.01e-4)
    assert explorer.locator("input, button").count() == 0


def test_the_drawings_show_with_the_styles_and_the_line_in_their_place_without(explorer):
    seen = "node => node.checkVisibility()"
    svgs = explorer.locator("svg").first
    line = explorer.locator(".am-unstyled")
    assert svgs.evaluate(seen)
    assert not line.evaluate(seen)
    explorer.page.evaluate("document.querySelectorAll('style').forEach((node) => node.remove())")
    assert not svgs.evaluate(seen)
    assert line.evaluate(seen)


def test_only_keys_with_control_and_escape_leave_the_figure(explorer):
    explorer.page.evaluate("window.left = []; document.addEventListener('keydown', (e) => window.left.push(e.key))")
    for control in ("button", 'input[type="range"]', 'input[type="text"]'):
        explorer.locator(control).first.focus()
        for key in ("j", "d", "ArrowDown", "ArrowRight", "Enter", "Control+s", "Escape"):
            explorer.page.keyboard.press(key)
        assert explorer.page.evaluate("window.left.splice(0)") == ["Control", "s", "Escape"], control
