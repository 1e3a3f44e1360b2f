"""Dropping and tying heads in a real browser: the models run in the page and give what Python's numbers give."""

import json

import numpy as np
import pytest

from attnlib.explorers import DropAndTie

CHAPTER = "notebooks/12-multi-head.html"
ONE = '.am-explorer[data-explorer="drop_and_tie"]'


@pytest.fixture(params=["http"])
def explorer(request, open_explorer):
    """The explorer, over http or from a file with the network cut."""
    return open_explorer(CHAPTER, ONE, from_file=request.param == "file")


@pytest.fixture
def made(explorer):
    """A function: Python's explorer with the models and rows of the page, in another state."""
    state = json.loads(explorer.get_attribute("data-state"))
    return lambda **changes: DropAndTie(**state | changes)


def numbers(explorer, part):
    """The whole numbers of a part; where one is written as a number, it stands there rounded."""
    pairs = explorer.locator(f'[data-part="{part}"]').evaluate_all(
        "nodes => nodes.map(n => [Number(n.dataset.value), Number(n.innerText.replace('\u2212', '-'))])"
    )
    whole, shown = np.transpose(pairs)
    kept = ~np.isnan(shown)
    np.testing.assert_allclose(shown[kept], whole[kept], atol=5.01e-3)
    return whole


def drawn(explorer, part, pattern):
    """The numbers of a path that stand at the place of the group of a pattern."""
    return np.array(
        explorer.locator(f'[data-part="{part}"]').evaluate_all(
            "(nodes, pattern) => nodes.flatMap(n => [...n.getAttribute('d').matchAll(pattern)].map(m => Number(m[1])))",
            pattern,
        )
    )


def assert_shows(explorer, expected):
    """Everything on the explorer is what Python computes for this state."""
    i, x = expected.place - 2, np.array(expected.rows)[0, :, 0]
    added, weights, wanted = expected.added[:, 0, :, 0], expected.weights, expected.wanted[0, :, 0]
    np.testing.assert_allclose(numbers(explorer, "explained"), expected.explained, atol=1e-6)
    np.testing.assert_allclose(numbers(explorer, "adds"), added[:, i], atol=1e-6)
    np.testing.assert_allclose(numbers(explorer, "sum"), added[:, i].sum(), atol=1e-6)
    np.testing.assert_allclose(numbers(explorer, "wanted"), wanted[i], atol=1e-6)
    np.testing.assert_allclose(numbers(explorer, "input"), x[[i + 1, i]], atol=1e-6)
    np.testing.assert_allclose(numbers(explorer, "back").reshape(-1, 2), weights[:, i][:, [i + 1, i]], atol=1e-6)
    heights = -drawn(explorer, "weights", r"20v(\S+?)h8V20z") / 20
    np.testing.assert_allclose(heights.reshape(weights[:, i].shape), weights[:, i], atol=1e-6)
    dots = drawn(explorer, "dots", r"M\S+ (\S+?)a3")
    np.testing.assert_allclose(dots, 70 - 14 * np.clip(added.sum(axis=0), -4.5, 4.5), atol=1e-4)
    np.testing.assert_allclose(drawn(explorer, "errors", r"V([\d.]+)"), dots, atol=1e-4)
    share = explorer.locator('[data-part="share"]').evaluate("n => n.width.baseVal.value / 270")
    assert share == pytest.approx(min(max(expected.explained, 0), 1), abs=1e-4)
    boxes = explorer.locator('[data-part="heads"] input').evaluate_all("nodes => nodes.map(n => n.checked)")
    assert boxes == [head not in expected.dropped for head in range(len(weights))]
    off = [text == "off" for text in explorer.locator('[data-part="adds"]').all_inner_texts()]
    assert off == [not box for box in boxes]
    assert explorer.get_by_label(expected.model, exact=True).is_checked()
    assert explorer.get_by_label("Tie: all heads").is_checked() == expected.tied
    assert explorer.get_by_label("place t, a").input_value() == str(expected.place)
    assert explorer.locator('[data-part="model"]').inner_text() == f"Model: {expected.model}"
    assert explorer.locator('[data-part="tied"]').inner_text() == ("yes" if expected.tied else "no")
    assert numbers(explorer, "kept") == sum(boxes)
    assert numbers(explorer, "count") == len(boxes)


def choose(explorer, model):
    explorer.get_by_role("group", name="model").get_by_label(model, exact=True).check()


def head(explorer, i):
    return explorer.get_by_role("checkbox", name=f"head {i}", exact=True)


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_heads_are_dropped_and_tied_and_come_back(explorer, made):
    assert_shows(explorer, made())
    head(explorer, 2).uncheck()
    head(explorer, 1).uncheck()
    assert_shows(explorer, made(dropped=[1, 2]))
    explorer.get_by_label("Tie: all heads").check()
    assert_shows(explorer, made(dropped=[1, 2], tied=True))
    assert explorer.locator('[data-part="explained"]').inner_text() == "0.500"
    head(explorer, 1).check()
    head(explorer, 0).uncheck()
    assert_shows(explorer, made(dropped=[0, 2], tied=True))  # below zero
    explorer.get_by_label("place t, a").fill("2")
    assert_shows(explorer, made(dropped=[0, 2], tied=True, place=2))
    choose(explorer, "1 head")
    assert_shows(explorer, made(model="1 head", tied=True, place=2))
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, made())


def test_every_model_runs_whole_tied_and_without_its_first_head(explorer, made):
    for model in made().models:
        choose(explorer, model)
        assert_shows(explorer, made(model=model))
        explorer.get_by_label("Tie: all heads").check()
        assert_shows(explorer, made(model=model, tied=True))
        assert numbers(explorer, "explained") < 0.501
        explorer.get_by_label("Tie: all heads").uncheck()
        head(explorer, 0).uncheck()
        assert_shows(explorer, made(model=model, dropped=[0]))


def test_the_chapter_prints_the_same_shares(explorer):
    printed = explorer.page.locator("pre", has_text="4 heads        without []     tied: 0").last.inner_text()
    for line in printed.strip().splitlines():
        (name, rest), share = line.split("without"), float(line.split("=")[1])
        choose(explorer, name.strip())
        for i in json.loads(rest.split("tied")[0]):
            head(explorer, i).uncheck()
        explorer.get_by_label("Tie: all heads").set_checked("tied: 1" in line)
        assert numbers(explorer, "explained")[0] == pytest.approx(share, abs=5.01e-3)
        explorer.get_by_role("button", name="Reset").click()


def test_the_keyboard_alone_reaches_everything_and_keeps_its_place(explorer, made):
    keyboard = explorer.page.keyboard
    explorer.locator("input:checked").first.focus()
    keyboard.press("ArrowRight")
    assert_shows(explorer, made(model="8 heads"))
    keyboard.press("Tab")
    keyboard.press("Space")
    assert_shows(explorer, made(model="8 heads", tied=True))
    keyboard.press("Tab")
    keyboard.press("ArrowRight")
    assert_shows(explorer, made(model="8 heads", tied=True, place=8))
    for _ in range(3):  # the field, Reset, the first head
        keyboard.press("Tab")
    keyboard.press("Space")
    assert_shows(explorer, made(model="8 heads", tied=True, place=8, dropped=[0]))
    keyboard.press("Tab")
    keyboard.press("Space")
    assert_shows(explorer, made(model="8 heads", tied=True, place=8, dropped=[0, 1]))


def test_every_control_has_a_name(explorer):
    names = explorer.locator("input, button").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label') || (n.labels?.[0] ?? n).innerText)"
    )
    assert names == [
        *["1 head", "2 heads", "2 heads, stuck", "4 heads", "8 heads", "Tie: all heads get the weights of head 0"],
        *["place t", "place t, a whole number from 2 to 9", "Reset", "head 0", "head 1", "head 2", "head 3"],
    ]


def test_a_change_is_announced(explorer):
    head(explorer, 0).uncheck()
    explorer.page.wait_for_function(
        f"() => document.querySelector('{ONE} [role=status]').textContent.startsWith("
        "'4 heads: 3 of 4 heads switched on; tied: no; R squared 0.690. At place 7 the sum is')"
    )


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    explorer.get_by_label("8 heads", exact=True).tap()
    head(explorer, 7).tap()
    assert explorer.locator('[data-part="adds"]').last.inner_text() == "off"
    assert_fits(explorer)
    boxes = explorer.locator("label:has(> input)").evaluate_all(
        "nodes => nodes.map(n => n.getBoundingClientRect().toJSON())"
    )
    assert min(min(box["width"], box["height"]) for box in boxes if box["width"] > 1) >= 24


def test_without_javascript_the_picture_stands(open_page, site_url):
    explorer = open_page(site_url + CHAPTER, java_script_enabled=False).locator(ONE)
    assert explorer.locator('[data-part="explained"]').inner_text() == "1.000"
    assert explorer.locator('[data-part="adds"]').count() == 4
    assert explorer.locator("input, button").count() == 0
