"""The glossary: a page of all terms, and in the chapters links that show a definition.

`{glossary-terms}` lists book/glossary.toml, each entry with a link to the place that explains it. In a chapter the
first mention of a term that is explained elsewhere becomes a link to its entry, with the definition for glossary.js.
"""

import html
import re
import tomllib
from pathlib import Path

from concordance import link, note_place
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from attnlib.checks.chapters import TITLES

DATA, PAGE = "book/glossary.toml", "book/glossary"
NOT_HERE = (nodes.literal, nodes.literal_block, nodes.reference, nodes.raw, nodes.math, nodes.math_block, nodes.title)
NOT_HERE += (nodes.caption, nodes.strong, nodes.emphasis)
LINK = re.compile(r'<a class="([^"]*)" (href="[^"]*#(term-[\w-]+)")')


def read_terms(path):
    """Return the terms of the data file: term -> chapter, definition, also, forms, unless, link, label."""
    terms = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    return {
        term: {"also": "", "forms": [term], "unless": "", "link": True, "label": label(term), **entry}
        for term, entry in terms.items()
    }


def label(term):
    """Return the id of an entry.

    Example:
        >>> label("Luong's order")
        'term-luongs-order'
    """
    return f"term-{re.sub(r'[^a-z0-9]+', '-', term.lower().replace(chr(39), '')).strip('-')}"


def pattern(terms):
    """Return what finds a term of the glossary as a whole word; longest first, so that none is a part of another."""
    forms = sorted((form for entry in terms.values() for form in entry["forms"]), key=len, reverse=True)
    words = "|".join(f"{re.escape(form)}|{re.escape(form[0].upper() + form[1:])}" for form in forms)
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")


def mentions(text, terms, wanted):
    """Yield the terms that a text mentions, and where: (term, match)."""
    owner = {form.lower(): term for term, entry in terms.items() for form in entry["forms"]}
    for found in wanted.finditer(text):
        term = owner[found[0].lower()]
        unless = terms[term]["unless"]
        if not (unless and text[found.end() :].startswith(unless)):
            yield term, found


def explained_in(doctree, terms):
    """Return the places where terms stand in bold or italics, as they do where they are explained: term -> node."""
    names = {}
    for term, entry in terms.items():
        for form in [term, *entry["forms"]]:
            names |= {form.lower(): term, form.lower().removesuffix("s"): term}
    found = {}
    for node in [*doctree.findall(nodes.strong), *doctree.findall(nodes.emphasis)]:
        term = names.get(node.astext().lower())
        if term:
            found.setdefault(term, node)
    return found


def mark_terms(app, doctree):
    """In a chapter: name the places that explain a term, and link the first mention of the others."""
    chapter = re.match(r"notebooks/(\d+)-", app.env.docname)
    if not chapter:
        return
    path = Path(app.srcdir) / DATA
    app.env.note_dependency(str(path))
    terms = read_terms(path)
    places, elsewhere = explained_in(doctree, terms), set()
    for term, entry in terms.items():
        if entry["chapter"] == int(chapter[1]):
            name = f"explains-{entry['label']}"
            if term in places:
                places[term]["ids"].append(name)
            note_place(app.env, name, name if term in places else doctree[0]["ids"][0])
        elif entry["link"] and term not in places:
            elsewhere.add(term)
    link_first_mentions(app.env, doctree, terms, elsewhere)


def link_first_mentions(env, doctree, terms, to_link):
    """Make the first mention of each of some terms a link."""
    wanted = pattern(terms)
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, NOT_HERE) or isinstance(text.parent.parent, NOT_HERE):
            continue
        parts, last = [], 0
        for term, found in mentions(text, terms, wanted):
            if term in to_link:
                to_link.remove(term)
                parts += [nodes.Text(text[last : found.start()]), link(env, terms[term]["label"], found[0])]
                last = found.end()
        if parts:
            parts.append(nodes.Text(text[last:]))
            text.parent.replace(text, [part for part in parts if part.astext()])


class GlossaryTerms(SphinxDirective):
    """The list of all terms."""

    def run(self):
        """Return a definition list, in the order of the alphabet."""
        path = Path(self.env.srcdir) / DATA
        self.env.note_dependency(str(path))
        terms = nodes.definition_list(classes=["am-glossary"])
        for term, entry in sorted(read_terms(path).items(), key=lambda item: item[0].lower()):
            name = nodes.term("", term, ids=[entry["label"]])
            note_place(self.env, entry["label"], entry["label"])
            said = nodes.definition("", nodes.paragraph("", entry["definition"]))
            also = f"Also: {entry['also']}. " if entry["also"] else ""
            said += nodes.paragraph("", also, where(self.env, entry), classes=["am-also"])
            terms += nodes.definition_list_item("", name, said)
        return [terms]


def where(env, entry):
    """Return the link to the place that explains a term, or to its chapter."""
    text = f"Chapter {entry['chapter']}, {TITLES[entry['chapter']]}"
    return link(env, f"explains-{entry['label']}", text)


def show_definitions(app, pagename, templatename, context, doctree):
    """Let the links of a page carry their definitions, and bring the script that shows them."""
    if not pagename.startswith("notebooks/"):
        return
    said = {entry["label"]: entry["definition"] for entry in read_terms(Path(app.srcdir) / DATA).values()}

    def with_definition(match):
        classes, target, term = match.groups()
        return f'<a class="{classes} am-term" {target} data-definition="{html.escape(said[term])}"'

    context["body"], found = LINK.subn(with_definition, context["body"])
    if found:
        app.add_js_file("glossary.js", loading_method="defer")


def setup(app):
    """Connect to the build."""
    app.add_directive("glossary-terms", GlossaryTerms)
    app.connect("doctree-read", mark_terms)
    app.connect("html-page-context", show_definitions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
