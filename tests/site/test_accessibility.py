"""Every page under axe, light and dark, wide and narrow; its HTML under a strict parser; the keyboard; and no motion.

What axe finds costs most of the time of these tests, so each rule runs where it can say something new: the rules on
structure at both widths with all folds open, and once with them closed (a closed fold only hides parts); the rule on
contrast in both schemes and at both widths, on two elements of each look that a page has. A look is a colour, ground,
size and weight: a chapter has 10,000 pieces of text and 50 looks.
"""

import importlib.resources
import re

import html5lib
import pytest

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
ON_COLOUR = ["color-contrast", "link-in-text-block"]
WIDTHS = [1280, 390]
SCHEMES = ["light", "dark"]
KINDS = ["index.html", "notebooks/04-from-scores-to-weights.html", "search.html?q=softmax"]

RUN = """async ([options, looks]) => {
    const settings = { ...options, preload: false, resultTypes: ['violations'] };
    const found = await axe.run(looks ? { include: window.looks } : document, settings);
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
        [id, html.slice(0, 200), [...any, ...all, ...none].map(({ message }) => message).join(' ')]));
}"""

# Two elements for each combination of colours, size and weight in which text can be seen.
FIND_LOOKS = """() => {
    const looks = new Map();
    const grounds = new Map();
    const ground = (box) => {
        if (!box) return '';
        if (!grounds.has(box)) {
            const { backgroundColor, backgroundImage, filter, opacity } = getComputedStyle(box);
            const clear = /^rgba.*, 0\\)$/.test(backgroundColor) && backgroundImage === 'none';
            const own = clear ? ground(box.parentElement) : backgroundColor + backgroundImage;
            grounds.set(box, own + filter + opacity);
        }
        return grounds.get(box);
    };
    for (const element of document.querySelectorAll('body *')) {
        const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('');
        if (text.trim().length < 2) continue; // axe takes a single character for a picture
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const { color, fill, fontSize, fontWeight } = getComputedStyle(element);
        const look = [element.ownerSVGElement ? fill : color, fontSize, fontWeight, ground(element)].join();
        looks.set(look, [...(looks.get(look) ?? []), element].slice(0, 2));
    }
    window.looks = [...looks.values()].flat();
    return window.looks.length;
}"""


@pytest.fixture(scope="module")
def still(open_once, site_url, path):
    """The page at `path`, opened once without motion, with axe; the page of the search shows results."""
    page = open_still(open_once, site_url + path + "?q=softmax" * (path == "search.html"))
    page.evaluate((importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    yield page
    page.close()


def open_still(open_page, url, **options):
    """Open a page for a reader who wants no motion."""
    page = open_page(url, wait="networkidle", reduced_motion="reduce", **options)
    if "?q=" in url:
        page.locator("#search-results .context").first.wait_for()
    return page


def show(page, width, opened):
    """Give the screen a width, and open or close all folds."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("open => document.querySelectorAll('details').forEach((fold) => { fold.open = open; })", opened)
    page.wait_for_timeout(400)  # the theme then gives what scrolls a place in the order of Tab


def complaints(page, colours):
    """What axe finds, in the colours or in all else. It reads no MathML: a header that is a formula is not empty."""
    others = {"runOnly": STANDARDS, "rules": {rule: {"enabled": False} for rule in ON_COLOUR}}
    found = page.evaluate(RUN, [{"runOnly": ON_COLOUR} if colours else others, colours])
    return [each for each in found if not (each[0] == "empty-table-header" and "<math" in each[1])]


@pytest.mark.parametrize(("width", "opened"), [(390, False), (390, True), (1280, True)])
def test_axe_finds_nothing_in_the_structure_of_a_page(still, width, opened):
    show(still, width, opened)
    assert complaints(still, colours=False) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_the_colours_of_a_page(still, width):
    show(still, width, opened=True)
    for scheme in SCHEMES:
        still.emulate_media(color_scheme=scheme)
        still.evaluate("scheme => { document.documentElement.dataset.theme = scheme; }", scheme)
        assert still.evaluate(FIND_LOOKS) > 5
        assert complaints(still, colours=True) == [], scheme


def test_a_page_is_html_without_a_fault(build_dir, path):
    source = (build_dir / path).read_bytes()
    html5lib.HTMLParser(strict=True).parse(source)  # raises at the first fault


def test_what_a_parser_does_not_see_is_in_order(still):
    faults = still.evaluate(
        r"""() => {
            const all = (selector) => [...document.querySelectorAll(selector)];
            const lost = (name) => all(`[${name}]`).filter((element) => element.getAttribute(name).trim().split(/\s+/)
                .some((id) => !document.getElementById(id)));
            const wrong = [
                ...all('label[for]').filter((label) => !label.control),
                ...['aria-labelledby', 'aria-describedby'].flatMap(lost),
                ...all('[tabindex]').filter((element) => element.tabIndex > 0),
                ...all('a[href] :is(a, button, input), button :is(a, button, input)'),
                ...all('a:not([href]):not([id])'),
                ...all('.bd-article img').filter((image) => image.alt.trim().split(/\s+/).length < 5),
            ];
            return wrong.map((element) => element.outerHTML.slice(0, 150));
        }"""
    )
    assert faults == []
    assert still.evaluate("document.documentElement.lang") == "en"
    assert re.search(r"\w", still.title())


def test_nothing_moves_for_a_reader_who_wants_no_motion(still):
    show(still, 1280, opened=False)
    moving = still.evaluate(
        """() => {
            document.querySelectorAll('details').forEach((fold) => { fold.open = true; });
            const moving = document.getAnimations().map((animation) => String(animation.animationName));
            for (const element of document.querySelectorAll(':not(.highlight pre span, math *)')) {
                for (const part of [null, '::before', '::after']) {
                    const style = getComputedStyle(element, part);
                    const still = /^[0s, ]*$/.test(style.transitionDuration + style.transitionDelay)
                        && style.animationName === 'none' && style.scrollBehavior === 'auto';
                    if (!still) moving.push(element.outerHTML.slice(0, 100) + (part ?? ''));
                }
            }
            return moving.slice(0, 5);
        }"""
    )
    assert moving == []


def test_the_skip_link_shows_itself_and_leads_into_the_text(open_page, site_url):
    page = open_still(open_page, site_url + KINDS[1])
    page.keyboard.press("Tab")
    place = page.evaluate("(({ top, height }) => [top, height])(document.activeElement.getBoundingClientRect())")
    assert place[0] >= 0
    assert place[1] > 10
    page.keyboard.press("Enter")
    page.wait_for_url("**#main-content")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('#main-content')")


# The light of a colour, and the ring that an element with the focus wears, as WCAG measures them.
FAINT = r"""() => {
    const channels = (color) => color.match(/[\d.]+/g).map(Number);
    const light = (color) => channels(color).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (box) => {
        for (; box; box = box.parentElement) {
            const color = getComputedStyle(box).backgroundColor;
            if ((channels(color)[3] ?? 1) === 1) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    const clear = (color, around) => {
        const [dark, bright] = [light(color), light(around)].sort((a, b) => a - b);
        return (channels(color)[3] ?? 1) === 1 && (bright + 0.05) / (dark + 0.05) >= 3;
    };
    const isRinged = (element) => {
        const style = getComputedStyle(element);
        const around = ground(element.parentElement);
        const shadows = style.boxShadow.matchAll(/(rgba?\([^)]*\)) (\S+)px (\S+)px \S+px (\S+)px/g);
        const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        return (outlined && clear(style.outlineColor, around))
            || [...shadows].some(([, color, ...by]) => Math.max(...by.map(Math.abs)) >= 2 && clear(color, around));
    };
    const faint = [];
    let seen = 0;
    const reached = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    for (const element of document.querySelectorAll(reached)) {
        if (element.disabled || element.type === 'hidden') continue;
        if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: false })) continue;
        element.focus({ preventScroll: true, focusVisible: true });
        if (document.activeElement !== element) continue;
        seen += 1;
        // the field of the search shares its ring with its button: their form wears it
        if (![element, element.closest('form.bd-search')].some((worn) => worn && isRinged(worn)))
            faint.push(element.outerHTML.slice(0, 150));
    }
    return [seen, faint];
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_has_the_focus_shows_it(open_page, site_url, kind, scheme):
    page = open_still(open_page, site_url + kind, color_scheme=scheme)
    show(page, 1280, opened=True)
    page.keyboard.press("Tab")  # from now on the browser shows the focus
    seen, faint = page.evaluate(FAINT)
    assert seen > 20
    assert faint == []
