"""Stored experiments, a module for each chapter; those that its EXPERIMENTS lists are stored under their names.

An experiment runs the code that its chapter shows: the cells of the text that are tagged with its name. So the live run
on the page and the stored numbers cannot drift apart.
"""

from pathlib import Path
from unittest import mock

import jupytext
import matplotlib
import numpy as np
from IPython.core.inputtransformer2 import TransformerManager

import attnlib
from attnlib import results

ROOT = Path(__file__).resolve().parent.parent.parent


def code_of(chapter, tag):
    """What the tagged cells of a chapter define."""
    (text,) = (ROOT / "book" / "chapters").glob(f"{chapter}-*.md")
    cells = [c.source for c in jupytext.read(text, fmt="md:myst").cells if tag in c.metadata.get("tags", [])]
    if not cells:
        raise ValueError(f"chapter {chapter} has no cell with the tag {tag}")
    names = {"np": np, "attnlib": attnlib}
    exec(compile("\n\n".join(cells), f"{text.name} ({tag})", "exec"), names)
    return names


def run_chapter(path, steady):
    """Run all cells of a chapter's text but its exercises, with a function in the place of `results.steady`."""
    matplotlib.use("Agg")
    names = {}
    with mock.patch.object(results, "steady", steady):
        for cell in jupytext.read(path, fmt="md:myst").cells:
            if cell.cell_type == "code" and "exercise" not in cell.metadata.get("tags", []):
                exec(compile(TransformerManager().transform_cell(cell.source), path.name, "exec"), names)
