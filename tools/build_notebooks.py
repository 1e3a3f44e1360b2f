"""Build the notebooks from the texts of the chapters: book/chapters/NN-slug.md -> notebooks/NN-slug.ipynb, executed.

The same text gives the student notebook, notebooks/exercises/NN-slug-exercises.ipynb: the chapter's exercises with
their checks and hints, without the solutions and without outputs.

    python tools/build_notebooks.py            all chapters
    python tools/build_notebooks.py 04         the chapters whose name begins with 04
    python tools/build_notebooks.py --check    build nothing, and name the notebooks that are not what their texts say

The texts are what people edit; a notebook is never edited by hand. Building twice gives the same bytes: cells get ids
from their text, and nothing that changes from run to run (times, widget ids, the Python version) is stored.
"""

import hashlib
import os
import re
import sys
import time
import tomllib
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # toy training is reproducible on one thread
os.environ.pop("MPLBACKEND", None)  # the kernel chooses its own, the one that stores figures

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ROOT / "book" / "chapters"
NOTEBOOKS = ROOT / "notebooks"
EXERCISES = NOTEBOOKS / "exercises"
SECONDS = 60  # a reader does not wait longer
LIVE_ONLY = "application/vnd.jupyter.widget-view+json"  # means nothing without the kernel that made it
KEPT_METADATA = ("tags", "mystnb", "jupyter")
SOLUTION = re.compile(r'<details class="solution">.*?</details>\n*', re.S)


def project():
    """The project's own section of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def repository():
    """The address of the repository."""
    return project()["urls"]["repository"]


def bootstrap():
    """The first cell of every notebook: it installs the package where it is missing, as on Colab."""
    cell = nbformat.v4.new_code_cell(
        "# Installs the course's package where it is missing, as on Colab.\n"
        "try:\n"
        "    import attnlib\n"
        "except ModuleNotFoundError:\n"
        f'    url = "git+{repository()}"\n'
        f'    %pip install -q "attnlib[chapters] @ {{url}}@v{project()["version"]}"'
    )
    cell.metadata["tags"] = ["bootstrap", "remove-cell"]
    return cell


def read_text(path):
    """The notebook that a text describes: not executed, with the bootstrap cell after its first cell."""
    notebook = jupytext.read(path, fmt="md:myst")
    notebook.cells.insert(1, bootstrap())
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata}
    return finished(notebook)


def read_exercises(path):
    """The student notebook of a chapter: its first imports and its exercises, without the solutions."""
    chapter = read_text(path)
    title = re.match(r"# (\d+)\. (.+)", chapter.cells[0].source)
    introduction = (
        f"# Exercises of chapter {title[1]}: {title[2]}\n\n"
        f"They belong to [this chapter]({repository()}/blob/main/notebooks/{path.stem}.ipynb), "
        "which has the solutions.\n"
        "Where a cell has dots, write your code in their place and run the cell: its last line checks your answer.\n"
        "The other exercises have no check.\n"
        "On Colab save a copy first (File, *Save a copy in Drive*), or your work is lost."
    )
    imports = next(cell for cell in chapter.cells[2:] if cell.cell_type == "code")
    cells, inside = [nbformat.v4.new_markdown_cell(introduction), bootstrap(), imports], False
    for cell in chapter.cells:
        if cell.cell_type == "markdown":
            before, found, after = cell.source.partition("## Exercises\n")
            text, *end = re.split(r"\n## (?:Quiz|Summary)\n", after if found else before, maxsplit=1)
            inside = inside or bool(found)
            if inside:
                parts = re.split(r"(?m)^(?=#{3,4} )", SOLUTION.sub("", text))
                cells += [nbformat.v4.new_markdown_cell(part.strip()) for part in parts if part.strip()]
            if inside and end:
                break
        elif inside:
            cells.append(cell)
    # an exercise without a cell of its own gets an empty one to work in
    chapter.cells = []
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        chapter.cells.append(cell)
        if cell.source.startswith("#### ") and (following is None or following.cell_type != "code"):
            chapter.cells.append(nbformat.v4.new_code_cell("# Try it here.\n"))
    return finished(chapter)


def finished(notebook):
    """A notebook with ids from its text and without what changes from machine to machine."""
    seen = set()
    for cell in notebook.cells:
        content, copies = f"{cell.cell_type}\n{cell.source}", 0
        while (name := hashlib.sha256(f"{content}{copies or ''}".encode()).hexdigest()[:8]) in seen:
            copies += 1
        seen.add(name)
        cell.id = name
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook):
    """Run all cells in a fresh kernel and keep of the outputs what is the same at the next run."""
    metadata = dict(notebook.metadata)
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        record_timing=False,
        coalesce_streams=True,  # the kernel sends what is printed in pieces, cut where chance wants it
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.execute()
    notebook.metadata = metadata
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(LIVE_ONLY, None)
            output.get("metadata", {}).pop(LIVE_ONLY, None)
    return notebook


def products(path):
    """Where the notebooks of a text are, and what makes their cells."""
    return {
        NOTEBOOKS / f"{path.stem}.ipynb": read_text,
        EXERCISES / f"{path.stem}-exercises.ipynb": read_exercises,
    }


def is_current(path):
    """Whether the notebooks of a text have the cells that the text describes."""
    for stored, read in products(path).items():
        if not stored.is_file():
            return False
        expected, found = read(path).cells, nbformat.read(stored, 4).cells
        if [(c.id, c.source, c.metadata) for c in expected] != [(c.id, c.source, c.metadata) for c in found]:
            return False
    return True


def check():
    """Name the notebooks that are not what their texts say."""
    stale = [path.stem for path in sorted(TEXTS.glob("*.md")) if not is_current(path)]
    if stale:
        sys.exit(
            f"The pages show notebooks that are not what their texts say: {', '.join(stale)}. Run `make notebooks`."
        )


def main(prefixes):
    """Build the chapters whose names begin with one of the prefixes, all of them without."""
    if prefixes == ["--check"]:
        return check()
    prefixes = [prefix.zfill(2) if prefix.isdigit() else prefix for prefix in prefixes]
    paths = [p for p in sorted(TEXTS.glob("*.md")) if not prefixes or p.stem.startswith(tuple(prefixes))]
    if not paths:
        known = ", ".join(path.stem for path in sorted(TEXTS.glob("*.md")))
        sys.exit(f"no chapter begins with {' or '.join(prefixes)}; there are: {known}")
    for path in paths:
        start = time.perf_counter()
        print(f"{path.stem} ... ", end="", flush=True)
        notebook = execute(read_text(path))
        elapsed = time.perf_counter() - start
        if elapsed > SECONDS:
            sys.exit(
                f"it took {elapsed:.0f} s; a notebook runs in under {SECONDS} s: store what takes longer (make results)"
            )
        chapter, exercises = products(path)
        nbformat.write(notebook, chapter)
        exercises.parent.mkdir(exist_ok=True)
        nbformat.write(read_exercises(path), exercises)
        print(f"{elapsed:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
