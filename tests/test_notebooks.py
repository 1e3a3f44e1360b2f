"""The notebooks are what the chapters' texts say, and everything that a chapter claims is run."""

import hashlib
import importlib.util
import re
import shutil
import tomllib
from itertools import zip_longest
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest

import attnlib
from attnlib import checks

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("build_notebooks", ROOT / "tools" / "build_notebooks.py")
build_notebooks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build_notebooks)
TEXTS = sorted((ROOT / "book" / "chapters").glob("*.md"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STUDENT = sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb"))
KEPT = ("tags", "mystnb", "jupyter")
FOLD = re.compile(r'<details class="solution">\n<summary>Solution of exercise \d+</summary>\n(.*?)</details>', re.S)
CODE = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)

chapters = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
students = pytest.mark.parametrize("notebook", STUDENT, ids=lambda p: p.stem)


def differences(texts, notebooks):
    """Where the notebooks of a folder are not what the texts of another say, in words; nothing if they agree."""
    for text in sorted({p.stem for p in texts.glob("*.md")} ^ {p.stem for p in notebooks.glob("*.ipynb")}):
        yield f"{text}: there is a text without a notebook, or a notebook without a text"
    for path in sorted(texts.glob("*.md")):
        stored = notebooks / f"{path.stem}.ipynb"
        if not stored.is_file():
            continue
        expected = jupytext.read(path, fmt="md:myst").cells
        found = [c for c in nbformat.read(stored, 4).cells if "bootstrap" not in c.metadata.get("tags", [])]
        if len(expected) != len(found):
            yield f"{path.stem}: the text has {len(expected)} cells, the notebook {len(found)}"
        for number, (a, b) in enumerate(zip(expected, found, strict=False), 1):
            if a.cell_type != b.cell_type:
                yield f"{path.stem}, cell {number}: {a.cell_type} in the text, {b.cell_type} in the notebook"
            elif a.source != b.source:
                lines = zip_longest(a.source.splitlines(), b.source.splitlines())
                text, stored_line = next(pair for pair in lines if pair[0] != pair[1])
                yield f"{path.stem}, cell {number}: the text says\n  {text}\nand the notebook\n  {stored_line}"
            if {k: a.metadata[k] for k in KEPT if k in a.metadata} != dict(b.metadata):
                yield f"{path.stem}, cell {number}: tags or other metadata differ"


def code_cells(path):
    return [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]


def markdown(path):
    return "\n\n".join(c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown")


def prose(path):
    """The Markdown of a notebook without its code, formulas, links and sources."""
    text = markdown(path)
    for pattern in (r"```.*?```", r"\$\$.*?\$\$", r"\]\([^)]*\)", r"^## Sources.*"):
        text = re.sub(pattern, " ", text, flags=re.S | re.M)
    return text


def test_there_are_chapters():
    assert TEXTS
    assert NOTEBOOKS


def test_every_notebook_is_what_its_text_says():
    found = list(differences(ROOT / "book" / "chapters", ROOT / "notebooks"))
    assert not found, "\n".join(
        [*found, "A notebook is never edited by hand: change book/chapters/*.md, then run `make notebooks`."]
    )


@pytest.fixture
def agreeing(tmp_path):
    """A folder of texts and one of notebooks (not executed) that agree."""
    texts, notebooks = tmp_path / "texts", tmp_path / "notebooks"
    shutil.copytree(ROOT / "book" / "chapters", texts)
    notebooks.mkdir()
    for path in texts.glob("*.md"):
        nbformat.write(build_notebooks.read_text(path), notebooks / f"{path.stem}.ipynb")
    return texts, notebooks


@pytest.mark.parametrize(
    "damage",
    [
        lambda nb: nb.cells[3].update(source="1 + 1"),
        lambda nb: nb.cells.pop(),
        lambda nb: nb.cells.append(nbformat.v4.new_markdown_cell("a note made by hand")),
        lambda nb: nb.cells[2].metadata.update(tags=["hide-input"]),
        lambda nb: nb.cells.reverse(),
    ],
    ids=["changed source", "cell removed", "cell added", "tag added", "order changed"],
)
def test_a_notebook_that_was_edited_by_hand_is_found(agreeing, damage):
    texts, notebooks = agreeing
    assert not list(differences(texts, notebooks))
    path = next(notebooks.glob("*.ipynb"))
    notebook = nbformat.read(path, 4)
    damage(notebook)
    nbformat.write(notebook, path)
    assert list(differences(texts, notebooks))


def test_a_text_without_a_notebook_and_a_notebook_without_a_text_are_found(agreeing):
    texts, notebooks = agreeing
    path = next(notebooks.glob("*.ipynb"))
    path.rename(notebooks / "99-orphan.ipynb")
    assert len(list(differences(texts, notebooks))) == 2


def test_make_book_says_that_a_notebook_was_edited_by_hand_though_its_cells_kept_their_ids(agreeing, monkeypatch):
    texts, notebooks = agreeing
    monkeypatch.setattr(build_notebooks, "TEXTS", texts)
    monkeypatch.setattr(build_notebooks, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(build_notebooks, "EXERCISES", ROOT / "notebooks" / "exercises")
    path = next(notebooks.glob("*.ipynb"))
    notebook = nbformat.read(path, 4)
    notebook.cells[3].source += " by hand"
    nbformat.write(notebook, path)
    with pytest.raises(SystemExit, match=path.stem):
        build_notebooks.check()


def test_make_book_says_which_notebooks_are_not_what_their_texts_say(agreeing, monkeypatch):
    texts, notebooks = agreeing
    monkeypatch.setattr(build_notebooks, "TEXTS", texts)
    monkeypatch.setattr(build_notebooks, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(build_notebooks, "EXERCISES", ROOT / "notebooks" / "exercises")
    build_notebooks.check()
    path = next(texts.glob("04-*.md"))
    path.write_text(path.read_text(encoding="utf-8").replace("softmax", "soft max"), encoding="utf-8")
    with pytest.raises(SystemExit, match=path.stem):
        build_notebooks.check()


@chapters
def test_execution_counts_are_one_to_n_because_nbval_compares_no_other_cells(notebook):
    counts = [c.execution_count for c in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@chapters
def test_nothing_is_stored_that_changes_from_run_to_run(notebook):
    content = nbformat.read(notebook, 4)
    assert set(content.metadata) == {"kernelspec", "language_info"}
    assert content.metadata.language_info == {"name": "python"}
    for cell in content.cells:
        assert set(cell.metadata) <= set(KEPT)
        for output in cell.get("outputs", []):
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


@chapters
def test_cell_ids_come_from_the_text(notebook):
    for cell in nbformat.read(notebook, 4).cells:
        content = f"{cell.cell_type}\n{cell.source}"
        candidates = [hashlib.sha256(f"{content}{n or ''}".encode()).hexdigest()[:8] for n in range(9)]
        assert cell.id in candidates


@chapters
def test_the_first_code_cell_installs_the_course_where_it_is_missing(notebook):
    assert code_cells(notebook)[0].source == build_notebooks.bootstrap().source


def test_the_bootstrap_cell_names_this_version_and_repository():
    source = build_notebooks.bootstrap().source
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"git+{project['urls']['repository']}" in source
    assert f"@v{project['version']}" in source
    assert "chapters" in project["optional-dependencies"]


@chapters
def test_cells_are_short_and_not_cut_off_in_print(notebook):
    for cell in code_cells(notebook)[1:]:
        lines = cell.source.splitlines()
        assert len(lines) <= 15, cell.source
        assert max(map(len, lines)) <= 72, cell.source


@chapters
def test_every_figure_has_an_alternative_text_and_a_caption_that_states_something(notebook):
    for cell in code_cells(notebook):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert len(cell.metadata["mystnb"]["image"]["alt"].split()) >= 12
            assert len(cell.metadata["mystnb"]["figure"]["caption"].split()) >= 8


@chapters
def test_every_decimal_number_in_the_prose_stands_in_a_cell(notebook):
    """A number in the text is one that a cell of the chapter shows or uses, so that nbval guards it."""
    cells = code_cells(notebook)
    seen = "\n".join(c.source for c in cells)
    for cell in cells:
        for output in cell.outputs:
            seen += "".join(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
    folds = "\n".join(CODE.findall(markdown(notebook)))
    known = {float(n) for n in re.findall(r"-?\d+\.\d*(?:e[-+]?\d+)?", seen + folds)}
    numbers = re.findall(r"(?<![\w.])\d+\.\d+", prose(notebook))
    assert numbers
    missing = [n for n in numbers if float(n) not in known and -float(n) not in known]
    assert not missing, f"no cell shows {missing}"


@chapters
def test_the_headings_are_those_of_every_chapter(notebook):
    headings = [line for line in markdown(notebook).splitlines() if line.startswith("## ")]
    assert headings[:2] == ["## What you will be able to do", "## What you need"]
    assert headings[-5:] == ["## What others get wrong", "## Exercises", "## Quiz", "## Summary", "## Sources"]
    swallowed = re.search(r"[^\n]\n## .*", markdown(notebook))  # a fold swallows a heading that follows at once
    assert swallowed is None, swallowed[0]


@chapters
def test_a_link_to_another_notebook_is_a_file_beside_it_so_that_it_works_where_notebooks_run(notebook):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", re.sub(r"```.*?```", "", markdown(notebook), flags=re.S))
    lost = [link for link in links if not (notebook.parent / link).is_file()]
    assert links, "every chapter leads to another one"
    assert lost == []
    assert {link for link in links if not link.endswith(".ipynb")} <= {"../book/notation.md"}


@chapters
def test_the_minutes_are_those_of_the_exercises(notebook):
    text = prose(notebook)
    exercises = int(re.search(r"Reading: \d+ minutes\. Exercises: (\d+) minutes", text)[1])
    single = [int(n) for n in re.findall(r"^#### \d+\. .*\((\d+) minutes\)", text, re.M)]
    assert abs(sum(single) - exercises) <= 5


def solutions(path):
    """The Python of every solution of a notebook, one string for each."""
    return ["\n".join(CODE.findall(fold)) for fold in FOLD.findall(markdown(path))]


@chapters
def test_every_exercise_has_a_solution_that_runs_and_asserts_something(notebook):
    exercises = re.findall(r"^#### (\d+)\. ", markdown(notebook), re.M)
    assert exercises == [str(n) for n in range(1, len(exercises) + 1)]
    assert len(solutions(notebook)) == len(exercises)
    for solution in solutions(notebook):
        assert "assert " in solution
        exec(compile(solution, notebook.stem, "exec"), {"np": np, "attnlib": attnlib})


@chapters
def test_a_solution_with_another_result_fails(notebook):
    """Proof that the test above can fail: every solution stops where its asserts are turned round."""
    for solution in solutions(notebook):
        broken = solution.replace("assert ", "assert not ")
        with pytest.raises(AssertionError):
            exec(compile(broken, notebook.stem, "exec"), {"np": np, "attnlib": attnlib})


# --- exercises with checks, and the student notebooks ---

CHECK = re.compile(r"^checks\.(\w+)\((\w+)(, strict=True)?\)$", re.M)


def exercises(path):
    """The exercises of a notebook: number -> its Markdown and code cells, from its heading to the next."""
    found, number = {}, None
    for cell in nbformat.read(path, 4).cells:
        parts = re.split(r"(?m)^(?=#{2,4} )", cell.source) if cell.cell_type == "markdown" else [cell.source]
        for part in parts:
            if heading := re.match(r"#### (\d+)\. ", part):
                number = int(heading[1])
            elif part.startswith(("### ", "## ")):
                number = None
            if number:
                found.setdefault(number, []).append(nbformat.v4.new_markdown_cell(part))
                found[number][-1].update(cell_type=cell.cell_type, metadata=cell.metadata)
    return found


def core(path):
    """The numbers of the exercises under the heading Core."""
    part = markdown(path).partition("\n### Core\n")[2].partition("\n### Stretch\n")[0]
    return [int(n) for n in re.findall(r"^#### (\d+)\. ", part, re.M)]


def blanks(cells):
    """The code of the cells that a learner fills in."""
    return [c.source for c in cells if c.cell_type == "code" and "exercise" in c.metadata.get("tags", [])]


def names():
    """What a notebook's first cells have imported."""
    return {"np": np, "attnlib": attnlib, "checks": checks}


@chapters
def test_every_core_exercise_has_a_check(notebook):
    assert core(notebook)
    for number in core(notebook):
        cells = blanks(exercises(notebook)[number])
        assert cells, f"exercise {number} has no cell with the tag `exercise`"
        for source in cells:
            assert "..." in source
            assert CHECK.search(source.splitlines()[-1]), source


@chapters
def test_every_blank_fails_its_check_and_every_solution_passes_it(notebook):
    for number, cells in exercises(notebook).items():
        solution = "\n".join(CODE.findall("\n".join(FOLD.findall("\n".join(c.source for c in cells)))))
        for source in blanks(cells):
            check, function, strict = CHECK.search(source).groups()
            blank, solved = names(), names()
            exec(source, blank)
            report = checks.ALL[check](blank[function], strict=bool(strict))
            assert report.cause == "not_implemented", f"exercise {number}: {report}"
            exec(solution, solved)
            report = checks.ALL[check](solved[function], strict=bool(strict))
            assert report.passed, f"exercise {number}: {report}"
            assert report.points.earned == report.points.possible


@pytest.mark.parametrize(
    ("line", "strict"),
    [
        ("checks.softmax(f)", False),
        ("checks.softmax(f, strict=True)", True),
        ("checks.softmax(f, seconds=9)", None),
        ("checks.softmax(f())", None),
    ],
)
def test_the_last_line_of_an_exercise_is_a_check_that_may_be_strict(line, strict):
    found = CHECK.search(line)
    assert (found and bool(found[3])) is strict


@chapters
def test_only_exercises_are_left_to_the_reader(notebook):
    for cell in code_cells(notebook):
        assert ("your code here" in cell.source) == ("exercise" in cell.metadata.get("tags", []))


def test_every_chapter_has_a_student_notebook_and_no_more():
    assert [p.stem for p in STUDENT] == [f"{p.stem}-exercises" for p in TEXTS]


@students
def test_a_student_notebook_is_what_its_text_says(notebook):
    text = ROOT / "book" / "chapters" / f"{notebook.stem.removesuffix('-exercises')}.md"
    expected, found = build_notebooks.read_exercises(text), nbformat.read(notebook, 4)
    assert [(c.id, c.source, dict(c.metadata)) for c in found.cells] == [
        (c.id, c.source, dict(c.metadata)) for c in expected.cells
    ]


@students
def test_a_student_notebook_has_all_exercises_and_hints_and_no_outputs(notebook):
    chapter = ROOT / "notebooks" / f"{notebook.stem.removesuffix('-exercises')}.ipynb"
    heading = re.compile(r"^#### .*$", re.M)
    assert heading.findall(markdown(notebook)) == heading.findall(markdown(chapter).partition("\n## Exercises\n")[2])
    assert markdown(notebook).count('class="hint"') == markdown(chapter).count('class="hint"')
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(notebook))
    for number, cells in exercises(notebook).items():
        assert any(c.cell_type == "code" for c in cells), f"exercise {number} has no cell to work in"
        assert blanks(cells) == blanks(exercises(chapter)[number])


@students
def test_no_solution_stands_in_a_student_notebook(notebook):
    chapter = ROOT / "notebooks" / f"{notebook.stem.removesuffix('-exercises')}.ipynb"
    content = notebook.read_text(encoding="utf-8")
    assert 'solution\\"' not in content
    assert "Solution of" not in content
    asked = FOLD.sub("", markdown(chapter)) + "\n".join(c.source for c in code_cells(chapter))
    text = "\n".join(c.source for c in nbformat.read(notebook, 4).cells)
    for solution in solutions(chapter):
        telling = [line.strip() for line in solution.splitlines() if len(line.strip()) > 20]
        assert telling
        assert not [line for line in telling if line in text and line not in asked]
    for fold in FOLD.findall(markdown(chapter)):
        sentences = [line for line in CODE.sub("", fold).splitlines() if len(line) > 30]
        assert not [line for line in sentences if line in text and line not in asked]


@students
def test_a_student_notebook_runs_alone(notebook):
    first, *others = code_cells(notebook)
    assert first.source == build_notebooks.bootstrap().source
    namespace = {}
    for cell in others:
        assert "your code here" not in cell.source or "exercise" in cell.metadata["tags"]
        exec(compile(cell.source, notebook.stem, "exec"), namespace)
    assert not re.search(r"\]\((?!https?:)", markdown(notebook)), "a link that leads nowhere from a downloaded file"


def test_a_solution_that_is_left_in_a_student_notebook_is_found(monkeypatch):
    """Proof that the tests above can fail: without the rule that strips solutions they stand in the notebook."""
    monkeypatch.setattr(build_notebooks, "SOLUTION", re.compile("nothing matches this"))
    cells = build_notebooks.read_exercises(TEXTS[0]).cells
    assert any("Solution of exercise" in cell.source for cell in cells)
