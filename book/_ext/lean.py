"""A page loads only what it uses: no unused scripts, style rules, or icons.

Four fifths of the theme's weight is one script that holds every icon of Font Awesome, and most of its style sheet is
the names of those icons. The script goes, the icon fonts keep the icons in use, and the style sheets lose the rules
that can match nothing: those that ask for a class or id whose name stands in no page and no script.
"""

import re
import shutil
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.util import logging

logger = logging.getLogger(__name__)

UNUSED = [
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "file.png",
    "minus.png",
    "plus.png",
    "locales",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
]
ICON_SCRIPT = re.compile(
    r"\s*<!-- So that users can add custom icons -->\s*<script src=\"[^\"]*fontawesome\.js[^\"]*\"></script>"
)
ICONS = "vendor/fontawesome/webfonts"

# Names that a script puts together ("bs-tooltip-" and a place), so that they stand nowhere as a whole word.
MADE_BY_SCRIPTS = {"bs-tooltip-auto"}

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[{};]', re.DOTALL)
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")


def rules(css):
    """Yield the rules of a style sheet as `(prelude, block)`; a statement without a block has None."""
    depth = start = block = 0
    for token in TOKEN.finditer(css):
        if token[0] == "{":
            depth += 1
            if depth == 1:
                block = token.end()
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                yield css[start : block - 1].strip(), css[block : token.start()]
                start = token.end()
        elif token[0] == ";" and depth == 0:
            yield css[start : token.start()].strip(), None
            start = token.end()


def can_match(selector, words):
    """Say whether every class and id that a selector asks for is among the words of the pages and scripts."""
    while "(" in selector:  # what stands in :not(...) or :is(...) is not asked for by itself
        selector, before = re.sub(r"\([^()]*\)", "", selector), selector
        if selector == before:
            return True
    selector = re.sub(r"\[[^\]]*\]", "", selector)
    return all(name in words for name in NAME.findall(selector))


def trim(css, words):
    """Return a style sheet without the rules that can match nothing. Licence comments (`/*!`) stay, at the top."""
    licences = [comment for comment in COMMENT.findall(css) if comment.startswith("/*!")]
    return "\n".join([*licences, trim_rules(COMMENT.sub("", css), words)])


def trim_rules(css, words):
    """Return the rules that can match something."""
    kept = []
    for prelude, block in rules(css):
        if block is None:
            kept.append(f"{prelude};")
        elif prelude.startswith(("@media", "@supports")):
            inner = trim_rules(block, words)
            kept += [f"{prelude}{{{inner}}}"] if inner else []
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{block}}}")
        else:
            selectors = re.split(r",(?![^(\[]*[)\]])", prelude)
            selectors = [selector.strip() for selector in selectors if can_match(selector, words)]
            kept += [f"{','.join(selectors)}{{{block}}}"] if selectors else []
    return "".join(kept)


def trim_icons(fonts, css):
    """Cut the icon fonts down to the icons that the style sheets still name."""
    icons = {int(code, 16) for code in re.findall(r'["\']\\([ef][0-9a-f]{3})["\']', css)}
    icons |= {ord(char) for char in css if "\ue000" <= char <= "\uf8ff"}
    for path in fonts.glob("*.woff2"):
        font = TTFont(path, recalcTimestamp=False)
        options = subset.Options()
        options.hinting = False
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=icons)
        cutter.subset(font)
        font.save(path)


def make_lean(app, exception):
    """Take what no page uses out of the built site."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    for name in UNUSED:
        path = static / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in [*static.rglob("*.map"), *(static / ICONS).glob("*.ttf")]:
        path.unlink()

    words = set(MADE_BY_SCRIPTS)
    for path in site.rglob("*.html"):
        page, count = ICON_SCRIPT.subn("", path.read_text(encoding="utf-8"))
        if count != 1:
            logger.warning(
                "The script with all icons was not found on %s: has the theme changed?", path.name, type="lean"
            )
        path.write_text(page, encoding="utf-8")
        words.update(re.findall(r"[\w-]+", page))
    for path in static.rglob("*.js"):
        words.update(re.findall(r"[\w-]+", path.read_text(encoding="utf-8")))

    ours = {static / name for name, _ in app.config.html_css_files}
    styles = [path for path in static.rglob("*.css") if path not in ours]
    for path in styles:
        path.write_text(trim(path.read_text(encoding="utf-8"), words), encoding="utf-8")
    trim_icons(static / ICONS, "".join(path.read_text(encoding="utf-8") for path in static.rglob("*.css")))


def setup(app):
    """Connect to the end of the build."""
    # jupyter-book always sets this option of sphinx_comments, which this book does not load.
    app.add_config_value("comments_config", {}, "")
    app.connect("build-finished", make_lean, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
