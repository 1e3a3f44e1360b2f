"""Small repairs of the theme's pages: what a screen reader, the keyboard or the eye in the dark would stumble over.

Each repair is a pattern and what takes its place. A pattern that is found on no page is a warning, so that a new
version of the theme cannot leave a repair without effect.
"""

import re
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)

# The theme settles light or dark after the page is drawn; settled here, in the head, the page never flashes.
# Paper is light.
SETTLE_MODE = """
{
  const root = document.documentElement.dataset;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.theme = root.mode === "auto" ? (dark ? "dark" : "light") : root.mode;
  let onScreen;
  addEventListener("beforeprint", () => { onScreen = root.theme; root.theme = "light"; });
  addEventListener("afterprint", () => { root.theme = onScreen; });
}
"""

OPTIONAL = "where there is one: "  # what only some books have; not finding it is no warning

REPAIRS = {
    "without JavaScript the page is light": (r'(<html[^>]*) data-theme="auto"', r'\1 data-theme="light"'),
    "one viewport is enough": (r'<meta name="viewport" content="width=device-width, initial-scale=1" />', ""),
    "icons are not read aloud": (
        r'<(i|span) class="((?:theme-switch )?fa[bs]? |fa-)',
        r'<\1 aria-hidden="true" class="\2',
    ),
    "a search can be sent without a keyboard": (
        r'(<form class="bd-search[^>]*>.*?)(</form>)',
        r'\1<button type="submit" class="am-search-go">Search</button>\2',
    ),
    "parts in the side bar are not headings before the page's own": (
        r'<p aria-level="2" class="caption" role="heading">',
        r'<p class="caption">',
    ),
    "a notebook is downloaded, not shown as text": (
        r'(<a href="[^"]*_sources/[^"]*") target="_blank"',
        r"\1 download",
    ),
    OPTIONAL + "a fold is named by the words it shows": (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    "the side bar is a landmark": (
        r'<(div|dialog) (class="bd-sidebar-primary bd-sidebar[^"]*"|id="pst-primary-sidebar")',
        r'<\1 role="complementary" aria-label="The book" \2',
    ),
    OPTIONAL + "a figure that scrolls on a phone is reached by the keyboard": (r"(<figure) ", r'\1 tabindex="0" '),
    "a search result quotes text: no source of formulas, no menus": (
        r'\[".headerlink", "script", "style"\]',
        '[".headerlink", "script", "style", "annotation", "noscript",'
        ' ".am-explorer", "[class*=bd-header]", "[class*=bd-footer]"]',
    ),
    "how much a search has found is said": (
        r'(searchSummary\.classList\.add\("search-summary"\);)',
        r'\1 searchSummary.setAttribute("role", "status");',
    ),
    "logos have a size before they load": (r'<img (alt="\w+ logo")', r'<img width="16" height="16" \1'),
    "an ampersand in an address is written as HTML wants it": (
        r'(href="[^"]*/issues/new\?title=[^"&]*)&body=',
        r"\1&amp;body=",
    ),
    "the button says what it switches": (
        r'aria-label="Color mode" data-bs-title="Color mode"',
        r'aria-label="Light or dark" data-bs-title="Light or dark"',
    ),
}


def mend_pages(app, exception):
    """Apply the repairs to every page, and to the script of the search."""
    if exception or app.builder.format != "html":
        return
    unused = {name for name in REPAIRS if not name.startswith(OPTIONAL)}
    for path in [*Path(app.outdir).rglob("*.html"), Path(app.outdir) / "_static" / "searchtools.js"]:
        page = path.read_text(encoding="utf-8")
        for name, (pattern, repair) in REPAIRS.items():
            page, count = re.subn(pattern, repair, page, flags=re.DOTALL)
            if count:
                unused.discard(name)
        path.write_text(page, encoding="utf-8")
    for name in sorted(unused) if app.builder.name == "html" else []:  # one page for print has less of the theme
        logger.warning("A repair of the theme found nothing to mend (has the theme changed?): %s", name, type="mend")


def settle_mode(app, pagename, templatename, context, doctree):
    """Put the choice of light or dark into the head, and what the theme's buttons lack."""
    app.add_js_file(None, body=SETTLE_MODE, priority=100)
    app.add_js_file("keyboard.js", loading_method="defer")


def setup(app):
    """Connect to the build."""
    app.connect("html-page-context", settle_mode)
    app.connect("build-finished", mend_pages, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
