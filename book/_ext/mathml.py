"""Formulas become MathML when the book is built, so that a page needs no script to show them.

The KaTeX script inside the `sphinxcontrib-katex` wheel runs in `mini-racer` (the V8 engine) and writes MathML. Two
things in it are mended, because browsers follow MathML Core: letters with a `mathvariant` become the Unicode letters of
that alphabet, and the column attributes of a table become styles of its cells. What KaTeX cannot read is a Sphinx
warning at its place.

The font for formulas is STIX Two Math from the `ziamath` wheel, cut down to the glyphs that the book uses.
"""

import html
import json
import logging as python_logging
import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from py_mini_racer import MiniRacer
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

MATHML = "http://www.w3.org/1998/Math/MathML"
M = f"{{{MATHML}}}"
APPLY = "\u2061"  # the invisible sign between a function's name and what it is applied to
WORD_JOINER = "\u2060"
FONT_FILE = "math.woff2"

# KaTeX's answer or its complaint, as data: an exception from inside V8 would carry the whole script in its message.
RENDER = """
function render(tex, displayMode) {
  let lineBreak = false;
  const strict = (code) => {
    lineBreak ||= code === "newLineInDisplayMode";
    return "error";
  };
  try {
    const mathml = katex.renderToString(tex, {displayMode, output: "mathml", strict});
    const error = lineBreak && "a line break (two backslashes) does nothing outside of aligned, cases or a matrix";
    return JSON.stringify(lineBreak ? {error} : {mathml});
  } catch (error) {
    return JSON.stringify({error: error.rawMessage || error.message});
  }
}
"""

# How Unicode names the alphabets that MathML calls by `mathvariant`; the second names fill the holes of the first
# (the blackboard R is older than the alphabet it belongs to).
ALPHABETS = {
    "bold": ["MATHEMATICAL BOLD"],
    "italic": ["MATHEMATICAL ITALIC"],
    "bold-italic": ["MATHEMATICAL BOLD ITALIC"],
    "double-struck": ["MATHEMATICAL DOUBLE-STRUCK", "DOUBLE-STRUCK"],
    "script": ["MATHEMATICAL SCRIPT", "SCRIPT"],
    "bold-script": ["MATHEMATICAL BOLD SCRIPT"],
    "fraktur": ["MATHEMATICAL FRAKTUR", "BLACK-LETTER"],
    "bold-fraktur": ["MATHEMATICAL BOLD FRAKTUR"],
    "sans-serif": ["MATHEMATICAL SANS-SERIF"],
    "bold-sans-serif": ["MATHEMATICAL SANS-SERIF BOLD"],
    "sans-serif-italic": ["MATHEMATICAL SANS-SERIF ITALIC"],
    "sans-serif-bold-italic": ["MATHEMATICAL SANS-SERIF BOLD ITALIC"],
    "monospace": ["MATHEMATICAL MONOSPACE"],
}

BARS = {"\u2223": "|", "\u2225": "\u2016"}
SCRIPTS = {M + tag for tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover")}


def package_file(package, path):
    """Return the path of a data file inside an installed package, without importing the package."""
    spec = find_spec(package)
    if spec is None:
        raise ExtensionError(f"{package} is not installed: install requirements.txt and requirements-data.txt")
    return Path(spec.origin).parent / path


@cache
def engine():
    """Return the V8 engine with KaTeX loaded (once per build: loading takes longer than a hundred formulas)."""
    racer = MiniRacer()
    racer.eval(package_file("sphinxcontrib.katex", "katex.min.js").read_text(encoding="utf-8"))
    racer.eval(RENDER)
    return racer


@cache
def to_mathml(tex, display):
    """Return the MathML of a TeX formula; a `ValueError` carries what KaTeX could not read."""
    answer = json.loads(engine().eval(f"render({json.dumps(tex)}, {json.dumps(display)})"))
    if "error" in answer:
        raise ValueError(answer["error"])
    markup = re.search(r"<math.*</math>", answer["mathml"], re.DOTALL).group()
    ElementTree.register_namespace("", MATHML)
    tree = ElementTree.fromstring(markup)
    for element in list(tree.iter()):
        mend_letters(element)
        mend_bars(element)
        mend_spaces(element)
        mend_signs(element)
        if element.tag == M + "mtable":
            mend_columns(element)
    return ElementTree.tostring(tree, encoding="unicode")


def letter(char, variant):
    """Return the Unicode letter of an alphabet: `letter('R', 'double-struck')`. What has none stays as it is."""
    if (char, variant) == ("h", "italic"):
        return "\u210e"  # Unicode has it as the Planck constant
    name = unicodedata.name(char, "").replace("LATIN ", "").replace("GREEK ", "").replace("LETTER ", "")
    for alphabet in ALPHABETS[variant]:
        try:
            return unicodedata.lookup(f"{alphabet} {name}")
        except KeyError:
            continue
    return char


def mend_letters(element):
    """Replace `mathvariant`, which browsers ignore (except `normal`), by the letters themselves."""
    variant = element.get("mathvariant")
    if variant not in ALPHABETS or not element.text:
        return
    del element.attrib["mathvariant"]
    if element.tag == M + "mtext":  # words: a screen reader would spell mathematical letters
        style = ["font-weight: bold"] * ("bold" in variant) + ["font-style: italic"] * ("italic" in variant)
        element.set("style", "; ".join(style))
    else:
        element.text = "".join(letter(char, variant) for char in element.text)


def mend_bars(element):
    """Make the bars of a norm or an absolute value fences: KaTeX writes them as relations, which browsers space."""
    fence = element.tag == M + "mi" or "stretchy" in element.attrib or "fence" in element.attrib
    if fence and element.text in BARS:
        element.text = BARS[element.text]
        if element.tag == M + "mo":
            element.set("lspace", "0")
            element.set("rspace", "0")


def is_apply(element):
    """Say whether an element is the invisible sign of a function's application."""
    return element.tag == M + "mo" and element.text == APPLY


def mend_spaces(row):
    """Set the thin spaces that TeX puts around the name of a function: a log b, not alogb."""
    if row.tag not in {M + tag for tag in ("mrow", "mstyle", "mtd", "msqrt", "semantics")}:
        return
    parts = list(row)
    for index in reversed(range(len(parts))):
        part = parts[index]
        if is_apply(part):  # log, then the sign
            first = index - 1
        elif part.tag in SCRIPTS and len(part[0]) and is_apply(part[0][-1]):  # max with an index: the sign is inside
            first = index
        else:
            continue
        if index + 1 < len(parts) and needs_space(parts[index + 1]):
            row.insert(index + 1, ElementTree.Element(M + "mspace", width="0.167em"))
        if first > 0 and needs_space(parts[first - 1], before=True):
            row.insert(first, ElementTree.Element(M + "mspace", width="0.167em"))


def needs_space(neighbour, before=False):
    """Say whether a function's name is set off from this neighbour: from letters and numbers, not from signs."""
    if neighbour.tag == M + "mo":
        return before and neighbour.text in {")", "]", "}"}
    if neighbour.tag in {M + "mspace", M + "annotation"}:
        return False
    opens = neighbour.tag == M + "mrow" and (not len(neighbour) or neighbour[0].tag == M + "mo")
    return before or not opens


def mend_signs(row):
    """Set a sign close to its number after another sign, as in a = -b: browsers take it for a minus of two numbers."""
    for before, sign in pairwise(row):
        operators = before.tag == sign.tag == M + "mo"
        if operators and sign.text in {"\u2212", "+", "\u00b1"} and before.text not in {")", "]", "}", "!", APPLY}:
            sign.set("form", "prefix")


def half(length):
    """Return half of a length: 1em gives 0.5em."""
    return f"{float(length.removesuffix('em')) / 2:g}em"


def mend_columns(table):
    """Give the cells of a table the alignment, gaps and lines that browsers do not read from the table's attributes."""

    def by_column(attribute, default):
        values = table.attrib.pop(attribute, default).split()
        return lambda column: values[min(column, len(values) - 1)]  # the last value holds for the columns that follow

    align = by_column("columnalign", "center")
    gap = by_column("columnspacing", "0.8em")
    line = by_column("columnlines", "none")
    table.attrib.pop("rowspacing", None)
    for row in table:
        for number, cell in enumerate(row):
            last = number == len(row) - 1
            style = [
                f"text-align: {align(number)}",
                # Chromium moves a formula inside a cell to the right only with this older name
                *(["text-align: -webkit-right"] if align(number) == "right" else []),
                f"padding-left: {half(gap(number - 1)) if number else '0'}",
                f"padding-right: {'0' if last else half(gap(number))}",
            ]
            if not last and line(number) != "none":
                style.append(f"border-right: 1px {line(number)}")
            cell.set("style", "; ".join(style))


def inline(self, node):
    """Write an inline formula, and keep a following comma or full stop on its line."""
    self.body.append(markup_or_warning(node, node.astext(), display=False))
    after = node.next_node(descend=False, siblings=True)
    if after is not None and re.match(r"[.,;:!?)]", after.astext()):
        self.body.append(WORD_JOINER)
    raise nodes.SkipNode


def display(self, node):
    """Write a displayed formula, with its number and link when it has a label."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f'<div class="am-formula">{markup_or_warning(node, node.astext(), display=True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def markup_or_warning(node, tex, display):
    """Return the MathML of a node's formula, or warn at its place (an error under `-W`) and return its source."""
    try:
        return to_mathml(tex.strip(), display)
    except ValueError as error:
        logger.warning("KaTeX cannot read this formula: %s\n%s", error, tex, location=node, type="math")
        return f'<code class="katex-error">{html.escape(tex)}</code>'


def characters_in(pages):
    """Return the characters that the formulas of some pages draw."""
    drawn = set()
    for page in pages:
        for formula in re.findall(r"<math.*?</math>", page, re.DOTALL):
            drawn.update("\u221a" * bool(re.search("<msqrt|<mroot", formula)))  # the root sign is not in the text
            formula = re.sub(r"<annotation.*?</annotation>", "", formula, flags=re.DOTALL)
            for letters in re.findall(r"<mi>([^<])</mi>", html.unescape(formula)):
                drawn.add(letter(letters, "italic"))  # a browser draws <mi>x</mi> as the mathematical italic x
            drawn.update(html.unescape(re.sub(r"<[^>]*>", "", formula)))
    return drawn


def write_font(app, exception):
    """Write the math font with the glyphs that the built pages need, larger fences and script sizes included."""
    if exception or app.builder.format != "html":
        return
    pages = (path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html"))
    font = TTFont(package_file("ziamath", "fonts/STIXTwoMath-Regular.ttf"), recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = ["ssty", "ccmp", "mark", "mkmk", "kern"]
    options.hinting = False
    options.drop_tables += ["DSIG", "GPOS"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(ord(char) for char in characters_in(pages)))
    cutter.subset(font)
    font.flavor = "woff2"
    font.save(Path(app.outdir) / "_static" / FONT_FILE)


def stop_engine(app, exception):
    """Stop V8: an engine left running can keep Python from ending."""
    if engine.cache_info().currsize:
        engine().close()
        engine.cache_clear()


def setup(app):
    """Register the renderer and the font."""
    python_logging.getLogger("fontTools").setLevel("WARNING")  # it tells of every table that it cuts
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    app.connect("build-finished", write_font, priority=700)
    app.connect("build-finished", stop_engine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
