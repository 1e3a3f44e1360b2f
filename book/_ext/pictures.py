"""Pictures know their size before they load, load when they are needed, and have a text alternative.

Figures of notebooks are drawn at twice the size they are shown at, so that they are sharp; the style sheet never lets
one be wider than its column.
"""

from pathlib import Path

import imagesize
from docutils import nodes
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

DRAWN_AT = 2  # pixels of a notebook's figure per pixel of the page


def visit_image(self, node):
    """Write an image with its size, and warn if it has no text alternative."""
    path = Path(self.builder.app.srcdir) / node["uri"]
    from_notebook = "jupyter_execute" in path.parts
    if not node.get("alt", "").strip():
        hint = 'give its cell `mystnb: {"image": {"alt": "..."}}`' if from_notebook else "write ![what it shows](file)"
        logger.warning("A picture without a text alternative: %s", hint, location=node, type="picture")
    HTML5Translator.visit_image(self, node)
    width, height = imagesize.get(path) if path.is_file() else (-1, -1)
    attributes = 'loading="lazy" decoding="async"'
    if width > 0 and "width" not in node and "height" not in node:
        scale = DRAWN_AT if from_notebook and path.suffix == ".png" else 1
        attributes += f' width="{round(width / scale)}" height="{round(height / scale)}"'
    self.body[-1] = self.body[-1].replace("<img ", f"<img {attributes} ", 1)


def depart_image(self, node):
    """Close an image."""
    HTML5Translator.depart_image(self, node)


def setup(app):
    """Replace how an image is written."""
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
