"""The explorer of chapter 5 in a real browser: the query is moved, and the output follows as Python says."""

import json
import re

import numpy as np
import pytest

from attnlib.explorers import ContextInHull

CHAPTER = "notebooks/05-context-vectors.html"
ONE = '.am-explorer[data-explorer="context_in_hull"]'
ANGLES = 2 * np.pi * np.arange(5) / 5
KEYS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).round(6)
VALUES = np.array([[0.0, 0.0], [4.0, 0.5], [5.0, 3.5], [1.5, 4.5], [2.5, 1.5]])
START = [-1, 2]
UNIT = 40


@pytest.fixture(params=["http"])
def explorer(request, open_explorer):
    """The explorer of chapter 5, over http or from a file with the network cut."""
    return open_explorer(CHAPTER, ONE, from_file=request.param == "file")


def in_python(query, temperature=1.0):
    return ContextInHull(key_points=KEYS, value_points=VALUES, query=query, temperature=temperature)


def shown(explorer):
    """Everything that the explorer shows, read in one go: numbers, words, fields and the drawing."""
    return explorer.evaluate(
        """el => {
          const all = part => [...el.querySelectorAll(`[data-part="${part}"]`)];
          const numbers = (part, name) => all(part).map(n => Number(n.getAttribute(name)));
          const place = part => {
            const { e, f } = all(part)[0].transform.baseVal.consolidate().matrix;
            return [e, f];
          };
          return {
            score: numbers("score", "data-value"), weight: numbers("weight", "data-value"),
            texts: [...all("score"), ...all("weight")].map(n => n.textContent.replace("\\u2212", "-")).map(Number),
            bar: numbers("bar", "width"), key: numbers("key", "fill-opacity"), value: numbers("value", "fill-opacity"),
            pull: numbers("pull", "stroke-width"), ends: all("pull").map(n => [n.x2.baseVal.value, n.y2.baseVal.value]),
            tip: [all("arrow")[0].x2.baseVal.value, all("arrow")[0].y2.baseVal.value],
            query: place("query"), output: place("output"), data: {...all("said")[0].dataset},
            said: all("said")[0].textContent, temperature: Number(all("temperature")[0].textContent),
            fields: [...el.querySelectorAll("input[type=text]")].map(n => Number(n.value)),
          };
        }"""
    )


def assert_shows(explorer, query, temperature=1.0):
    """Everything on the explorer is what Python computes for this state, and the output lies in the hull."""
    page, python = shown(explorer), in_python(query, temperature)
    weights, output = python.weights, python.output
    for name, expected, tolerance in (
        ("score", python.scores, 1e-9),
        ("weight", weights, 1e-9),
        ("texts", [*python.scores, *weights], 5.01e-4),
        ("bar", 100 * weights, 1e-6),
        ("key", weights, 1e-6),
        ("value", weights, 1e-6),
        ("pull", 9 * weights, 1e-6),
        ("ends", np.tile(UNIT * output * [1, -1], (5, 1)), 1e-3),
        ("output", UNIT * output * [1, -1], 1e-3),
        ("query", UNIT * np.array(query) * [1, -1], 1e-3),
        ("tip", UNIT * np.array(query) * [1, -1], 1e-3),
        ("fields", [*query, temperature], 1e-9),
        ("temperature", temperature, 1e-9),
    ):
        np.testing.assert_allclose(page[name], expected, rtol=0, atol=tolerance, err_msg=name)
    np.testing.assert_allclose(json.loads(page["data"]["output"]), output, atol=1e-9)
    assert float(page["data"]["margin"]) == pytest.approx(python.margin, abs=1e-9)
    assert float(page["data"]["margin"]) > -1e-9
    assert page["said"] == re.search(r'data-part="said">(.*?)</p>', python.picture(), re.S).group(1)


def put(explorer, query=None, temperature=None):
    x, y = query or (None, None)
    for name, number in (("query x", x), ("query y", y), ("temperature", temperature)):
        if number is not None:
            explorer.get_by_label(f"{name}, from").fill(str(number))


def middle_of(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_it_begins_with_the_output_of_the_notebook_and_every_field_moves_it(explorer):
    assert_shows(explorer, START)
    printed = np.fromstring(
        explorer.locator("xpath=preceding::pre[1]").inner_text().strip(" []\n"), sep=" ", dtype=float
    )
    np.testing.assert_allclose(printed, json.loads(shown(explorer)["data"]["output"]), atol=5.01e-4)
    put(explorer, (2.5, None))
    assert_shows(explorer, [2.5, 2])
    put(explorer, (None, "\u22121,75"))
    explorer.page.keyboard.press("Tab")
    assert_shows(explorer, [2.5, -1.75])
    put(explorer, temperature=0.1)
    assert_shows(explorer, [2.5, -1.75], 0.1)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, START)


def test_wherever_the_query_goes_the_output_stays_in_the_hull(explorer):
    for temperature in (0.01, 0.3, 1, 100):
        put(explorer, temperature=temperature)
        for query in ([3, 3], [-3, 0.5], [0.1, -3], [0, 0]):
            put(explorer, query)
            assert_shows(explorer, query, temperature)


def test_with_sharp_scores_the_output_is_the_value_of_the_best_key(explorer):
    put(explorer, temperature=0.1)
    for i, (query, value) in enumerate(zip((2.5 * KEYS).round(2).tolist(), VALUES, strict=True)):
        put(explorer, query)
        np.testing.assert_allclose(json.loads(shown(explorer)["data"]["output"]), value, atol=1e-6)
        where = "inside" if i == 4 else "on the edge of"
        assert f"lies {where} the hull" in shown(explorer)["said"]
        assert f"Most weight: 1.000 (key {i + 1})." in shown(explorer)["said"]


def test_sliders_and_arrow_keys_move_query_and_temperature(explorer):
    for name, end, query, temperature in (
        ("query x", "max", [3, 2], 1),
        ("query y", "min", [3, -3], 1),
        ("temperature", "min", [3, -3], 0.1),
        ("temperature", "max", [3, -3], 10),
    ):
        explorer.get_by_label(name, exact=True).evaluate(
            "(n, end) => { n.value = n[end]; n.dispatchEvent(new Event('input', { bubbles: true })); }", end
        )
        assert_shows(explorer, query, temperature)
    for name, key, query, temperature in (
        ("query x", "ArrowLeft", [2.9, -3], 10),
        ("query x", "ArrowRight", [3, -3], 10),
        ("query x", "ArrowRight", [3, -3], 10),  # no farther than the drawing
        ("query y", "ArrowUp", [3, -2.9], 10),
        ("temperature", "ArrowDown", [3, -2.9], 8.9),
    ):
        explorer.get_by_label(name, exact=True).focus()
        explorer.page.keyboard.press(key)
        assert_shows(explorer, query, temperature)


def test_the_query_can_be_dragged_and_stops_at_the_end_of_the_drawing(explorer):
    explorer.scroll_into_view_if_needed()
    mouse, handle = explorer.page.mouse, explorer.locator('[data-part="query"] circle').last
    scale = (
        explorer.locator("svg[role=img]").first.evaluate("n => n.getScreenCTM().a") * UNIT
    )  # pixels for the number 1
    x, y = middle_of(handle)
    mouse.move(x, y)
    assert_shows(explorer, START)  # a pointer that only passes by moves nothing
    mouse.down()
    mouse.move(x + 2 * scale, y + 3 * scale, steps=3)
    assert_shows(explorer, [1, -1])
    np.testing.assert_allclose(middle_of(handle), [x + 2 * scale, y + 3 * scale], atol=2)
    mouse.move(x + 9 * scale, y + 3 * scale)
    assert_shows(explorer, [3, -1])
    mouse.up()
    mouse.move(x, y)
    assert_shows(explorer, [3, -1])


def test_what_cannot_be_used_leaves_nothing_behind(explorer):
    field = explorer.get_by_label("query y, from")
    for text in ("", "4", "-3.01", "up", "1e5"):
        field.fill("")
        field.press_sequentially(text)
        assert field.get_attribute("aria-invalid") == "true"
        explorer.page.keyboard.press("Tab")
        assert_shows(explorer, START)


def test_every_control_is_reached_by_the_keyboard_has_a_name_and_what_changes_is_announced(explorer, names_in_order):
    names = names_in_order(explorer)
    assert len(set(names)) == len(names) == 7
    assert all(re.search(r"\w", name) for name in names)
    put(explorer, temperature=0.1)
    said = shown(explorer)["said"]
    assert said.endswith("lies on the edge of the hull, to three decimals. Most weight: 0.980 (key 3).")
    explorer.page.wait_for_function(
        "([one, text]) => document.querySelector(`${one} [role=status]`).textContent.endsWith(text)",
        arg=[ONE, f"Query (-1, 2); temperature 0.1; weights 0.000, 0.020, 0.980, 0.000, 0.000. {said}"],
    )


def test_two_of_them_on_one_page_do_not_disturb_each_other(explorer):
    explorer.evaluate(
        """async (el, kind) => {
          const twin = document.createElement("div");
          const state = {...JSON.parse(el.dataset.state), query: [2, -1], snapshot: el.innerHTML};
          const listeners = [];
          const model = {
            get: name => state[name], on: (event, tell) => listeners.push(tell), save_changes() {},
            set(name, value) { state[name] = value; listeners.forEach(tell => tell()); },
          };
          const source = JSON.parse(document.querySelector(`[data-explorer-module="${kind}"]`).textContent);
          const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
          el.after(twin);
          module.default.render({ model, el: twin });
          twin.id = "twin";
        }""",
        "context_in_hull",
    )
    twin = explorer.page.locator("#twin")
    assert_shows(twin, [2, -1])
    assert_shows(explorer, START)
    put(twin, (1, 1), 0.5)
    assert_shows(twin, [1, 1], 0.5)
    assert_shows(explorer, START)
    put(explorer, (0.5, 0))
    assert_shows(explorer, [0.5, 0])
    assert_shows(twin, [1, 1], 0.5)


def test_on_a_phone_it_fits_and_a_finger_drags_the_query_and_not_the_page(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    page = explorer.page
    assert_fits(explorer)
    drawings = explorer.locator("svg[role=img]")
    drawings.first.evaluate("n => n.scrollIntoView({ block: 'center', behavior: 'instant' })")
    boxes = [drawings.nth(i).bounding_box() for i in (0, 1)]
    assert boxes[1]["y"] + boxes[1]["height"] - boxes[0]["y"] < 560  # both are seen at once
    scale = drawings.first.evaluate("n => n.getScreenCTM().a") * UNIT
    x, y = middle_of(explorer.locator('[data-part="query"] circle').last)
    scrolled = page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    for event, points in (
        ("touchStart", [{"x": x + 8, "y": y}]),  # a finger is not exact
        ("touchMove", [{"x": x, "y": y + scale}]),
        ("touchMove", [{"x": x, "y": y + 3 * scale}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": points})
    page.wait_for_function("() => document.querySelector('[aria-label^=\"query y,\"]').value === '-1'")
    assert_shows(explorer, [-1, -1])
    assert page.evaluate("scrollY") == scrolled


def test_without_javascript_the_picture_stands(open_page, site_url):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer, python = page.locator(ONE), in_python(START)
    weights = [float(text) for text in explorer.locator('[data-part="weight"]').all_inner_texts()]
    np.testing.assert_allclose(weights, python.weights, atol=5.01e-4)
    assert "(4.292, 2.335) lies inside the hull" in explorer.locator('[data-part="said"]').inner_text()
    assert explorer.locator("input, button").count() == 0
    assert all(box["height"] > 150 for box in (d.bounding_box() for d in explorer.locator("svg[role=img]").all()))
