"""The explorer of chapter 11 in a real browser: scores, weights and the gradient follow the width and the divisor."""

import json
import re

import numpy as np
import pytest

import attnlib

CHAPTER = "notebooks/11-why-the-square-root.html"
ONE = '.am-explorer[data-explorer="width_and_softmax"]'
DIVIDE = {"none": lambda d: 1.0, "root of d_k": lambda d: d**0.5, "d_k": float}
LABELS = {"none": "nothing", "root of d_k": "the root of d_k", "d_k": "d_k"}


def look(explorer):
    """All marked places of the explorer: name -> (text, whole number, path)."""
    return explorer.evaluate(
        """el => Object.fromEntries([...el.querySelectorAll('[data-part]')].map(
            n => [n.dataset.part, [n.textContent, n.dataset.value, n.getAttribute('d')]]))"""
    )


def places(seen, name, pattern=r"M([\d.]+)"):
    return np.array(re.findall(pattern, seen[name][2]), dtype=float)


def assert_shows(explorer, stored, d_key, divisor):
    """Every number and every drawing is what attnlib computes for this width and divisor."""
    seen, row = look(explorer), int(np.log2(d_key))
    by = DIVIDE[divisor](d_key)
    scores = np.array(stored["scores"][row]) / by
    weights, typical = attnlib.softmax(scores), stored["typical"][divisor][row]
    spread = float(attnlib.entropy(weights))
    for name, expected, off in (
        ("width", d_key, 0),
        ("divisor", by, 0.0501),
        ("spread", scores.std(), 5.01e-4),
        ("largest", weights.max(), 5.01e-4),
        ("entropy", spread, 5.01e-4),
        ("keys", np.exp(spread), 0.0501),
        ("typical", typical, 0),
    ):
        assert float(seen[name][1]) == pytest.approx(expected, abs=1e-9), name
        assert float(seen[name][0]) == pytest.approx(expected, rel=0, abs=off), name
    end = 50 * np.ceil(np.abs(stored["scores"]).max() / 50)
    np.testing.assert_allclose((places(seen, "scores") - 168) / 134 * end, scores, atol=0.006 * end / 134)
    tall = places(seen, "weights", r"v-([\d.]+)") / 150
    np.testing.assert_allclose(tall, np.sort(weights)[::-1], atol=4e-5)
    assert 10 ** ((places(seen, "length")[0] - 302) / 67) == pytest.approx(max(typical, 1e-4), rel=1e-3)
    assert float(field(explorer).input_value()) == d_key
    assert [radio(explorer, name).is_checked() for name in DIVIDE] == [name == divisor for name in DIVIDE]


def field(explorer):
    return explorer.get_by_label("width d_k, 1, 2, 4")


def slider(explorer):
    return explorer.get_by_label("width d_k", exact=True)


def radio(explorer, divisor):
    return explorer.get_by_role("radio", name=LABELS[divisor], exact=True)


def test_the_state_is_small_and_is_that_of_the_chapter(stored):
    assert len(json.dumps(stored)) < 8_000
    rng = np.random.default_rng(0)
    query, keys = rng.choice([-1.0, 1.0], size=1024), rng.standard_normal((64, 1024))
    for row, scores in enumerate(stored["scores"]):
        np.testing.assert_allclose(scores, keys[:, : 2**row] @ query[: 2**row], atol=5.01e-3)
    assert len(stored["scores"]) == 11


def test_what_the_reader_should_have_seen_is_so(stored):
    largest = [attnlib.softmax(np.array(scores)).max() for scores in stored["scores"]]
    assert [w > 0.5 for w in largest] == [False] * 4 + [True] * 7  # from width 16 on
    assert largest[5] > 0.95
    assert abs(largest[6] - 2 / 3) < 0.01
    none, root, width = (stored["typical"][name] for name in DIVIDE)
    assert (max(none), none.index(max(none)), none[10]) == (0.24, 3, 0.00011)
    assert max(root) < 1.25 * min(root)
    assert abs(width[10] - 1 / 8) < 0.01
    equal = attnlib.softmax(np.array(stored["scores"][10]) / 1024)
    assert f"{np.exp(attnlib.entropy(equal)):.1f}" == "64.0"


def test_the_typical_gradient_vanishes_without_the_root_only(stored):
    typical = stored["typical"]
    assert typical["none"][10] < typical["none"][3] / 1000
    for name in ("root of d_k", "d_k"):
        assert max(typical[name]) < 1.3 * min(typical[name])


@pytest.mark.parametrize("from_a_file", [False, True])
def test_it_begins_with_the_notebook_and_follows_every_divisor(open_page, site_url, build_dir, stored, from_a_file):
    page = open_page((build_dir / CHAPTER).as_uri() if from_a_file else site_url + CHAPTER)
    page.wait_for_selector(f'{ONE}[data-alive="true"]')
    explorer = page.locator(ONE)
    assert_shows(explorer, stored, 64, "none")
    for divisor in ("root of d_k", "d_k", "none"):
        radio(explorer, divisor).check()
        assert_shows(explorer, stored, 64, divisor)
    assert page.record.errors == []
    assert page.record.outside == []


@pytest.mark.parametrize("divisor", DIVIDE)
def test_every_width_that_is_typed_is_shown(explorer, stored, divisor):
    radio(explorer, divisor).check()
    for row in range(11):
        field(explorer).fill(str(2**row))
        assert_shows(explorer, stored, 2**row, divisor)


def test_the_slider_jumps_from_power_to_power(explorer, stored):
    for position, d_key in (("0", 1), ("2.9", 8), ("10", 1024), ("6.4", 64)):
        slider(explorer).evaluate(
            "(n, x) => { n.value = x; n.dispatchEvent(new Event('input', { bubbles: true })); }", position
        )
        assert_shows(explorer, stored, d_key, "none")
        assert slider(explorer).evaluate("n => n.valueAsNumber") == np.log2(d_key)
        assert slider(explorer).get_attribute("aria-valuetext") == str(d_key)


def test_the_arrow_keys_double_and_halve_and_stop_at_the_ends(explorer, stored):
    slider(explorer).focus()
    for key, d_key in (("ArrowRight", 128), ("ArrowUp", 256), ("ArrowLeft", 128), ("ArrowDown", 64)):
        explorer.page.keyboard.press(key)
        assert_shows(explorer, stored, d_key, "none")
    for key, d_key in (("ArrowRight", 1024), ("ArrowLeft", 1)):
        for _ in range(11):
            explorer.page.keyboard.press(key)
        assert_shows(explorer, stored, d_key, "none")


@pytest.mark.parametrize(("text", "d_key"), [("100", 128), ("3", 4), ("0", 64), ("2000", 64), ("wide", 64), ("", 64)])
def test_what_is_no_power_of_two_becomes_the_nearest_one_and_what_is_no_width_leaves_nothing(
    explorer, stored, text, d_key
):
    field(explorer).fill(text)
    assert field(explorer).get_attribute("aria-invalid") == str(text in {"0", "2000", "wide", ""}).lower()
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, stored, d_key, "none")


def test_the_divisor_is_chosen_with_the_arrow_keys_and_reset_takes_back_both(explorer, stored):
    radio(explorer, "none").focus()
    explorer.page.keyboard.press("ArrowRight")
    assert_shows(explorer, stored, 64, "root of d_k")
    explorer.page.keyboard.press("ArrowDown")
    assert_shows(explorer, stored, 64, "d_k")
    field(explorer).fill("512")
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, stored, 64, "none")


def test_every_control_is_reached_by_the_keyboard_and_has_a_name(explorer):
    slider(explorer).focus()
    seen = []
    for _ in range(4):  # radio buttons are one stop
        seen.append(explorer.page.evaluate("document.activeElement.type"))
        explorer.page.keyboard.press("Tab")
    assert seen == ["range", "text", "radio", "button"]
    assert explorer.get_by_role("group", name="divide by").count() == 1


def test_a_change_is_announced_to_screen_readers(explorer):
    field(explorer).fill("1024")
    explorer.page.wait_for_function(
        "text => document.querySelector('.am-explorer [role=status]').textContent.includes(text)",
        arg="Width 1024, divided by nothing; spread of the scores",
    )


def test_two_explorers_on_a_page_do_not_disturb_each_other(open_page, site_url, stored):
    """A second one is put on the page and brought to life as the first was."""
    page = open_page(site_url + CHAPTER)
    page.wait_for_selector(f'{ONE}[data-alive="true"]')
    explorer = page.locator(ONE)
    page.evaluate(
        """one => {
            const twin = document.querySelector(one).cloneNode(true);
            delete twin.dataset.alive;
            document.querySelector(one).after(twin);
            const script = document.createElement('script');
            script.src = document.querySelector('script[src*="explorers.js"]').src;
            document.head.append(script);
        }""",
        ONE,
    )
    page.wait_for_selector(f'{ONE}[data-alive="true"] + {ONE}[data-alive="true"]')
    first, second = explorer.nth(0), explorer.nth(1)
    radio(second, "d_k").check()
    field(second).fill("8")
    assert_shows(first, stored, 64, "none")
    assert_shows(second, stored, 8, "d_k")


def test_it_fits_on_a_narrow_screen_and_its_letters_can_be_read(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800})
    assert_fits(explorer)
    scale = explorer.locator("svg").first.evaluate("n => n.getBoundingClientRect().width / 320")
    assert 12 * scale >= 11


def test_without_javascript_the_picture_stands(open_page, site_url, stored):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    seen = look(explorer)
    weights = attnlib.softmax(np.array(stored["scores"][6]))
    assert float(seen["largest"][0]) == pytest.approx(weights.max(), abs=5.01e-4)
    assert len(places(seen, "weights")) == 64
    assert explorer.locator("input, button").count() == 0
