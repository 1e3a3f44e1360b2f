"""`{measured-notebooks}`: what each notebook needs and how far its trained numbers drift, from book/measured.json."""

import json
from pathlib import Path

from course_map import address, read_map
from sphinx.util.docutils import SphinxDirective

SOURCE = "book/measured.json"
HEAD = ["notebook", "seconds", "memory", "trained numbers", "largest tolerance", "largest drift seen", "as a share"]


class MeasuredNotebooks(SphinxDirective):
    """A table with a row for each finished chapter."""

    def run(self):
        """Return the table."""
        path = Path(self.env.srcdir) / SOURCE
        self.env.note_dependency(str(path))
        measured = json.loads(path.read_text(encoding="utf-8"))
        rows = [self.row(n, chapter, measured[chapter["slug"]]) for n, chapter in finished(self.env.srcdir)]
        lines = [HEAD, ["---"] * len(HEAD), *rows]
        return self.parse_text_to_nodes("\n".join(f"| {' | '.join(line)} |" for line in lines))

    def row(self, number, chapter, found):
        """Return the cells of one chapter."""
        name = f"[{number}. {chapter['title']}](../{address(chapter).replace('.html', '.ipynb')})"
        needs = [f"{found['seconds']} s", f"{found['megabytes']:.0f} MB"]
        if not found["drift"]:
            return [name, *needs, "none", "", "", ""]
        within = max(entry["within"] for entry in found["drift"].values())
        seen = max(entry["seen"] for entry in found["drift"].values())
        return [name, *needs, str(found["numbers"]), f"{within:g}", f"{seen:g}", f"{found['share']:.2f}"]


def finished(folder):
    """Return the finished chapters, with their numbers."""
    return [(n, chapter) for n, chapter in read_map(folder).items() if chapter["slug"]]


def setup(app):
    """Connect to the build."""
    app.add_directive("measured-notebooks", MeasuredNotebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
