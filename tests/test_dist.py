"""What `make dist` packs: the same bytes for the same contents, and nothing that should stay behind."""

import hashlib
import importlib.util
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def make_dist():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        spec = importlib.util.spec_from_file_location("make_dist", ROOT / "tools" / "make_dist.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "tools"))
    return module


@pytest.fixture
def tree(tmp_path):
    files = ["_build/html/index.html", "_build/html/notebooks/04.html", "notebooks/04.ipynb", "attnlib/weights.py"]
    files += ["attnlib/__pycache__/weights.pyc", "README.md", "tests/test_weights.py", "book/start-here.txt"]
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return tmp_path


def test_the_zip_holds_the_site_the_notebooks_and_the_package_without_caches_and_tests(make_dist, tree):
    assert sorted(make_dist.contents(tree)) == [
        "README.md",
        "START-HERE.txt",
        "attnlib/weights.py",
        "notebooks/04.ipynb",
        "site/index.html",
        "site/notebooks/04.html",
    ]


def test_the_zip_has_the_same_bytes_whenever_it_is_made(make_dist, tree):
    found, folder = make_dist.contents(tree), "attention-measured-1"
    make_dist.pack(found, tree / "a.zip", folder)
    for path in found.values():
        os.utime(path, (10**9, 10**9))
    make_dist.pack(dict(reversed(found.items())), tree / "b.zip", folder)
    assert (tree / "a.zip").read_bytes() == (tree / "b.zip").read_bytes()
    with zipfile.ZipFile(tree / "a.zip") as archive:
        assert archive.read("attention-measured-1/site/index.html") == b"_build/html/index.html"


def test_the_checksums_are_in_the_form_that_sha256sum_reads(make_dist, tree):
    digest = hashlib.sha256(b"README.md").hexdigest()
    assert make_dist.checksums([tree / "README.md"]) == f"{digest}  README.md\n"


def test_whoever_unpacks_the_zip_finds_what_the_first_file_names(make_dist):
    start = (ROOT / "book" / "start-here.txt").read_text(encoding="utf-8")
    packed = {file for file in make_dist.contents(ROOT) if not file.startswith("site/")}
    for name in (
        "requirements.txt",
        "requirements-data.txt",
        "LICENSE",
        "LICENSE-TEXT",
        "README.md",
        "notebooks/exercises",
    ):
        assert name in start
        assert any(file == name or file.startswith(f"{name}/") for file in packed), name
    assert re.findall(r"requirements[\w-]*\.txt", start) == ["requirements.txt", "requirements-data.txt"]
    for page in re.findall(r"site/([\w/-]+)\.html", start):
        assert (ROOT / f"{page}.md").is_file(), page


def test_everything_that_the_package_needs_to_be_installed_is_packed(make_dist):
    assert all((ROOT / part).exists() for part in make_dist.COURSE)
    packed = make_dist.contents(ROOT)
    assert {"pyproject.toml", "attnlib/__init__.py", "attnlib/explorers/shared.js", "README.md"} <= set(packed)
    assert f"attention-measured-{make_dist.name().rpartition('-')[2]}" == make_dist.name()
