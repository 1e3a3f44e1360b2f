"""The explorer of chapter 6 in a real browser: its model, in JavaScript, computes what Python's does."""

import functools
import re

import numpy as np
import pytest

from attnlib import results
from attnlib.explorers import DecoderSteps
from attnlib.explorers.decoder_steps import ORDERS

CHAPTER = "notebooks/06-attention-inside-a-decoder.html"
ONE = '.am-explorer[data-explorer="decoder_steps"]'
MODELS = {order: run["model"] for order, run in results.load("decoder_steps")["results"].items()}
NAMES = {"luong": "Luong", "bahdanau": "Bahdanau"}
START = {"order": "luong", "source": "3141592", "moment": 18}


@functools.cache
def python(**state):
    return DecoderSteps(models=MODELS, **START | state)


@pytest.fixture(params=["http"])
def explorer(request, open_explorer):
    """The explorer of chapter 6, over http or from a file with the network cut."""
    return open_explorer(CHAPTER, ONE, from_file=request.param == "file")


# All that can be read in the figure, and the whole numbers behind it.
READ = """root => ({
  text: [...root.querySelectorAll(
    '[data-part=written] li, [data-part=parts] li, [data-part=rows] tr, [data-part=verdict], [data-part=step]')]
    .map(line => [line.textContent.trim(), line.getAttribute('aria-current')]),
  bars: [...root.querySelectorAll('[data-part=bar]')].map(bar => Number(bar.getAttribute('width'))),
  paths: [...root.querySelectorAll('.am-filled')].map(path =>
    path.getAttribute('d').match(/v[^h]*/g).map(v => Number(v.slice(1)))),
  ...Object.fromEntries(['score', 'weight', 'probability'].map(part =>
    [part, [...root.querySelectorAll(`[data-part=${part}][data-value]`)].map(n => Number(n.dataset.value))])),
  vectors: [...root.querySelectorAll('[data-part=parts] [data-value]')].map(n =>
    n.dataset.value.split(',').map(Number)),
})"""


def read_python(page, figure):
    """What stands in the picture that Python draws, read by the same browser."""
    return page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        figure.picture(),
    )


def assert_shows(explorer, **state):
    figure = python(**state)
    seen, drawn = explorer.evaluate(READ), read_python(explorer.page, figure)
    assert seen["text"] == drawn["text"]
    np.testing.assert_allclose(seen["bars"], drawn["bars"], atol=0.01)
    parts = ORDERS[figure.order][2]
    t = max(1, -(-figure.moment // len(parts)))
    step, done = figure.steps[t - 1], parts[: figure.moment - len(parts) * (t - 1)]
    for part in ("score", "weight"):
        expected = step[f"{part}s"] if f"{part}s" in done else []
        np.testing.assert_allclose(seen[part], expected, atol=1e-6, err_msg=part)
    written = figure.steps[: figure.moment // len(parts)]
    np.testing.assert_allclose(seen["probability"], [s["probability"] for s in written], atol=1e-6)
    vectors = [step[part] for part in done if part in ("state", "context", "attentional")]
    assert len(seen["vectors"]) == len(seen["paths"]) == len(vectors)
    if vectors:
        np.testing.assert_allclose(seen["vectors"], vectors, atol=1e-6)
        np.testing.assert_allclose(seen["paths"], -9 * np.array(vectors), atol=0.006)
    assert explorer.locator("input:checked").get_attribute("value") == figure.order
    assert explorer.locator('input[type="text"]').input_value() == figure.source
    n_done = len(parts) * len(figure.steps)
    at_end = explorer.locator('.am-moves [aria-disabled="true"]').all_inner_texts()
    assert at_end == ["Back", "Start again"] * (figure.moment == 0) + ["Next part", "Next symbol", "To the end"] * (
        figure.moment == n_done
    )


def press(explorer, name):
    explorer.get_by_role("button", name=name, exact=True).evaluate("node => node.click()")  # even one that is disabled


def type_digits(explorer, digits):
    explorer.locator('input[type="text"]').fill(digits)


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_it_begins_with_the_state_of_the_notebook_and_every_control_moves_it(explorer):
    assert_shows(explorer)
    press(explorer, "Next part")
    assert_shows(explorer, moment=19)
    press(explorer, "Next symbol")
    assert_shows(explorer, moment=24)
    press(explorer, "Back")
    assert_shows(explorer, moment=23)
    explorer.get_by_label("Bahdanau").check()
    assert_shows(explorer, moment=20, order="bahdanau")
    press(explorer, "To the end")
    assert_shows(explorer, moment=40, order="bahdanau")
    press(explorer, "Next part")
    assert_shows(explorer, moment=40, order="bahdanau")
    press(explorer, "Start again")
    assert_shows(explorer, moment=0, order="bahdanau")
    press(explorer, "Back")
    assert_shows(explorer, moment=0, order="bahdanau")
    type_digits(explorer, "90210")
    assert_shows(explorer, moment=0, order="bahdanau", source="90210")


@pytest.mark.parametrize("order", ORDERS)
def test_every_part_of_every_step_is_computed_as_python_computes_it(explorer, order):
    explorer.get_by_label(NAMES[order]).check()
    type_digits(explorer, "5503")
    n_parts = len(ORDERS[order][2])
    for moment in range(n_parts * len(python(order=order, source="5503", moment=0).steps) + 1):
        assert_shows(explorer, order=order, source="5503", moment=moment)
        press(explorer, "Next part")


@pytest.mark.parametrize(("order", "source"), [("luong", "6" * 20), ("bahdanau", "27182818284590452353")])
def test_every_step_of_a_string_that_is_too_long_is_as_python_computes_it(explorer, order, source):
    explorer.get_by_label(NAMES[order]).check()
    type_digits(explorer, source)
    n_parts, n_steps = len(ORDERS[order][2]), len(python(order=order, source=source, moment=0).steps)
    for t in range(1, n_steps + 1):
        press(explorer, "Next symbol")
        assert_shows(explorer, order=order, source=source, moment=n_parts * t)


def test_the_examples_are_copied(explorer):
    for digits in ("271828182845", "16180339887498948482", "3141592"):
        press(explorer, f"copy {digits}")
        assert_shows(explorer, source=digits, moment=0)


@pytest.mark.parametrize("text", ["", "12a", "1" * 21, "-3", "1 2"])
def test_what_is_not_one_to_twenty_digits_changes_nothing(explorer, text):
    field = explorer.locator('input[type="text"]')
    type_digits(explorer, text)
    assert field.get_attribute("aria-invalid") == "true"
    field.blur()
    assert field.get_attribute("aria-invalid") == "false"
    assert_shows(explorer)


def test_the_keyboard_alone_reaches_everything(explorer, names_in_order):
    keyboard = explorer.page.keyboard
    explorer.locator("input:checked").focus()
    keyboard.press("ArrowRight")
    assert_shows(explorer, order="bahdanau", moment=15)
    names = ["Bahdanau", "field", *["copy"] * 3, "Next part", "Next symbol", "Back", "To the end", "Start again"]
    for _ in names[1:7]:
        keyboard.press("Tab")
    keyboard.press("Enter")  # Next symbol
    assert_shows(explorer, order="bahdanau", moment=20)
    keyboard.press("Enter")  # the button keeps the focus
    assert_shows(explorer, order="bahdanau", moment=25)
    for _ in names[7:10]:
        keyboard.press("Tab")
    keyboard.press("Space")  # Start again
    assert_shows(explorer, order="bahdanau", moment=0)
    controls = explorer.locator("input, button").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label') || (n.labels?.[0] ?? n).innerText)"
    )
    assert len(set(controls)) == 11
    assert all(re.search(r"\w", name) for name in controls)
    assert "to copy, 1 to 20 digits" in controls


def test_the_part_that_is_done_is_announced(explorer):
    press(explorer, "Next part")
    press(explorer, "Next part")
    explorer.page.wait_for_function(
        "() => document.querySelector('[data-explorer=decoder_steps] [role=status]').textContent"
        ".startsWith('Step 4 in Luong\u2019s order. Scores: h\u2084 asks. It has read \u201c4\u201d.')"
    )


def test_two_on_one_page_do_not_disturb_each_other(explorer):
    explorer.page.evaluate(
        """async () => {
          const source = document.querySelector('script[data-explorer-module="decoder_steps"]').textContent;
          const module = await import(URL.createObjectURL(new Blob([JSON.parse(source)], { type: 'text/javascript' })));
          const first = document.querySelector('[data-explorer="decoder_steps"]'), el = first.cloneNode(true);
          const state = JSON.parse(first.dataset.state);
          delete el.dataset.alive;
          first.after(el);
          module.default.render({ el, model: { get: (name) => state[name], set() {}, on() {}, save_changes() {} } });
        }"""
    )
    first, second = explorer.nth(0), explorer.nth(1)
    first.get_by_label("Bahdanau").check()
    assert_shows(first, order="bahdanau", moment=15)
    assert_shows(second)


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    explorer.get_by_role("button", name="copy 16180339887498948482").tap()
    explorer.get_by_role("button", name="To the end").tap()
    n_steps = len(python(source="16180339887498948482", moment=0).steps)
    assert_shows(explorer, source="16180339887498948482", moment=6 * n_steps)
    assert_fits(explorer)
    boxes = explorer.locator("button, .am-choice label, input[type=text]").evaluate_all(
        "nodes => nodes.map(n => n.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
    )
    assert min(boxes) >= 24


def test_without_javascript_the_picture_stands(open_page, site_url):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    assert explorer.evaluate(READ)["text"] == read_python(page, python())["text"]
    assert explorer.locator("input, button").count() == 0
    assert explorer.locator('[data-part="source"]').inner_text() == "3141592"
