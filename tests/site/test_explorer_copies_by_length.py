"""The explorer of chapter 1 in a real browser: it shows what Python draws for the same state, whatever is pressed."""

import json
import re

import pytest

from attnlib.explorers import CopiesByLength

CHAPTER = "notebooks/01-the-bottleneck.html"
ONE = '.am-explorer[data-explorer="copies_by_length"]'


# All texts with their marks, which curves are seen, and where the mark stands.
READ = """root => [
  ...['said', 'which', 'verdict'].map(name => root.querySelector(`[data-part=${name}]`).textContent),
  root.querySelector('[data-part=drawing]').getAttribute('aria-label'),
  [...root.querySelectorAll('[data-part=curve]')].map(n => n.dataset.look),
  [...root.querySelectorAll('[data-part=digits] tr')].map(row => [row.firstChild.textContent,
    ...[...row.querySelectorAll('td')].map(n => [n.textContent, n.dataset.right ?? ''])]),
  [root.querySelector('[data-part=mark]').getAttribute('transform').match(/[\\d.]+/)[0],
   root.querySelector('[data-part=dot]').getAttribute('cy')].map(Number)]"""


def read_python(page, state):
    """What stands in the picture that Python draws, read by the same browser."""
    return page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        CopiesByLength(**state).picture(),
    )


def assert_shows(explorer, stored, **state):
    state = {"d_state": 64, "length": 7, "example": 2} | state
    state = stored | {"seen": [state["d_state"]]} | state
    *texts, place = explorer.evaluate(READ)
    *expected, there = read_python(explorer.page, state)
    assert texts == expected
    assert place == pytest.approx(there, abs=0.01)
    assert size(explorer, state["d_state"]).is_checked()
    assert field(explorer).input_value() == str(state["length"])
    assert slider(explorer).evaluate("n => n.valueAsNumber") == state["length"]


def size(explorer, d):
    return explorer.get_by_role("radio", name=str(d), exact=True)


def field(explorer):
    return explorer.get_by_label("length, a whole number from 1 to 15")


def slider(explorer):
    return explorer.get_by_label("length", exact=True)


@pytest.mark.parametrize("from_file", [False, True])
def test_it_begins_with_the_state_of_the_notebook_and_every_control_moves_it(open_explorer, stored, from_file):
    explorer = open_explorer(CHAPTER, ONE, from_file=from_file)
    assert_shows(explorer, stored)
    size(explorer, 128).check()
    assert_shows(explorer, stored, d_state=128, seen=[64, 128])
    field(explorer).fill("9")
    assert_shows(explorer, stored, d_state=128, seen=[64, 128], length=9)
    explorer.get_by_role("button", name="Another string").click()
    assert_shows(explorer, stored, d_state=128, seen=[64, 128], length=9, example=3)
    slider(explorer).evaluate("n => { n.value = 3.4; n.dispatchEvent(new Event('input', { bubbles: true })); }")
    assert_shows(explorer, stored, d_state=128, seen=[64, 128], length=3, example=3)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, stored)


def test_the_state_is_small(stored):
    assert len(json.dumps(stored)) < 8_000


def test_the_first_state_answers_neither_of_the_questions_in_the_text(stored):
    """They ask where the larger network loses half of the strings, and what is wrong in a string that is wrong."""
    first = CopiesByLength(**stored)
    assert first.seen == [first.d_state] == [64]
    assert first.strings[0] == first.strings[1]


def test_every_length_and_every_string_is_shown_as_python_shows_it(explorer, stored):
    for d in (16, 32, 64, 128):
        size(explorer, d).check()
        seen = [16, 64] if d == 16 else [x for x in (16, 32, 64) if x <= max(d, 64)] + [128] * (d == 128)
        for n in range(1, 16):
            field(explorer).fill(str(n))
            explorer.get_by_role("button", name="Another string").click()
            k = (15 * [16, 32, 64, 128].index(d) + n + 1) % 5 + 1
            assert_shows(explorer, stored, d_state=d, seen=seen, length=n, example=k)


def test_a_curve_is_seen_once_its_size_was_chosen_and_the_chosen_one_is_thicker(explorer):
    size(explorer, 16).check()
    looks = explorer.locator('[data-part="curve"]').evaluate_all(
        "nodes => nodes.map(n => [getComputedStyle(n).display, getComputedStyle(n.lastElementChild).fontWeight,"
        " getComputedStyle(n.querySelector('path + path')).strokeWidth])"
    )
    (first, second, third, fourth) = looks
    assert second[0] == fourth[0] == "none"
    assert "none" not in (first[0], third[0])
    assert float(first[2].removesuffix("px")) > float(third[2].removesuffix("px"))
    assert first[1] > third[1]


def test_after_the_fifth_string_the_first_comes_back(explorer, stored):
    for k in (3, 4, 5, 1, 2):
        explorer.get_by_role("button", name="Another string").click()
        assert_shows(explorer, stored, example=k)


def test_the_keyboard_alone_reaches_everything(explorer, stored):
    keyboard = explorer.page.keyboard
    size(explorer, 64).focus()
    keyboard.press("ArrowRight")
    assert_shows(explorer, stored, d_state=128, seen=[64, 128])
    keyboard.press("Tab")  # the slider
    keyboard.press("ArrowRight")
    keyboard.press("ArrowUp")
    assert_shows(explorer, stored, d_state=128, seen=[64, 128], length=9)
    for _ in range(9):
        keyboard.press("ArrowLeft")
    assert_shows(explorer, stored, d_state=128, seen=[64, 128], length=1)
    keyboard.press("Tab")  # the field
    keyboard.press("ArrowUp")
    keyboard.press("Tab")  # another string
    keyboard.press("Enter")
    assert_shows(explorer, stored, d_state=128, seen=[64, 128], length=2, example=3)
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert_shows(explorer, stored)


@pytest.mark.parametrize("text", ["0", "16", "", "seven"])
def test_a_length_that_is_not_there_leaves_nothing_behind(explorer, stored, text):
    field(explorer).fill(text)
    assert field(explorer).get_attribute("aria-invalid") == "true"
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, stored)


def test_every_control_has_a_name(explorer):
    names = explorer.locator("input, button").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label') || (n.labels?.[0] ?? n).innerText)"
    )
    assert len(set(names)) == len(names) == 4 + 2 + 2
    assert all(re.search(r"\w", name) for name in names)
    assert explorer.get_by_role("group", name="numbers in the state").count() == 1


def test_a_change_is_announced_and_colour_is_not_its_only_sign(explorer, stored):
    explorer.get_by_role("button", name="Another string").click()
    explorer.page.wait_for_function(
        "() => /64 numbers, length 7: .* Asked: 2 4 7 6 3 7 3. Written: 2 4 7 6 3 3 7. Right up to the first"
        " mistake: 5/.test(document.querySelector('.am-explorer [role=status]').textContent)"
    )
    marks = explorer.locator('[data-part="digits"] tr').nth(2).locator("td").all_inner_texts()
    assert [mark[0] for mark in marks] == ["✓"] * 5 + ["✗"] * 2
    written = explorer.locator('[data-part="digits"] tr').nth(1).locator("td")
    assert written.evaluate_all("nodes => nodes.map(n => getComputedStyle(n).fontWeight)") == ["400"] * 5 + ["700"] * 2


def test_two_on_one_page_do_not_disturb_each_other(open_explorer, stored):
    explorer = open_explorer(CHAPTER, ONE)
    explorer.evaluate(
        """async (first, snapshot) => {
          const source = document.querySelector('script[data-explorer-module="copies_by_length"]').textContent;
          const module = await import(URL.createObjectURL(new Blob([JSON.parse(source)], { type: 'text/javascript' })));
          const el = document.createElement('div'), state = { ...JSON.parse(first.dataset.state), snapshot };
          module.default.render({ el, model: { get: (name) => state[name], set() {}, on() {}, save_changes() {} } });
          first.after(el);
        }""",
        CopiesByLength(**stored).picture(),
    )
    size(explorer, 16).check()
    assert_shows(explorer, stored, d_state=16, seen=[16, 64])
    other = explorer.page.locator(".am-explorer").nth(1)
    assert size(other, 64).is_checked()
    assert other.evaluate(READ)[:-1] == read_python(explorer.page, stored)[:-1]


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits, stored):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    size(explorer, 32).tap()
    field(explorer).fill("15")
    for k in (3, 4, 5, 1, 2):
        explorer.get_by_role("button", name="Another string").tap()
        assert_fits(explorer)
        assert_shows(explorer, stored, d_state=32, seen=[32, 64], length=15, example=k)
    for target in (explorer.get_by_role("button", name="Another string"), explorer.locator(".am-choice label").first):
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24


def test_without_javascript_the_picture_stands(open_page, site_url, stored):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    assert "64 numbers, length 7: exact match" in explorer.inner_text()
    written = explorer.locator('[data-part="digits"] tr').nth(1).locator("td").all_inner_texts()
    assert "".join(written) == stored["written"][2][6].split(" ")[1]
    assert explorer.locator("input, button").count() == 0
