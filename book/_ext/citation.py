"""`{cite-course}`: how to cite the course, made from CITATION.cff, so that there is one place to keep right."""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SOURCE = "CITATION.cff"


def bibtex(citation):
    """Return a BibTeX entry for what a CITATION.cff says.

    Example:
        >>> print(bibtex({"title": "T", "authors": [{"name": "A"}], "version": "1.0", "repository-code": "https://a.b"}))
        @misc{attention_measured,
          title        = {T},
          author       = {{A}},
          note         = {Version 1.0},
          howpublished = {\\url{https://a.b}}
        }
    """
    authors = " and ".join(f"{{{author['name']}}}" for author in citation["authors"])
    fields = {
        "title": citation["title"],
        "author": authors,
        "note": f"Version {citation['version']}",
        "howpublished": rf"\url{{{citation['repository-code']}}}",
    }
    lines = ",\n".join(f"  {name:12} = {{{text}}}" for name, text in fields.items())
    return f"@misc{{attention_measured,\n{lines}\n}}"


class CiteCourse(SphinxDirective):
    """A sentence to cite the course by, and a BibTeX entry to copy."""

    def run(self):
        """Return both."""
        path = Path(self.env.srcdir) / SOURCE
        self.env.note_dependency(str(path))
        citation = yaml.safe_load(path.read_text(encoding="utf-8"))
        authors = " and ".join(author["name"] for author in citation["authors"])
        sentence = f"{authors}. *{citation['title']}*, version {citation['version']}. {citation['repository-code']}"
        text = bibtex(citation)
        code = nodes.literal_block(text, text, language="text", classes=["am-cite"])
        return [*self.parse_text_to_nodes(sentence), code]


def setup(app):
    """Connect to the build."""
    app.add_directive("cite-course", CiteCourse)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
