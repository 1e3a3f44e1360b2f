"""The search finds what people type: the page that a word or phrase belongs to comes first.

The theme's search counts in which pages a word stands, not what a page is about. book/search.toml and the glossary say
that: their words are added to the index of the page, and the scorer lifts the page.
"""

import json
import tomllib
from pathlib import Path

from docutils import nodes
from glossary import read_terms

DATA, TERMS, SCORER = "book/search.toml", "book/glossary.toml", "book/_ext/scorer.js"


def read_homes(folder):
    """Return which page each phrase belongs to: phrase, in small letters -> the page's name."""
    homes = {}
    for term, entry in read_terms(Path(folder) / TERMS).items():
        (chapter,) = (Path(folder) / "book" / "chapters").glob(f"{entry['chapter']:02}-*.md")
        others = [name for name in entry["also"].split(", ") if name.isascii() and name]
        homes |= {name.lower(): f"notebooks/{chapter.stem}" for name in [term, *entry["forms"], *others]}
        korean = [name for name in entry["also"].split(", ") if not name.isascii()]
        homes |= {name.lower(): "book/glossary" for name in korean}
    data = tomllib.loads((Path(folder) / DATA).read_text(encoding="utf-8"))
    return homes | {phrase: page for page, phrases in data.items() for phrase in phrases}


def write_scorer(app, config):
    """Put the table of phrases in front of the scorer, and let the search use it."""
    target = Path(app.doctreedir) / "scorer.js"
    target.parent.mkdir(parents=True, exist_ok=True)
    homes = json.dumps(read_homes(app.srcdir), ensure_ascii=False, sort_keys=True)
    scorer = (Path(app.srcdir) / SCORER).read_text(encoding="utf-8")
    target.write_text(f"const PAGE_OF_PHRASE = {homes};\n{scorer}", encoding="utf-8")
    config.html_search_scorer = str(target)


def add_words(app, doctree):
    """Add the words of a page to its index, as keywords."""
    app.env.note_dependency(str(Path(app.srcdir) / DATA))
    words = {
        word for phrase, page in read_homes(app.srcdir).items() if page == app.env.docname for word in phrase.split()
    }
    if words:
        doctree.insert(0, nodes.meta("", name="keywords", content=", ".join(sorted(words))))


def setup(app):
    """Connect to the build."""
    app.connect("config-inited", write_scorer)
    app.connect("doctree-read", add_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
