"""The concordance: what one often reads, what holds, and the place in a chapter that shows it.

`{concordance-count}` counts the entries of book/claims.toml by status, `{concordance}` shows them, a section for each
chapter. Where a chapter names an entry in brackets, as (0-26), the number becomes a link to the entry, and the entry
links back to the first such place.
"""

import re
import tomllib
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from attnlib.checks.chapters import FINISHED, TITLES

PAGE = "book/claims"
STATUSES = {
    "holds": "Right as it stands.",
    "incomplete": "Right in part, or under a condition that is not named.",
    "two readings": "The words can be understood in two ways.",
    "slip of wording": "The right thing is meant; a word or a sign is off.",
    "wrong as written": "What is written does not hold.",
    "not covered there": "Something that is needed at this place is left out.",
    "figure": "The place had a picture, or a formula that is a picture.",
    "texts differ": "Two texts, or two places in one, do not say the same.",
}
NAMED = re.compile(r"\(((?:\d+-\d+|X\d+)(?:, (?:\d+-\d+|X\d+))*)\)")


def read_claims(path):
    """Return the entries of a data file: id -> chapters, status, belief (where there is one) and statement."""
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def named_in(text):
    """Return the ids that a chapter's text names in brackets, in order; code does not count."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [name for names in NAMED.findall(text) for name in names.split(", ")]


def link(env, label, text):
    """Return a link from the document that is being read to a place that note_place has named."""
    inner = nodes.inline(text, text)
    target = {"reftype": "ref", "reftarget": label, "refdomain": "std", "refexplicit": True, "refwarn": True}
    return addnodes.pending_xref("", inner, **target, refdoc=env.docname)


def note_place(env, label, place):
    """Make a place of the document that is being read known to links, under a label."""
    env.get_domain("std").note_hyperlink_target(label, env.docname, place)


def entry_label(key):
    """Return the label, and the id, of an entry of the concordance."""
    return f"entry-{key.lower()}"


def place_in_chapter(number, key):
    """Return the label of the place where a chapter names an entry."""
    return f"chapter-{number}-claim-{key.lower()}"


def link_names(app, doctree):
    """Turn the entries that a chapter names in brackets into links to the concordance; the first is a place itself."""
    chapter = re.match(r"notebooks/(\d+)-", app.env.docname)
    if not chapter:
        return
    path = Path(app.srcdir) / f"{PAGE}.toml"
    app.env.note_dependency(str(path))  # a new entry is linked in chapters that named it before
    known, seen = read_claims(path), set()
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.reference | nodes.raw):
            continue
        parts, last = [], 0
        for brackets in NAMED.finditer(text):
            for name in re.finditer(r"[^, ]+", brackets[1]):
                if name[0] not in known:
                    continue
                start = brackets.start(1) + name.start()
                parts += [nodes.Text(text[last:start]), link(app.env, entry_label(name[0]), name[0])]
                last = start + len(name[0])
                if name[0] not in seen:
                    seen.add(name[0])
                    place = f"claim-{name[0].lower()}"
                    parts[-1] = nodes.inline("", "", parts[-1], ids=[place])
                    note_place(app.env, place_in_chapter(int(chapter[1]), name[0]), place)
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[last:])])


class Claims(SphinxDirective):
    """What both directives share."""

    def claims(self):
        """Read the data file, and build the page again when it changes."""
        path = Path(self.env.srcdir) / f"{PAGE}.toml"
        self.env.note_dependency(str(path))
        return read_claims(path)

    def markdown(self, text, *classes):
        """Return the paragraphs of a text."""
        found = self.parse_text_to_nodes(text)
        for paragraph in found:
            paragraph["classes"] += classes
        return found

    def table(self, headers, widths, rows, *classes):
        """Return a table whose first column heads the rows; a row is its id, or "", and its cells, lists of nodes."""
        group = nodes.tgroup(cols=len(headers))
        group += [nodes.colspec(colwidth=width, stub=int(not n)) for n, width in enumerate(widths)]
        head = nodes.row("", *(nodes.entry("", nodes.paragraph(text, text)) for text in headers))
        body = []
        for place, cells in rows:
            body.append(nodes.row("", *(nodes.entry("", *cell) for cell in cells), ids=[place] if place else []))
        group += [nodes.thead("", head), nodes.tbody("", *body)]
        return nodes.table("", group, classes=["am-fixed", "colwidths-given", *classes])


class ConcordanceCount(Claims):
    """How many entries there are, in how many finished chapters, and how many of each status."""

    def run(self):
        """Build a sentence and a table."""
        claims = self.claims()
        differ = sum(claim["status"] == "texts differ" for claim in claims.values())
        ready = sum(bool(FINISHED & set(claim["chapters"])) for claim in claims.values())
        sentence = (
            f"There are {len(claims)} entries: {len(claims) - differ} statements, and {differ} places where two texts "
            f"differ. {ready} of them belong to chapters that are finished."
        )
        counts = Counter(claim["status"] for claim in claims.values())
        rows = [
            ("", [[nodes.paragraph(text, text)] for text in (status, meaning, str(counts[status]))])
            for status, meaning in STATUSES.items()
        ]
        table = self.table(["status", "what it means", "how many"], [28, 54, 18], rows)
        return [nodes.paragraph(sentence, sentence), table]


class Concordance(Claims):
    """All entries, under the first of their chapters."""

    def run(self):
        """Build a section for each chapter that has entries."""
        claims = self.claims()
        return [self.section(n, claims) for n in TITLES if any(n in c["chapters"] for c in claims.values())]

    def section(self, number, claims):
        """Return the section of a chapter."""
        title = f"{number}. {TITLES[number]}"
        section = nodes.section("", nodes.title(title, title), ids=[f"chapter-{number}"], names=[f"chapter-{number}"])
        if number in FINISHED:
            name = next((Path(self.env.srcdir) / "notebooks").glob(f"{number:02}-*.ipynb")).stem
            section += self.markdown(
                f"[Chapter {number}](../notebooks/{name}.ipynb) is finished; each number leads to its place there."
            )
        else:
            section += self.markdown("This chapter is still to be written.")
        rows = [self.entry(key, claim) for key, claim in claims.items() if claim["chapters"][0] == number]
        if rows:
            section += self.table(["entry", "what one often reads, and what holds"], [23, 77], rows, "am-claims")
        if elsewhere := [key for key, claim in claims.items() if number in claim["chapters"][1:]]:
            also = nodes.paragraph("", "These belong here as well: ")
            for key in elsewhere:
                also += link(self.env, entry_label(key), key)
                also += nodes.Text(", " if key != elsewhere[-1] else ".")
            section += also
        return section

    def entry(self, key, claim):
        """Return the row of an entry."""
        place = entry_label(key)
        note_place(self.env, place, place)
        first, *others = claim["chapters"]
        number = self.place(key, first, key)
        status = nodes.paragraph(claim["status"], claim["status"], classes=["am-status", claim["status"].split()[0]])
        said = []
        if "belief" in claim:
            said = self.markdown(claim["belief"], "am-belief")
            label = "Texts differ:" if claim["status"] == "texts differ" else "Often read:"
            said[0].insert(0, [nodes.inline(label, label, classes=["am-label"]), nodes.Text(" ")])
        holds = self.markdown(claim["statement"])
        also = []
        if others:
            also = [nodes.paragraph("", "Also in ", classes=["am-also"])]
            for n in others:
                also[0] += [self.place(key, n, f"chapter {n}"), nodes.Text(", " if n != others[-1] else ".")]
        return place, [[nodes.paragraph("", "", number), status], [*said, *holds, *also]]

    def place(self, key, chapter, text):
        """Return a link to the place where a finished chapter names an entry; a text where it is not written yet."""
        if chapter not in FINISHED:
            return nodes.inline(text, text)
        return link(self.env, place_in_chapter(chapter, key), text)


def setup(app):
    """Connect to the build."""
    app.add_directive("concordance", Concordance)
    app.add_directive("concordance-count", ConcordanceCount)
    app.connect("doctree-read", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
