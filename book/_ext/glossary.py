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


def mention(text, entry, terms):
    """Return the first mention of a term in a text: a whole word, no part of a longer term."""
    forms = sorted((form for other in terms.values() for form in other["forms"]), key=len, reverse=True)
    words = "|".join(f"{re.escape(form)}|{re.escape(form[0].upper() + form[1:])}" for form in forms)
    own = {form.lower() for form in entry["forms"]}
    for found in re.finditer(rf"(?<![\w-])(?:{words})(?![\w-])", text):
        followed = entry["unless"] and text[found.end() :].startswith(entry["unless"])
        if found[0].lower() in own and not followed:
            return found
    return None


def explained_in(doctree, term, entry):
    """Return the first place of a document where a term stands in bold or italics, as it does where it is explained."""
    names = {form.lower() for form in [term, *entry["forms"]]}
    names |= {name.removesuffix("s") for name in names}
    found = [node for node in doctree.findall(nodes.strong) if node.astext().lower() in names]
    found += [node for node in doctree.findall(nodes.emphasis) if node.astext().lower() in names]
    return found[0] if found else None


def mark_terms(app, doctree):
    """In a chapter: name the places that explain a term, and link the first mention of the others."""
    chapter = re.match(r"notebooks/(\d+)-", app.env.docname)
    if not chapter:
        return
    path = Path(app.srcdir) / DATA
    app.env.note_dependency(str(path))
    terms = read_terms(path)
    for term, entry in terms.items():
        place = explained_in(doctree, term, entry)
        if entry["chapter"] == int(chapter[1]):
            name = f"explains-{entry['label']}"
            if place is not None:
                place["ids"].append(name)
            note_place(app.env, name, doctree[0]["ids"][0] if place is None else name)
        elif entry["link"] and place is None:
            link_first(app.env, doctree, entry, terms)


def link_first(env, doctree, entry, terms):
    """Make the first mention of a term a link."""
    for text in doctree.findall(nodes.Text):
        parents = text.parent, text.parent.parent
        if isinstance(parents[0], NOT_HERE) or isinstance(parents[1], NOT_HERE):
            continue
        if found := mention(text, entry, terms):
            linked = link(env, entry["label"], found[0])
            parts = [nodes.Text(text[: found.start()]), linked, nodes.Text(text[found.end() :])]
            text.parent.replace(text, [part for part in parts if part.astext()])
            return


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
