"""The explorer of chapter 12 in a real browser: it shows what Python draws for the same state, whatever is pressed."""

import re

import pytest

from attnlib.explorers import SplitIntoHeads

CHAPTER = "notebooks/12-multi-head.html"
ONE = '.am-explorer[data-explorer="split_into_heads"]'


@pytest.fixture(params=["http"])
def explorer(request, open_explorer):
    """The explorer of chapter 12, over http or from a file with the network cut."""
    return open_explorer(CHAPTER, ONE, from_file=request.param == "file", reduced_motion="reduce")


# Every row of every table as its text, and the marks of its numbers.
READ = """root => [
  ...root.querySelectorAll('tbody tr, caption, .am-heads tfoot tr, [data-part=verdict], [data-part=place]')]
  .map(line => [line.textContent.trim(), [...line.querySelectorAll('td')].map(cell =>
    [cell.dataset.token, cell.dataset.own, cell.getAttribute('aria-current')])])"""


def read_python(page, state):
    """What stands in the picture that Python draws, read by the same browser."""
    return page.evaluate(
        f"html => {{ const root = document.createElement('div'); root.innerHTML = html; return ({READ})(root); }}",
        SplitIntoHeads(**state).picture(),
    )


def assert_shows(explorer, **state):
    state = {"n_tokens": 3, "n_heads": 2, "way": "width", "followed": 12} | state
    assert explorer.evaluate(READ) == read_python(explorer.page, state)
    chosen = explorer.locator("input:checked").evaluate_all("nodes => nodes.map(n => n.value)")
    assert chosen == [str(state["n_tokens"]), str(state["n_heads"]), state["way"]]
    pressed = explorer.locator('[aria-pressed="true"]').all_inner_texts()
    assert pressed == [str(state["followed"])]


def choose(explorer, group, option):
    explorer.get_by_role("group", name=group).get_by_label(option, exact=True).check()


@pytest.mark.parametrize("explorer", ["http", "file"], indirect=True)
def test_it_begins_with_the_state_of_the_notebook_and_every_choice_moves_it(explorer):
    assert_shows(explorer)
    choose(explorer, "way", "reshape only")
    assert_shows(explorer, way="reshape")
    choose(explorer, "heads", "4")
    assert_shows(explorer, way="reshape", n_heads=4)
    choose(explorer, "tokens", "4")
    assert_shows(explorer, way="reshape", n_heads=4, n_tokens=4)
    explorer.get_by_role("button", name="follow 43").click()
    assert_shows(explorer, way="reshape", n_heads=4, n_tokens=4, followed=43)
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer)


WORDS = {"width": "cut, then move", "reshape": "reshape only", "interleaved": "interleaved"}


def test_every_state_is_drawn_as_python_draws_it(explorer):
    for way, words in WORDS.items():
        choose(explorer, "way", words)
        for n_tokens in (1, 2, 3, 4):
            choose(explorer, "tokens", str(n_tokens))
            for n_heads in (1, 2, 4):
                choose(explorer, "heads", str(n_heads))
                assert_shows(explorer, way=way, n_tokens=n_tokens, n_heads=n_heads)


def test_what_is_followed_stays_in_a_table_that_shrinks(explorer):
    explorer.get_by_role("button", name="follow 33").click()
    choose(explorer, "tokens", "2")
    assert_shows(explorer, n_tokens=2, followed=23)
    choose(explorer, "tokens", "4")
    explorer.get_by_role("button", name="follow 40").click()
    explorer.get_by_role("button", name="Reset").click()
    assert_shows(explorer)


def test_the_keyboard_alone_reaches_everything(explorer):
    keyboard = explorer.page.keyboard
    explorer.locator("input:checked").first.focus()
    keyboard.press("ArrowRight")  # four tokens
    keyboard.press("Tab")
    keyboard.press("ArrowLeft")  # one head
    keyboard.press("ArrowLeft")  # around to four
    keyboard.press("Tab")
    keyboard.press("ArrowDown")  # reshape only
    keyboard.press("Tab")  # Reset
    keyboard.press("Tab")  # the number that is followed
    assert explorer.page.evaluate("document.activeElement.getAttribute('aria-label')") == "follow 12"
    followed = 12
    for key, followed in (
        ("ArrowDown", 22),
        ("ArrowRight", 23),
        ("ArrowRight", 23),
        ("ArrowLeft", 22),
        ("ArrowUp", 12),
    ):
        keyboard.press(key)
        assert_shows(explorer, n_tokens=4, n_heads=4, way="reshape", followed=followed)
        assert explorer.page.evaluate("document.activeElement.innerText") == str(followed)
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    assert_shows(explorer)


def test_every_control_has_a_name(explorer):
    names = explorer.locator("input, button").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label') || (n.labels?.[0] ?? n).innerText)"
    )
    assert len(names) == 4 + 3 + 3 + 1 + 12
    assert all(re.search(r"\w", name) for name in names)
    assert [explorer.get_by_role("group", name=name).count() for name in ("tokens", "heads", "way")] == [1, 1, 1]


def test_two_on_one_page_do_not_disturb_each_other(explorer):
    page = explorer.page
    page.evaluate(
        """async () => {
          const source = document.querySelector('script[data-explorer-module="split_into_heads"]').textContent;
          const module = await import(URL.createObjectURL(new Blob([JSON.parse(source)], { type: 'text/javascript' })));
          const first = document.querySelector('.am-explorer'), el = document.createElement('div');
          const state = { ...JSON.parse(first.dataset.state), snapshot: SNAPSHOT };
          module.default.render({ el, model: { get: (name) => state[name], set() {}, on() {}, save_changes() {} } });
          first.after(el);
        }""".replace("SNAPSHOT", repr(SplitIntoHeads().picture()).replace("</", "<\\/"))
    )
    choose(explorer, "way", "reshape only")
    assert_shows(explorer, way="reshape")
    assert page.locator(".am-explorer").nth(1).locator("input:checked").count() == 3


def test_a_change_is_announced_and_colour_is_not_its_only_sign(explorer):
    choose(explorer, "tokens", "4")
    choose(explorer, "way", "reshape only")
    explorer.page.wait_for_function(
        "() => /reshape only. Shape .* own token: 2 of 8. 12 .* not its own/.test("
        "document.querySelector('.am-explorer [role=status]').textContent)"
    )
    lines = explorer.locator('[data-part="x"] tr td:first-of-type[data-token]').evaluate_all(
        "nodes => nodes.map(n => getComputedStyle(n).borderBottomStyle)"
    )
    assert len(set(lines)) == 4
    framed = explorer.locator("td[data-token]").evaluate_all(
        "nodes => nodes.filter(n => getComputedStyle(n).outlineStyle === 'solid').map(n => n.textContent)"
    )
    assert framed == ["12", "12"]


def test_it_fits_on_a_narrow_screen_and_can_be_touched(open_explorer, assert_fits):
    explorer = open_explorer(CHAPTER, ONE, viewport={"width": 390, "height": 800}, has_touch=True)
    for heads in ("1", "2", "4"):
        explorer.get_by_role("group", name="heads").get_by_label(heads, exact=True).tap()
        assert_fits(explorer)
    explorer.get_by_role("button", name="follow 31").tap()
    assert_shows(explorer, n_heads=4, followed=31)
    box = explorer.get_by_role("button", name="follow 31").bounding_box()
    assert min(box["width"], box["height"]) >= 24


def test_without_javascript_the_picture_stands(open_page, site_url):
    page = open_page(site_url + CHAPTER, wait="load", java_script_enabled=False)
    explorer = page.locator(ONE)
    assert explorer.locator('[data-part="way"]').inner_text() == WORDS["width"]
    numbers = explorer.locator('[data-part="heads"] [data-part="number"]').all_inner_texts()
    assert [int(n) for n in numbers] == SplitIntoHeads().heads.ravel().tolist()
    assert explorer.locator("input, button").count() == 0
