"""The explorer of chapter 9 in a real browser: it shows what Python draws for the same head and word."""

import json

import pytest

from attnlib.explorers import RealHeads

CHAPTER = "notebooks/09-self-attention.html"
ONE = '.am-explorer[data-explorer="real_heads"]'


# Every marked place as its text, how long the bars are, which line asks, and whether the last sentence is seen.
READ = """root => ({
  texts: [...root.querySelectorAll('[data-part]:not([data-part=status])')].map(n => [n.dataset.part, n.textContent]),
  bars: [...root.querySelectorAll('[data-part=bar]')].map(n => Number(n.getAttribute('width')).toFixed(2)),
  asking: [...root.querySelectorAll('tr[aria-current=true]')].map(n => n.firstChild.textContent),
  none: !root.querySelector('[data-part=none]').hidden,
})"""


def assert_shows(explorer, stored, **chosen):
    now = {"layer": 4, "head": 2, "asks": 10} | chosen
    python = explorer.page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        RealHeads(**stored | now).picture(),
    )
    assert explorer.evaluate(READ) == python
    checked = explorer.locator("input:checked").evaluate_all("nodes => nodes.map(n => Number(n.value))")
    assert checked == list(now.values())


def choose(explorer, group, option):
    explorer.get_by_role("group", name=group, exact=True).get_by_label(str(option), exact=True).check()


def test_the_state_is_small_and_holds_whole_words_only(stored):
    assert len(json.dumps(stored)) < 25_000
    assert [stored["tokens"][0][i] for i in stored["asking"]] == [
        "animal",
        "cross",
        "street",
        "it",
        "was",
        "tired",
    ]


@pytest.mark.parametrize("from_a_file", [False, True])
def test_it_begins_with_the_notebook_and_every_choice_moves_it(open_explorer, stored, from_a_file):
    explorer = open_explorer(CHAPTER, ONE, from_file=from_a_file)
    assert_shows(explorer, stored)
    choose(explorer, "layer", 6)
    choose(explorer, "head", 12)
    assert_shows(explorer, stored, layer=6, head=12)
    choose(explorer, "word that asks", "tired / wide")
    assert_shows(explorer, stored, layer=6, head=12, asks=13)
    choose(explorer, "layer", 1)  # has no record, and says so
    assert_shows(explorer, stored, layer=1, head=12, asks=13)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer, stored)


def test_every_head_shows_its_numbers(explorer, stored):
    """All 72 are chosen in one go by clicks inside the page, which saves a message to the browser for each."""
    seen = explorer.evaluate(
        """(root, names) => {
          const [layers, heads] = [...root.querySelectorAll('fieldset')].map(n => [...n.querySelectorAll('input')]);
          return layers.map(layer => { layer.click(); return heads.map(head => { head.click();
            return Object.fromEntries(names.map(
              name => [name, [...root.querySelectorAll(`[data-part=${name}]`)].map(n => n.textContent)])); }); });
        }""",
        ["weight", "both", "share", "right_way", "cases"],
    )
    drawn, query = RealHeads(**stored), stored["asking"].index(10)
    for layer in range(6):
        for head in range(12):
            weights, shares = drawn.weights[:, layer, head, query].T.ravel(), drawn.shares[:, layer, head, query]
            assert seen[layer][head]["weight"] == [f"{w:.3f}" for w in weights]
            both = drawn.weights[:, layer, head, query][:, stored["nouns"]].sum(axis=1)
            assert seen[layer][head]["both"] == [f"{w:.3f}" for w in both]
            assert seen[layer][head]["share"] == [f"{s:.3f}" for s in shares]
            record = [f"{order[layer][head]:.2f}" for order in stored["right_way"]]
            assert seen[layer][head]["right_way"] == (record if layer else ["\u2013"] * 2)
            record = [str(order[layer][head]) for order in stored["cases"]]
            assert seen[layer][head]["cases"] == (record if layer else ["\u2013"] * 2)


def test_every_word_asks_and_both_the_are_told_apart(explorer, stored):
    assert "the (1)" in explorer.inner_text()
    assert "the (2)" in explorer.inner_text()
    names = ["animal", "cross", "street", "it", "was", "tired / wide"]
    for name, asks in zip(names, stored["asking"], strict=True):
        choose(explorer, "word that asks", name)
        assert_shows(explorer, stored, asks=asks)


def test_bars_are_as_long_as_their_numbers_on_the_screen(explorer):
    choose(explorer, "head", 6)
    drawn = explorer.locator('[data-part="bar"]').evaluate_all(
        "nodes => nodes.map(n => n.getBoundingClientRect().width / n.ownerSVGElement.getBoundingClientRect().width)"
    )
    weights = explorer.locator('[data-part="weight"]').all_inner_texts()
    assert len(drawn) == 32
    assert drawn == pytest.approx([float(w) for w in weights], abs=0.01)


def test_the_keyboard_alone_reaches_everything(explorer, stored):
    keyboard = explorer.page.keyboard
    explorer.locator("input:checked").first.focus()
    keyboard.press("ArrowRight")
    assert_shows(explorer, stored, layer=5)
    keyboard.press("Tab")
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowLeft")  # around to the last head
    assert_shows(explorer, stored, layer=5, head=12)
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    assert_shows(explorer, stored, layer=5, head=12, asks=11)
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert_shows(explorer, stored)


def test_every_control_has_a_name_of_its_own(explorer):
    for group, n in (("layer", 6), ("head", 12), ("word that asks", 6)):
        names = explorer.get_by_role("group", name=group, exact=True).locator("label").all_inner_texts()
        assert len(set(names)) == n
    assert explorer.locator("input, button").count() == 6 + 12 + 6 + 1


def test_a_change_is_announced_with_the_record(explorer):
    choose(explorer, "head", 11)
    explorer.page.wait_for_function(
        """([one, text]) => document.querySelector(`${one} [role=status]`).textContent.includes(text)""",
        arg=[ONE, "Head 4.11, asked from it. Weight on animal 0.067, then 0.093"],
    )
    said = explorer.locator("[role=status]").text_content()
    assert said.endswith("the wrong way. Record: 0.24 and 0.97 of the pairs; 1 and 6 of 6.")
    choose(explorer, "layer", 1)
    explorer.page.wait_for_function(
        "one => document.querySelector(`${one} [role=status]`).textContent.includes('No record in layer 1.')", arg=ONE
    )


def test_colour_is_not_the_only_sign_of_the_nouns_and_of_the_word_that_asks(explorer):
    bold = explorer.locator("th[data-part=token]").evaluate_all(
        "nodes => nodes.filter(n => getComputedStyle(n).fontWeight >= 700).map(n => n.textContent)"
    )
    assert bold == ["animal", "street"]
    marked = explorer.locator("th[data-part=token]").evaluate_all(
        "nodes => nodes.filter(n => getComputedStyle(n, '::before').content.includes('\u25b8')).map(n => n.textContent)"
    )
    assert marked == ["it"]


def test_two_on_one_page_do_not_disturb_each_other(open_explorer, stored):
    """A second one is put on the page and brought to life as the first was."""
    explorer = open_explorer(CHAPTER, ONE)
    page = explorer.page
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
    choose(explorer.nth(1), "head", 7)
    assert_shows(explorer.nth(0), stored)
    assert_shows(explorer.nth(1), stored, head=7)


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits, stored):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    for word in ("tired / wide", "cross"):
        label = explorer.get_by_role("group", name="word that asks").locator("label", has_text=word)
        label.tap()
        assert_fits(explorer)
        assert label.bounding_box()["height"] >= 24
    assert_shows(explorer, stored, asks=6)


def test_without_javascript_the_picture_stands(open_page, site_url, stored):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    weights = explorer.locator('[data-part="weight"]').all_inner_texts()
    expected = RealHeads(**stored).weights[:, 3, 1, stored["asking"].index(10)].T.ravel()
    assert [float(w) for w in weights] == expected.tolist()
    assert explorer.locator('[data-part="right_way"]').all_inner_texts() == ["0.93", "0.79"]
    assert explorer.locator("input, button").count() == 0
